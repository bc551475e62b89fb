// Division bodies: floor_divide, remainder and fmod over integers and floats.
//
// Integers. Vector units divide floats only. For 8 and 16-bit integers a float32 quotient, for
// 32-bit ones a float64 quotient determines the floor: a quotient that is not an integer differs
// from the nearest one by at least 1 / |b|, that is by 1 / |a| of itself, and 2^-16 (2^-32) is
// above the rounding error 2^-24 (2^-53). For 64-bit integers the float64 quotient of the rounded
// operands is off by at most 1.5 * 2^-52 of itself: below 2^51 its floor is the true one or a
// neighbour. The remainder a - q * b, computed modulo 2^64, then shows which: it is negative
// (against b's sign) or reaches b. Larger quotients are refined first by dividing that remainder
// again. Remainders stay within 64 bits because quotients below 2 are never underestimated
// (rounding is monotonic). Zero divisors are replaced by 1, so the hardware raises nothing but
// inexact.
//
// Floats. fmod is exact: with q = trunc(|a| / |b|) < 2^52 (2^23 for float32), q is the true
// quotient or one more, and |a| - q |b| is a multiple of b's last place and smaller than b, so a
// fused multiply-add gives it exactly, and so is the correction by b. Larger quotients, zeros,
// infinities and NaN go through std::fmod lane by lane, which is exact too: no path shows in the
// bits. floor_divide and remainder then follow Python's definitions as NumPy computes them, one
// rounding after the other. Flags are computed from operands and results; hardware flags mean
// nothing.
#if defined(QUERN_SIMD_DIVISION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_DIVISION_INL_H_
#undef QUERN_SIMD_DIVISION_INL_H_
#else
#define QUERN_SIMD_DIVISION_INL_H_
#endif

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "hwy/highway.h"
#include "simd/flags-inl.h"
#include "simd/floating-inl.h"
#include "simd/fused-inl.h"
#include "simd/ieee-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

