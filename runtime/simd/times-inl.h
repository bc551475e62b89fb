// Bodies over counts of time: int64 lanes of which the lowest value is NaT, not a time.
//
// NaT beside anything is NaT. Sums, differences and products wrap around, as NumPy's, and may land
// on NaT. Since NaT is the lowest lane, the smaller of two values that passes NaT on is Min, and
// the larger one that ignores it is Max.
#if defined(QUERN_SIMD_TIMES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_TIMES_INL_H_
#undef QUERN_SIMD_TIMES_INL_H_
#else
#define QUERN_SIMD_TIMES_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"
#include "quern/time.hpp"
#include "simd/division-inl.h"
#include "simd/flags-inl.h"
#include "simd/ieee-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Where the lane is NaT.
template <class D, class V>
HWY_INLINE hn::Mask<D> IsNaT(D d, FlagSet& /*flags*/, V a) {
  return hn::Eq(a, hn::Set(d, not_a_time));
}
template <class D, class V>
HWY_INLINE hn::Mask<D> IsEitherNaT(D d, V a, V b) {
  const V nat = hn::Set(d, not_a_time);
  return hn::Or(hn::Eq(a, nat), hn::Eq(b, nat));
}

template <class D, class V>
HWY_INLINE V TimeSum(D d, FlagSet& /*flags*/, V a, V b) {
  return hn::IfThenElse(IsEitherNaT(d, a, b), hn::Set(d, not_a_time), hn::Add(a, b));
}

template <class D, class V>
HWY_INLINE V TimeDifference(D d, FlagSet& /*flags*/, V a, V b) {
  return hn::IfThenElse(IsEitherNaT(d, a, b), hn::Set(d, not_a_time), hn::Sub(a, b));
}

// What lies between two points in time.
template <class D, class V>
HWY_INLINE V TimeBetween(D d, FlagSet& flags, V a, V b) {
  return TimeDifference(d, flags, a, b);
}

template <class D, class V>
HWY_INLINE V TimeMaximum(D d, FlagSet& /*flags*/, V a, V b) {
  const V nat = hn::Set(d, not_a_time);
  return hn::IfThenElse(hn::Eq(hn::Min(a, b), nat), nat, hn::Max(a, b));
}

// The smaller value; NaT only where both are. One step down NaT is the highest lane.
template <class D, class V>
HWY_INLINE V TimeFmin(D d, FlagSet& /*flags*/, V a, V b) {
  const V one = hn::Set(d, std::int64_t{1});
  return hn::Add(hn::Min(hn::Sub(a, one), hn::Sub(b, one)), one);
}

// A span times a whole number.
template <class D, class V>
HWY_INLINE V TimeProduct(D d, FlagSet& flags, V a, V b) {
  return hn::IfThenElse(IsNaT(d, flags, a), a, hn::Mul(a, b));
}

// A span divided by a whole number, truncated; NaT with the flag where that is zero.
template <class D, class V>
HWY_INLINE V TimeQuotient(D d, FlagSet& flags, V a, V b) {
  const V one = hn::Set(d, std::int64_t{1});
  const auto nat = IsNaT(d, flags, a);
  const auto zero = hn::Eq(b, hn::Zero(d));
  flags.RaiseIf(d, hn::AndNot(nat, zero), kDivideByZero);
  const auto refused = hn::Or(nat, zero);
  const V divisor = hn::IfThenElse(refused, one, b);
  const V dividend = hn::IfThenZeroElse(refused, a);
  const V floor = division::FloorQuotient(d, dividend, divisor);
  // A negative quotient with a rest was rounded away from zero.
  const auto whole = hn::Eq(hn::Mul(floor, divisor), dividend);
  const auto negative = hn::Lt(hn::Xor(dividend, divisor), hn::Zero(d));
  const V quotient = hn::Add(floor, hn::IfThenElseZero(hn::AndNot(whole, negative), one));
  return hn::IfThenElse(refused, hn::Set(d, not_a_time), quotient);
}

// What double-precision results become: truncated, NaT where they are not finite, and with the flag
// where 64 bits do not hold them.
template <class D, class VF>
HWY_INLINE hn::Vec<D> TimeCount(D d, FlagSet& flags, VF result) {
  const hn::RebindToFloat<D> df;
  const auto fits =
      hn::And(hn::Ge(result, hn::Set(df, -0x1p63)), hn::Lt(result, hn::Set(df, 0x1p63)));
  flags.RaiseIf(df, hn::AndNot(fits, hn::IsFinite(result)), kInvalid);
  const auto counts = hn::ConvertTo(d, hn::IfThenElseZero(fits, result));
  return hn::IfThenElse(hn::RebindMask(d, fits), counts, hn::Set(d, not_a_time));
}

