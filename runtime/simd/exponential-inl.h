// Exp, Exp2, Expm1: e^x, 2^x and e^x - 1 for double (at most 0.55 ULP) and float (at most 0.501
// ULP), the same bits on every target.
//
// Method: k = round(16 x / ln 2) = 16 m + j and r = x - k ln 2 / 16, so that e^x = 2^(k/16) e^r
// with |r| <= ln 2 / 32. A table gives T = 2^(j/16) rounded and its relative error t; k is added to
// T's exponent field in the same operation that restores j (the table holds T less j there), and
// e^r - 1 is a polynomial. With p = r + (r^2 q(r) + t) the last operation for double is T p + T,
// fused: its rounding is the half ULP. What comes before is at most 1/46 of the result, so the
// roundings of r and p weigh less than 0.03 ULP together, the polynomial 0.0001 ULP. The head of ln
// 2 / 16 has 38 bits, so k times it is exact. Results below the normal range are rounded once, from
// the unrounded sum: adding 1 at a scale where 1 stands for the least normal number aligns the
// rounding with the last subnormal place.
//
// 2^x takes k = round(16 x), and r = (x - k / 16) ln 2, whose difference is exact: whole x give
// powers of two.
//
// e^x - 1 is T - 1 + T r + T (r^2 q(r) + ...) with the errors of T, T - 1, r, T r and the first sum
// carried along: where k is 1 or -1 most of T cancels, and the last part is still less than 1/64 of
// the result. For k = 0 it is r + r^2 q(r) and r = x.
//
// float goes through double: the table without t and polynomials of degree 4 (5 for e^x - 1) are
// within 1e-11 of the result, so rounding to float decides. Fused or not gives the same float for
// all 2^32 arguments (checked exhaustively), so targets without fused operations need no emulation
// there.
//
// Constants: tools/derive/exponential.py. Table-driven exp after P. T. P. Tang, ACM TOMS 15 (1989),
// e^x - 1 after his ACM TOMS 18 (1992).
#if defined(QUERN_SIMD_EXPONENTIAL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_EXPONENTIAL_INL_H_
#undef QUERN_SIMD_EXPONENTIAL_INL_H_
#else
#define QUERN_SIMD_EXPONENTIAL_INL_H_
#endif

#include <cstddef>
#include <limits>

#include "hwy/highway.h"
#include "simd/double_double-inl.h"
#include "simd/elementary-inl.h"
#include "simd/exponential_tables.h"
#include "simd/flags-inl.h"
#include "simd/fused-inl.h"
#include "simd/small_table-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

namespace exponential {

using namespace ::quern::exponential;  // the tables
using elementary::AsTarget;
using elementary::Fused;
using elementary::Polynomial;
using elementary::ThroughDouble;

// 1.5 * 2^52: adding it rounds to an integer and leaves that integer in the low bits.
inline constexpr double kRoundToInteger = 0x1.8p52;

// 2^(k/16) to 53 bits: the table's entry and k meet at bit 48.
template <class D, class V, class VI>
HWY_INLINE V PowerOfTwo(D d, V entry, VI k) {
  const hn::RebindToSigned<D> di;
  return hn::BitCast(d, hn::Add(hn::BitCast(di, entry), hn::ShiftLeft<48>(k)));
}

// The whole number nearest to x times `steps`, as a double and as k; k is right modulo 2^51.
template <class Arithmetic, class D, class V, class VI>
HWY_INLINE V Nearest(D d, V x, double steps, VI& k) {
  const hn::RebindToSigned<D> di;
  const V rounder = hn::Set(d, kRoundToInteger);
  const V shifted = Arithmetic::MulAdd(d, x, hn::Set(d, steps), rounder);
  k = hn::BitCast(di, shifted);
  return hn::Sub(shifted, rounder);
}

// The first and last arguments of a function whose results are normal and finite, and a `least` one
// below which all results are its limit.
template <class T>
struct Range {
  T first;
  T last;
  T least;
};

template <class Base, class Arithmetic>
struct PowerInDouble;

// e^x.
struct BaseE {
  using InDouble = PowerInDouble<BaseE, AsTarget>;
  static constexpr Range<double> kRange64 = {kExp64First, kExp64Last, -746.0};
  static constexpr Range<float> kRange32 = {kExp32First, kExp32Last, -104.0f};
  static constexpr float kLimit = 0.0f;  // towards minus infinity