namespace division {

// Floor of a / b for 32-bit lanes given as halves of a full vector.
template <class D, class V>
HWY_INLINE V FloorQuotient32(D d, V a, V b) {
  const hn::Repartition<double, D> df;
  const hn::Half<D> dh;
  const auto lower = hn::Div(hn::PromoteLowerTo(df, a), hn::PromoteLowerTo(df, b));
  const auto upper = hn::Div(hn::PromoteUpperTo(df, a), hn::PromoteUpperTo(df, b));
  return hn::Combine(d, hn::DemoteTo(dh, hn::Floor(upper)), hn::DemoteTo(dh, hn::Floor(lower)));
}

// Floor of a / b for 16-bit values in 32-bit lanes.
template <class D, class V>
HWY_INLINE V FloorQuotient16(D d, V a, V b) {
  const hn::RebindToFloat<D> df;
  return hn::ConvertTo(d, hn::Floor(hn::Div(hn::ConvertTo(df, a), hn::ConvertTo(df, b))));
}

// a / b - q == 0 to within a few units; see the head of the file. q is replaced by the floor of a /
// b and r by the remainder that goes with it.
template <class D, class V>
HWY_INLINE V FloorQuotient64(D d, V a, V b) {
  const hn::RebindToFloat<D> df;
  const auto fb = hn::ConvertTo(df, b);
  const auto quotient = hn::Floor(hn::Div(hn::ConvertTo(df, a), fb));
  V q = hn::ConvertTo(d, quotient);
  V r = hn::Sub(a, hn::Mul(q, b));
  const hn::RebindToSigned<D> di;
  if (HWY_UNLIKELY(!hn::AllTrue(df, hn::Lt(hn::Abs(quotient), hn::Set(df, 0x1p51))))) {
    // Only lanes with |b| < 2^13 need this and have a small r; for the others it adds 0 or is a
    // step that the corrections below undo.
    const auto large = hn::Ge(hn::Abs(quotient), hn::Set(df, 0x1p51));
    const auto again = hn::Floor(hn::Div(hn::ConvertTo(df, hn::BitCast(di, r)), fb));
    const V more = hn::BitCast(d, hn::ConvertTo(di, hn::IfThenElseZero(large, again)));
    q = hn::Add(q, more);
    r = hn::Sub(r, hn::Mul(more, b));
  }
  const V one = hn::Set(d, hn::TFromD<D>{1});
  const V zero = hn::Zero(d);
  if constexpr (hwy::IsSigned<hn::TFromD<D>>()) {
    const auto negative_b = hn::Lt(b, zero);
    const auto above =
        hn::Or(hn::And(hn::Lt(r, zero), hn::Not(negative_b)), hn::And(hn::Gt(r, zero), negative_b));
    const auto below =
        hn::Or(hn::And(hn::Ge(r, b), hn::Not(negative_b)), hn::And(hn::Le(r, b), negative_b));
    return hn::Add(hn::Sub(q, hn::IfThenElseZero(above, one)), hn::IfThenElseZero(below, one));
  } else {
    // A quotient of 0 is exact, and its remainder may look negative.
    const auto above =
        hn::And(hn::RebindMask(d, hn::Lt(hn::BitCast(di, r), hn::Zero(di))), hn::Ne(q, zero));
    const auto below = hn::AndNot(above, hn::Ge(r, b));
    return hn::Add(hn::Sub(q, hn::IfThenElseZero(above, one)), hn::IfThenElseZero(below, one));
  }
}

// Floor of a / b, b != 0; wraps where the least integer is divided by -1.
template <class D, class V>
HWY_INLINE V FloorQuotient(D d, V a, V b) {
  using T = hn::TFromD<D>;
  if constexpr (sizeof(T) == 8) {
    return FloorQuotient64(d, a, b);
  } else if constexpr (sizeof(T) == 4) {
    return FloorQuotient32(d, a, b);
  } else {
    // Twice as wide lanes, signed: they hold the unsigned values as well.
    const hn::RepartitionToWide<D> dw;
    const hn::RebindToSigned<decltype(dw)> di;
    const auto a0 = hn::BitCast(di, hn::PromoteLowerTo(dw, a));
    const auto a1 = hn::BitCast(di, hn::PromoteUpperTo(dw, a));
    const auto b0 = hn::BitCast(di, hn::PromoteLowerTo(dw, b));
    const auto b1 = hn::BitCast(di, hn::PromoteUpperTo(dw, b));
    if constexpr (sizeof(T) == 2) {
      return hn::OrderedDemote2To(d, FloorQuotient16(di, a0, b0), FloorQuotient16(di, a1, b1));
    } else {
      return hn::OrderedDemote2To(d, FloorQuotient(di, a0, b0), FloorQuotient(di, a1, b1));
    }
  }
}

// Raises divide_by_zero for zero divisors and returns divisors without them.
template <class D, class V>
HWY_INLINE V SafeDivisor(D d, FlagSet& flags, V b, hn::Mask<D>& zero) {
  zero = hn::Eq(b, hn::Zero(d));
  flags.RaiseIf(d, zero, kDivideByZero);
  return hn::IfThenElse(zero, hn::Set(d, hn::TFromD<D>{1}), b);
}

template <class D, class V>
HWY_INLINE V FloorDivideInteger(D d, FlagSet& flags, V a, V b) {
  using T = hn::TFromD<D>;
  hn::Mask<D> zero;
  b = SafeDivisor(d, flags, b, zero);
  V q = FloorQuotient(d, a, b);
  if constexpr (hwy::IsSigned<T>()) {
    const V least = hn::Set(d, hwy::LimitsMin<T>());
    const auto overflow = hn::And(hn::Eq(a, least), hn::Eq(b, hn::Set(d, T{-1})));
    flags.RaiseIf(d, overflow, kOverflow);
    q = hn::IfThenElse(overflow, a, q);
  }
  return hn::IfThenZeroElse(zero, q);
}

template <class D, class V>
HWY_INLINE V RemainderInteger(D d, FlagSet& flags, V a, V b) {
  hn::Mask<D> zero;
  b = SafeDivisor(d, flags, b, zero);
  const V q = FloorQuotient(d, a, b);
  V r = hn::Sub(a, hn::Mul(q, b));
  if constexpr (hwy::IsSigned<hn::TFromD<D>>() && sizeof(hn::TFromD<D>) < 8) {
    // The least integer by -1: narrow quotients saturate, which leaves a remainder of -1.
    r = hn::IfThenZeroElse(hn::Eq(b, hn::Set(d, hn::TFromD<D>{-1})), r);
  }
  return hn::IfThenZeroElse(zero, r);
}

// Lanes of the fast path of Fmod: 0 <= x / y < 2^52 (2^23), y finite.
template <class D, class V>
HWY_INLINE hn::Mask<D> Ordinary(D d, V quotient, V y) {
  using T = hn::TFromD<D>;
  const V limit = hn::Set(d, static_cast<T>(1) / std::numeric_limits<T>::epsilon());
  const V greatest = hn::Set(d, std::numeric_limits<T>::max());
  return hn::And(hn::Lt(quotient, limit), hn::Le(y, greatest));
}

// r with the lanes that are not in `done` replaced by std::fmod.
template <class D, class V>
HWY_NOINLINE V FmodByLane(V a, V b, V r, hn::Mask<D> done) {
  using T = hn::TFromD<D>;
  const D d;
  HWY_ALIGN T x[HWY_MAX_LANES_D(D)];
  HWY_ALIGN T y[HWY_MAX_LANES_D(D)];
  HWY_ALIGN T z[HWY_MAX_LANES_D(D)];
  HWY_ALIGN T skip[HWY_MAX_LANES_D(D)];
  hn::Store(a, d, x);
  hn::Store(b, d, y);
  hn::Store(r, d, z);
  hn::Store(hn::IfThenElseZero(done, hn::Set(d, T{1})), d, skip);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) {
    if (skip[i] == 0) z[i] = std::fmod(x[i], y[i]);
  }
  return hn::Load(d, z);
}