// A span times a real number. Infinity out of finite numbers overflows. The tag may be that of
// either.
template <class D, class V, class VF>
HWY_INLINE V TimeScaled(D /*d*/, FlagSet& flags, V a, VF b) {
  const hn::RebindToSigned<D> d;
  const hn::RebindToFloat<D> df;
  const auto nat = IsNaT(d, flags, a);
  const VF span = hn::ConvertTo(df, hn::IfThenZeroElse(nat, a));
  const VF factor = hn::IfThenZeroElse(hn::RebindMask(df, nat), b);
  const VF product = hn::Mul(span, factor);
  flags.RaiseIf(df, hn::AndNot(hn::IsInf(factor), hn::IsInf(product)), kOverflow);
  flags.RaiseIf(df, hn::AndNot(hn::IsNaN(factor), hn::IsNaN(product)), kInvalid);
  return hn::IfThenElse(nat, a, TimeCount(d, flags, product));
}

// A span divided by a real number. Overflow and underflow are the hardware's.
template <class D, class V, class VF>
HWY_INLINE V TimeParted(D d, FlagSet& flags, V a, VF b) {
  const hn::RebindToFloat<D> df;
  const auto nat = IsNaT(d, flags, a);
  const VF span = hn::ConvertTo(df, hn::IfThenZeroElse(nat, a));
  const VF divisor = hn::IfThenElse(hn::RebindMask(df, nat), hn::Set(df, 1.0), b);
  const VF quotient = Quotient(df, span, divisor);
  const auto zero = hn::Eq(divisor, hn::Zero(df));
  flags.RaiseIf(df, hn::And(zero, hn::IsInf(quotient)), kDivideByZero);
  flags.RaiseIf(df, hn::And(zero, hn::IsNaN(quotient)), kInvalid);
  return hn::IfThenElse(nat, a, TimeCount(d, flags, quotient));
}

// How often a span contains another, in double precision; NaN where one is NaT.
template <class D, class V>
HWY_INLINE hn::Vec<hn::RebindToFloat<D>> TimeRatio(D d, FlagSet& flags, V a, V b) {
  const hn::RebindToFloat<D> df;
  const V one = hn::Set(d, std::int64_t{1});
  const auto nat = IsEitherNaT(d, a, b);
  const V divisor = hn::IfThenElse(nat, one, b);
  const auto zero = hn::Eq(divisor, hn::Zero(d));
  const auto nothing = hn::Eq(hn::IfThenElse(nat, one, a), hn::Zero(d));
  flags.RaiseIf(d, hn::AndNot(nothing, zero), kDivideByZero);
  flags.RaiseIf(d, hn::And(nothing, zero), kInvalid);
  const auto ratio = Quotient(df, hn::ConvertTo(df, a), hn::ConvertTo(df, divisor));
  return hn::IfThenElse(hn::RebindMask(df, nat), hn::NaN(df), ratio);
}

// The same rounded down, as a whole number; 0 with a flag where one is NaT or the second is zero.
template <class D, class V>
HWY_INLINE V TimeFloorRatio(D d, FlagSet& flags, V a, V b) {
  const auto nat = IsEitherNaT(d, a, b);
  flags.RaiseIf(d, nat, kInvalid);
  return FloorDivide(d, flags, hn::IfThenZeroElse(nat, a),
                     hn::IfThenElse(nat, hn::Set(d, std::int64_t{1}), b));
}

// What the floored ratio leaves; NaT where one is NaT, and with the flag where the second is zero.
template <class D, class V>
HWY_INLINE V TimeRemainder(D d, FlagSet& flags, V a, V b) {
  const auto nat = IsEitherNaT(d, a, b);
  const V rest = Remainder(d, flags, hn::IfThenZeroElse(nat, a),
                           hn::IfThenElse(nat, hn::Set(d, std::int64_t{1}), b));
  return hn::IfThenElse(hn::Or(nat, hn::Eq(b, hn::Zero(d))), hn::Set(d, not_a_time), rest);
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_TIMES_INL_H_
