// Bodies of whole numbers: greatest common divisor, least common multiple, powers.
//
// Greatest common divisor. Stein's algorithm on the magnitudes: of two odd numbers the smaller stays,
// and the difference, made odd by dropping its trailing zeros, replaces the larger; factors of two
// that both have are set aside first. Each step takes two bits on average off the pair. All lanes of
// a vector step together until the last is done. That pays where trailing zeros are counted and
// lanes shifted by single instructions; elsewhere each lane runs by itself, as fast as a scalar loop
// can be. Narrow lanes are computed as 32-bit ones.
//
// Powers. Square and multiply from the lowest bit of the exponent, as many steps as the largest
// exponent of the vector has bits.
#if defined(QUERN_SIMD_INTEGER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_INTEGER_INL_H_
#undef QUERN_SIMD_INTEGER_INL_H_
#else
#define QUERN_SIMD_INTEGER_INL_H_
#endif

#include <bit>
#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "simd/checked-inl.h"
#include "simd/division-inl.h"
#include "simd/flags-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

namespace integer {

// Whether lanes of so many bytes are worth stepping together.
template <std::size_t kBytes>
inline constexpr bool kStepsTogether =
    HWY_TARGET <= HWY_AVX3 || (HWY_TARGET <= HWY_AVX2 && kBytes <= 4);

template <class TU>
HWY_INLINE TU GcdOfTwo(TU a, TU b) {
  if (a == 0 || b == 0) return a | b;
  const int common = std::countr_zero(static_cast<TU>(a | b));
  a = static_cast<TU>(a >> std::countr_zero(a));
  b = static_cast<TU>(b >> std::countr_zero(b));
  while (a != b) {
    const TU difference = a > b ? a - b : b - a;
    b = a > b ? b : a;
    a = static_cast<TU>(difference >> std::countr_zero(difference));
  }
  return static_cast<TU>(a << common);
}

template <class DU, class VU>
HWY_INLINE VU GcdByLane(DU d, VU a, VU b) {
  using TU = hn::TFromD<DU>;
  HWY_ALIGN TU x[HWY_MAX_LANES_D(DU)];
  HWY_ALIGN TU y[HWY_MAX_LANES_D(DU)];
  hn::Store(a, d, x);
  hn::Store(b, d, y);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) x[i] = GcdOfTwo(x[i], y[i]);
  return hn::Load(d, x);
}

// a without its trailing zeros; a != 0.
template <class DU, class VU>
HWY_INLINE VU OddPart(DU /*d*/, VU a) {
  return hn::Shr(a, hn::TrailingZeroCount(a));
}

template <class DU, class VU>
HWY_INLINE VU GcdTogether(DU d, VU a, VU b) {
  const VU one = hn::Set(d, hn::TFromD<DU>{1});
  const VU either = hn::Or(a, b);
  const auto zero = hn::Or(hn::Eq(a, hn::Zero(d)), hn::Eq(b, hn::Zero(d)));
  VU x = OddPart(d, hn::IfThenElse(zero, one, a));
  VU y = OddPart(d, hn::IfThenElse(zero, one, b));
  for (;;) {
    const VU smaller = hn::Min(x, y);
    const VU difference = hn::Sub(hn::Max(x, y), smaller);
    const auto done = hn::Eq(difference, hn::Zero(d));
    x = smaller;
    if (hn::AllTrue(d, done)) break;
    y = hn::IfThenElse(done, smaller, OddPart(d, hn::Or(difference, hn::IfThenElseZero(done, one))));
  }
  const VU common = hn::TrailingZeroCount(hn::IfThenElse(zero, one, either));
  return hn::IfThenElse(zero, either, hn::Shl(x, common));
}

template <class DU, class VU>
HWY_INLINE VU GcdUnsigned(DU d, VU a, VU b) {
  using TU = hn::TFromD<DU>;
  if constexpr (!kStepsTogether<sizeof(TU)>) {
    return GcdByLane(d, a, b);
  } else if constexpr (sizeof(TU) >= 4) {
    return GcdTogether(d, a, b);
  } else {
    const hn::RepartitionToWide<DU> dw;
    const auto lower = GcdUnsigned(dw, hn::PromoteLowerTo(dw, a), hn::PromoteLowerTo(dw, b));
    const auto upper = GcdUnsigned(dw, hn::PromoteUpperTo(dw, a), hn::PromoteUpperTo(dw, b));
    return hn::OrderedTruncate2To(d, lower, upper);
  }
}

// |a| as an unsigned number, which holds that of the least integer, too.
template <class D, class V>
HWY_INLINE hn::Vec<hn::RebindToUnsigned<D>> Magnitude(D /*d*/, V a) {
  if constexpr (hwy::IsSigned<hn::TFromD<D>>()) a = hn::Abs(a);
  return hn::BitCast(hn::RebindToUnsigned<D>(), a);
}

