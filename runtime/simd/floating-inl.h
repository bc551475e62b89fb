// Bodies over floating-point values that look at or set the parts of a number, and rounding.
//
// Classification reads bits only, so even a signaling NaN raises no flag there.
#if defined(QUERN_SIMD_FLOATING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_FLOATING_INL_H_
#undef QUERN_SIMD_FLOATING_INL_H_
#else
#define QUERN_SIMD_FLOATING_INL_H_
#endif

#include <cstdint>
#include <numbers>

#include "hwy/highway.h"
#include "simd/flags-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Lanes that are NaN, whatever the sign.
template <class D, class V>
HWY_INLINE hn::Mask<D> IsNaN(D /*d*/, FlagSet& /*flags*/, V a) {
  return hn::IsNaN(a);
}

template <class D, class V>
HWY_INLINE hn::Mask<D> IsInf(D /*d*/, FlagSet& /*flags*/, V a) {
  return hn::IsInf(a);
}

template <class D, class V>
HWY_INLINE hn::Mask<D> IsFinite(D /*d*/, FlagSet& /*flags*/, V a) {
  return hn::IsFinite(a);
}

// Lanes whose sign bit is set, zeros and NaN included.
template <class D, class V>
HWY_INLINE hn::Mask<D> SignBit(D d, FlagSet& /*flags*/, V a) {
  const hn::RebindToSigned<D> di;
  return hn::RebindMask(d, hn::Lt(hn::BitCast(di, a), hn::Zero(di)));
}

// The magnitude of a with the sign of b.
template <class D, class V>
HWY_INLINE V CopySign(D /*d*/, FlagSet& /*flags*/, V a, V b) {
  return hn::CopySign(a, b);
}

// Correctly rounded; the hardware raises invalid below -0.
template <class D, class V>
HWY_INLINE V Sqrt(D /*d*/, FlagSet& /*flags*/, V a) {
  return hn::Sqrt(a);
}

namespace detail {

// Rounding to integers keeps the sign, also of zeros and of results that become zero; it is copied
// where the target emulates rounding and returns +0 for -0.
template <class V>
HWY_INLINE V SignKept(V rounded, V a) {
#if HWY_TARGET <= HWY_SSE4 || HWY_ARCH_ARM_A64
  (void)a;
  return rounded;
#else
  return hn::CopySign(rounded, a);
#endif
}

}  // namespace detail

template <class D, class V>
HWY_INLINE V Floor(D /*d*/, FlagSet& /*flags*/, V a) {
  return detail::SignKept(hn::Floor(a), a);
}

template <class D, class V>
HWY_INLINE V Ceil(D /*d*/, FlagSet& /*flags*/, V a) {
  return detail::SignKept(hn::Ceil(a), a);
}

template <class D, class V>
HWY_INLINE V Trunc(D /*d*/, FlagSet& /*flags*/, V a) {
  return detail::SignKept(hn::Trunc(a), a);
}

// Nearest integer, halves to even.
template <class D, class V>
HWY_INLINE V Rint(D /*d*/, FlagSet& /*flags*/, V a) {
  return detail::SignKept(hn::Round(a), a);
}

// 0 below zero, 1 above, b at zero, NaN for NaN.
template <class D, class V>
HWY_INLINE V Heaviside(D d, FlagSet& /*flags*/, V a, V b) {
  const V zero = hn::Zero(d);
  const V step = hn::IfThenElseZero(hn::Gt(a, zero), hn::Set(d, hn::TFromD<D>{1}));
  const V at_zero = hn::IfThenElse(hn::Eq(a, zero), b, step);
  return hn::IfThenElse(hn::IsNaN(a), a, at_zero);
}

// What Trunc takes away, with the sign of a; zero for infinities, which are left out because their
// difference is not defined.
template <class D, class V>
HWY_INLINE V FractionalPart(D d, FlagSet& /*flags*/, V a) {
  const V finite = hn::IfThenZeroElse(hn::IsInf(a), a);
  return hn::CopySign(hn::Sub(finite, hn::Trunc(finite)), a);
}

namespace detail {

// The exponent field of `a`, and the factor 2^shift that made it: subnormal numbers have none and
// are scaled first. Zeros, infinities and NaN are `special`.
template <class D, class V>
struct BinaryParts {
  using DI = hn::RebindToSigned<D>;
  using VI = hn::Vec<DI>;
  using T = hn::TFromD<D>;
  using TI = hn::TFromD<DI>;
  static constexpr int kBits = hwy::MantissaBits<T>();
  static constexpr TI kField = static_cast<TI>(hwy::ExponentMask<T>());
  static constexpr int kBias = static_cast<int>(kField >> (kBits + 1));

