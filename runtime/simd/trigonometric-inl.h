// Sin, Cos: sine and cosine of double (at most 0.55 ULP) and float (at most 0.501 ULP) for
// arguments of any size, the same bits on every target.
//
// Method: |x| = (16 m + j) pi / 16 + r with |r| <= pi / 32, so that sin |x| = (-1)^m (S cos r + C
// sin r), where a table gives S = sin(j pi / 16) and C = cos(j pi / 16), each as a double and what
// that lost; cos x is the sine of eight steps more. For double S + C r is rounded once, which is
// the half ULP; the tail is what that lost, the low parts of S, C and r, and S (cos r - 1) + C (sin
// r - r) by two polynomials. It is at most 1/80 of the result, so that its own roundings weigh some
// 0.02 ULP together.
//
// r is computed as a double and what that lost: pi / 16 stands in three parts, of 53, 29 and 53
// bits. The first product leaves the argument exactly (fused, where it cancels), the second exactly
// or, where r is not small, with an error that is computed; hence r is right to 2^-115 for |x| <
// 2^21, and no such double is closer than 2^-56 to a multiple of pi / 16. Beyond that
// huge_angle.h reduces.
//
// float goes through double: |x| = n pi + r, |r| <= pi / 2, with a polynomial of degree 11 that is
// within 2e-11 of the result, so rounding to float decides. n times the head of pi is exact, and
// fused or not gives the same float for all 2^32 arguments (checked exhaustively). Huge ones take
// the way of double.
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

// The sine of an angle whose count is `count`, but for the sign of each sixteenth step.
template <class D, class V, class VI>
HWY_INLINE V Sine(D d, VI count, V head, V tail) {
  const hn::RebindToSigned<D> di;
  const VI row = hn::And(count, hn::Set(di, 15));
  const PairTable16 sines = {kSine, kSineTail, kSineRows};
  const PairTable16 cosines = {kSine + 8, kSineTail + 8, kSineRows + 16};
  V sine, sine_low, cosine, cosine_low;
  LookupPair16(d, sines, row, sine, sine_low);
  LookupPair16(d, cosines, row, cosine, cosine_low);
  const V square = hn::Mul(head, head);
  const V cube = hn::Mul(square, head);
  const V less_one = hn::Mul(square, Polynomial<Fused>(d, kCosine64Polynomial, square));
  const V small = Fma(d, cube, Polynomial<Fused>(d, kSine64Polynomial, square), tail);
  const V sum = Fma(d, cosine, head, sine);
  // What the sum lost: |C r| is at most half of |S|, or S is 0.
  V rest = Fma(d, cosine, head, hn::Sub(sine, sum));
  rest = hn::Add(rest, Fma(d, cosine_low, head, sine_low));
  rest = Fma(d, sine, less_one, rest);
  return hn::Add(sum, Fma(d, cosine, small, rest));
}

// The sign bit of each sixteenth step.
template <class D, class VI>
HWY_INLINE hn::Vec<D> SignOfStep(D d, VI count) {
  return hn::And(hn::BitCast(d, hn::ShiftLeft<59>(count)), hn::SignBit(d));
}

struct SinOf {
  static constexpr std::int64_t kSteps = 0;  // more than the sine takes

  // x / pi rounded, plus kRoundToInteger.
  template <class D, class V>
  static HWY_INLINE V NearestHalfTurn(D d, V x) {
    return AsTarget::MulAdd(d, x, hn::Set(d, kHalfTurns), hn::Set(d, kRoundToInteger));
  }
  template <class D, class V>
  static HWY_INLINE V HalfTurns(D /*d*/, V nearest) {
    return nearest;
  }
  template <class D, class V>
  static HWY_INLINE V WithSign(D d, V result, V x) {
    return hn::Xor(result, hn::And(x, hn::SignBit(d)));
  }
};

struct CosOf {
  static constexpr std::int64_t kSteps = 8;

  // The same of x + pi / 2.
  template <class D, class V>
  static HWY_INLINE V NearestHalfTurn(D d, V x) {
    const V turns = AsTarget::MulAdd(d, x, hn::Set(d, kHalfTurns), hn::Set(d, 0.5));
    return hn::Add(turns, hn::Set(d, kRoundToInteger));
  }
  template <class D, class V>
  static HWY_INLINE V HalfTurns(D d, V nearest) {
    return hn::Sub(nearest, hn::Set(d, 0.5));
  }
  template <class D, class V>
  static HWY_INLINE V WithSign(D /*d*/, V result, V /*x*/) {
    return result;
  }
};

template <class Function, class D, class V>
HWY_INLINE V OfAngle64(D d, V x, const AngleOf<D>& angle) {
  const hn::RebindToSigned<D> di;
  const auto count = hn::Add(angle.count, hn::Set(di, Function::kSteps));
  const V sine = hn::Xor(Sine(d, count, angle.head, angle.tail), SignOfStep(d, count));
  return Function::WithSign(d, sine, x);
}

// All lanes again, with any argument allowed.
template <class Function, class D, class V>
HWY_NOINLINE V Extremes64(FlagSet& flags, V x) {
  const D d;
  const auto infinite = hn::IsInf(x);
  flags.RaiseIf(d, infinite, kInvalid);
  const V result = OfAngle64<Function>(d, x, ReduceAny(d, hn::Abs(x)));
  return hn::IfThenElse(infinite, hn::NaN(d), result);
}

template <class Function, class D, class V>
HWY_INLINE V Any64(D d, FlagSet& flags, V x) {
  const V magnitude = hn::Abs(x);
  if (!AreOrdinary(d, magnitude, kHuge)) return Extremes64<Function, D>(flags, x);
  return OfAngle64<Function>(d, x, Reduce(d, magnitude));
}

// To within 2e-11 for |x| < kHuge; any number for others.
template <class Function>
struct InDouble {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const hn::RebindToSigned<D> di;
    const V shifted = Function::NearestHalfTurn(d, x);
    const V turns = Function::HalfTurns(d, hn::Sub(shifted, hn::Set(d, kRoundToInteger)));
    V r = AsTarget::NegMulAdd(d, turns, hn::Set(d, kHalfTurnHead), x);
    r = AsTarget::NegMulAdd(d, turns, hn::Set(d, kHalfTurnTail), r);
    const V square = hn::Mul(r, r);
    const V q = Polynomial<AsTarget>(d, kSine32Polynomial, square);
    // A product, for -0.
    const V sine = hn::Mul(r, AsTarget::MulAdd(d, square, q, hn::Set(d, 1.0)));
    return hn::Xor(sine, hn::BitCast(d, hn::ShiftLeft<63>(hn::BitCast(di, shifted))));
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

}  // namespace trigonometric

// Sine and cosine. They raise invalid for infinities; hardware flags mean nothing.
template <class D, class V>
HWY_INLINE V Sin(D d, FlagSet& flags, V x) {
  return trigonometric::Any<trigonometric::SinOf>(d, flags, x);
}

template <class D, class V>
HWY_INLINE V Cos(D d, FlagSet& flags, V x) {
  return trigonometric::Any<trigonometric::CosOf>(d, flags, x);
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_TRIGONOMETRIC_INL_H_
