// Sin, Cos, Tan, Sinc: functions of angles of any size, of double (at most 0.55 ULP) and float (at
// most 0.501 ULP), the same bits on every target.
//
// Method: |x| = (16 m + j) pi / 16 + r with |r| <= pi / 32, so that sin |x| = (-1)^m (S cos r + C
// sin r), where a table gives S = sin(j pi / 16) and C = cos(j pi / 16), each as a double and what
// that lost; cos x is the sine of eight steps more. For double S + C r is rounded once, which is
// the half ULP; the tail is what that lost, the low parts of S, C and r, and S (cos r - 1) + C (sin
// r - r) by two polynomials. It is at most 1/80 of the result, so that its own roundings weigh some
// 0.02 ULP together.
//
// tan |x| = (S + C t) / (C - S t) with t = tan r: dividend and divisor are such sums, and the
// quotient is corrected by what it leaves of them. sinc x is the sine, also as a sum, over pi x in
// two parts; x has exact multiples of 1/16 taken off before pi comes in.
//
// r is computed as a double and what that lost: pi / 16 stands in three parts, of 53, 29 and 53
// bits. The first product leaves the argument exactly (fused, where it cancels), the second exactly
// or, where r is not small, with an error that is computed; hence r is right to 2^-115 for |x| <
// 2^21, and no such double is closer than 2^-56 to a multiple of pi / 16. Beyond that huge_angle.h
// reduces.
//
// float goes through double: |x| = n pi + r, |r| <= pi / 2, with a polynomial of degree 11 for the
// sine; tan takes multiples of pi / 2 and a quotient of polynomials of degrees 5 and 4. They are
// within 3e-11 of the result, so rounding to float decides. n times the head of pi is exact, and
// fused or not gives the same float (checked for all positive arguments below 2^21, beyond in
// samples; quern_simd's long test checks all). Huge ones take the way of double.
//
// Constants: tools/derive/trigonometric.py. Reduction in parts after W. J. Cody and W. Waite,
// Software Manual for the Elementary Functions (1980); table-driven sines after P. T. P. Tang, ACM
// TOMS 15 (1989).
#if defined(QUERN_SIMD_TRIGONOMETRIC_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_TRIGONOMETRIC_INL_H_
#undef QUERN_SIMD_TRIGONOMETRIC_INL_H_
#else
#define QUERN_SIMD_TRIGONOMETRIC_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"
#include "simd/double_double-inl.h"
#include "simd/elementary-inl.h"
#include "simd/flags-inl.h"
#include "simd/fused-inl.h"
#include "simd/huge_angle.h"
#include "simd/small_table-inl.h"
#include "simd/trigonometric_tables.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

