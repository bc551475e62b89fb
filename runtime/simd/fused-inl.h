// Fused multiply-add with one rounding on every target.
//
// Where the target has the instruction it is used. Elsewhere each lane goes through std::fma, which
// is exact by definition (in hardware if the machine has it after all, else in software, some 15 ns
// a lane): the same bits matter more than speed on processors without FMA. Code that is proven to
// give the same result without fusing should call hn::MulAdd instead.
#if defined(QUERN_SIMD_FUSED_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_FUSED_INL_H_
#undef QUERN_SIMD_FUSED_INL_H_
#else
#define QUERN_SIMD_FUSED_INL_H_
#endif

#include <cmath>
#include <cstddef>

#include "hwy/highway.h"
#include "simd/flags-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// a * b + c, rounded once.
template <class D, class V>
HWY_INLINE V Fma(D d, V a, V b, V c) {
#if HWY_NATIVE_FMA
  (void)d;
  return hn::MulAdd(a, b, c);
#else
  using T = hn::TFromD<D>;
  HWY_ALIGN T x[HWY_MAX_LANES_D(D)];
  HWY_ALIGN T y[HWY_MAX_LANES_D(D)];
  HWY_ALIGN T z[HWY_MAX_LANES_D(D)];
  hn::Store(a, d, x);
  hn::Store(b, d, y);
  hn::Store(c, d, z);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) z[i] = std::fma(x[i], y[i], z[i]);
  return hn::Load(d, z);
#endif
}

// c - a * b, rounded once.
template <class D, class V>
HWY_INLINE V NegFma(D d, V a, V b, V c) {
#if HWY_NATIVE_FMA
  (void)d;
  return hn::NegMulAdd(a, b, c);
#else
  return Fma(d, hn::Neg(a), b, c);
#endif
}

// The body of the first. Overflow and underflow are the hardware's; invalid is computed, because
// targets differ for infinity times zero plus NaN.
template <class D, class V>
HWY_INLINE V MulAdd(D d, FlagSet& flags, V a, V b, V c) {
  const V result = Fma(d, a, b, c);
  const auto nan = hn::IsNaN(result);
  if (HWY_UNLIKELY(!hn::AllFalse(d, nan))) {
    const auto given = hn::Or(hn::IsNaN(c), hn::Or(hn::IsNaN(a), hn::IsNaN(b)));
    flags.RaiseIf(d, hn::AndNot(given, nan), kInvalid);
  }
  return result;
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_FUSED_INL_H_