  static HWY_INLINE hn::Mask<DI> Subnormal(DI di, V a) {
    return hn::Eq(hn::And(hn::BitCast(di, a), hn::Set(di, kField)), hn::Zero(di));
  }
  // Only subnormal lanes are multiplied, so that large ones raise no overflow.
  static HWY_INLINE VI Scaled(D d, DI di, V a) {
    const auto small = hn::RebindMask(d, Subnormal(di, a));
    const V factor = hn::Set(d, static_cast<T>(TI{1} << kBits));
    const V scaled = hn::Mul(hn::IfThenElseZero(small, a), factor);
    return hn::BitCast(di, hn::IfThenElse(small, scaled, a));
  }
  static HWY_INLINE hn::Mask<D> Special(D d, V a) {
    return hn::Or(hn::Eq(a, hn::Zero(d)), hn::Not(hn::IsFinite(a)));
  }
  // The e for which 2^(e-1) <= |a| < 2^e; 0 for the special ones.
  static HWY_INLINE VI Exponent(D d, DI di, V a) {
    const VI field = hn::ShiftRight<kBits>(hn::And(Scaled(d, di, a), hn::Set(di, kField)));
    const VI shift = hn::IfThenElseZero(Subnormal(di, a), hn::Set(di, static_cast<TI>(kBits)));
    const VI exponent = hn::Sub(hn::Sub(field, hn::Set(di, static_cast<TI>(kBias - 1))), shift);
    return hn::IfThenZeroElse(hn::RebindMask(di, Special(d, a)), exponent);
  }
  // 2^e for an e of normal numbers.
  static HWY_INLINE V PowerOfTwo(D d, DI di, VI e) {
    const VI biased = hn::Add(e, hn::Set(di, static_cast<TI>(kBias)));
    return hn::BitCast(d, hn::ShiftLeft<kBits>(biased));
  }
};

}  // namespace detail

// a / 2^Exponent(a), which lies in [0.5, 1); zeros, infinities and NaN as they are.
template <class D, class V>
HWY_INLINE V Mantissa(D d, FlagSet& /*flags*/, V a) {
  using Parts = detail::BinaryParts<D, V>;
  const typename Parts::DI di;
  const auto half = hn::BitCast(di, hn::Set(d, hn::TFromD<D>{0.5}));
  const auto rest = hn::AndNot(hn::Set(di, Parts::kField), Parts::Scaled(d, di, a));
  return hn::IfThenElse(Parts::Special(d, a), a, hn::BitCast(d, hn::Or(rest, half)));
}

// The e for which 2^(e-1) <= |a| < 2^e, as int32 lanes; 0 for zeros, infinities and NaN.
template <class D, class V>
HWY_INLINE hn::Vec<hn::Rebind<std::int32_t, D>> Exponent(D d, FlagSet& /*flags*/, V a) {
  using Parts = detail::BinaryParts<D, V>;
  const typename Parts::DI di;
  const auto found = Parts::Exponent(d, di, a);
  if constexpr (sizeof(typename Parts::TI) == 4) {
    return found;
  } else {
    return hn::DemoteTo(hn::Rebind<std::int32_t, D>(), found);
  }
}

namespace detail {

// A number of any width as lanes of the same number as those of di, brought near 0 if it is far.
template <class DI, class VN>
HWY_INLINE hn::Vec<DI> NearAs(DI di, VN number, int farthest) {
  using TN = hn::TFromV<VN>;
  const hn::Rebind<TN, DI> dn;
  const VN near = hn::Max(hn::Min(number, hn::Set(dn, static_cast<TN>(farthest))),
                          hn::Set(dn, static_cast<TN>(-farthest)));
  if constexpr (sizeof(TN) < sizeof(hn::TFromD<DI>)) {
    return hn::PromoteTo(di, near);
  } else if constexpr (sizeof(TN) > sizeof(hn::TFromD<DI>)) {
    return hn::DemoteTo(di, near);
  } else {
    return near;
  }
}

// LoadExponent for all numbers. The mantissa takes the power in two halves: neither leaves the
// normal numbers, so the first product is exact and the second rounds and raises what there is to
// raise.
template <class D, class V, class VI>
HWY_INLINE V LoadAnyExponent(D d, FlagSet& flags, V a, VI exponent) {
  using Parts = BinaryParts<D, V>;
  using TI = typename Parts::TI;
  const typename Parts::DI di;
  constexpr TI kBeyond = Parts::kBias + Parts::kBits + 3;
  const VI total = hn::Add(Parts::Exponent(d, di, a), exponent);
  const VI near = hn::Max(hn::Min(total, hn::Set(di, kBeyond)), hn::Set(di, -kBeyond));
  const VI half = hn::ShiftRight<1>(near);
  const V first = hn::Mul(Mantissa(d, flags, a), Parts::PowerOfTwo(d, di, half));
  return hn::Mul(first, Parts::PowerOfTwo(d, di, hn::Sub(near, half)));
}

}  // namespace detail