  template <class Arithmetic, class D, class V, class VI>
  static HWY_INLINE V Reduce(D d, V x, VI& k) {
    const V steps = Nearest<Arithmetic>(d, x, kExpSteps, k);
    const V r = Arithmetic::NegMulAdd(d, steps, hn::Set(d, kExpStepHead), x);
    return Arithmetic::NegMulAdd(d, steps, hn::Set(d, kExpStepTail), r);
  }
  // What the rounding of r lost.
  template <class D, class V, class VI>
  static HWY_INLINE V Lost(D d, V x, VI k, V r) {
    const V steps = hn::Sub(hn::BitCast(d, k), hn::Set(d, kRoundToInteger));
    const V rest = NegFma(d, steps, hn::Set(d, kExpStepHead), x);
    return NegFma(d, steps, hn::Set(d, kExpStepTail), hn::Sub(rest, r));
  }
  // Which x below the range give an exact result.
  template <class D, class V>
  static HWY_INLINE auto IsExact(D d, V x) {
    return hn::Eq(x, hn::Neg(hn::Inf(d)));
  }
};

// 2^x.
struct BaseTwo {
  using InDouble = PowerInDouble<BaseTwo, AsTarget>;
  static constexpr Range<double> kRange64 = {-1022.0, 0x1.fffffffffffffp+9, -1076.0};
  static constexpr Range<float> kRange32 = {-126.0f, 0x1.fffffep+6f, -151.0f};
  static constexpr float kLimit = 0.0f;

