// Arctan, Arctan2, Arcsin, Arccos: angles of tangents, points, sines and cosines, of double (at
// most 0.55 ULP) and float (at most 0.501 ULP), the same bits on every target.
//
// Method of the first two, for double: of the point (x, y) with x, y >= 0 a row j near 15 y / (x +
// y) is chosen, and the angle is that of the point (15 - j, j), from a table in two parts, and u
// with tan u = n / d, n = (15 - j) y - j x and d = (15 - j) x + j y. Both are computed with what
// their roundings lost, and so is the quotient, q + low; q^3 times a polynomial makes the rest of
// u. |u| is at most 0.08 and, but for j = 0, at most the angle of the row, so that angle + q is
// rounded once, which is the half ULP, and the cube is at most 1/700 of the result. The row need
// not be the nearest: an approximate 1 / (x + y), from the bits and one Newton step with separate
// roundings, gives the same one everywhere. x < 0 exchanges the two and takes the table's angles a
// right angle on. Points with coordinates beyond 2^500 or below 2^-500 are scaled.
//
// arcsin a = a + a^3 p(a^2) for a <= 1/2, and pi / 2 - arcsin of 2 s with s^2 = (1 - a) / 2 beyond;
// arccos likewise. s is the root of a float, which all targets round alike, with two Newton steps
// whose rest gives the part below s.
//
// float goes through double with longer polynomials of the quotient, or shorter ones of the root:
// within 6e-11 of the result, so rounding to float decides. Fused or not gives the same float for
// all arguments (of one argument checked exhaustively with fused operations, without them in
// samples; quern_simd's long test checks all).
//
// Constants: tools/derive/inverse_trigonometric.py. Tables of angles after P. T. P. Tang, ACM TOMS
// 16 (1990); roots of the half angle after W. J. Cody and W. Waite, Software Manual for the
// Elementary Functions (1980).
#if defined(QUERN_SIMD_INVERSE_TRIGONOMETRIC_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_INVERSE_TRIGONOMETRIC_INL_H_
#undef QUERN_SIMD_INVERSE_TRIGONOMETRIC_INL_H_
#else
#define QUERN_SIMD_INVERSE_TRIGONOMETRIC_INL_H_
#endif

#include <cstdint>
#include <limits>

#include "hwy/highway.h"
#include "simd/double_double-inl.h"
#include "simd/elementary-inl.h"
#include "simd/flags-inl.h"
#include "simd/fused-inl.h"
#include "simd/ieee-inl.h"
#include "simd/inverse_trigonometric_tables.h"
#include "simd/small_table-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