namespace trigonometric {

using namespace ::quern::trigonometric;  // the tables
using elementary::AsTarget;
using elementary::Fused;
using elementary::Polynomial;
using elementary::ThroughDouble;

// Magnitudes from here on are reduced by ReduceHugeAngles.
inline constexpr double kHuge = 0x1p21;
// 1.5 * 2^52: adding it rounds to an integer and leaves that integer in the low bits.
inline constexpr double kRoundToInteger = 0x1.8p52;

// count pi / 16 + head + tail; the count is right modulo 2^51.
template <class V, class VI>
struct Angle {
  VI count;
  V head;
  V tail;
};

template <class D>
using AngleOf = Angle<hn::Vec<D>, hn::Vec<hn::RebindToSigned<D>>>;

// For 0 <= x < kHuge; of other x any angle.
template <class D, class V>
HWY_INLINE AngleOf<D> Reduce(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V rounder = hn::Set(d, kRoundToInteger);
  const V shifted = Fma(d, x, hn::Set(d, kSteps), rounder);
  const V steps = hn::Sub(shifted, rounder);
  const V middle = hn::Set(d, kStepMiddle);
  const V first = NegFma(d, steps, hn::Set(d, kStepHead), x);
  const V head = NegFma(d, steps, middle, first);
  const V lost = NegFma(d, steps, middle, hn::Sub(first, head));
  return {hn::BitCast(di, shifted), head, NegFma(d, steps, hn::Set(d, kStepTail), lost)};
}

// For kHuge <= x < infinity; of other x any angle.
template <class D, class V>
HWY_INLINE AngleOf<D> ReduceHuge(D d, V x) {
  const hn::RebindToSigned<D> di;
  HWY_ALIGN double lanes[HWY_MAX_LANES_D(D)];
  HWY_ALIGN std::int64_t count[HWY_MAX_LANES_D(D)];
  HWY_ALIGN double head[HWY_MAX_LANES_D(D)];
  HWY_ALIGN double tail[HWY_MAX_LANES_D(D)];
  hn::Store(x, d, lanes);
  ReduceHugeAngles(lanes, hn::Lanes(d), count, head, tail);
  // Times pi / 16, in two parts.
  const V steps = hn::Load(d, head);
  const V step = hn::Set(d, kStepHead);
  V product, error;
  TwoProduct(d, steps, step, product, error);
  error = Fma(d, steps, hn::Set(d, kStepLow), error);
  error = Fma(d, hn::Load(d, tail), step, error);
  AngleOf<D> angle;
  angle.count = hn::Load(di, count);
  FastTwoSum(product, error, angle.head, angle.tail);
  return angle;
}

// For all finite x >= 0.
template <class D, class V>
HWY_INLINE AngleOf<D> ReduceAny(D d, V x) {
  const hn::RebindToSigned<D> di;
  const auto huge = hn::Ge(x, hn::Set(d, kHuge));
  const AngleOf<D> far = ReduceHuge(d, x);
  AngleOf<D> angle = Reduce(d, x);
  angle.count = hn::IfThenElse(hn::RebindMask(di, huge), far.count, angle.count);
  angle.head = hn::IfThenElse(huge, far.head, angle.head);
  angle.tail = hn::IfThenElse(huge, far.tail, angle.tail);
  return angle;
}

template <class D, class V>
HWY_INLINE bool AreOrdinary(D d, V magnitude, hn::TFromD<D> limit) {
  return HWY_LIKELY(hn::AllTrue(d, hn::Lt(magnitude, hn::Set(d, limit))));
}

// The sine and the cosine of a multiple of pi / 16, and what they lost.
template <class V>
struct Row {
  V sine;
  V sine_low;
  V cosine;
  V cosine_low;
};

template <class D, class VI>
HWY_INLINE Row<hn::Vec<D>> LookUp(D d, VI count) {
  const hn::RebindToSigned<D> di;
  const VI index = hn::And(count, hn::Set(di, 15));
  const PairTable16 sines = {kSine, kSineTail, kSineRows};
  const PairTable16 cosines = {kSine + 8, kSineTail + 8, kSineRows + 16};
  Row<hn::Vec<D>> row;
  LookupPair16(d, sines, index, row.sine, row.sine_low);
  LookupPair16(d, cosines, index, row.cosine, row.cosine_low);
  return row;
}

// head + rest = a + b r + a_low + b_low r but for low parts of r; |b r| is at most half of |a|, or
// a is 0.
template <class D, class V>
HWY_INLINE void AddScaled(D d, V a, V a_low, V b, V b_low, V r, V& head, V& rest) {
  head = Fma(d, b, r, a);
  rest = Fma(d, b, r, hn::Sub(a, head));
  rest = hn::Add(rest, Fma(d, b_low, r, a_low));
}

// The sine of an angle whose count is `count`, but for the sign of each sixteenth step, as a sum.
template <class D, class V, class VI>
HWY_INLINE void SineSum(D d, VI count, V head, V tail, V& sum, V& rest) {
  const Row<V> row = LookUp(d, count);
  const V square = hn::Mul(head, head);
  const V cube = hn::Mul(square, head);
  const V less_one = hn::Mul(square, Polynomial<Fused>(d, kCosine64Polynomial, square));
  const V small = Fma(d, cube, Polynomial<Fused>(d, kSine64Polynomial, square), tail);
  AddScaled(d, row.sine, row.sine_low, row.cosine, row.cosine_low, head, sum, rest);
  rest = Fma(d, row.sine, less_one, rest);
  rest = Fma(d, row.cosine, small, rest);
}

// (n + n_rest) / (d + d_rest), where rests are small beside what they belong to.
template <class D, class V>
HWY_INLINE V Quotient(D d, V n, V n_rest, V divisor, V divisor_rest) {
  const V inverse = hn::Div(hn::Set(d, 1.0), hn::Add(divisor, divisor_rest));
  const V near = hn::Mul(hn::Add(n, n_rest), inverse);
  const V left = hn::Add(NegFma(d, near, divisor, n), NegFma(d, near, divisor_rest, n_rest));
  return Fma(d, left, inverse, near);
}

// (S + C t) / (C - S t) with t = tan r.
template <class D, class V, class VI>
HWY_INLINE V Tangent64(D d, VI count, V head, V tail) {
  const Row<V> row = LookUp(d, count);
  const V square = hn::Mul(head, head);
  const V cube = hn::Mul(square, head);
  const V small = Fma(d, cube, Polynomial<Fused>(d, kTangent64Polynomial, square), tail);
  V upper, upper_rest, lower, lower_rest;
  AddScaled(d, row.sine, row.sine_low, row.cosine, row.cosine_low, head, upper, upper_rest);
  AddScaled(d, row.cosine, row.cosine_low, row.sine, row.sine_low, hn::Neg(head), lower,
            lower_rest);
  upper_rest = Fma(d, row.cosine, small, upper_rest);
  lower_rest = NegFma(d, row.sine, small, lower_rest);
  return Quotient(d, upper, upper_rest, lower, lower_rest);
}

// The sign bit of each sixteenth step.
template <class D, class VI>
HWY_INLINE hn::Vec<D> SignOfStep(D d, VI count) {
  return hn::And(hn::BitCast(d, hn::ShiftLeft<59>(count)), hn::SignBit(d));
}

template <class D, class V>
HWY_INLINE V SignOf(D d, V x) {
  return hn::And(x, hn::SignBit(d));
}

// The sine of an angle and of `kSteps` more.
template <std::int64_t kSteps, class D, class V>
HWY_INLINE V Sine64(D d, const AngleOf<D>& angle) {
  const hn::RebindToSigned<D> di;
  const auto count = hn::Add(angle.count, hn::Set(di, kSteps));
  V sum, rest;
  SineSum(d, count, angle.head, angle.tail, sum, rest);
  return hn::Xor(hn::Add(sum, rest), SignOfStep(d, count));
}

// sin x to within 2e-11, x = turns pi + r; `rounded` has the whole number that makes the sign in
// its low bits.
template <class D, class V>
HWY_INLINE V Sine32(D d, V x, V turns, V rounded) {
  const hn::RebindToSigned<D> di;
  V r = AsTarget::NegMulAdd(d, turns, hn::Set(d, kHalfTurnHead), x);
  r = AsTarget::NegMulAdd(d, turns, hn::Set(d, kHalfTurnTail), r);
  const V square = hn::Mul(r, r);
  const V q = Polynomial<AsTarget>(d, kSine32Polynomial, square);
  // A product, for -0.
  const V sine = hn::Mul(r, AsTarget::MulAdd(d, square, q, hn::Set(d, 1.0)));
  return hn::Xor(sine, hn::BitCast(d, hn::ShiftLeft<63>(hn::BitCast(di, rounded))));
}

// Functions of an angle: Of64 of the magnitude of x, reduced, and Of32 of |x| < kHuge to within
// 1e-10.
struct SinOf {
  template <class D, class V>
  static HWY_INLINE V Of64(D d, V x, const AngleOf<D>& angle) {
    return hn::Xor(Sine64<0, D, V>(d, angle), SignOf(d, x));
  }
  template <class D, class V>
  static HWY_INLINE V Of32(D d, V x) {
    const V rounder = hn::Set(d, kRoundToInteger);
    const V rounded = AsTarget::MulAdd(d, x, hn::Set(d, kHalfTurns), rounder);
    return Sine32(d, x, hn::Sub(rounded, rounder), rounded);
  }
};

struct CosOf {
  template <class D, class V>
  static HWY_INLINE V Of64(D d, V /*x*/, const AngleOf<D>& angle) {
    return Sine64<8, D, V>(d, angle);
  }
  // sin(x + pi / 2): half a turn less a quarter.
  template <class D, class V>
  static HWY_INLINE V Of32(D d, V x) {
    const V rounder = hn::Set(d, kRoundToInteger);
    const V half = hn::Set(d, 0.5);
    const V rounded = hn::Add(AsTarget::MulAdd(d, x, hn::Set(d, kHalfTurns), half), rounder);
    return Sine32(d, x, hn::Sub(hn::Sub(rounded, rounder), half), rounded);
  }
};

struct TanOf {
  template <class D, class V>
  static HWY_INLINE V Of64(D d, V x, const AngleOf<D>& angle) {
    return hn::Xor(Tangent64(d, angle.count, angle.head, angle.tail), SignOf(d, x));
  }
  // tan r or -1 / tan r, by quarter turns.
  template <class D, class V>
  static HWY_INLINE V Of32(D d, V x) {
    const hn::RebindToSigned<D> di;
    const V rounder = hn::Set(d, kRoundToInteger);
    const V rounded = AsTarget::MulAdd(d, x, hn::Set(d, 2 * kHalfTurns), rounder);
    const V turns = hn::Sub(rounded, rounder);
    V r = AsTarget::NegMulAdd(d, turns, hn::Set(d, kHalfTurnHead / 2), x);
    r = AsTarget::NegMulAdd(d, turns, hn::Set(d, kHalfTurnTail / 2), r);
    const V square = hn::Mul(r, r);
    const V upper = hn::Mul(r, Polynomial<AsTarget>(d, kTangent32Upper, square));
    const V lower = Polynomial<AsTarget>(d, kTangent32Lower, square);
    const V odd = hn::BitCast(d, hn::ShiftLeft<63>(hn::BitCast(di, rounded)));
    const V divisor = hn::IfNegativeThenElse(odd, upper, lower);
    const V dividend = hn::IfNegativeThenElse(odd, lower, upper);
    return hn::Xor(hn::Div(dividend, divisor), odd);
  }
};

// All lanes again, with any argument allowed.
template <class Function, class D, class V>
HWY_NOINLINE V Extremes64(FlagSet& flags, V x) {
  const D d;
  const auto infinite = hn::IsInf(x);
  flags.RaiseIf(d, infinite, kInvalid);
  const V result = Function::Of64(d, x, ReduceAny(d, hn::Abs(x)));
  return hn::IfThenElse(infinite, hn::NaN(d), result);
}

template <class Function, class D, class V>
HWY_INLINE V Any64(D d, FlagSet& flags, V x) {
  const V magnitude = hn::Abs(x);
  if (!AreOrdinary(d, magnitude, kHuge)) return Extremes64<Function, D>(flags, x);
  return Function::Of64(d, x, Reduce(d, magnitude));
}

template <class Function>
struct InDouble {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return Function::Of32(d, x);
  }
};

