// Exp: e^x for double (at most 0.55 ULP) and float (at most 0.501 ULP), the same bits on every
// target.
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
// float goes through double: the table without t and a polynomial of degree 4 are within 1e-11 of
// the result, so rounding to float decides. Fused or not gives the same float for all 2^32
// arguments (checked exhaustively), so targets without fused operations need no emulation there.
//
// Constants: tools/derive/exponential.py. Table-driven exp after P. T. P. Tang, ACM TOMS 15 (1989).
#if defined(QUERN_SIMD_EXPONENTIAL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_EXPONENTIAL_INL_H_
#undef QUERN_SIMD_EXPONENTIAL_INL_H_
#else
#define QUERN_SIMD_EXPONENTIAL_INL_H_
#endif

#include <cstdint>
#include <limits>

#include "hwy/highway.h"
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

// 1.5 * 2^52: adding it rounds to an integer and leaves that integer in the low bits.
inline constexpr double kRoundToInteger = 0x1.8p52;

// 2^(k/16) to 53 bits: the table's entry and k meet at bit 48.
template <class D, class V, class VI>
HWY_INLINE V PowerOfTwo(D d, V entry, VI k) {
  const hn::RebindToSigned<D> di;
  return hn::BitCast(d, hn::Add(hn::BitCast(di, entry), hn::ShiftLeft<48>(k)));
}

// e^x = 2^(k/16) (1 + p), where 2^(k/16) = PowerOfTwo(entry, k); k is right modulo 2^51.
template <class D, class V, class VI>
HWY_INLINE void Split64(D d, V x, V& entry, V& p, VI& k) {
  const hn::RebindToSigned<D> di;
  const V rounder = hn::Set(d, kRoundToInteger);
  const V shifted = Fma(d, x, hn::Set(d, kExpSteps), rounder);
  const V steps = hn::Sub(shifted, rounder);
  V r = NegFma(d, steps, hn::Set(d, kExpStepHead), x);
  r = NegFma(d, steps, hn::Set(d, kExpStepTail), r);
  k = hn::BitCast(di, shifted);
  V tail;
  const PairTable16 table = {kExpPower, kExpTail, kExpRows};
  LookupPair16(d, table, hn::And(k, hn::Set(di, 15)), entry, tail);
  V q = hn::Set(d, kExp64Polynomial[5]);
  q = Fma(d, q, r, hn::Set(d, kExp64Polynomial[4]));
  q = Fma(d, q, r, hn::Set(d, kExp64Polynomial[3]));
  q = Fma(d, q, r, hn::Set(d, kExp64Polynomial[2]));
  q = Fma(d, q, r, hn::Set(d, kExp64Polynomial[1]));
  q = Fma(d, q, r, hn::Set(d, kExp64Polynomial[0]));
  p = hn::Add(r, Fma(d, hn::Mul(r, r), q, tail));
}

// Replaces the lanes of `result` for |x| above -First and NaN: near and beyond both ends of the
// range.
template <class D, class V>
HWY_NOINLINE V Extremes64(FlagSet& flags, V x, V result) {
  const D d;
  const hn::RebindToSigned<D> di;
  const V inf = hn::Inf(d);
  const auto tiny = hn::Lt(x, hn::Set(d, kExp64First));
  const auto large = hn::Gt(x, hn::Set(d, -kExp64First));
  const auto huge = hn::Gt(x, hn::Set(d, kExp64Last));
  flags.RaiseIf(d, hn::AndNot(hn::Eq(x, inf), huge), kOverflow);
  flags.RaiseIf(d, hn::AndNot(hn::Eq(x, hn::Neg(inf)), tiny), kUnderflow);
  // Below -746 everything rounds to 0 as -746 does. NaN becomes -746 too.
  const V least = hn::Set(d, -746.0);
  V safe = hn::IfThenElse(hn::Gt(x, least), x, least);
  safe = hn::IfThenElse(huge, least, safe);
  V entry, p;
  hn::Vec<decltype(di)> k;
  Split64(d, safe, entry, p, k);
  // The result times 2^1022 (where it is tiny: then 1 is the least normal number) or 2^-16.
  const auto lift =
      hn::IfThenElse(hn::RebindMask(di, large), hn::Set(di, -16 * 16), hn::Set(di, 16 * 1022));
  const V scale = PowerOfTwo(d, entry, hn::Add(k, lift));
  const V sum = Fma(d, scale, p, scale);
  const V error = Fma(d, scale, p, hn::Sub(scale, sum));
  const V one = hn::Set(d, 1.0);
  const V aligned = hn::Add(one, sum);
  const V lost = hn::Add(hn::Add(hn::Sub(one, aligned), sum), error);
  const V rounded = hn::Mul(hn::Sub(hn::Add(aligned, lost), one), hn::Set(d, 0x1p-1022));
  result = hn::IfThenElse(large, hn::Mul(sum, hn::Set(d, 0x1p16)), result);
  result = hn::IfThenElse(tiny, rounded, result);
  result = hn::IfThenElse(huge, inf, result);
  return hn::IfThenElse(hn::IsNaN(x), x, result);
}

