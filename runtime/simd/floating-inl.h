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

// Rounding to integers keeps the sign, also of zeros and of results that become zero; it is copied
// because targets that emulate rounding return +0 for -0.
template <class D, class V>
HWY_INLINE V Floor(D /*d*/, FlagSet& /*flags*/, V a) {
  return hn::CopySign(hn::Floor(a), a);
}

template <class D, class V>
HWY_INLINE V Ceil(D /*d*/, FlagSet& /*flags*/, V a) {
  return hn::CopySign(hn::Ceil(a), a);
}

template <class D, class V>
HWY_INLINE V Trunc(D /*d*/, FlagSet& /*flags*/, V a) {
  return hn::CopySign(hn::Trunc(a), a);
}

// Nearest integer, halves to even.
template <class D, class V>
HWY_INLINE V Rint(D /*d*/, FlagSet& /*flags*/, V a) {
  return hn::CopySign(hn::Round(a), a);
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

  static HWY_INLINE hn::Mask<DI> Subnormal(DI di, V a) {
    return hn::Eq(hn::And(hn::BitCast(di, a), hn::Set(di, kField)), hn::Zero(di));
  }
  static HWY_INLINE VI Scaled(D d, DI di, V a) {
    const V scaled = hn::Mul(a, hn::Set(d, static_cast<T>(TI{1} << kBits)));
    return hn::BitCast(di, hn::IfThenElse(hn::RebindMask(d, Subnormal(di, a)), scaled, a));
  }
  static HWY_INLINE hn::Mask<D> Special(D d, V a) {
    return hn::Or(hn::Eq(a, hn::Zero(d)), hn::Not(hn::IsFinite(a)));
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
  using TI = typename Parts::TI;
  const typename Parts::DI di;
  const auto field = hn::ShiftRight<Parts::kBits>(
      hn::And(Parts::Scaled(d, di, a), hn::Set(di, Parts::kField)));
  const auto bias = hn::Set(di, static_cast<TI>((Parts::kField >> (Parts::kBits + 1)) - 1));
  const auto shift = hn::IfThenElseZero(Parts::Subnormal(di, a),
                                        hn::Set(di, static_cast<TI>(Parts::kBits)));
  const auto exponent = hn::Sub(hn::Sub(field, bias), shift);
  const auto found = hn::IfThenZeroElse(hn::RebindMask(di, Parts::Special(d, a)), exponent);
  const hn::Rebind<std::int32_t, D> d32;
  if constexpr (sizeof(TI) == 4) {
    return found;
  } else {
    return hn::DemoteTo(d32, found);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_FLOATING_INL_H_