template <class Function>
struct AnyInDouble {
  FlagSet& flags;

  template <class D, class V>
  HWY_INLINE V operator()(D /*d*/, V x) const {
    return Extremes64<Function, D>(flags, x);
  }
};

// Replaces the lanes of `result` from kHuge on and for NaN.
template <class Function, class D, class V>
HWY_NOINLINE V Extremes32(FlagSet& flags, V x, V result) {
  const D d;
  const auto huge = hn::Not(hn::Lt(hn::Abs(x), hn::Set(d, static_cast<float>(kHuge))));
  return hn::IfThenElse(huge, ThroughDouble(d, AnyInDouble<Function>{flags}, x), result);
}

template <class Function, class D, class V>
HWY_INLINE V Any32(D d, FlagSet& flags, V x) {
  V result = ThroughDouble(d, InDouble<Function>(), x);
  if (!AreOrdinary(d, hn::Abs(x), static_cast<float>(kHuge))) {
    result = Extremes32<Function, D>(flags, x, result);
  }
  return result;
}

template <class Function, class D, class V>
HWY_INLINE V Any(D d, FlagSet& flags, V x) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    return Any64<Function>(d, flags, x);
  } else {
    return Any32<Function>(d, flags, x);
  }
}

// sin(pi x) / (pi x) for kLeastSinc <= x < 2^53; y is x less a multiple of 2, |y| < kHuge.
template <class D, class V>
HWY_INLINE V SincOfReduced(D d, V x, V y) {
  const hn::RebindToSigned<D> di;
  const V rounder = hn::Set(d, kRoundToInteger);
  const V pi = hn::Set(d, kPi);
  const V pi_low = hn::Set(d, kPiLow);
  const V shifted = AsTarget::MulAdd(d, y, hn::Set(d, 16.0), rounder);
  const V steps = hn::Sub(shifted, rounder);
  const V r = AsTarget::NegMulAdd(d, steps, hn::Set(d, 1.0 / 16), y);  // exact
  const auto count = hn::BitCast(di, shifted);
  V head, tail, sum, rest, divisor, divisor_rest;
  TwoProduct(d, r, pi, head, tail);
  SineSum(d, count, head, Fma(d, r, pi_low, tail), sum, rest);
  TwoProduct(d, x, pi, divisor, divisor_rest);
  const V quotient = Quotient(d, sum, rest, divisor, Fma(d, x, pi_low, divisor_rest));
  // Zeros without a sign.
  return hn::Add(hn::Xor(quotient, SignOfStep(d, count)), hn::Zero(d));
}