  template <class Arithmetic, class D, class V, class VI>
  static HWY_INLINE V Reduce(D d, V x, VI& k) {
    const V steps = Nearest<Arithmetic>(d, x, 16.0, k);
    const V rest = Arithmetic::NegMulAdd(d, steps, hn::Set(d, 1.0 / 16), x);  // exact
    return hn::Mul(rest, hn::Set(d, kLogTwo));
  }
  // Whole powers down to the least subnormal number.
  template <class D, class V>
  static HWY_INLINE auto IsExact(D d, V x) {
    using T = hn::TFromD<D>;
    using Limits = std::numeric_limits<T>;
    const V rounder = hn::Set(d, T{1.5} / Limits::epsilon());
    const auto whole = hn::Eq(hn::Sub(hn::Add(x, rounder), rounder), x);
    const V lowest = hn::Set(d, T{Limits::min_exponent - Limits::digits});
    return hn::Or(hn::And(whole, hn::Ge(x, lowest)), hn::Eq(x, hn::Neg(hn::Inf(d))));
  }
};

// The table's row for k, and q(r).
template <class D, class V, class VI>
HWY_INLINE void LookUp64(D d, V r, VI k, V& entry, V& tail, V& q) {
  const hn::RebindToSigned<D> di;
  const PairTable16 table = {kExpPower, kExpTail, kExpRows};
  LookupPair16(d, table, hn::And(k, hn::Set(di, 15)), entry, tail);
  q = Polynomial<Fused>(d, kExp64Polynomial, r);
}

// Base^x = 2^(k/16) (1 + p), where 2^(k/16) = PowerOfTwo(entry, k).
template <class Base, class D, class V, class VI>
HWY_INLINE void Split64(D d, V x, V& entry, V& p, VI& k) {
  const V r = Base::template Reduce<Fused>(d, x, k);
  V tail, q;
  LookUp64(d, r, k, entry, tail, q);
  p = hn::Add(r, Fma(d, hn::Mul(r, r), q, tail));
}

// Raises the flags of results above and below the range, and returns the lanes above.
template <class Base, class D, class V, class T>
HWY_INLINE auto RaiseOutside(D d, FlagSet& flags, V x, const Range<T>& range) {
  const auto tiny = hn::Lt(x, hn::Set(d, range.first));
  const auto huge = hn::Gt(x, hn::Set(d, range.last));
  flags.RaiseIf(d, hn::AndNot(hn::Eq(x, hn::Inf(d)), huge), kOverflow);
  flags.RaiseIf(d, hn::AndNot(Base::IsExact(d, x), tiny), kUnderflow);
  return huge;
}

// 2^(k/16) (1 + p), which is near e^x, rounded once to any number down to zero, or to infinity. Of
// `tiny` lanes it is below the normal range.
template <class D, class V, class VI>
HWY_INLINE V RoundOnce(D d, V x, V entry, V p, VI k, hn::Mask<D>& tiny) {
  const hn::RebindToSigned<D> di;
  const V one = hn::Set(d, 1.0);
  // Times 2^-16, or times 2^1022: then 1 is the least normal number.
  const auto large = hn::Gt(x, hn::Zero(d));
  const auto lift =
      hn::IfThenElse(hn::RebindMask(di, large), hn::Set(di, -16 * 16), hn::Set(di, 16 * 1022));
  const V scale = PowerOfTwo(d, entry, hn::Add(k, lift));
  const V sum = Fma(d, scale, p, scale);
  const V error = Fma(d, scale, p, hn::Sub(scale, sum));
  const V aligned = hn::Add(one, sum);
  const V lost = hn::Add(hn::Add(hn::Sub(one, aligned), sum), error);
  const V rounded = hn::Sub(hn::Add(aligned, lost), one);
  const auto below =
      hn::Or(hn::Lt(sum, one), hn::And(hn::Eq(sum, one), hn::Lt(error, hn::Zero(d))));
  tiny = hn::AndNot(large, below);
  const V unscale = hn::IfThenElse(large, hn::Set(d, 0x1p16), hn::Set(d, 0x1p-1022));
  return hn::Mul(hn::IfThenElse(tiny, rounded, sum), unscale);
}

// All lanes again, with any argument allowed.
template <class Base, class D, class V>
HWY_NOINLINE V Extremes64(FlagSet& flags, V x) {
  const D d;
  constexpr Range<double> range = Base::kRange64;
  const auto huge = RaiseOutside<Base>(d, flags, x, range);
  // NaN becomes the least too.
  const V least = hn::Set(d, range.least);
  V safe = hn::IfThenElse(hn::Gt(x, least), x, least);
  safe = hn::IfThenElse(huge, least, safe);
  V entry, p;
  hn::Vec<hn::RebindToSigned<D>> k;
  Split64<Base>(d, safe, entry, p, k);
  hn::Mask<D> tiny;
  const V result = RoundOnce(d, safe, entry, p, k, tiny);
  return hn::IfThenElse(hn::IsNaN(x), x, hn::IfThenElse(huge, hn::Inf(d), result));
}

// |first| < last, so one comparison finds most ordinary arguments; false for NaN.
template <class D, class V, class T>
HWY_INLINE bool AreOrdinary(D d, V x, const Range<T>& range) {
  return HWY_LIKELY(hn::AllTrue(d, hn::Le(hn::Abs(x), hn::Set(d, -range.first))));
}

template <class Base, class D, class V>
HWY_INLINE V Power64(D d, FlagSet& flags, V x) {
  const hn::RebindToSigned<D> di;
  V entry, p;
  hn::Vec<decltype(di)> k;
  Split64<Base>(d, x, entry, p, k);
  if (!AreOrdinary(d, x, Base::kRange64)) return Extremes64<Base, D>(flags, x);
  const V scale = PowerOfTwo(d, entry, k);
  return Fma(d, scale, p, scale);
}

// e^x - 1 for |x| <= -first.
template <class D, class V>
HWY_INLINE V InRangeLessOne64(D d, V x) {
  const hn::RebindToSigned<D> di;
  hn::Vec<decltype(di)> k;
  const V r = BaseE::Reduce<Fused>(d, x, k);
  V entry, tail, q, power, power_error, product, product_error, sum, sum_error;
  LookUp64(d, r, k, entry, tail, q);
  const V scale = PowerOfTwo(d, entry, k);
  TwoSum(scale, hn::Set(d, -1.0), power, power_error);
  TwoProduct(d, scale, r, product, product_error);
  // T - 1 is 0 or more than |T r|.
  FastTwoSum(power, product, sum, sum_error);
  const V lost = hn::Add(hn::Add(sum_error, power_error), product_error);
  // T (1 + t) (1 + r + low + r^2 q) without T (1 + r).
  V small = Fma(d, tail, r, hn::Add(tail, BaseE::Lost(d, x, k, r)));
  small = Fma(d, hn::Mul(r, r), q, small);
  return hn::CopySign(hn::Add(sum, Fma(d, scale, small, lost)), x);  // for -0
}

// Replaces the lanes of `result` beyond both ends of the range: above, the 1 does not matter.
template <class D, class V>
HWY_NOINLINE V ExtremesLessOne64(FlagSet& flags, V x, V result) {
  const D d;
  const auto low = hn::Lt(x, hn::Set(d, kExp64First));
  const auto high = hn::Gt(x, hn::Set(d, -kExp64First));
  const V extreme = Extremes64<BaseE, D>(flags, hn::IfThenElse(low, hn::Zero(d), x));
  result = hn::IfThenElse(hn::Or(high, hn::IsNaN(x)), extreme, result);
  return hn::IfThenElse(low, hn::Set(d, -1.0), result);
}

template <class D, class V>
HWY_INLINE V LessOne64(D d, FlagSet& flags, V x) {
  V result = InRangeLessOne64(d, x);
  if (!AreOrdinary(d, x, BaseE::kRange64)) result = ExtremesLessOne64<D>(flags, x, result);
  return result;
}

// The parts of 2^(k/16) e^r for float arguments in double lanes.
template <class Base, class Arithmetic, std::size_t kTerms, class D, class V>
HWY_INLINE void Split32(D d, const double (&polynomial)[kTerms], V x, V& scale, V& p) {
  const hn::RebindToSigned<D> di;
  hn::Vec<decltype(di)> k;
  const V r = Base::template Reduce<Arithmetic>(d, x, k);
  const V q = Polynomial<Arithmetic>(d, polynomial, r);
  p = Arithmetic::MulAdd(d, hn::Mul(r, r), q, r);
  scale = PowerOfTwo(d, Lookup16(d, kExpPower, hn::And(k, hn::Set(di, 15))), k);
}

// Base^x to within 1e-11, from the least to the last; any number for others.
template <class Base, class Arithmetic>
struct PowerInDouble {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    V scale, p;
    Split32<Base, Arithmetic>(d, kExp32Polynomial, x, scale, p);
    return Arithmetic::MulAdd(d, scale, p, scale);
  }
};