template <class D, class V>
HWY_INLINE V Exp64(D d, FlagSet& flags, V x) {
  const hn::RebindToSigned<D> di;
  V entry, p;
  hn::Vec<decltype(di)> k;
  Split64(d, x, entry, p, k);
  const V scale = PowerOfTwo(d, entry, k);
  V result = Fma(d, scale, p, scale);
  // |First| < Last, so one comparison finds most ordinary arguments; false for NaN.
  const auto ordinary = hn::Le(hn::Abs(x), hn::Set(d, -kExp64First));
  if (HWY_UNLIKELY(!hn::AllTrue(d, ordinary))) result = Extremes64<D>(flags, x, result);
  return result;
}

// e^x to within 1e-11 for float arguments in double lanes, |x| <= 104.
template <class D, class V>
HWY_INLINE V Exp32InDouble(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V rounder = hn::Set(d, kRoundToInteger);
  const V shifted = hn::MulAdd(x, hn::Set(d, kExpSteps), rounder);
  const V steps = hn::Sub(shifted, rounder);
  V r = hn::NegMulAdd(steps, hn::Set(d, kExpStepHead), x);
  r = hn::NegMulAdd(steps, hn::Set(d, kExpStepTail), r);
  const auto k = hn::BitCast(di, shifted);
  const V entry = Lookup16(d, kExpPower, hn::And(k, hn::Set(di, 15)));
  V q = hn::Set(d, kExp32Polynomial[2]);
  q = hn::MulAdd(q, r, hn::Set(d, kExp32Polynomial[1]));
  q = hn::MulAdd(q, r, hn::Set(d, kExp32Polynomial[0]));
  const V p = hn::MulAdd(hn::Mul(r, r), q, r);
  const V scale = PowerOfTwo(d, entry, k);
  return hn::MulAdd(scale, p, scale);
}

// The same on float lanes, rounded to float.
template <class D, class V>
HWY_INLINE V Exp32Rounded(D d, V x) {
  const hn::Half<D> dh;
  const hn::Repartition<double, D> dd;
  const auto lower = Exp32InDouble(dd, hn::PromoteLowerTo(dd, x));
  const auto upper = Exp32InDouble(dd, hn::PromoteUpperTo(dd, x));
  return hn::Combine(d, hn::DemoteTo(dh, upper), hn::DemoteTo(dh, lower));
}

// All lanes again, with any argument allowed.
template <class D, class V>
HWY_NOINLINE V Extremes32(FlagSet& flags, V x) {
  const D d;
  const V inf = hn::Inf(d);
  const auto tiny = hn::Lt(x, hn::Set(d, kExp32First));
  const auto huge = hn::Gt(x, hn::Set(d, kExp32Last));
  flags.RaiseIf(d, hn::AndNot(hn::Eq(x, inf), huge), kOverflow);
  flags.RaiseIf(d, hn::AndNot(hn::Eq(x, hn::Neg(inf)), tiny), kUnderflow);
  // Below -104 everything rounds to 0 as -104 does. NaN fails both comparisons and becomes -104.
  const V least = hn::Set(d, -104.0f);
  V safe = hn::IfThenElse(hn::Gt(x, least), x, least);
  safe = hn::IfThenElse(huge, least, safe);
  V result = Exp32Rounded(d, safe);
  result = hn::IfThenElse(huge, inf, result);
  return hn::IfThenElse(hn::IsNaN(x), x, result);
}

template <class D, class V>
HWY_INLINE V Exp32(D d, FlagSet& flags, V x) {
  const auto ordinary = hn::Le(hn::Abs(x), hn::Set(d, -kExp32First));
  if (HWY_UNLIKELY(!hn::AllTrue(d, ordinary))) return Extremes32<D>(flags, x);
  return Exp32Rounded(d, x);
}

}  // namespace exponential

// e^x. Raises overflow where a finite x gives infinity, underflow where it gives a subnormal number
// or zero; hardware flags mean nothing.
template <class D, class V>
HWY_INLINE V Exp(D d, FlagSet& flags, V x) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    return exponential::Exp64(d, flags, x);
  } else {
    return exponential::Exp32(d, flags, x);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_EXPONENTIAL_INL_H_
