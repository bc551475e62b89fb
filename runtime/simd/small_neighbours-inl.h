// Steps of small floats: bodies on stored bits, whose lanes are unsigned integers.
//
// The neighbours of a number are those of its own format, so nothing here goes by way of float32. With
// the sign set aside, bits order as magnitudes do.
#if defined(QUERN_SIMD_SMALL_NEIGHBOURS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_SMALL_NEIGHBOURS_INL_H_
#undef QUERN_SIMD_SMALL_NEIGHBOURS_INL_H_
#else
#define QUERN_SIMD_SMALL_NEIGHBOURS_INL_H_
#endif

#include <limits>

#include "hwy/highway.h"
#include "quern/small_float.hpp"
#include "simd/flags-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

namespace detail {

// The bits of lanes of F. Magnitudes are signed lanes, none of them negative.
template <class F, class D>
struct SmallBits {
  using DI = hn::RebindToSigned<D>;
  using V = hn::Vec<D>;
  using VI = hn::Vec<DI>;
  using M = hn::Mask<DI>;
  static constexpr bool kInfinity = std::numeric_limits<F>::has_infinity;

  // `bits` as a constant of signed lanes.
  static HWY_INLINE VI Set(unsigned bits) {
    return hn::Set(DI(), static_cast<hn::TFromD<DI>>(bits));
  }
  static HWY_INLINE VI Magnitude(V v) {
    return hn::And(hn::BitCast(DI(), v), Set(F::kSignBit - 1u));
  }
  static HWY_INLINE M Negative(V v) { return hn::Lt(hn::BitCast(DI(), v), hn::Zero(DI())); }
  static HWY_INLINE M IsNaN(VI magnitude) {
    return hn::Gt(magnitude, Set(kInfinity ? F::kExponentMask : F::kMaxBits));
  }
  // A number whose order is that of the values; both zeros are 0.
  static HWY_INLINE VI Order(V v) {
    const VI magnitude = Magnitude(v);
    return hn::IfThenElse(Negative(v), hn::Neg(magnitude), magnitude);
  }
  static HWY_INLINE V Signed(VI magnitude, M negative) {
    const VI sign = hn::IfThenElseZero(negative, Set(F::kSignBit));
    return hn::BitCast(D(), hn::Or(magnitude, sign));
  }
};

// The value next to a towards b, NaN if either is, and `equal` where they are equal.
template <class F, class D, class V>
HWY_INLINE V SmallNextAfter(D d, FlagSet& flags, V a, V b, V equal) {
  using Bits = SmallBits<F, D>;
  const typename Bits::DI di;
  const auto from = Bits::Order(a);
  const auto to = Bits::Order(b);
  const auto one = Bits::Set(1);
  const auto next = hn::IfThenElse(hn::Gt(to, from), hn::Add(from, one), hn::Sub(from, one));
  const auto nan = hn::Or(Bits::IsNaN(Bits::Magnitude(a)), Bits::IsNaN(Bits::Magnitude(b)));
  const auto same = hn::Eq(from, to);
  // A step to zero keeps the sign.
  const auto negative =
      hn::Or(hn::Lt(next, hn::Zero(di)), hn::And(hn::Eq(next, hn::Zero(di)), Bits::Negative(a)));
  const auto magnitude = hn::Abs(next);
  if constexpr (Bits::kInfinity) {
    const auto infinite = hn::Eq(magnitude, Bits::Set(F::kExponentMask));
    flags.RaiseIf(di, hn::AndNot(hn::Or(nan, same), infinite), kOverflow);
  }
  const V stepped = Bits::Signed(magnitude, negative);
  const V number = hn::IfThenElse(hn::RebindMask(d, same), equal, stepped);
  return hn::IfThenElse(hn::RebindMask(d, nan), hn::Set(d, F::kNaNBits), number);
}

// 2^(field - kBias - kMantissaBits), the last place of numbers with this exponent field: a normal
// number, or a power of two among the subnormal ones.
template <class F, class D>
HWY_INLINE hn::Vec<hn::RebindToSigned<D>> SmallUnit(D /*d*/, hn::Vec<hn::RebindToSigned<D>> field) {
  using Bits = SmallBits<F, D>;
  const auto places = Bits::Set(F::kMantissaBits);
  auto unit = hn::ShiftLeft<F::kMantissaBits>(hn::Sub(field, places));
  unit = hn::IfThenElse(hn::Gt(field, places), unit, Bits::Set(1));
  for (unsigned low = 2; low <= F::kMantissaBits; ++low) {
    unit = hn::IfThenElse(hn::Eq(field, Bits::Set(low)), Bits::Set(1u << (low - 1)), unit);
  }
  return unit;
}

}  // namespace detail

// The value next to a towards b; b where they are equal, so that zeros take its sign.
template <class F, class D, class V>
HWY_INLINE V StoredNextAfter(D d, FlagSet& flags, V a, V b) {
  return detail::SmallNextAfter<F>(d, flags, a, b, b);
}

// The value next to a towards b; a where they are equal.
template <class F, class D, class V>
HWY_INLINE V StoredStep(D d, FlagSet& flags, V a, V b) {
  return detail::SmallNextAfter<F>(d, flags, a, b, a);
}

// The distance from a to the next value away from zero, with the sign of a, zeros included; NaN for
// infinities. The largest number is next to infinity, or NaN where there is none.
template <class F, class D, class V>
HWY_INLINE V StoredSpacing(D d, FlagSet& flags, V a) {
  using Bits = detail::SmallBits<F, D>;
  const typename Bits::DI di;
  const auto magnitude = Bits::Magnitude(a);
  const auto unit = detail::SmallUnit<F>(d, hn::ShiftRight<F::kMantissaBits>(magnitude));
  const auto last = hn::Eq(magnitude, Bits::Set(F::kMaxBits));
  flags.RaiseIf(di, last, kOverflow);
  const auto found = hn::IfThenElse(last, Bits::Set(F::kOverflowBits), unit);
  const auto beyond = hn::Gt(magnitude, Bits::Set(F::kMaxBits));
  return Bits::Signed(hn::IfThenElse(beyond, Bits::Set(F::kNaNBits), found), Bits::Negative(a));
}

// The distance from a up to the next value; infinity for the largest number, NaN with the invalid
// flag for infinities and NaN.
template <class F, class D, class V>
HWY_INLINE V StoredStepUp(D d, FlagSet& flags, V a) {
  using Bits = detail::SmallBits<F, D>;
  static_assert(Bits::kInfinity);
  const typename Bits::DI di;
  const auto magnitude = Bits::Magnitude(a);
  // Upwards, negative powers of two are followed by numbers of the next lower exponent.
  const auto negative = hn::And(Bits::Negative(a), hn::Gt(magnitude, hn::Zero(di)));
  const auto judged = hn::Sub(magnitude, hn::IfThenElseZero(negative, Bits::Set(1)));
  const auto unit = detail::SmallUnit<F>(d, hn::ShiftRight<F::kMantissaBits>(judged));
  const auto last = hn::Eq(hn::BitCast(di, a), Bits::Set(F::kMaxBits));
  const auto beyond = hn::Gt(magnitude, Bits::Set(F::kMaxBits));
  flags.RaiseIf(di, last, kOverflow);
  flags.RaiseIf(di, beyond, kInvalid);
  const auto found = hn::IfThenElse(last, Bits::Set(F::kExponentMask), unit);
  return hn::BitCast(d, hn::IfThenElse(beyond, Bits::Set(F::kNaNBits), found));
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_SMALL_NEIGHBOURS_INL_H_
