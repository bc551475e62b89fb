// Tanh, Sinh, Cosh for double (at most 0.55 ULP) and float (at most 0.501 ULP), the same bits on
// every target.
//
// Both start from exp's reduction of an argument to k ln 2 / 16 + r and its table
// (exponential-inl.h).
//
// tanh |x| = (1 - e^y) / (1 + e^y) with y = -2 |x|. The numerator n = 1 - T - T (r + ...), where
// T = 2^(k/16) is at most 1, is a head and a tail of relative error 2^-59, as in expm1: the errors
// of T, 1 - T, T r and the sums are carried along. What ln 2 / 16 has beyond its head stays out of
// r and multiplies the rest. The denominator is 2 - n, and a division of pairs rounds once. For
// float both halves of a vector share a division.
//
// sinh |x| = b cosh r + a sinh r and cosh x = a cosh r + b sinh r with a, b = (T +- 1 / T) / 2,
// both from the table. cosh r - 1 and sinh r are polynomials of three coefficients. sinh carries
// the errors of b, a r and their sum; in cosh all but a weighs less than 1/45. Beyond the range of
// e^x results are e^x / 2, which overflows later than e^x does.
//
// float goes through double without the errors. Fused or not gives the same float for all 2^32
// arguments (checked exhaustively with fused operations, for tanh without them too, else in
// samples; quern_simd's long test checks all).
//
// Constants: tools/derive/hyperbolic.py.
#if defined(QUERN_SIMD_HYPERBOLIC_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_HYPERBOLIC_INL_H_
#undef QUERN_SIMD_HYPERBOLIC_INL_H_
#else
#define QUERN_SIMD_HYPERBOLIC_INL_H_
#endif

#include "hwy/highway.h"
#include "simd/double_double-inl.h"
#include "simd/elementary-inl.h"
#include "simd/exponential-inl.h"
#include "simd/flags-inl.h"
#include "simd/fused-inl.h"
#include "simd/hyperbolic_tables.h"
#include "simd/small_table-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