namespace inverse_trigonometric {

using namespace ::quern::inverse_trigonometric;  // the tables
using elementary::AsTarget;
using elementary::Fused;
using elementary::Polynomial;
using elementary::ThroughDouble;

// 1.5 * 2^52: adding it rounds to an integer and leaves that integer in the low bits.
inline constexpr double kRoundToInteger = 0x1.8p52;
// What doubles from 1 up to 2 have in common with twice their inverse: their bits add up to this,
// nearly.
inline constexpr std::int64_t kInverseBits = 0x7fde6238da3c2118;

// 1 / x to within 1/250, for x below 2^1000 and above 2^-1000, the same on all targets.
template <class D, class V>
HWY_INLINE V RoughInverse(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V rough = hn::BitCast(d, hn::Sub(hn::Set(di, kInverseBits), hn::BitCast(di, x)));
  return hn::Mul(rough, hn::Sub(hn::Set(d, 2.0), hn::Mul(rough, x)));
}

// The row of (x, y): in the low bits of the result of adding kRoundToInteger to it.
template <class D, class V>
HWY_INLINE V RowOf(D d, V x, V y) {
  const V share = hn::Mul(y, RoughInverse(d, hn::Add(x, y)));
  return hn::Add(hn::Mul(share, hn::Set(d, 15.0)), hn::Set(d, kRoundToInteger));
}

// An angle and what it lost, for each row.
template <class V>
struct Base {
  V angle;
  V low;
};

template <class D, class V>
HWY_INLINE Base<V> LookUp(D d, const PairTable16& table, V row) {
  const hn::RebindToSigned<D> di;
  Base<V> base;
  LookupPair16(d, table, hn::And(hn::BitCast(di, row), hn::Set(di, 15)), base.angle, base.low);
  return base;
}

template <class D>
HWY_INLINE PairTable16 Acute(D /*d*/) {
  return {kAngle, kAngleTail, kAngleRows};
}

template <class D>
HWY_INLINE PairTable16 Obtuse(D /*d*/) {
  return {kObtuse, kObtuseTail, kObtuseRows};
}

// base + arctan((n + n_low) / (d + d_low)).
template <class D, class V>
HWY_INLINE V Turned(D d, const Base<V>& base, V n, V n_low, V divisor, V divisor_low) {
  const V inverse = hn::Div(hn::Set(d, 1.0), divisor);
  const V q = hn::Mul(n, inverse);
  const V left = NegFma(d, q, divisor_low, hn::Add(NegFma(d, q, divisor, n), n_low));
  const V square = hn::Mul(q, q);
  const V cube = hn::Mul(square, q);
  V rest = Fma(d, cube, Polynomial<Fused>(d, kArctan64Polynomial, square), base.low);
  rest = Fma(d, left, inverse, rest);
  V sum, error;
  FastTwoSum(base.angle, q, sum, error);  // or the angle is 0
  return hn::Add(sum, hn::Add(error, rest));
}

// arctan y for 0 <= y <= 2^1000.
template <class D, class V>
HWY_INLINE V OfTangent64(D d, V y) {
  const V rounder = hn::Set(d, kRoundToInteger);
  const V row = RowOf(d, hn::Set(d, 1.0), y);
  const V b = hn::Sub(row, rounder);
  const V a = hn::Sub(hn::Set(d, 15.0), b);
  V product, error;
  TwoProduct(d, a, y, product, error);
  const V n = hn::Sub(product, b);
  const V n_low = hn::Add(hn::Sub(product, hn::Add(n, b)), error);
  // Beyond row 7, where b y is more than a, what the sum lost no longer matters.
  const V divisor = Fma(d, b, y, a);
  const V divisor_low = Fma(d, b, y, hn::Sub(a, divisor));
  return Turned(d, LookUp(d, Acute(d), row), n, n_low, divisor, divisor_low);
}

template <class D, class V>
HWY_NOINLINE V ArctanExtremes64(V x) {
  const D d;
  const V angle = OfTangent64(d, hn::Min(hn::Abs(x), hn::Set(d, 0x1p1000)));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::CopySign(angle, x));
}

template <class D, class V>
HWY_INLINE V Arctan64(D d, V x) {
  const V y = hn::Abs(x);
  if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Le(y, hn::Set(d, 0x1p1000))))) {
    return ArctanExtremes64<D>(x);
  }
  return hn::CopySign(OfTangent64(d, y), x);
}

// The angle of (x, y), y >= 0, |x| and y from 2^-500 to 2^500 or 0, not both 0.
template <class D, class V>
HWY_INLINE V OfPoint64(D d, V x, V y) {
  const V rounder = hn::Set(d, kRoundToInteger);
  const V size = hn::Abs(x);
  const V across = hn::IfNegativeThenElse(x, y, size);
  const V up = hn::IfNegativeThenElse(x, size, y);
  const V row = RowOf(d, across, up);
  const V b = hn::Sub(row, rounder);
  const V a = hn::Sub(hn::Set(d, 15.0), b);
  V above, above_low, below, below_low, divisor, divisor_low;
  TwoProduct(d, a, up, above, above_low);
  TwoProduct(d, b, across, below, below_low);
  const V n = hn::Sub(above, below);
  const V n_low = hn::Add(hn::Sub(above, hn::Add(n, below)), hn::Sub(above_low, below_low));
  TwoProduct(d, a, across, below, below_low);
  divisor = Fma(d, b, up, below);
  divisor_low = hn::Add(Fma(d, b, up, hn::Sub(below, divisor)), below_low);
  const Base<V> acute = LookUp(d, Acute(d), row);
  const Base<V> obtuse = LookUp(d, Obtuse(d), row);
  const Base<V> base = {hn::IfNegativeThenElse(x, obtuse.angle, acute.angle),
                        hn::IfNegativeThenElse(x, obtuse.low, acute.low)};
  return Turned(d, base, n, n_low, divisor, divisor_low);
}