// Below it the result is 1 by rounding.
inline constexpr double kLeastSinc = 0x1p-40;

// All lanes again, with any argument allowed.
template <class D, class V>
HWY_NOINLINE V SincExtremes64(FlagSet& flags, V x) {
  const D d;
  const V magnitude = hn::Abs(x);
  const auto infinite = hn::IsInf(x);
  // Whole numbers from 2^53 on.
  const auto whole = hn::Ge(magnitude, hn::Set(d, 0x1p53));
  flags.RaiseIf(d, infinite, kInvalid);
  const V safe = hn::Max(hn::IfThenElse(whole, hn::Set(d, 1.0), magnitude), hn::Set(d, kLeastSinc));
  const V turns = hn::Round(hn::Mul(safe, hn::Set(d, 0.5)));
  const V y = hn::Sub(safe, hn::Add(turns, turns));
  const V result = SincOfReduced(d, safe, y);
  return hn::IfThenElse(hn::Or(infinite, hn::IsNaN(x)), hn::NaN(d), result);
}

template <class D, class V>
HWY_INLINE V Sinc64(D d, FlagSet& flags, V x) {
  V magnitude = hn::Abs(x);
  if (!AreOrdinary(d, magnitude, kHuge)) return SincExtremes64<D>(flags, x);
  magnitude = hn::Max(magnitude, hn::Set(d, kLeastSinc));
  return SincOfReduced(d, magnitude, magnitude);
}

