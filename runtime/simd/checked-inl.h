// Bodies of whole numbers that tell whether a result lies beyond its type's range. What they return is
// the wrapped result, bit for bit that of the plain body.
//
// Sums and differences overflow where the signs of operands and result contradict each other, or, of
// unsigned lanes, where the result lies on the wrong side of an operand. Products of 8 to 32 bits are
// compared with what is left of them in lanes of twice the width. Those of 64 bits have no wider lanes:
// factors of at most 32 bits are told by one test of a vector, and others are multiplied lane by lane.
#if defined(QUERN_SIMD_CHECKED_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_CHECKED_INL_H_
#undef QUERN_SIMD_CHECKED_INL_H_
#else
#define QUERN_SIMD_CHECKED_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "simd/flags-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

namespace checked {

// Raises the flag if the sign bit of any lane of `signs` is set.
template <class D, class V>
HWY_INLINE void RaiseIfNegative(D d, FlagSet& flags, V signs) {
  flags.RaiseIf(d, hn::Lt(signs, hn::Zero(d)), kIntegerOverflow);
}

// Raises the flag if a product in a lane of twice the width does not fit the width of T.
template <class T, class DW, class VW>
HWY_INLINE void RaiseIfTooWide(DW dw, FlagSet& flags, VW product) {
  constexpr int kBits = 8 * sizeof(T);
  const hn::RebindToUnsigned<DW> du;
  auto moved = hn::BitCast(du, product);
  // The values that fit, moved to start at zero, leave the upper half empty.
  if constexpr (hwy::IsSigned<T>()) {
    moved = hn::Add(moved, hn::Set(du, hn::TFromD<decltype(du)>{1} << (kBits - 1)));
  }
  flags.RaiseIf(du, hn::Ne(hn::ShiftRight<kBits>(moved), hn::Zero(du)), kIntegerOverflow);
}

// The upper half of lanes of 64 bits is empty for values that fit 32, moved to start at zero.
template <class D, class V>
HWY_INLINE hn::Vec<hn::RebindToUnsigned<D>> Moved(D /*d*/, V a) {
  const hn::RebindToUnsigned<D> du;
  const auto bits = hn::BitCast(du, a);
  return hwy::IsSigned<hn::TFromD<D>>() ? hn::Add(bits, hn::Set(du, 1ull << 31)) : bits;
}

// Raises the flag if the product of two lanes of 64 bits does not fit them.
template <class D, class V>
HWY_INLINE void RaiseIfProductTooWide(D d, FlagSet& flags, V a, V b) {
  using T = hn::TFromD<D>;
  const hn::RebindToUnsigned<D> du;
  const auto upper = hn::ShiftRight<32>(hn::Or(Moved(d, a), Moved(d, b)));
  if (HWY_LIKELY(hn::AllTrue(du, hn::Eq(upper, hn::Zero(du))))) return;
  HWY_ALIGN T x[HWY_MAX_LANES_D(D)];
  HWY_ALIGN T y[HWY_MAX_LANES_D(D)];
  hn::Store(a, d, x);
  hn::Store(b, d, y);
  bool overflow = false;
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) {
    T product;
    overflow |= __builtin_mul_overflow(x[i], y[i], &product);
  }
  if (HWY_UNLIKELY(overflow)) flags.Raise(kIntegerOverflow);
}

}  // namespace checked

template <class D, class V>
HWY_INLINE V CheckedAdd(D d, FlagSet& flags, V a, V b) {
  const V sum = hn::Add(a, b);
  if constexpr (hwy::IsSigned<hn::TFromD<D>>()) {
    checked::RaiseIfNegative(d, flags, hn::And(hn::Xor(a, sum), hn::Xor(b, sum)));
  } else {
    flags.RaiseIf(d, hn::Lt(sum, a), kIntegerOverflow);
  }
  return sum;
}

template <class D, class V>
HWY_INLINE V CheckedSub(D d, FlagSet& flags, V a, V b) {
  const V difference = hn::Sub(a, b);
  if constexpr (hwy::IsSigned<hn::TFromD<D>>()) {
    checked::RaiseIfNegative(d, flags, hn::And(hn::Xor(a, b), hn::Xor(a, difference)));
  } else {
    flags.RaiseIf(d, hn::Lt(a, b), kIntegerOverflow);
  }
  return difference;
}

template <class D, class V>
HWY_INLINE V CheckedMul(D d, FlagSet& flags, V a, V b) {
  using T = hn::TFromD<D>;
  if constexpr (sizeof(T) == 8) {
    checked::RaiseIfProductTooWide(d, flags, a, b);
  } else if constexpr (sizeof(T) == 4) {
    const hn::RepartitionToWide<D> dw;
    checked::RaiseIfTooWide<T>(dw, flags, hn::MulEven(a, b));
    checked::RaiseIfTooWide<T>(dw, flags, hn::MulOdd(a, b));
  } else {
    const hn::RepartitionToWide<D> dw;
    const auto lower = hn::Mul(hn::PromoteLowerTo(dw, a), hn::PromoteLowerTo(dw, b));
    const auto upper = hn::Mul(hn::PromoteUpperTo(dw, a), hn::PromoteUpperTo(dw, b));
    checked::RaiseIfTooWide<T>(dw, flags, lower);
    checked::RaiseIfTooWide<T>(dw, flags, upper);
  }
  return hn::Mul(a, b);
}

// -a; of unsigned integers zero alone has one.
template <class D, class V>
HWY_INLINE V CheckedNeg(D d, FlagSet& flags, V a) {
  using T = hn::TFromD<D>;
  if constexpr (hwy::IsSigned<T>()) {
    flags.RaiseIf(d, hn::Eq(a, hn::Set(d, hwy::LimitsMin<T>())), kIntegerOverflow);
    return hn::Neg(a);
  } else {
    flags.RaiseIf(d, hn::Ne(a, hn::Zero(d)), kIntegerOverflow);
    return hn::Sub(hn::Zero(d), a);
  }
}

template <class D, class V>
HWY_INLINE V CheckedAbs(D d, FlagSet& flags, V a) {
  flags.RaiseIf(d, hn::Eq(a, hn::Set(d, hwy::LimitsMin<hn::TFromD<D>>())), kIntegerOverflow);
  return hn::Abs(a);
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_CHECKED_INL_H_