// a * 2^exponent, rounded once. Normal numbers that stay normal only change their exponent field.
template <class D, class V, class VN>
HWY_INLINE V LoadExponent(D d, FlagSet& flags, V a, VN exponent) {
  using Parts = detail::BinaryParts<D, V>;
  using TI = typename Parts::TI;
  const typename Parts::DI di;
  const auto near = detail::NearAs(di, exponent, 4 * Parts::kBias);
  const auto bits = hn::BitCast(di, a);
  const auto top = hn::Set(di, static_cast<TI>(Parts::kField >> Parts::kBits));
  const auto field = hn::And(hn::ShiftRight<Parts::kBits>(bits), top);
  const auto moved = hn::Add(field, near);
  const auto zero = hn::Zero(di);
  const auto normal = hn::And(hn::And(hn::Gt(field, zero), hn::Lt(field, top)),
                              hn::And(hn::Gt(moved, zero), hn::Lt(moved, top)));
  if (HWY_LIKELY(hn::AllTrue(di, normal))) {
    return hn::BitCast(d, hn::Add(bits, hn::ShiftLeft<Parts::kBits>(near)));
  }
  return detail::LoadAnyExponent(d, flags, a, near);
}

namespace detail {

// Raises overflow for infinite lanes and underflow for subnormal ones and zeros, among `moved`.
template <class D, class V>
HWY_INLINE void RaiseOfBits(D d, FlagSet& flags, hn::Mask<D> moved, V bits_of) {
  using Parts = BinaryParts<D, V>;
  const typename Parts::DI di;
  const auto field = hn::Set(di, Parts::kField);
  const auto exponent = hn::And(hn::BitCast(di, bits_of), field);
  const auto small = hn::And(moved, hn::RebindMask(d, hn::Eq(exponent, hn::Zero(di))));
  const auto large = hn::And(moved, hn::RebindMask(d, hn::Eq(exponent, field)));
  flags.RaiseIf(d, small, kUnderflow);
  flags.RaiseIf(d, large, kOverflow);
}

}  // namespace detail

// The value next to a towards b; b where they are equal. One step of the bits, taken as a whole
// number, is one step of the magnitude.
template <class D, class V>
HWY_INLINE V NextAfter(D d, FlagSet& flags, V a, V b) {
  const hn::RebindToSigned<D> di;
  const V zero = hn::Zero(d);
  const auto one = hn::Set(di, hn::TFromD<decltype(di)>{1});
  const auto bits = hn::BitCast(di, a);
  const auto positive = hn::RebindMask(d, hn::Ge(bits, hn::Zero(di)));
  const auto away = hn::RebindMask(di, hn::Not(hn::Xor(positive, hn::Gt(b, a))));
  const V step = hn::BitCast(d, hn::IfThenElse(away, hn::Add(bits, one), hn::Sub(bits, one)));
  const V least = hn::CopySign(hn::BitCast(d, one), b);
  const auto nan = hn::Or(hn::IsNaN(a), hn::IsNaN(b));
  const auto moved = hn::Not(hn::Or(hn::Eq(a, b), nan));
  const V stepped = hn::IfThenElse(hn::Eq(a, zero), least, step);
  const V result = hn::IfThenElse(moved, stepped, hn::IfThenElse(hn::IsNaN(a), a, b));
  detail::RaiseOfBits(d, flags, moved, result);
  return result;
}

// The distance from a to the next value away from zero, with the sign of a, and +0's for both
// zeros; NaN for infinities.
template <class D, class V>
HWY_INLINE V Spacing(D d, FlagSet& flags, V a) {
  const hn::RebindToSigned<D> di;
  const V zero = hn::Zero(d);
  const V magnitude = hn::Abs(a);
  const auto one = hn::Set(di, hn::TFromD<decltype(di)>{1});
  const V next = hn::BitCast(d, hn::Add(hn::BitCast(di, magnitude), one));
  const V distance = hn::Sub(next, magnitude);
  const auto nonzero = hn::Not(hn::Eq(a, zero));
  const V sign = hn::IfThenElseZero(nonzero, a);
  const auto finite = hn::IsFinite(a);
  // The greatest number is next to infinity; the subnormal ones stand for their own distance.
  const V judged = hn::IfThenElse(hn::IsInf(next), next, a);
  detail::RaiseOfBits(d, flags, hn::And(finite, nonzero), judged);
  return hn::CopySign(distance, sign);
}

// a times the ratio of the units, which is divided in the type, as NumPy does.
template <class D, class V>
HWY_INLINE V Degrees(D d, FlagSet& /*flags*/, V a) {
  using T = hn::TFromD<D>;
  return hn::Mul(a, hn::Set(d, T{180} / std::numbers::pi_v<T>));
}

template <class D, class V>
HWY_INLINE V Radians(D d, FlagSet& /*flags*/, V a) {
  using T = hn::TFromD<D>;
  return hn::Mul(a, hn::Set(d, std::numbers::pi_v<T> / T{180}));
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_FLOATING_INL_H_