// Of magnitudes below 2^51, to within 1e-10.
struct SincInDouble {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const hn::RebindToSigned<D> di;
    x = hn::Max(x, hn::Set(d, kLeastSinc));
    const V rounder = hn::Set(d, kRoundToInteger);
    const V rounded = hn::Add(x, rounder);
    const V rest = hn::Sub(x, hn::Sub(rounded, rounder));
    const V angle = hn::Mul(rest, hn::Set(d, kPi));
    const V square = hn::Mul(angle, angle);
    const V q = Polynomial<AsTarget>(d, kSine32Polynomial, square);
    const V ratio = hn::Div(rest, x);
    const V result = hn::Mul(ratio, AsTarget::MulAdd(d, square, q, hn::Set(d, 1.0)));
    const V sign = hn::BitCast(d, hn::ShiftLeft<63>(hn::BitCast(di, rounded)));
    return hn::Add(hn::Xor(result, sign), hn::Zero(d));
  }
};

// Replaces the lanes of `result` that are whole numbers from 2^24 on, infinite or NaN.
template <class D, class V>
HWY_NOINLINE V SincExtremes32(FlagSet& flags, V x, V result) {
  const D d;
  const auto infinite = hn::IsInf(x);
  flags.RaiseIf(d, infinite, kInvalid);
  const auto whole = hn::Ge(hn::Abs(x), hn::Set(d, 0x1p24f));
  result = hn::IfThenElse(whole, hn::Zero(d), result);
  return hn::IfThenElse(hn::Or(infinite, hn::IsNaN(x)), hn::NaN(d), result);
}

template <class D, class V>
HWY_INLINE V Sinc32(D d, FlagSet& flags, V x) {
  const V magnitude = hn::Abs(x);
  V result = ThroughDouble(d, SincInDouble(), magnitude);
  if (!AreOrdinary(d, magnitude, 0x1p24f)) result = SincExtremes32<D>(flags, x, result);
  return result;
}

}  // namespace trigonometric

// Sine, cosine and tangent. They raise invalid for infinities; hardware flags mean nothing.
template <class D, class V>
HWY_INLINE V Sin(D d, FlagSet& flags, V x) {
  return trigonometric::Any<trigonometric::SinOf>(d, flags, x);
}

template <class D, class V>
HWY_INLINE V Cos(D d, FlagSet& flags, V x) {
  return trigonometric::Any<trigonometric::CosOf>(d, flags, x);
}

template <class D, class V>
HWY_INLINE V Tan(D d, FlagSet& flags, V x) {
  return trigonometric::Any<trigonometric::TanOf>(d, flags, x);
}

// sin(pi x) / (pi x), 1 at 0. Raises invalid for infinities; hardware flags mean nothing.
template <class D, class V>
HWY_INLINE V Sinc(D d, FlagSet& flags, V x) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    return trigonometric::Sinc64(d, flags, x);
  } else {
    return trigonometric::Sinc32(d, flags, x);
  }
}
}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_TRIGONOMETRIC_INL_H_
