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
  const auto x = integer::Magnitude(d, a);
  const auto y = integer::Magnitude(d, b);
  const auto divisor = integer::GcdUnsigned(du, x, y);
  const auto one = hn::Set(du, hn::TFromD<decltype(du)>{1});
  const auto safe = hn::IfThenElse(hn::Eq(divisor, hn::Zero(du)), one, divisor);
  return hn::BitCast(d, hn::Mul(division::FloorQuotient(du, x, safe), y));
}

// a to the power of b, wrapped around. Negative exponents are refused.
template <class D, class V>
HWY_INLINE V IntegerPower(D d, FlagSet& flags, V a, V b) {
  const hn::RebindToUnsigned<D> du;
  const auto zero = hn::Zero(du);
  const auto one = hn::Set(du, hn::TFromD<decltype(du)>{1});
  auto exponent = hn::BitCast(du, b);
  if constexpr (hwy::IsSigned<hn::TFromD<D>>()) {
    const auto negative = hn::Lt(b, hn::Zero(d));
    flags.RaiseIf(d, negative, kRefused);
    exponent = hn::BitCast(du, hn::IfThenZeroElse(negative, b));
  }
  auto square = hn::BitCast(du, a);
  auto result = hn::IfThenElse(hn::TestBit(exponent, one), square, one);
  for (;;) {
    exponent = hn::ShiftRight<1>(exponent);
    if (hn::AllTrue(du, hn::Eq(exponent, zero))) break;
    square = hn::Mul(square, square);
    result = hn::IfThenElse(hn::TestBit(exponent, one), hn::Mul(result, square), result);
  }
  return hn::BitCast(d, result);
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_INTEGER_INL_H_
