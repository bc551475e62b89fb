// Log, Log2, Log10, Log1p: logarithms of double (at most 0.55 ULP) and float (at most 0.501 ULP),
// the same bits on every target.
//
// Method: x = 2^e m with m in [least, 2 least), about [0.7, 1.4). A table of 16 rows, chosen by the
// leading bits of m, gives c close to 1 / m and l = -log c, so that log x = e ln 2 + l + log(1 + r)
// with r = m c - 1, |r| < 0.032, and log(1 + r) = r + r^2 q(r) with a polynomial q. For double the
// result is the sum of two parts: the head is e ln 2 + l + r rounded once (the first two are exact:
// multiples of 2^-43 below 2^10); the tail is the error of that sum, what ln 2 has below 2^-43, the
// rounding error of m c and r^2 q(r). The tail is at most 1/63 of the result, so its own roundings
// weigh some 0.03 ULP. The row around 1 has c = 1 and l = 0: nothing cancels there. l needs no
// second part: c is chosen such that l is right to 65 bits after the point. What is left out, the
// rounding error of m c times r^2, is at most 0.01 ULP.
//
// Other bases multiply head and tail by 1 / ln b, itself in two parts; the error before the last
// rounding stays below 0.05 ULP, so results that are whole numbers are exact.
//
// log1p takes the rounding error of 1 + x along: r is then renormalised, which makes it x itself
// near 0.
//
// float goes through double: r + r^2 q(r) with fewer terms, without the parts that only double
// needs. m c is rounded before 1 is taken off, on targets with fused operations too, so that all
// other steps are exact or nearly alike: fused or not gives the same float for all 2^32 arguments
// (checked exhaustively).
//
// Constants: tools/derive/logarithm.py. Table-driven logarithms after P. T. P. Tang, ACM TOMS 16
// (1990); rows that make l exact after S. Gal and B. Bachelis, ACM TOMS 17 (1991).
#if defined(QUERN_SIMD_LOGARITHM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_LOGARITHM_INL_H_
#undef QUERN_SIMD_LOGARITHM_INL_H_
#else
#define QUERN_SIMD_LOGARITHM_INL_H_
#endif

#include <cstdint>
#include <limits>

#include "hwy/highway.h"
#include "simd/double_double-inl.h"
#include "simd/elementary-inl.h"
#include "simd/flags-inl.h"
#include "simd/fused-inl.h"
#include "simd/logarithm_tables.h"
#include "simd/small_table-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

