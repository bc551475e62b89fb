// Operations of IEEE 754 that not every target of Highway has: its emulated vectors give 0 where a
// divisor is zero, and the largest float where a double lies beyond it.
#if defined(QUERN_SIMD_IEEE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_IEEE_INL_H_
#undef QUERN_SIMD_IEEE_INL_H_
#else
#define QUERN_SIMD_IEEE_INL_H_
#endif

#include <cstddef>

#include "hwy/highway.h"
#include "simd/flags-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// a / b, correctly rounded; divisors may be zero.
template <class D, class V>
HWY_INLINE V Quotient(D d, V a, V b) {
#if HWY_TARGET == HWY_EMU128
  hn::TFromD<D> x[HWY_MAX_LANES_D(D)];
  hn::TFromD<D> y[HWY_MAX_LANES_D(D)];
  hn::StoreU(a, d, x);
  hn::StoreU(b, d, y);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) x[i] /= y[i];
  return hn::LoadU(d, x);
#else
  (void)d;
  return hn::Div(a, b);
#endif
}

// Double lanes rounded to float; infinite where they lie beyond its range.
template <class D, class V>
HWY_INLINE hn::Vec<hn::Rebind<float, D>> RoundToFloat(D d, V v) {
  const hn::Rebind<float, D> df;
#if HWY_TARGET == HWY_EMU128
  double x[HWY_MAX_LANES_D(D)];
  float y[HWY_MAX_LANES_D(D)];
  hn::StoreU(v, d, x);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) y[i] = static_cast<float>(x[i]);
  return hn::LoadU(df, y);
#else
  (void)d;
  return hn::DemoteTo(df, v);
#endif
}

// The body of a quotient.
template <class D, class V>
HWY_INLINE V Div(D d, FlagSet& /*flags*/, V a, V b) {
  return Quotient(d, a, b);
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_IEEE_INL_H_
