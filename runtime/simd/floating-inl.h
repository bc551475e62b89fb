// Bodies over floating-point values that look at or set the parts of a number, and rounding.
//
// Classification reads bits only, so even a signaling NaN raises no flag there.
#if defined(QUERN_SIMD_FLOATING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_FLOATING_INL_H_
#undef QUERN_SIMD_FLOATING_INL_H_
#else
#define QUERN_SIMD_FLOATING_INL_H_
#endif

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

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_FLOATING_INL_H_
