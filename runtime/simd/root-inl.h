// Cbrt: cube roots of double (at most 0.51 ULP) and float (at most 0.501 ULP); Hypot: the root of
// a sum of two squares (at most 0.501 ULP); the same bits on every target.
//
// Cube root: a constant less a third of the bits of x gives y close to x^(-1/3), and a polynomial
// in r = 1 - x y^3 brings it to within 4e-10. c = x y^2 is then a cube root as close as that, and
// its residual x - c^3, exact to twice the precision, times y^2 / 3 is what it lacks: the last
// addition rounds, all before it weighs 0.01 ULP, and roots of cubes are exact. float goes through
// double, where the polynomial alone is close enough.
//
// Magnitude: for double as complex numbers have it (simd/complex-inl.h). float goes through double:
// squares are exact there, their sum is rounded once, and so is its root. Infinity wins over NaN
// (Annex F of C).
//
// Constants: tools/derive/root.py. The initial value after W. Kahan and D. Bindel, "Computing a
// Real Cube Root" (2001).
#if defined(QUERN_SIMD_ROOT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_ROOT_INL_H_
#undef QUERN_SIMD_ROOT_INL_H_
#else
#define QUERN_SIMD_ROOT_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <limits>

#include "hwy/highway.h"
#include "simd/complex-inl.h"
#include "simd/double_double-inl.h"
#include "simd/elementary-inl.h"
#include "simd/flags-inl.h"
#include "simd/fused-inl.h"
#include "simd/ieee-inl.h"
#include "simd/root_tables.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

namespace root {

using namespace ::quern::root;  // the tables
using elementary::AsTarget;
using elementary::Fused;
using elementary::Polynomial;
using elementary::ThroughDouble;

// x^(-1/3) for positive normal x; any number for zero.
template <class Arithmetic, std::size_t kTerms, class D, class V>
HWY_INLINE V InverseCubeRoot(D d, const double (&polynomial)[kTerms], V x) {
  const hn::RebindToSigned<D> di;
  const hn::RebindToUnsigned<D> du;
  const hn::Repartition<std::uint32_t, D> halves;
  const auto upper = hn::BitCast(halves, hn::ShiftRight<32>(hn::BitCast(du, x)));
  const auto third = hn::BitCast(di, hn::MulEven(upper, hn::Set(halves, kRootThird)));
  const V y = hn::BitCast(d, hn::Sub(hn::Set(di, kRootStart), third));
  const V r = hn::Sub(hn::Set(d, 1.0), hn::Mul(hn::Mul(x, y), hn::Mul(y, y)));
  return Arithmetic::MulAdd(d, hn::Mul(y, r), Polynomial<Arithmetic>(d, polynomial, r), y);
}

// The cube root of x from 2^-960.
template <class D, class V>
HWY_INLINE V PositiveCbrt64(D d, V x) {
  const V y = InverseCubeRoot<Fused>(d, kRoot64Polynomial, x);
  const V y_square = hn::Mul(y, y);
  const V root = hn::Mul(x, y_square);
  V square, error;
  TwoProduct(d, root, root, square, error);
  const V left = NegFma(d, root, error, NegFma(d, root, square, x));
  return hn::Add(root, hn::Mul(left, hn::Mul(y_square, hn::Set(d, kThird))));
}

// All magnitudes again, with any allowed.
template <class D, class V>
HWY_NOINLINE V ExtremeCbrt64(V x) {
  const D d;
  const auto tiny = hn::Lt(x, hn::Set(d, 0x1p-960));
  V result = PositiveCbrt64(d, hn::IfThenElse(tiny, hn::Mul(x, hn::Set(d, 0x1p300)), x));
  result = hn::IfThenElse(tiny, hn::Mul(result, hn::Set(d, 0x1p-100)), result);
  const auto ordinary = hn::And(hn::Gt(x, hn::Zero(d)), hn::Lt(x, hn::Inf(d)));
  return hn::IfThenElse(ordinary, result, x);
}

template <class D, class V>
HWY_INLINE V Cbrt64(D d, V x) {
  const V magnitude = hn::Abs(x);
  const auto ordinary =
      hn::And(hn::Ge(magnitude, hn::Set(d, 0x1p-960)), hn::Lt(magnitude, hn::Inf(d)));
  V result;
  if (HWY_LIKELY(hn::AllTrue(d, ordinary))) {
    result = PositiveCbrt64(d, magnitude);
  } else {
    result = ExtremeCbrt64<D>(magnitude);
  }
  return hn::CopySign(result, x);
}

// The cube root to within 2e-12 of floats; NaN for infinities.
struct CbrtInDouble {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V magnitude = hn::Abs(x);
    const V y = InverseCubeRoot<AsTarget>(d, kRoot32Polynomial, magnitude);
    return hn::Mul(x, hn::Mul(y, y));
  }
};

template <class D, class V>
HWY_INLINE V Cbrt32(D d, V x) {
  const V result = ThroughDouble(d, CbrtInDouble(), x);
  return hn::IfThenElse(hn::IsInf(x), x, result);
}

// Raises the flags of magnitudes that are not normal numbers.
template <class D, class V, class M>
HWY_INLINE void RaiseOutside(D d, FlagSet& flags, V x, V y, V result, M exact) {
  const auto finite = hn::And(hn::IsFinite(x), hn::IsFinite(y));
  flags.RaiseIf(d, hn::And(finite, hn::IsInf(result)), kOverflow);
  const auto tiny = hn::Lt(result, hn::Set(d, std::numeric_limits<hn::TFromD<D>>::min()));
  flags.RaiseIf(d, hn::AndNot(exact, tiny), kUnderflow);
}

