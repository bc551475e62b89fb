// Maximum and minimum bodies.
//
// Equal operands (for floats also +0 and -0) give the second one, as NumPy does; spelled with
// comparisons because Highway leaves its Max and Min of zeros and NaN to the target.
#if defined(QUERN_SIMD_EXTREMA_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_EXTREMA_INL_H_
#undef QUERN_SIMD_EXTREMA_INL_H_
#else
#define QUERN_SIMD_EXTREMA_INL_H_
#endif

#include "hwy/highway.h"
#include "simd/flags-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The greater operand; NaN if either is NaN.
template <class D, class V>
HWY_INLINE V Maximum(D /*d*/, FlagSet& /*flags*/, V a, V b) {
  if constexpr (hwy::IsFloat<hn::TFromD<D>>()) {
    return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::IsNaN(a)), a, b);
  } else {
    return hn::Max(a, b);
  }
}

// The lesser operand; NaN if either is NaN.
template <class D, class V>
HWY_INLINE V Minimum(D /*d*/, FlagSet& /*flags*/, V a, V b) {
  if constexpr (hwy::IsFloat<hn::TFromD<D>>()) {
    return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(a)), a, b);
  } else {
    return hn::Min(a, b);
  }
}

// The greater operand; a NaN counts as missing.
template <class D, class V>
HWY_INLINE V Fmax(D /*d*/, FlagSet& /*flags*/, V a, V b) {
  if constexpr (hwy::IsFloat<hn::TFromD<D>>()) {
    return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::IsNaN(b)), a, b);
  } else {
    return hn::Max(a, b);
  }
}

// The lesser operand; a NaN counts as missing.
template <class D, class V>
HWY_INLINE V Fmin(D /*d*/, FlagSet& /*flags*/, V a, V b) {
  if constexpr (hwy::IsFloat<hn::TFromD<D>>()) {
    return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(b)), a, b);
  } else {
    return hn::Min(a, b);
  }
}

// a limited to [low, high]; high wins if the bounds cross, and any NaN gives NaN.
template <class D, class V>
HWY_INLINE V Clip(D d, FlagSet& flags, V a, V low, V high) {
  return Minimum(d, flags, Maximum(d, flags, a, low), high);
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_EXTREMA_INL_H_