// What coordinates are beyond 2^-500 to 2^500 or 0: scaled, zeros and infinities replaced by points
// in the same direction.
template <class D, class V>
HWY_INLINE void Scale(D d, V& x, V& y) {
  const V infinite_x = hn::IfThenElseZero(hn::IsInf(x), hn::Set(d, 1.0));
  const V infinite_y = hn::IfThenElseZero(hn::IsInf(y), hn::Set(d, 1.0));
  const auto infinite = hn::Or(hn::IsInf(x), hn::IsInf(y));
  V size = hn::IfThenElse(infinite, infinite_x, hn::Abs(x));
  V height = hn::IfThenElse(infinite, infinite_y, y);
  const V larger = hn::Max(size, height);
  const auto huge = hn::Gt(larger, hn::Set(d, 0x1p400));
  const auto tiny = hn::Lt(larger, hn::Set(d, 0x1p-400));
  V scale = hn::IfThenElse(huge, hn::Set(d, 0x1p-600), hn::Set(d, 1.0));
  scale = hn::IfThenElse(tiny, hn::Set(d, 0x1p600), scale);
  // What is far below the larger no longer matters, but whether it is 0 does.
  const V least = hn::Set(d, 0x1p-500);
  const auto Raised = [&](V value) {
    const V scaled = hn::Mul(value, scale);
    return hn::IfThenElse(hn::Eq(value, hn::Zero(d)), value, hn::Max(scaled, least));
  };
  size = Raised(size);
  y = Raised(height);
  const auto origin = hn::Eq(hn::Add(size, y), hn::Zero(d));
  x = hn::CopySign(hn::IfThenElse(origin, hn::Set(d, 1.0), size), x);
}

// All lanes again, with any arguments allowed.
template <class D, class V>
HWY_NOINLINE V Arctan2Extremes64(FlagSet& flags, V y, V x) {
  const D d;
  const V height = hn::Abs(y);
  V size = x;
  V up = height;
  Scale(d, size, up);
  V angle = OfPoint64(d, size, up);
  // Where the angle is far below 2^-500 it is the quotient.
  const V ratio = Quotient(d, height, hn::Abs(x));
  const auto finite = hn::Lt(hn::Abs(x), hn::Inf(d));
  const auto flat = hn::And(hn::Lt(ratio, hn::Set(d, 0x1p-60)), hn::Gt(x, hn::Zero(d)));
  angle = hn::IfThenElse(flat, ratio, angle);
  const auto subnormal = hn::Lt(angle, hn::Set(d, std::numeric_limits<double>::min()));
  const auto nonzero = hn::Gt(height, hn::Zero(d));
  flags.RaiseIf(d, hn::And(hn::And(subnormal, nonzero), finite), kUnderflow);
  return hn::IfThenElse(hn::Or(hn::IsNaN(x), hn::IsNaN(y)), hn::NaN(d), hn::CopySign(angle, y));
}

template <class D, class V>
HWY_INLINE V Arctan2Of64(D d, FlagSet& flags, V y, V x) {
  const V height = hn::Abs(y);
  const V size = hn::Abs(x);
  const auto ordinary = hn::And(hn::Ge(hn::Min(height, size), hn::Set(d, 0x1p-500)),
                                hn::Le(hn::Max(height, size), hn::Set(d, 0x1p500)));
  if (HWY_UNLIKELY(!hn::AllTrue(d, ordinary))) return Arctan2Extremes64<D>(flags, y, x);
  return hn::CopySign(OfPoint64(d, x, height), y);
}

// The angle of (x, y), y >= 0, to within 1e-10; NaN where both are 0 or infinite.
struct OfPointInDouble {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x, V y) const {
    const V size = hn::Abs(x);
    const auto steep = hn::Gt(y, size);
    const V t = Quotient(d, hn::IfThenElse(steep, size, y), hn::IfThenElse(steep, y, size));
    const V square = hn::Mul(t, t);
    const V q = Polynomial<AsTarget>(d, kArctan32Polynomial, square);
    const V angle = hn::MulAdd(hn::Mul(square, q), t, t);
    const V acute = hn::IfThenElse(steep, hn::Sub(hn::Set(d, kRightAngle), angle), angle);
    return hn::IfNegativeThenElse(x, hn::Sub(hn::Set(d, 2 * kRightAngle), acute), acute);
  }
};

struct ArctanInDouble {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V y) const {
    return OfPointInDouble()(d, hn::Set(d, 1.0), y);
  }
};

template <class D, class V>
HWY_INLINE V Arctan32(D d, V x) {
  return hn::CopySign(ThroughDouble(d, ArctanInDouble(), hn::Abs(x)), x);
}