// x^2 + y^2 - result^2 for numbers up to the least normal one, whose squares are whole multiples of
// 2^-2148, times 2^2000.
template <class D, class V>
HWY_INLINE V LeftOfSquares(D d, V x, V y, V result) {
  const V scale = hn::Set(d, 0x1p1000);
  const V a = hn::Mul(x, scale);
  const V b = hn::Mul(y, scale);
  const V c = hn::Mul(result, scale);
  const V a_square = hn::Mul(a, a);
  const V b_square = hn::Mul(b, b);
  const V c_square = hn::Mul(c, c);
  const V a_error = complex::SquareError(d, a, a_square);
  const V b_error = complex::SquareError(d, b, b_square);
  const V c_error = complex::SquareError(d, c, c_square);
  V sum, lost;
  TwoSum(a_square, b_square, sum, lost);
  // Exact where it is less than 2^53 times the unit.
  const V lower = hn::Add(lost, hn::Sub(hn::Add(a_error, b_error), c_error));
  return hn::Add(hn::Sub(sum, c_square), lower);
}

// Rounds the lanes of `result` below the normal range anew, to their last place, and raises flags.
template <class D, class V>
HWY_NOINLINE V Outside64(FlagSet& flags, V x, V y, V result) {
  const D d;
  const auto tiny = hn::Le(result, hn::Set(d, std::numeric_limits<double>::min()));
  const V small = hn::IfThenElseZero(tiny, result);
  const V left = LeftOfSquares(d, hn::IfThenElseZero(tiny, x), hn::IfThenElseZero(tiny, y), small);
  // (result + 1/2)^2 is result^2 + result + 1/4 in the last place, and never met.
  const V last = hn::Set(d, std::numeric_limits<double>::denorm_min());
  const V half = hn::Mul(hn::Mul(small, hn::Set(d, 0x1p1000)), hn::Set(d, 0x1p-74));
  const auto up = hn::Gt(left, half);
  const auto down = hn::And(hn::Le(left, hn::Neg(half)), hn::Gt(half, hn::Zero(d)));
  result = hn::Add(result, hn::IfThenElseZero(up, last));
  result = hn::Sub(result, hn::IfThenElseZero(down, last));
  RaiseOutside(d, flags, x, y, result, hn::Eq(left, hn::Zero(d)));
  return result;
}

template <class D, class V>
HWY_INLINE bool AreOrdinary(D d, V result) {
  using Limits = std::numeric_limits<hn::TFromD<D>>;
  const auto ordinary =
      hn::And(hn::Gt(result, hn::Set(d, Limits::min())), hn::Le(result, hn::Set(d, Limits::max())));
  return HWY_LIKELY(hn::AllTrue(d, ordinary));
}

// The magnitude as rounded in double.
template <class D, class V>
HWY_INLINE V HypotInDouble(D /*d*/, V x, V y) {
  return hn::Sqrt(hn::MulAdd(x, x, hn::Mul(y, y)));
}

// x^2 + y^2 = result^2 in double, where all are exact for numbers below the normal range of float.
template <class D, class V>
HWY_INLINE auto IsExactTiny32(D d, V x, V y, V result) {
  const hn::Repartition<double, D> dd;
  const hn::Half<D> dh;
  const auto square = [&](V v, bool upper) HWY_ATTR {
    const auto wide = upper ? hn::PromoteUpperTo(dd, v) : hn::PromoteLowerTo(dd, v);
    return hn::Mul(wide, wide);
  };
  const auto left = [&](bool upper) HWY_ATTR {
    const auto sum = hn::Add(square(x, upper), square(y, upper));
    // Scaled so that a difference remains one in float.
    return hn::DemoteTo(dh, hn::Mul(hn::Sub(sum, square(result, upper)), hn::Set(dd, 0x1p250)));
  };
  return hn::Eq(hn::Combine(d, left(true), left(false)), hn::Zero(d));
}

template <class D, class V>
HWY_NOINLINE V Outside32(FlagSet& flags, V x, V y, V result) {
  const D d;
  const auto infinite = hn::Or(hn::IsInf(x), hn::IsInf(y));
  result = hn::IfThenElse(infinite, hn::Inf(d), result);
  RaiseOutside(d, flags, x, y, result, IsExactTiny32(d, x, y, result));
  return result;
}

template <class D, class V>
HWY_INLINE V Hypot64(D d, FlagSet& flags, V x, V y) {
  V result = complex::Absolute(d, x, y);
  if (!AreOrdinary(d, result)) result = Outside64<D>(flags, x, y, result);
  return result;
}

template <class D, class V>
HWY_INLINE V Hypot32(D d, FlagSet& flags, V x, V y) {
  const hn::Repartition<double, D> dd;
  const auto lower = HypotInDouble(dd, hn::PromoteLowerTo(dd, x), hn::PromoteLowerTo(dd, y));
  const auto upper = HypotInDouble(dd, hn::PromoteUpperTo(dd, x), hn::PromoteUpperTo(dd, y));
  V result = hn::Combine(d, RoundToFloat(dd, upper), RoundToFloat(dd, lower));
  if (!AreOrdinary(d, result)) result = Outside32<D>(flags, x, y, result);
  return result;
}

}  // namespace root

// The cube root, with the sign of x. Raises nothing.
template <class D, class V>
HWY_INLINE V Cbrt(D d, FlagSet& /*flags*/, V x) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    return root::Cbrt64(d, x);
  } else {
    return root::Cbrt32(d, x);
  }
}

// sqrt(x^2 + y^2). Raises overflow where finite numbers give infinity, underflow where the result
// is a subnormal number and not exact; hardware flags mean nothing.
template <class D, class V>
HWY_INLINE V Hypot(D d, FlagSet& flags, V x, V y) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    return root::Hypot64(d, flags, x, y);
  } else {
    return root::Hypot32(d, flags, x, y);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_ROOT_INL_H_