// e^x - 1 likewise.
struct LessOneInDouble {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    V scale, p;
    Split32<BaseE, AsTarget>(d, kExpLessOne32Polynomial, x, scale, p);
    const V result = hn::MulAdd(scale, p, hn::Sub(scale, hn::Set(d, 1.0)));
    return hn::CopySign(result, x);  // for -0
  }
};

struct LessOne {
  using InDouble = LessOneInDouble;
  static constexpr Range<float> kRange32 = BaseE::kRange32;
  static constexpr float kLimit = -1.0f;

  // Below the range results are -1: nothing that underflows.
  template <class D, class V>
  static HWY_INLINE auto IsExact(D d, V x) {
    return hn::Lt(x, hn::Zero(d));
  }
};

// Replaces the lanes of `result` beyond the ends of the range and for NaN.
template <class Function, class D, class V>
HWY_NOINLINE V Extremes32(FlagSet& flags, V x, V result) {
  const D d;
  constexpr Range<float> range = Function::kRange32;
  const auto huge = RaiseOutside<Function>(d, flags, x, range);
  const auto least = hn::Lt(x, hn::Set(d, range.least));
  result = hn::IfThenElse(least, hn::Set(d, Function::kLimit), result);
  result = hn::IfThenElse(huge, hn::Inf(d), result);
  return hn::IfThenElse(hn::IsNaN(x), x, result);
}

template <class Function, class D, class V>
HWY_INLINE V Any32(D d, FlagSet& flags, V x) {
  V result = ThroughDouble(d, typename Function::InDouble(), x);
  if (!AreOrdinary(d, x, Function::kRange32)) result = Extremes32<Function, D>(flags, x, result);
  return result;
}

template <class Base, class D, class V>
HWY_INLINE V Power(D d, FlagSet& flags, V x) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    return Power64<Base>(d, flags, x);
  } else {
    return Any32<Base>(d, flags, x);
  }
}

}  // namespace exponential

// e^x and 2^x. They raise overflow where a finite x gives infinity, underflow where the result is
// zero or a subnormal number and not exact; hardware flags mean nothing.
template <class D, class V>
HWY_INLINE V Exp(D d, FlagSet& flags, V x) {
  return exponential::Power<exponential::BaseE>(d, flags, x);
}

template <class D, class V>
HWY_INLINE V Exp2(D d, FlagSet& flags, V x) {
  return exponential::Power<exponential::BaseTwo>(d, flags, x);
}

// e^x - 1. Raises overflow as Exp does, and nothing where the result is x for being so small.
template <class D, class V>
HWY_INLINE V Expm1(D d, FlagSet& flags, V x) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    return exponential::LessOne64(d, flags, x);
  } else {
    return exponential::Any32<exponential::LessOne>(d, flags, x);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_EXPONENTIAL_INL_H_