// Replaces the lanes of `angle` with two zeros or infinities or NaN, and raises underflow.
template <class D, class V>
HWY_NOINLINE V Arctan2Extremes32(FlagSet& flags, V y, V x, V angle) {
  const D d;
  const V zero = hn::Zero(d);
  const V size = hn::Abs(x);
  const V quarter = hn::Set(d, static_cast<float>(kRightAngle / 2));
  const V far = hn::Set(d, static_cast<float>(3 * (kRightAngle / 2)));
  const V half = hn::Set(d, static_cast<float>(2 * kRightAngle));
  const auto infinite = hn::And(hn::IsInf(x), hn::IsInf(y));
  const auto origin = hn::And(hn::Eq(x, zero), hn::Eq(y, zero));
  angle = hn::IfThenElse(infinite, hn::IfNegativeThenElse(x, far, quarter), angle);
  angle = hn::IfThenElse(origin, hn::IfNegativeThenElse(x, half, zero), angle);
  const auto subnormal = hn::Lt(angle, hn::Set(d, std::numeric_limits<float>::min()));
  const auto inexact = hn::AndNot(hn::Eq(y, zero), hn::Lt(size, hn::Inf(d)));
  flags.RaiseIf(d, hn::And(subnormal, inexact), kUnderflow);
  return hn::IfThenElse(hn::Or(hn::IsNaN(x), hn::IsNaN(y)), hn::NaN(d), angle);
}

template <class D, class V>
HWY_INLINE V Arctan2Of32(D d, FlagSet& flags, V y, V x) {
  V angle = ThroughDouble(d, OfPointInDouble(), x, hn::Abs(y));
  const V least = hn::Set(d, std::numeric_limits<float>::min());
  if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Ge(angle, least)))) {
    angle = Arctan2Extremes32<D>(flags, y, x, angle);
  }
  return hn::CopySign(angle, y);
}

// s = sqrt(z) to within 2^-45 for 0 <= z <= 1/4, z being 0 or at least 2^-60, and half its inverse
// to within 2^-22.
template <class Arithmetic, class D, class V>
HWY_INLINE void NearRoot(D d, V z, V& s, V& half_inverse) {
  const hn::Rebind<float, D> df;
  const auto near = hn::Max(hn::DemoteTo(df, z), hn::Set(df, 0x1p-60f));
  const V inverse = hn::PromoteTo(d, hn::Div(hn::Set(df, 1.0f), hn::Sqrt(near)));
  const V rough = hn::Mul(z, inverse);
  half_inverse = hn::Mul(inverse, hn::Set(d, 0.5));
  s = Arithmetic::MulAdd(d, Arithmetic::NegMulAdd(d, rough, rough, z), half_inverse, rough);
}

// Of an argument x: the angle is base + arcsin(|x|) with a sign for the latter, or base + 2
// arcsin(s) where |x| is `wide`, above 1/2.
struct ArcsinOf {
  template <class D, class V, class M>
  static HWY_INLINE V Base(D d, M wide, V /*x*/) {
    return hn::IfThenElseZero(wide, hn::Set(d, kRightAngle));
  }
  template <class D, class V, class M>
  static HWY_INLINE V SignOfTerm(D d, M wide, V /*x*/) {
    return hn::IfThenElseZero(wide, hn::SignBit(d));
  }
  template <class V>
  static HWY_INLINE V WithSign(V angle, V x) {
    return hn::CopySign(angle, x);
  }
};

struct ArccosOf {
  template <class D, class V, class M>
  static HWY_INLINE V Base(D d, M wide, V x) {
    const V turned = hn::IfNegativeThenElse(x, hn::Set(d, 2 * kRightAngle), hn::Zero(d));
    return hn::IfThenElse(wide, turned, hn::Set(d, kRightAngle));
  }
  template <class D, class V, class M>
  static HWY_INLINE V SignOfTerm(D d, M wide, V x) {
    return hn::And(hn::IfThenElse(wide, x, hn::Neg(x)), hn::SignBit(d));
  }
  template <class V>
  static HWY_INLINE V WithSign(V angle, V /*x*/) {
    return angle;
  }
};

