// Arithmetic bodies that Highway has no single operation for, over integers (wrapping) and floats.
//
// Plain sums, products and quotients are Highway's Add, Sub, Mul and Div. Flags of float arithmetic
// are the hardware's.
#if defined(QUERN_SIMD_ARITHMETIC_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_ARITHMETIC_INL_H_
#undef QUERN_SIMD_ARITHMETIC_INL_H_
#else
#define QUERN_SIMD_ARITHMETIC_INL_H_
#endif

#include "hwy/highway.h"
#include "simd/flags-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// -a; unsigned integers wrap, and so does the least signed integer.
template <class D, class V>
HWY_INLINE V Negative(D d, FlagSet& /*flags*/, V a) {
  if constexpr (hwy::IsSigned<hn::TFromD<D>>()) {
    return hn::Neg(a);
  } else {
    return hn::Sub(hn::Zero(d), a);
  }
}

// |a|; the least signed integer stays as it is.
template <class D, class V>
HWY_INLINE V Absolute(D /*d*/, FlagSet& /*flags*/, V a) {
  if constexpr (hwy::IsSigned<hn::TFromD<D>>()) {
    return hn::Abs(a);
  } else {
    return a;
  }
}

template <class D, class V>
HWY_INLINE V Square(D /*d*/, FlagSet& /*flags*/, V a) {
  return hn::Mul(a, a);
}

// -1, 0 or 1 with the sign of a; NaN gives NaN, and both zeros give +0.
template <class D, class V>
HWY_INLINE V Sign(D d, FlagSet& /*flags*/, V a) {
  using T = hn::TFromD<D>;
  const V one = hn::Set(d, T{1});
  if constexpr (!hwy::IsSigned<T>()) {
    return hn::Min(a, one);
  } else if constexpr (!hwy::IsFloat<T>()) {
    return hn::Max(hn::Min(a, one), hn::Set(d, T{-1}));
  } else {
    const V zero = hn::Zero(d);
    const V positive = hn::IfThenElseZero(hn::Gt(a, zero), one);
    const V sign = hn::IfThenElse(hn::Lt(a, zero), hn::Set(d, T{-1}), positive);
    return hn::IfThenElse(hn::IsNaN(a), a, sign);
  }
}

// 1 / a truncated: a for 1 and -1, else 0. 1 / 0 is what NumPy makes of infinity by way of 32 bits,
// the least value of signed lanes at least as wide and 0 of others, with two flags.
template <class D, class V>
HWY_INLINE V ReciprocalInteger(D d, FlagSet& flags, V a) {
  using T = hn::TFromD<D>;
  const V one = hn::Set(d, T{1});
  const auto zero = hn::Eq(a, hn::Zero(d));
  flags.RaiseIf(d, zero, kDivideByZero | kInvalid);
  auto unit = hn::Eq(a, one);
  if constexpr (hwy::IsSigned<T>()) unit = hn::Or(unit, hn::Eq(a, hn::Set(d, T{-1})));
  const V quotient = hn::IfThenElseZero(unit, a);
  if constexpr (hwy::IsSigned<T>() && sizeof(T) >= 4) {
    return hn::IfThenElse(zero, hn::Set(d, hwy::LimitsMin<T>()), quotient);
  } else {
    return quotient;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_ARITHMETIC_INL_H_