// The exact remainder of a / b truncated, with the sign of a; NaN where C's fmod gives it.
template <class D, class V>
HWY_INLINE V FmodFloat(D d, V a, V b) {
  const V x = hn::Abs(a);
  const V y = hn::Abs(b);
  const V quotient = Quotient(d, x, y);
  V r = NegFma(d, hn::Trunc(quotient), y, x);
  r = hn::IfThenElse(hn::Lt(r, hn::Zero(d)), hn::Add(r, y), r);
  r = hn::CopySign(r, a);
  const auto ordinary = Ordinary(d, quotient, y);
  if (HWY_UNLIKELY(!hn::AllTrue(d, ordinary))) r = FmodByLane<D>(a, b, r, ordinary);
  return r;
}

// Lanes where mod is not zero and lies on the other side of zero than b.
template <class D, class V>
HWY_INLINE hn::Mask<D> OppositeSides(D d, V mod, V b) {
  const V zero = hn::Zero(d);
  return hn::Or(hn::And(hn::Lt(mod, zero), hn::Not(hn::Lt(b, zero))),
                hn::And(hn::Gt(mod, zero), hn::Lt(b, zero)));
}

// Raises the flags of floor_divide and fills in a / b where b is zero; `result` is not finite
// there.
template <class D, class V>
HWY_NOINLINE V FloorDivideOdd(FlagSet& flags, V a, V b, V result) {
  const D d;
  const auto zero_a = hn::Eq(a, hn::Zero(d));
  const auto zero_b = hn::Eq(b, hn::Zero(d));
  const auto finite = hn::And(hn::IsFinite(a), hn::IsFinite(b));
  const auto by_zero = hn::And(finite, zero_b);
  const auto overflow = hn::AndNot(zero_b, hn::And(finite, hn::Not(hn::IsFinite(result))));
  const auto infinite = hn::AndNot(hn::Or(zero_b, hn::IsNaN(b)), hn::IsInf(a));
  flags.RaiseIf(d, hn::AndNot(zero_a, by_zero), kDivideByZero);
  flags.RaiseIf(d, hn::And(zero_a, by_zero), kInvalid);
  flags.RaiseIf(d, overflow, kOverflow | kInvalid);
  flags.RaiseIf(d, infinite, kInvalid);
  return hn::IfThenElse(zero_b, Quotient(d, a, b), result);
}