// For |x| <= 1; any number for others.
template <class Function, class D, class V>
HWY_INLINE V Arc64(D d, V x) {
  const V half = hn::Set(d, 0.5);
  const V a = hn::Abs(x);
  const auto wide = hn::Gt(a, half);
  const V chord = AsTarget::NegMulAdd(d, half, a, half);  // s^2, exact where it counts
  const V square = hn::IfThenElse(wide, chord, hn::Mul(a, a));
  V s, half_inverse, sum, error;
  NearRoot<Fused>(d, chord, s, half_inverse);
  const V s_low = hn::Mul(NegFma(d, s, s, chord), half_inverse);
  const V sign = Function::SignOfTerm(d, wide, x);
  const V term = hn::Xor(hn::IfThenElse(wide, hn::Add(s, s), a), sign);
  const V term_low = hn::Xor(hn::IfThenElseZero(wide, hn::Add(s_low, s_low)), sign);
  const V base = Function::Base(d, wide, x);
  const V q = Polynomial<Fused>(d, kArcsin64Polynomial, square);
  V rest = Fma(d, hn::Mul(hn::Add(term, term_low), square), q, term_low);
  rest = Fma(d, base, hn::Set(d, kRightAngleTail / kRightAngle), rest);
  FastTwoSum(base, term, sum, error);  // or the base is 0
  return Function::WithSign(hn::Add(sum, hn::Add(error, rest)), x);
}

// To within 5e-11 for |x| <= 1; any number for others.
template <class Function>
struct ArcInDouble {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V half = hn::Set(d, 0.5);
    const V a = hn::Abs(x);
    const auto wide = hn::Gt(a, half);
    const V chord = AsTarget::NegMulAdd(d, half, a, half);
    const V square = hn::IfThenElse(wide, chord, hn::Mul(a, a));
    V s, half_inverse;
    NearRoot<AsTarget>(d, chord, s, half_inverse);
    const V sign = Function::SignOfTerm(d, wide, x);
    const V term = hn::Xor(hn::IfThenElse(wide, hn::Add(s, s), a), sign);
    const V q = Polynomial<AsTarget>(d, kArcsin32Polynomial, square);
    const V arcsin = AsTarget::MulAdd(d, hn::Mul(term, square), q, term);
    return Function::WithSign(hn::Add(Function::Base(d, wide, x), arcsin), x);
  }
};

// Replaces the lanes of `result` for |x| > 1 and NaN.
template <class D, class V>
HWY_NOINLINE V BeyondOne(FlagSet& flags, V x, V result) {
  const D d;
  const auto beyond = hn::Gt(hn::Abs(x), hn::Set(d, hn::TFromD<D>{1}));
  flags.RaiseIf(d, beyond, kInvalid);
  return hn::IfThenElse(hn::Or(beyond, hn::IsNaN(x)), hn::NaN(d), result);
}

template <class Function, class D, class V>
HWY_INLINE V Arc(D d, FlagSet& flags, V x) {
  V result;
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    result = Arc64<Function>(d, x);
  } else {
    result = ThroughDouble(d, ArcInDouble<Function>(), x);
  }
  const auto within = hn::Le(hn::Abs(x), hn::Set(d, hn::TFromD<D>{1}));
  if (HWY_UNLIKELY(!hn::AllTrue(d, within))) result = BeyondOne<D>(flags, x, result);
  return result;
}

}  // namespace inverse_trigonometric

// The angle between -pi / 2 and pi / 2 of a tangent. Raises nothing; hardware flags mean nothing.
template <class D, class V>
HWY_INLINE V Arctan(D d, FlagSet& /*flags*/, V x) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    return inverse_trigonometric::Arctan64(d, x);
  } else {
    return inverse_trigonometric::Arctan32(d, x);
  }
}

// The angle of the point (x, y), between -pi and pi, as C has it for zeros and infinities. Raises
// underflow where a result other than zero is subnormal or rounded to zero; hardware flags mean
// nothing.
template <class D, class V>
HWY_INLINE V Arctan2(D d, FlagSet& flags, V y, V x) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    return inverse_trigonometric::Arctan2Of64(d, flags, y, x);
  } else {
    return inverse_trigonometric::Arctan2Of32(d, flags, y, x);
  }
}

// The angles of a sine, between -pi / 2 and pi / 2, and of a cosine, between 0 and pi. They raise
// invalid beyond 1 and -1; hardware flags mean nothing.
template <class D, class V>
HWY_INLINE V Arcsin(D d, FlagSet& flags, V x) {
  return inverse_trigonometric::Arc<inverse_trigonometric::ArcsinOf>(d, flags, x);
}

template <class D, class V>
HWY_INLINE V Arccos(D d, FlagSet& flags, V x) {
  return inverse_trigonometric::Arc<inverse_trigonometric::ArccosOf>(d, flags, x);
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_INVERSE_TRIGONOMETRIC_INL_H_