namespace hyperbolic {

using namespace ::quern::hyperbolic;  // the tables
using elementary::AsTarget;
using elementary::Fused;
using elementary::Polynomial;
using elementary::ThroughDouble;
using exponential::BaseE;
using exponential::kExpPower;
using exponential::kExpRows;
using exponential::kExpStepHead;
using exponential::kExpSteps;
using exponential::kExpStepTail;
using exponential::kExpTail;
using exponential::PowerOfTwo;

// 1 - e^y as head + tail for -745 < y <= 0.
template <class D, class V>
HWY_INLINE void OneLessPower(D d, V y, V& head, V& tail) {
  const hn::RebindToSigned<D> di;
  hn::Vec<decltype(di)> k;
  const V steps = exponential::Nearest<Fused>(d, y, kExpSteps, k);
  const V r = NegFma(d, steps, hn::Set(d, kExpStepHead), y);
  V entry, relative, q;
  exponential::LookUp64(d, r, k, entry, relative, q);
  relative = NegFma(d, steps, hn::Set(d, kExpStepTail), relative);
  const V r_square = hn::Mul(r, r);
  const V p = Fma(d, r_square, q, r);
  const V small = Fma(d, r_square, q, Fma(d, relative, p, relative));
  const V scale = PowerOfTwo(d, entry, k);
  V power, power_error, product, product_error, sum, sum_error;
  FastTwoDifference(hn::Set(d, 1.0), scale, power, power_error);
  TwoProduct(d, scale, r, product, product_error);
  // 1 - T is 0 or more than |T r|.
  FastTwoDifference(power, product, sum, sum_error);
  const V lost = hn::Sub(hn::Add(sum_error, power_error), product_error);
  FastTwoSum(sum, NegFma(d, scale, small, lost), head, tail);
}

// Beyond it the results of tanh are 1, and the argument of its power is in range.
inline constexpr double kTanhLimit = 300.0;

template <class D, class V>
HWY_INLINE V InRangeTanh64(D d, V x) {
  V head, tail, sum, error;
  OneLessPower(d, hn::Mul(hn::Abs(x), hn::Set(d, -2.0)), head, tail);
  FastTwoDifference(hn::Set(d, 2.0), head, sum, error);
  return hn::CopySign(QuotientOfPairs(d, head, tail, sum, hn::Sub(error, tail)), x);
}

// Replaces the lanes of `result` beyond the limit and for NaN.
template <class D, class V>
HWY_NOINLINE V TanhBeyond(V x, V result) {
  const D d;
  const auto far = hn::Gt(hn::Abs(x), hn::Set(d, kTanhLimit));
  result = hn::IfThenElse(far, hn::CopySign(hn::Set(d, 1.0), x), result);
  return hn::IfThenElse(hn::IsNaN(x), x, result);
}

template <class D, class V>
HWY_INLINE V Tanh64(D d, V x) {
  V result = InRangeTanh64(d, x);
  const auto near = hn::Le(hn::Abs(x), hn::Set(d, kTanhLimit));
  if (HWY_UNLIKELY(!hn::AllTrue(d, near))) result = TanhBeyond<D>(x, result);
  return result;
}

// 1 - e^y and 1 + e^y, y from the least to 0, to within 1e-12.
struct TanhInDouble {
  template <class D, class V>
  HWY_INLINE void operator()(D d, V y, V& head, V& sum) const {
    const hn::RebindToSigned<D> di;
    hn::Vec<decltype(di)> k;
    const V steps = exponential::Nearest<AsTarget>(d, y, kExpSteps, k);
    const V r = hn::NegMulAdd(steps, hn::Set(d, kExpStep), y);
    const V q = Polynomial<AsTarget>(d, exponential::kExpLessOne32Polynomial, r);
    const V p = hn::MulAdd(hn::Mul(r, r), q, r);
    const V scale = PowerOfTwo(d, Lookup16(d, kExpPower, hn::And(k, hn::Set(di, 15))), k);
    head = hn::NegMulAdd(scale, p, hn::Sub(hn::Set(d, 1.0), scale));
    sum = hn::Sub(hn::Set(d, 2.0), head);
  }
};

// Below it 1 - e^y is 1 to float.
inline constexpr float kTanhLeast = -80.0f;

template <class D, class V>
HWY_INLINE V Tanh32(D d, V x) {
  const V least = hn::Set(d, kTanhLeast);
  const V y = hn::Mul(hn::Abs(x), hn::Set(d, -2.0f));
  const V safe = hn::IfThenElse(hn::Gt(y, least), y, least);  // for NaN too
  const V result = elementary::QuotientThroughDouble(d, TanhInDouble(), safe);
  return hn::IfThenElse(hn::IsNaN(x), x, hn::CopySign(result, x));
}

// round(16 |x| / ln 2) as a double, and less 16 as k: powers by k are halves.
template <class Arithmetic, class D, class V, class VI>
HWY_INLINE V HalvedSteps(D d, V magnitude, VI& k) {
  const hn::RebindToSigned<D> di;
  const V rounder = hn::Set(d, exponential::kRoundToInteger - 16);
  const V shifted = Arithmetic::MulAdd(d, magnitude, hn::Set(d, kExpSteps), rounder);
  k = hn::BitCast(di, shifted);
  return hn::Sub(shifted, rounder);
}

// k for the inverse of the power that k stands for, a half too.
template <class D, class VI>
HWY_INLINE VI InverseSteps(D d, VI k) {
  const hn::RebindToSigned<D> di;
  return hn::Sub(hn::Set(di, -32), k);
}

// T / 2 and 1 / (2 T), and what they lack.
template <class D, class V, class VI>
HWY_INLINE void LookUpBoth(D d, VI k, V& power, V& tail, V& inverse, V& inverse_tail) {
  const hn::RebindToSigned<D> di;
  const PairTable16 table = {kExpPower, kExpTail, kExpRows};
  const auto low = hn::Set(di, 15);
  const auto negative = InverseSteps(d, k);
  LookupPair16(d, table, hn::And(k, low), power, tail);
  LookupPair16(d, table, hn::And(negative, low), inverse, inverse_tail);
  power = PowerOfTwo(d, power, k);
  inverse = PowerOfTwo(d, inverse, negative);
  tail = hn::Mul(power, tail);
  inverse_tail = hn::Mul(inverse, inverse_tail);
}

// r and what its rounding lost, and k.
template <class D, class V, class VI>
HWY_INLINE V Reduce64(D d, V x, V& lost, VI& k) {
  const V steps = HalvedSteps<Fused>(d, hn::Abs(x), k);
  const V tail = hn::Set(d, kExpStepTail);
  const V rest = NegFma(d, steps, hn::Set(d, kExpStepHead), hn::Abs(x));
  const V r = NegFma(d, steps, tail, rest);
  lost = NegFma(d, steps, tail, hn::Sub(rest, r));
  return r;
}

template <class D, class V>
HWY_INLINE V InRangeSinh64(D d, V x) {
  const hn::RebindToSigned<D> di;
  hn::Vec<decltype(di)> k;
  V lost, power, tail, inverse, inverse_tail;
  const V r = Reduce64(d, x, lost, k);
  LookUpBoth(d, k, power, tail, inverse, inverse_tail);
  V a, a_tail, b, b_tail, product, product_error, sum, sum_error;
  FastTwoSum(power, inverse, a, a_tail);
  FastTwoDifference(power, inverse, b, b_tail);
  a_tail = hn::Add(a_tail, hn::Add(tail, inverse_tail));
  b_tail = hn::Add(b_tail, hn::Sub(tail, inverse_tail));
  TwoProduct(d, a, r, product, product_error);
  // b is 0 or more than |a r|.
  FastTwoSum(b, product, sum, sum_error);
  const V square = hn::Mul(r, r);
  const V s = Polynomial<Fused>(d, kSinh64Polynomial, square);
  const V c = Polynomial<Fused>(d, kCosh64Polynomial, square);
  V small = Fma(d, a_tail, r, hn::Add(b_tail, hn::Add(sum_error, product_error)));
  small = Fma(d, a, Fma(d, hn::Mul(square, r), s, lost), small);
  small = Fma(d, hn::Mul(b, square), c, small);
  return hn::Add(sum, small);
}

template <class D, class V>
HWY_INLINE V InRangeCosh64(D d, V x) {
  const hn::RebindToSigned<D> di;
  hn::Vec<decltype(di)> k;
  V lost, power, tail, inverse, inverse_tail, a, a_tail;
  const V r = Reduce64(d, x, lost, k);
  LookUpBoth(d, k, power, tail, inverse, inverse_tail);
  FastTwoSum(power, inverse, a, a_tail);
  const V b = hn::Sub(power, inverse);
  const V square = hn::Mul(r, r);
  const V s = Polynomial<Fused>(d, kSinh64Polynomial, square);
  const V c = Polynomial<Fused>(d, kCosh64Polynomial, square);
  V small = hn::Add(a_tail, hn::Add(tail, inverse_tail));
  small = Fma(d, b, Fma(d, hn::Mul(square, r), s, lost), small);
  small = Fma(d, hn::Mul(a, square), c, small);
  return hn::Add(a, Fma(d, b, r, small));
}

// Replaces the lanes of `result` where e^|x| is beyond the normal range, and for NaN. Raises
// overflow.
template <class D, class V>
HWY_NOINLINE V HalfPower64(FlagSet& flags, V magnitude, V result) {
  const D d;
  const hn::RebindToSigned<D> di;
  const V last = hn::Set(d, kSinh64Last);
  const V inf = hn::Inf(d);
  const auto huge = hn::Gt(magnitude, last);
  flags.RaiseIf(d, hn::AndNot(hn::Eq(magnitude, inf), huge), kOverflow);
  const auto large = hn::Gt(magnitude, hn::Set(d, -BaseE::kRange64.first));
  V entry, p;
  hn::Vec<decltype(di)> k;
  exponential::Split64<BaseE>(d, hn::IfThenElse(hn::AndNot(huge, large), magnitude, last), entry, p,
                              k);
  const V scale = PowerOfTwo(d, entry, hn::Sub(k, hn::Set(di, 2 * 16)));
  result = hn::IfThenElse(large, hn::Mul(Fma(d, scale, p, scale), hn::Set(d, 2.0)), result);
  result = hn::IfThenElse(huge, inf, result);
  return hn::IfThenElse(hn::IsNaN(magnitude), magnitude, result);
}

// The same for float, whose results in double are in range.
template <class D, class V>
HWY_NOINLINE V HalfPower32(FlagSet& flags, V magnitude, V result) {
  const D d;
  const V inf = hn::Inf(d);
  const auto huge = hn::Gt(magnitude, hn::Set(d, kSinh32Last));
  flags.RaiseIf(d, hn::AndNot(hn::Eq(magnitude, inf), huge), kOverflow);
  result = hn::IfThenElse(huge, inf, result);
  return hn::IfThenElse(hn::IsNaN(magnitude), magnitude, result);
}

// a and b in double for float arguments, cosh r - 1 and sinh r.
template <class D, class V>
HWY_INLINE void Terms32(D d, V x, V& a, V& b, V& cosh, V& sinh) {
  const hn::RebindToSigned<D> di;
  hn::Vec<decltype(di)> k;
  const V steps = HalvedSteps<AsTarget>(d, hn::Abs(x), k);
  const V r = hn::NegMulAdd(steps, hn::Set(d, kExpStep), hn::Abs(x));
  const auto low = hn::Set(di, 15);
  const auto negative = InverseSteps(d, k);
  const V power = PowerOfTwo(d, Lookup16(d, kExpPower, hn::And(k, low)), k);
  const V inverse = PowerOfTwo(d, Lookup16(d, kExpPower, hn::And(negative, low)), negative);
  a = hn::Add(power, inverse);
  b = hn::Sub(power, inverse);
  const V square = hn::Mul(r, r);
  cosh = hn::Mul(square, Polynomial<AsTarget>(d, kCosh32Polynomial, square));
  sinh = hn::MulAdd(hn::Mul(square, r), Polynomial<AsTarget>(d, kSinh32Polynomial, square), r);
}

// The magnitude of sinh to within 1e-12, as far as floats have it.
struct SinhInDouble {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    V a, b, cosh, sinh;
    Terms32(d, x, a, b, cosh, sinh);
    return hn::MulAdd(a, sinh, hn::MulAdd(b, cosh, b));
  }
};