namespace logarithm {

using namespace ::quern::logarithm;  // the tables
using elementary::AsTarget;
using elementary::Fused;
using elementary::Polynomial;
using elementary::ThroughDouble;

// The unit of Reduced::exponent: an exponent where a double keeps it is a multiple of 2^52.
inline constexpr double kExponentUnit = 0x1p52;

// x = 2^e m, and the row of m.
template <class V>
struct Reduced {
  V exponent;  // 2^52 e
  V m;
  V inverse;  // c
  V row;      // l
};

// Whole multiples of 2^52 as doubles, from -1023 to 1024 times it; other arguments give other
// multiples.
template <class D, class VI>
HWY_INLINE hn::Vec<D> ExponentFromBits(D d, VI bits) {
  if constexpr (HWY_MAX_LANES_D(D) == 8) {
    return hn::ConvertTo(d, bits);  // an instruction of AVX-512
  } else {
    const hn::RebindToUnsigned<D> du;
    const auto one = hn::BitCast(du, hn::Set(d, 1.0));
    const auto biased = hn::ShiftRight<52>(hn::Add(hn::BitCast(du, bits), one));
    // In the low bits of 2^104 its unit is 2^52.
    const auto sum = hn::Or(biased, hn::BitCast(du, hn::Set(d, 0x1p104)));
    return hn::Sub(hn::BitCast(d, sum), hn::Set(d, 0x1p104 + 1023 * kExponentUnit));
  }
}

inline constexpr PairTable16 kLogTable = {kLogInverse, kLogRow, kLogRows};

// For positive normal x. Of others e is below -1021 or above 1023. Other tables have rows for the
// same m.
template <class D, class V>
HWY_INLINE Reduced<V> Reduce(D d, V x, const PairTable16& table = kLogTable) {
  const hn::RebindToSigned<D> di;
  const auto bits = hn::BitCast(di, x);
  const auto above = hn::Sub(bits, hn::BitCast(di, hn::Set(d, kLogLeast)));
  const auto exponent = hn::And(above, hn::Set(di, -0x10000000000000));
  Reduced<V> result;
  result.exponent = ExponentFromBits(d, exponent);
  result.m = hn::BitCast(d, hn::Sub(bits, exponent));
  // As unsigned lanes: not every target shifts sign bits in.
  const hn::RebindToUnsigned<D> du;
  const auto index = hn::BitCast(di, hn::ShiftRight<48>(hn::BitCast(du, above)));
  LookupPair16(d, table, hn::And(index, hn::Set(di, 15)), result.inverse, result.row);
  return result;
}

// For subnormal x too.
template <class D, class V>
HWY_INLINE Reduced<V> ReduceAny(D d, V x, const PairTable16& table = kLogTable) {
  const auto subnormal = hn::Lt(x, hn::Set(d, std::numeric_limits<double>::min()));
  const V lifted = hn::IfThenElse(subnormal, hn::Mul(x, hn::Set(d, 0x1p54)), x);
  Reduced<V> result = Reduce(d, lifted, table);
  const V lift = hn::Set(d, 54 * kExponentUnit);
  result.exponent = hn::Sub(result.exponent, hn::IfThenElseZero(subnormal, lift));
  return result;
}

// Whether all lanes are positive, normal and below 2^1021.
template <class D, class V>
HWY_INLINE bool AreOrdinary(D d, const Reduced<V>& x) {
  const V limit = hn::Set(d, 1022 * kExponentUnit);
  return HWY_LIKELY(hn::AllTrue(d, hn::Lt(hn::Abs(x.exponent), limit)));
}

// log x = head + tail, where the row's product with m is 1 + r + low.
template <class D, class V>
HWY_INLINE void Sum(D d, const Reduced<V>& x, V r, V low, V& head, V& tail) {
  const V steps = Fma(d, x.exponent, hn::Set(d, kLogTwoHead), x.row);
  V error;
  FastTwoSum(steps, r, head, error);
  // log(1 + r + low) = log(1 + r) + low (1 - r) + ...
  V small = Fma(d, x.exponent, hn::Set(d, kLogTwoTail), low);
  small = NegFma(d, r, low, small);
  tail = Fma(d, hn::Mul(r, r), Polynomial<Fused>(d, kLog64Polynomial, r), hn::Add(error, small));
}

// The logarithm to a base from the natural one.
struct BaseE {
  template <class D, class V>
  static HWY_INLINE V Round(D /*d*/, V head, V tail) {
    return hn::Add(head, tail);
  }
  template <class D, class V>
  static HWY_INLINE V Scale(D /*d*/, V x) {
    return x;
  }
};

template <class Factor>
struct BaseB {
  template <class D, class V>
  static HWY_INLINE V Round(D d, V head, V tail) {
    const V factor = hn::Set(d, Factor::kHead);
    V product, error;
    TwoProduct(d, head, factor, product, error);
    error = Fma(d, head, hn::Set(d, Factor::kTail), error);
    return hn::Add(product, Fma(d, tail, factor, error));
  }
  template <class D, class V>
  static HWY_INLINE V Scale(D d, V x) {
    return hn::Mul(x, hn::Set(d, Factor::kHead));
  }
};

struct FactorTwo {
  static constexpr double kHead = kLogBaseTwoHead;
  static constexpr double kTail = kLogBaseTwoTail;
};
struct FactorTen {
  static constexpr double kHead = kLogBaseTenHead;
  static constexpr double kTail = kLogBaseTenTail;
};

// Replaces the lanes of `result` whose argument is zero, negative, infinite or NaN.
template <class D, class V>
HWY_NOINLINE V Outside(FlagSet& flags, V x, V result) {
  const D d;
  const V inf = hn::Inf(d);
  const auto zero = hn::Eq(x, hn::Zero(d));
  const auto negative = hn::Lt(x, hn::Zero(d));
  flags.RaiseIf(d, zero, kDivideByZero);
  flags.RaiseIf(d, negative, kInvalid);
  result = hn::IfThenElse(zero, hn::Neg(inf), result);
  result = hn::IfThenElse(negative, hn::NaN(d), result);
  return hn::IfThenElse(hn::Or(hn::Eq(x, inf), hn::IsNaN(x)), x, result);
}

template <class Base, class D, class V>
HWY_INLINE V InRange64(D d, const Reduced<V>& x) {
  V product, low, head, tail;
  TwoProduct(d, x.m, x.inverse, product, low);
  Sum(d, x, hn::Sub(product, hn::Set(d, 1.0)), low, head, tail);
  return Base::Round(d, head, tail);
}

// All lanes again, with any argument allowed.
template <class Base, class D, class V>
HWY_NOINLINE V Extremes64(FlagSet& flags, V x) {
  const D d;
  return Outside<D>(flags, x, InRange64<Base>(d, ReduceAny(d, x)));
}

template <class Base, class D, class V>
HWY_INLINE V Log64(D d, FlagSet& flags, V x) {
  const Reduced<V> reduced = Reduce(d, x);
  if (!AreOrdinary(d, reduced)) return Extremes64<Base, D>(flags, x);
  return InRange64<Base>(d, reduced);
}

// log(sum + error) = head + tail, where `sum` is reduced and the error small beside it.
template <class D, class V>
HWY_INLINE void SumOfPair(D d, V sum, V error, const Reduced<V>& reduced, V& head, V& tail) {
  const hn::RebindToSigned<D> di;
  // c / 2^e.
  const auto exponent = hn::Sub(hn::BitCast(di, sum), hn::BitCast(di, reduced.m));
  const V scaled = hn::BitCast(d, hn::Sub(hn::BitCast(di, reduced.inverse), exponent));
  V product, low, r;
  TwoProduct(d, reduced.m, reduced.inverse, product, low);
  FastTwoSum(hn::Sub(product, hn::Set(d, 1.0)), Fma(d, error, scaled, low), r, low);
  Sum(d, reduced, r, low, head, tail);
}

// log(1 + x), where `sum` is 1 + x rounded and reduced.
template <class D, class V>
HWY_INLINE V InRange1p64(D d, V x, V sum, const Reduced<V>& reduced) {
  // What the sum lost: exact for x < 2^53, and beyond that it does not matter.
  const V error = hn::Sub(x, hn::Sub(sum, hn::Set(d, 1.0)));
  V head, tail;
  SumOfPair(d, sum, error, reduced, head, tail);
  return hn::CopySign(hn::Add(head, tail), x);  // for -0
}

template <class D, class V>
HWY_NOINLINE V Extremes1p64(FlagSet& flags, V x) {
  const D d;
  // Beyond 2^1000 the 1 does not matter, before and after scaling.
  const auto huge = hn::Ge(x, hn::Set(d, 0x1p1000));
  const V safe = hn::IfThenElse(huge, hn::Mul(x, hn::Set(d, 0x1p-512)), x);
  const V one = hn::Set(d, 1.0);
  const V sum = hn::Add(safe, one);
  Reduced<V> reduced = Reduce(d, sum);
  const V lift = hn::IfThenElseZero(huge, hn::Set(d, 512 * kExponentUnit));
  reduced.exponent = hn::Add(reduced.exponent, lift);
  return Outside<D>(flags, hn::Add(x, one), InRange1p64(d, safe, sum, reduced));
}

template <class D, class V>
HWY_INLINE V Log1p64(D d, FlagSet& flags, V x) {
  const V sum = hn::Add(x, hn::Set(d, 1.0));
  const Reduced<V> reduced = Reduce(d, sum);
  if (!AreOrdinary(d, reduced)) return Extremes1p64<D>(flags, x);
  return InRange1p64(d, x, sum, reduced);
}

// log x to within 1e-11 for positive normal doubles, r being given or m c - 1; any number for
// others.
template <class D, class V>
HWY_INLINE V Sum32(D d, const Reduced<V>& x, V r) {
  const V q = Polynomial<AsTarget>(d, kLog32Polynomial, r);
  const V steps = hn::MulAdd(x.exponent, hn::Set(d, kLogTwoHead), x.row);
  return hn::Add(steps, hn::MulAdd(hn::Mul(r, r), q, r));
}

template <class D, class V>
HWY_INLINE V ProductLessOne(D d, const Reduced<V>& x) {
  return hn::Sub(hn::Mul(x.m, x.inverse), hn::Set(d, 1.0));
}

template <class Base>
struct LogInDouble {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const Reduced<V> reduced = Reduce(d, x);
    return Base::Scale(d, Sum32(d, reduced, ProductLessOne(d, reduced)));
  }
};

