// Power: x^y for double (at most 0.55 ULP) and float (at most 0.501 ULP), the same bits on every
// target.
//
// Method: x^y = e^(y log|x|), the sign by whether y is odd. y multiplies the logarithm's relative
// error, up to 745 times, so the logarithm is the sum of two doubles that is right to some 2^-69 of
// it: x is reduced as for log (logarithm-inl.h), with rows whose l is right to 75 bits after the
// point, r + low = m c - 1 exactly, and log(1 + r) = r + r^2 (-1/2 + r/3 + r^2 q(r)), where r^2,
// the sum in brackets, their product and the sums with e ln 2 + l and r carry their rounding errors
// along; low enters as low / (1 + r), to the third power of r. y times the two parts is again a sum
// of two, and the second joins the remainder of the reduction of exp (exponential-inl.h), before it
// is rounded. So the error before the last rounding is that of exp, some 0.025 ULP, and 0.02 ULP of
// the logarithm where y log|x| is greatest: results that are doubles are exact. Those outside the
// normal range are rounded once, as by exp.
//
// float goes through double, with the same rows and a logarithm that is right to 2^-43. Its steps
// are fused on every target, for pairs of arguments are too many to show that it does not matter.
//
// Underflow is raised for subnormal results that are not exact. x^y = m^y 2^(e y) for odd m is a
// number of a type with few digits only if both factors are: m^y is a whole number, that is y is
// whole and not negative after as many square roots of m as it takes, or m is 1; and e y is a whole
// number not below the last place.
//
// Constants: tools/derive/powers.py. Special values: ISO C, Annex F.
#if defined(QUERN_SIMD_POWERS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_POWERS_INL_H_
#undef QUERN_SIMD_POWERS_INL_H_
#else
#define QUERN_SIMD_POWERS_INL_H_
#endif

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "hwy/highway.h"
#include "simd/double_double-inl.h"
#include "simd/elementary-inl.h"
#include "simd/exponential-inl.h"
#include "simd/flags-inl.h"
#include "simd/fused-inl.h"
#include "simd/logarithm-inl.h"
#include "simd/powers_tables.h"
#include "simd/small_table-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

namespace powers {

using namespace ::quern::powers;  // the tables
using elementary::Fused;
using elementary::Polynomial;
using logarithm::Reduced;

inline constexpr PairTable16 kPowerTable = {kPowerInverse, kPowerRow, kPowerRows};

// log x = head + tail to 2^-69 of it, for positive normal x.
template <class D, class V>
HWY_INLINE void Log(D d, const Reduced<V>& x, V& head, V& tail) {
  const V minus_half = hn::Set(d, -0.5);
  const V third = hn::Set(d, kThirdHead);
  V product, low, sum, sum_error, square, square_error, rest, rest_error, error;
  TwoProduct(d, x.m, x.inverse, product, low);
  const V r = hn::Sub(product, hn::Set(d, 1.0));
  const V steps = Fma(d, x.exponent, hn::Set(d, logarithm::kLogTwoHead), x.row);
  FastTwoSum(steps, r, sum, sum_error);
  TwoProduct(d, r, r, square, square_error);
  // factor + factor_error = -1/2 + r/3 + r^2 q
  const V factor = Fma(d, r, third, minus_half);
  V factor_error = Fma(d, r, third, hn::Sub(minus_half, factor));
  factor_error = Fma(d, r, hn::Set(d, kThirdTail), factor_error);
  factor_error = Fma(d, square, Polynomial<Fused>(d, kPower64Polynomial, r), factor_error);
  TwoProduct(d, square, factor, rest, rest_error);
  rest_error = Fma(d, square_error, factor, rest_error);
  rest_error = Fma(d, square, factor_error, rest_error);
  FastTwoSum(sum, rest, head, error);
  // low / (1 + r) = low - low (r - r^2 + r^3)
  V small = NegFma(d, low, Fma(d, square, r, hn::Sub(r, square)), low);
  small = Fma(d, x.exponent, hn::Set(d, logarithm::kLogTwoTail), small);
  tail = hn::Add(hn::Add(sum_error, error), hn::Add(rest_error, small));
}

// y log x = head + tail.
template <class D, class V>
HWY_INLINE void TimesLog(D d, const Reduced<V>& x, V y, V& head, V& tail) {
  V log_head, log_tail;
  Log(d, x, log_head, log_tail);
  TwoProduct(d, y, log_head, head, tail);
  tail = Fma(d, y, log_tail, tail);
}

// e^(head + tail) = 2^(k/16) (1 + p), as exponential::Split64.
template <class D, class V, class VI>
HWY_INLINE void Split(D d, V head, V tail, V& entry, V& p, VI& k) {
  const V steps = exponential::Nearest<Fused>(d, head, exponential::kExpSteps, k);
  const V rest = NegFma(d, steps, hn::Set(d, exponential::kExpStepHead), head);
  const V r = hn::Add(rest, NegFma(d, steps, hn::Set(d, exponential::kExpStepTail), tail));
  V table_tail, q;
  exponential::LookUp64(d, r, k, entry, table_tail, q);
  p = hn::Add(r, Fma(d, hn::Mul(r, r), q, table_tail));
}

// Whether x^y, which is less than every normal number of a type with the last place 2^least, is a
// number of that type; x is positive.
HWY_INLINE bool IsExact(double x, double y, int least) {
  int exponent;
  auto odd = static_cast<std::uint64_t>(std::ldexp(std::frexp(x, &exponent), 53));
  const int zeros = std::countr_zero(odd);
  odd >>= zeros;
  exponent += zeros - 53;
  for (; y != std::trunc(y); y *= 2, exponent /= 2) {
    const auto root = static_cast<std::uint64_t>(std::sqrt(static_cast<double>(odd)));
    if (exponent % 2 != 0 || root * root != odd) return false;
    odd = root;
  }
  return (odd == 1 || y > 0) && exponent * y >= least;
}

// Raises underflow if |x|^y of a `tiny` lane is not a number of T.
template <class T, class D, class V, class M>
HWY_INLINE void RaiseTiny(D d, FlagSet& flags, V x, V y, M tiny) {
  using Limits = std::numeric_limits<T>;
  constexpr std::size_t kLanes = HWY_MAX_LANES_D(D);
  if (HWY_LIKELY(hn::AllFalse(d, tiny)) || (flags.bits() & kUnderflow) != 0) return;
  HWY_ALIGN double bases[kLanes];
  HWY_ALIGN double exponents[kLanes];
  // 1 to the power of 0 is exact.
  hn::Store(hn::IfThenElse(tiny, x, hn::Set(d, 1.0)), d, bases);
  hn::Store(hn::IfThenElseZero(tiny, y), d, exponents);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) {
    if (!IsExact(bases[i], exponents[i], Limits::min_exponent - Limits::digits)) {
      flags.Raise(kUnderflow);
    }
  }
}