// cosh likewise.
struct CoshInDouble {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    V a, b, cosh, sinh;
    Terms32(d, x, a, b, cosh, sinh);
    return hn::MulAdd(b, sinh, hn::MulAdd(a, cosh, a));
  }
};

// The magnitudes of sinh and cosh.
struct SinhParts {
  using InDouble = SinhInDouble;
  template <class D, class V>
  static HWY_INLINE V InRange64(D d, V x) {
    return InRangeSinh64(d, x);
  }
};
struct CoshParts {
  using InDouble = CoshInDouble;
  template <class D, class V>
  static HWY_INLINE V InRange64(D d, V x) {
    return InRangeCosh64(d, x);
  }
};

template <class Function, class D, class V>
HWY_INLINE V Magnitude(D d, FlagSet& flags, V x) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    V result = Function::InRange64(d, x);
    if (!exponential::AreOrdinary(d, x, BaseE::kRange64)) {
      result = HalfPower64<D>(flags, hn::Abs(x), result);
    }
    return result;
  } else {
    V result = ThroughDouble(d, typename Function::InDouble(), x);
    if (!exponential::AreOrdinary(d, x, BaseE::kRange32)) {
      result = HalfPower32<D>(flags, hn::Abs(x), result);
    }
    return result;
  }
}

}  // namespace hyperbolic

// Raises nothing.
template <class D, class V>
HWY_INLINE V Tanh(D d, FlagSet& /*flags*/, V x) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    return hyperbolic::Tanh64(d, x);
  } else {
    return hyperbolic::Tanh32(d, x);
  }
}

// Sinh and Cosh raise overflow where a finite x gives infinity; hardware flags mean nothing.
template <class D, class V>
HWY_INLINE V Sinh(D d, FlagSet& flags, V x) {
  return hn::CopySign(hyperbolic::Magnitude<hyperbolic::SinhParts>(d, flags, x), x);
}

template <class D, class V>
HWY_INLINE V Cosh(D d, FlagSet& flags, V x) {
  return hyperbolic::Magnitude<hyperbolic::CoshParts>(d, flags, x);
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_HYPERBOLIC_INL_H_