template <class D, class V>
HWY_INLINE V FloorDivideFloat(D d, FlagSet& flags, V a, V b) {
  const V zero = hn::Zero(d);
  const V one = hn::Set(d, hn::TFromD<D>{1});
  const V mod = FmodFloat(d, a, b);
  V quotient = Quotient(d, hn::Sub(a, mod), b);
  quotient = hn::Sub(quotient, hn::IfThenElseZero(OppositeSides(d, mod, b), one));
  V result = hn::Floor(quotient);
  const auto short_by_one = hn::Gt(hn::Sub(quotient, result), hn::Set(d, hn::TFromD<D>(0.5)));
  result = hn::Add(result, hn::IfThenElseZero(short_by_one, one));
  const V signed_zero = hn::CopySign(zero, hn::Xor(a, b));
  result = hn::IfThenElse(hn::Eq(quotient, zero), signed_zero, result);
  if (HWY_UNLIKELY(!hn::AllTrue(d, hn::IsFinite(result)))) {
    result = FloorDivideOdd<D>(flags, a, b, result);
  }
  return result;
}

// Raises invalid where a remainder is NaN although no operand is: b zero or a infinite.
template <class D, class V>
HWY_INLINE void RaiseRemainder(D d, FlagSet& flags, V a, V b, V result) {
  const auto nan = hn::IsNaN(result);
  if (HWY_UNLIKELY(!hn::AllFalse(d, nan))) {
    flags.RaiseIf(d, hn::AndNot(hn::Or(hn::IsNaN(a), hn::IsNaN(b)), nan), kInvalid);
  }
}

template <class D, class V>
HWY_INLINE V RemainderFloat(D d, FlagSet& flags, V a, V b) {
  const V zero = hn::Zero(d);
  const V mod = FmodFloat(d, a, b);
  V result = hn::IfThenElse(OppositeSides(d, mod, b), hn::Add(mod, b), mod);
  result = hn::IfThenElse(hn::Eq(mod, zero), hn::CopySign(zero, b), result);
  RaiseRemainder(d, flags, a, b, result);
  return result;
}

}  // namespace division

// The largest integer not above a / b. Integers: 0 and divide_by_zero for b == 0; the least integer
// by -1 stays as it is and raises overflow. Floats: divide_by_zero, invalid, and overflow with
// invalid when the quotient leaves the range.
template <class D, class V>
HWY_INLINE V FloorDivide(D d, FlagSet& flags, V a, V b) {
  if constexpr (hwy::IsFloat<hn::TFromD<D>>()) {
    return division::FloorDivideFloat(d, flags, a, b);
  } else {
    return division::FloorDivideInteger(d, flags, a, b);
  }
}

// The same of signed integers, where the lowest one divided by -1 also raises integer_overflow.
template <class D, class V>
HWY_INLINE V CheckedFloorDivide(D d, FlagSet& flags, V a, V b) {
  using T = hn::TFromD<D>;
  const auto lowest = hn::Eq(a, hn::Set(d, hwy::LimitsMin<T>()));
  flags.RaiseIf(d, hn::And(lowest, hn::Eq(b, hn::Set(d, T{-1}))), kIntegerOverflow);
  return FloorDivide(d, flags, a, b);
}

// a - b * floor(a / b), with the sign of b. Integers: 0 and divide_by_zero for b == 0. Floats: NaN
// and invalid for b == 0 or infinite a; a zero takes the sign of b.
template <class D, class V>
HWY_INLINE V Remainder(D d, FlagSet& flags, V a, V b) {
  if constexpr (hwy::IsFloat<hn::TFromD<D>>()) {
    return division::RemainderFloat(d, flags, a, b);
  } else {
    return division::RemainderInteger(d, flags, a, b);
  }
}

// a - b * trunc(a / b), with the sign of a; otherwise as Remainder.
template <class D, class V>
HWY_INLINE V Fmod(D d, FlagSet& flags, V a, V b) {
  using T = hn::TFromD<D>;
  if constexpr (hwy::IsFloat<T>()) {
    const V result = division::FmodFloat(d, a, b);
    division::RaiseRemainder(d, flags, a, b, result);
    return result;
  } else {
    const V r = division::RemainderInteger(d, flags, a, b);
    if constexpr (!hwy::IsSigned<T>()) {
      return r;
    } else {
      const V zero = hn::Zero(d);
      const auto opposite = hn::And(hn::Lt(hn::Xor(a, b), zero), hn::Ne(r, zero));
      return hn::Sub(r, hn::IfThenElseZero(opposite, b));
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_DIVISION_INL_H_