// The first double that a T rounds to infinity: halfway between the greatest number and the power
// of two above it.
template <class T>
inline constexpr double kFirstInfinite = 0x1.ffffffp127;
template <>
inline constexpr double kFirstInfinite<double> = std::numeric_limits<double>::infinity();

// x^y of the type T, in doubles, and its flags, `magnitude` being |x|^y for finite x other than 0
// and finite y; of `tiny` lanes it is below the normal range.
template <class T, class D, class V, class M>
HWY_INLINE V Complete(D d, FlagSet& flags, V x, V y, V magnitude, M tiny) {
  const V inf = hn::Inf(d);
  const V zero = hn::Zero(d);
  const V one = hn::Set(d, 1.0);
  const V base = hn::Abs(x);
  const V half = hn::Mul(y, hn::Set(d, 0.5));
  const auto whole = hn::Eq(hn::Floor(y), y);
  const auto odd = hn::AndNot(hn::Eq(hn::Floor(half), half), whole);
  const auto finite = hn::Lt(hn::Abs(y), inf);
  const auto finite_base = hn::Lt(base, inf);
  const auto no_base = hn::Eq(base, zero);
  const auto negative = hn::Lt(y, zero);
  const auto nan = hn::Or(hn::IsNaN(x), hn::IsNaN(y));
  // Only finite arguments without a pole have a magnitude.
  const auto regular = hn::AndNot(no_base, hn::And(finite, finite_base));
  const auto rising = hn::Xor(hn::Gt(base, one), negative);
  const V limit = hn::IfThenElse(hn::Eq(base, one), one, hn::IfThenElseZero(rising, inf));
  const auto invalid = hn::AndNot(whole, hn::And(regular, hn::Lt(x, zero)));
  const auto valid = hn::AndNot(invalid, regular);
  V result = hn::IfThenElse(regular, magnitude, limit);
  result = hn::IfThenElse(odd, hn::CopySign(result, x), result);
  result = hn::IfThenElse(hn::Or(invalid, nan), hn::NaN(d), result);
  flags.RaiseIf(d, hn::And(no_base, hn::And(negative, finite)), kDivideByZero);
  flags.RaiseIf(d, invalid, kInvalid);
  flags.RaiseIf(d, hn::And(valid, hn::Ge(magnitude, hn::Set(d, kFirstInfinite<T>))), kOverflow);
  RaiseTiny<T>(d, flags, base, y, hn::And(valid, tiny));
  return hn::IfThenElse(hn::Or(hn::Eq(y, zero), hn::Eq(x, one)), one, result);
}