// log(1 + x), x > -1. The row around 1 holds all 1 + x for |x| < 2^-7, whose r is x.
struct Log1pInDouble {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V sum = hn::Add(x, hn::Set(d, 1.0));
    const Reduced<V> reduced = Reduce(d, sum);
    const auto near = hn::Lt(hn::Abs(x), hn::Set(d, 0x1p-7));
    const V r = hn::IfThenElse(near, x, ProductLessOne(d, reduced));
    return hn::CopySign(Sum32(d, reduced, r), x);  // for -0
  }
};

template <class Base, class D, class V>
HWY_INLINE V Log32(D d, FlagSet& flags, V x) {
  V result = ThroughDouble(d, LogInDouble<Base>(), x);
  const auto ordinary = hn::And(hn::Gt(x, hn::Zero(d)), hn::Lt(x, hn::Inf(d)));
  if (HWY_UNLIKELY(!hn::AllTrue(d, ordinary))) result = Outside<D>(flags, x, result);
  return result;
}

template <class D, class V>
HWY_INLINE V Log1p32(D d, FlagSet& flags, V x) {
  const V one = hn::Set(d, 1.0f);
  V result = ThroughDouble(d, Log1pInDouble(), x);
  const auto ordinary = hn::And(hn::Gt(x, hn::Neg(one)), hn::Lt(x, hn::Inf(d)));
  if (HWY_UNLIKELY(!hn::AllTrue(d, ordinary))) {
    result = Outside<D>(flags, hn::Add(x, one), result);
  }
  return result;
}

template <class Base, class D, class V>
HWY_INLINE V LogToBase(D d, FlagSet& flags, V x) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    return Log64<Base>(d, flags, x);
  } else {
    return Log32<Base>(d, flags, x);
  }
}

}  // namespace logarithm

// Logarithms. They raise divide_by_zero where a finite argument gives an infinity and invalid below
// that; hardware flags mean nothing.
template <class D, class V>
HWY_INLINE V Log(D d, FlagSet& flags, V x) {
  return logarithm::LogToBase<logarithm::BaseE>(d, flags, x);
}

template <class D, class V>
HWY_INLINE V Log2(D d, FlagSet& flags, V x) {
  return logarithm::LogToBase<logarithm::BaseB<logarithm::FactorTwo>>(d, flags, x);
}

template <class D, class V>
HWY_INLINE V Log10(D d, FlagSet& flags, V x) {
  return logarithm::LogToBase<logarithm::BaseB<logarithm::FactorTen>>(d, flags, x);
}

// log(1 + x).
template <class D, class V>
HWY_INLINE V Log1p(D d, FlagSet& flags, V x) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    return logarithm::Log1p64(d, flags, x);
  } else {
    return logarithm::Log1p32(d, flags, x);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_LOGARITHM_INL_H_