// a over the greatest common divisor of both; 0 where both are.
template <class DU, class VU>
HWY_INLINE VU Cofactor(DU du, VU a, VU b) {
  const VU divisor = GcdUnsigned(du, a, b);
  const VU one = hn::Set(du, hn::TFromD<DU>{1});
  return division::FloorQuotient(du, a, hn::IfThenElse(hn::Eq(divisor, hn::Zero(du)), one, divisor));
}

// An exponent as an unsigned number; negative ones are refused.
template <class D, class V>
HWY_INLINE hn::Vec<hn::RebindToUnsigned<D>> AcceptedExponent(D d, FlagSet& flags, V b) {
  if constexpr (hwy::IsSigned<hn::TFromD<D>>()) {
    const auto negative = hn::Lt(b, hn::Zero(d));
    flags.RaiseIf(d, negative, kRefused);
    b = hn::IfThenZeroElse(negative, b);
  }
  return hn::BitCast(hn::RebindToUnsigned<D>(), b);
}

// a to the power of an exponent by a product of two vectors. kNeeded keeps products to those that the
// power needs, so that it overflows if and only if one of them does: a square is a factor of its
// lane's power as long as the rest of the exponent is not zero; lanes that are done multiply by one.
template <bool kNeeded, class D, class V, class VU, class Multiply>
HWY_INLINE V Power(D d, V a, VU exponent, const Multiply& multiply) {
  const hn::RebindToUnsigned<D> du;
  const VU bit = hn::Set(du, hn::TFromD<decltype(du)>{1});
  const V one = hn::Set(d, hn::TFromD<D>{1});
  V square = a;
  V result = hn::IfThenElse(hn::RebindMask(d, hn::TestBit(exponent, bit)), a, one);
  for (;;) {
    exponent = hn::ShiftRight<1>(exponent);
    const auto done = hn::Eq(exponent, hn::Zero(du));
    if (hn::AllTrue(du, done)) return result;
    if constexpr (kNeeded) square = hn::IfThenElse(hn::RebindMask(d, done), one, square);
    square = multiply(square, square);
    const auto taken = hn::RebindMask(d, hn::TestBit(exponent, bit));
    if constexpr (kNeeded) {
      result = multiply(result, hn::IfThenElse(taken, square, one));
    } else {
      result = hn::IfThenElse(taken, multiply(result, square), result);
    }
  }
}

}  // namespace integer

// The greatest common divisor of |a| and |b|; the other's magnitude where one is zero.
template <class D, class V>
HWY_INLINE V Gcd(D d, FlagSet& /*flags*/, V a, V b) {
  const hn::RebindToUnsigned<D> du;
  const auto divisor = integer::GcdUnsigned(du, integer::Magnitude(d, a), integer::Magnitude(d, b));
  return hn::BitCast(d, divisor);
}

// The least common multiple of |a| and |b|, wrapped around; zero where one is zero.
template <class D, class V>
HWY_INLINE V Lcm(D d, FlagSet& /*flags*/, V a, V b) {
  const hn::RebindToUnsigned<D> du;
  const auto y = integer::Magnitude(d, b);
  return hn::BitCast(d, hn::Mul(integer::Cofactor(du, integer::Magnitude(d, a), y), y));
}

template <class D, class V>
HWY_INLINE V CheckedLcm(D d, FlagSet& flags, V a, V b) {
  const hn::RebindToUnsigned<D> du;
  const auto y = integer::Magnitude(d, b);
  const auto cofactor = integer::Cofactor(du, integer::Magnitude(d, a), y);
  const V multiple = hn::BitCast(d, CheckedMul(du, flags, cofactor, y));
  if constexpr (hwy::IsSigned<hn::TFromD<D>>()) checked::RaiseIfNegative(d, flags, multiple);
  return multiple;
}

// As Gcd. The one divisor beyond the range is the magnitude of the least integer, which wraps around
// to it.
template <class D, class V>
HWY_INLINE V CheckedGcd(D d, FlagSet& flags, V a, V b) {
  const V divisor = Gcd(d, flags, a, b);
  checked::RaiseIfNegative(d, flags, divisor);
  return divisor;
}

// a to the power of b, wrapped around. Negative exponents are refused.
template <class D, class V>
HWY_INLINE V IntegerPower(D d, FlagSet& flags, V a, V b) {
  const hn::RebindToUnsigned<D> du;
  const auto exponent = integer::AcceptedExponent(d, flags, b);
  const auto multiply = [](auto x, auto y) HWY_ATTR { return hn::Mul(x, y); };
  // Wrapped products of unsigned lanes are those of signed ones.
  return hn::BitCast(d, integer::Power<false>(du, hn::BitCast(du, a), exponent, multiply));
}

template <class D, class V>
HWY_INLINE V CheckedPower(D d, FlagSet& flags, V a, V b) {
  const auto exponent = integer::AcceptedExponent(d, flags, b);
  const auto multiply = [&](auto x, auto y) HWY_ATTR { return CheckedMul(d, flags, x, y); };
  return integer::Power<true>(d, a, exponent, multiply);
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_INTEGER_INL_H_