// All lanes again, with any arguments allowed.
template <class D, class V>
HWY_NOINLINE V Extremes64(FlagSet& flags, V x, V y) {
  const D d;
  const V base = hn::Abs(x);
  const V first = hn::Set(d, -746.0);
  const V last = hn::Set(d, 710.0);
  V head, tail, entry, p;
  hn::Vec<hn::RebindToSigned<D>> k;
  hn::Mask<D> tiny;
  TimesLog(d, logarithm::ReduceAny(d, base, kPowerTable), y, head, tail);
  const auto inside = hn::And(hn::Gt(head, first), hn::Lt(head, last));
  head = hn::IfThenElse(inside, head, hn::IfThenElse(hn::Gt(head, first), last, first));
  tail = hn::IfThenElseZero(inside, tail);
  Split(d, head, tail, entry, p, k);
  const V magnitude = exponential::RoundOnce(d, head, entry, p, k, tiny);
  return Complete<double>(d, flags, x, y, magnitude, tiny);
}

template <class D, class V>
HWY_INLINE V Power64(D d, FlagSet& flags, V x, V y) {
  const Reduced<V> reduced = logarithm::Reduce(d, x, kPowerTable);
  if (!logarithm::AreOrdinary(d, reduced)) return Extremes64<D>(flags, x, y);
  V head, tail, entry, p;
  hn::Vec<hn::RebindToSigned<D>> k;
  TimesLog(d, reduced, y, head, tail);
  const auto ordinary = hn::Le(hn::Abs(head), hn::Set(d, 708.0));
  if (HWY_UNLIKELY(!hn::AllTrue(d, ordinary))) return Extremes64<D>(flags, x, y);
  Split(d, head, tail, entry, p, k);
  const V scale = exponential::PowerOfTwo(d, entry, k);
  return Fma(d, scale, p, scale);
}

// y log x for float arguments in double lanes, to within 2^-42 of it.
template <class D, class V>
HWY_INLINE V TimesLog32(D d, V x, V y) {
  const Reduced<V> reduced = logarithm::Reduce(d, x, kPowerTable);
  const V r = Fma(d, reduced.m, reduced.inverse, hn::Set(d, -1.0));
  const V q = Polynomial<Fused>(d, kPower32Polynomial, r);
  const V steps = Fma(d, reduced.exponent, hn::Set(d, logarithm::kLogTwoHead), reduced.row);
  return hn::Mul(y, hn::Add(steps, Fma(d, hn::Mul(r, r), q, r)));
}

using ExpInDouble = exponential::PowerInDouble<exponential::BaseE, Fused>;

// All lanes of half a float vector again, as doubles, with any arguments allowed.
template <class D, class V>
HWY_INLINE V ExtremesInDouble(D d, FlagSet& flags, V x, V y) {
  const V exponent = TimesLog32(d, hn::Abs(x), y);
  const V limit = hn::Set(d, 200.0);
  const auto inside = hn::Lt(hn::Abs(exponent), limit);
  const V safe = hn::IfThenElse(inside, exponent, hn::CopySign(limit, exponent));
  const V magnitude = ExpInDouble()(d, safe);
  const auto tiny = hn::Lt(magnitude, hn::Set(d, 0x1p-126));
  return Complete<float>(d, flags, x, y, magnitude, tiny);
}

template <class D, class V>
HWY_NOINLINE V Extremes32(FlagSet& flags, V x, V y) {
  return elementary::ThroughDouble(
      D(), [&flags](auto d, auto... v) HWY_ATTR { return ExtremesInDouble(d, flags, v...); }, x, y);
}

template <class D, class V>
HWY_INLINE V Power32(D d, FlagSet& flags, V x, V y) {
  const hn::Repartition<double, D> dd;
  const hn::Half<D> dh;
  const auto limit = hn::Set(dd, 87.0);
  const auto lower = TimesLog32(dd, hn::PromoteLowerTo(dd, x), hn::PromoteLowerTo(dd, y));
  const auto upper = TimesLog32(dd, hn::PromoteUpperTo(dd, x), hn::PromoteUpperTo(dd, y));
  const auto small = hn::And(hn::Le(hn::Abs(lower), limit), hn::Le(hn::Abs(upper), limit));
  const auto positive = hn::And(hn::Gt(x, hn::Zero(d)), hn::Lt(x, hn::Inf(d)));
  if (HWY_UNLIKELY(!hn::AllTrue(dd, small) || !hn::AllTrue(d, positive))) {
    return Extremes32<D>(flags, x, y);
  }
  return hn::Combine(d, hn::DemoteTo(dh, ExpInDouble()(dd, upper)),
                     hn::DemoteTo(dh, ExpInDouble()(dd, lower)));
}

}  // namespace powers

// x to the power of y. Raises divide_by_zero where a zero meets a finite negative exponent, invalid
// where a finite negative number meets a finite exponent that is not whole, overflow where finite
// arguments give infinity otherwise, underflow where the result is zero or a subnormal number and
// not exact; hardware flags mean nothing.
template <class D, class V>
HWY_INLINE V Power(D d, FlagSet& flags, V x, V y) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    return powers::Power64(d, flags, x, y);
  } else {
    return powers::Power32(d, flags, x, y);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_POWERS_INL_H_
