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

namespace extrema {

// a > b ? a : b and a < b ? a : b for floats: b if they are equal or either is NaN.
template <class V>
HWY_INLINE V GreaterOrSecond(V a, V b) {
#if HWY_TARGET <= HWY_SSE2  // x86: what its instruction does; reductions take 2/3 of the time
  return hn::Max(a, b);
#else
  return hn::IfThenElse(hn::Gt(a, b), a, b);
#endif
}
template <class V>
HWY_INLINE V LessOrSecond(V a, V b) {
#if HWY_TARGET <= HWY_SSE2
  return hn::Min(a, b);
#else
  return hn::IfThenElse(hn::Lt(a, b), a, b);
#endif
}

}  // namespace extrema

// The greater operand; NaN if either is NaN.
template <class D, class V>
HWY_INLINE V Maximum(D /*d*/, FlagSet& /*flags*/, V a, V b) {
  if constexpr (hwy::IsFloat<hn::TFromD<D>>()) {
    return hn::IfThenElse(hn::IsNaN(a), a, extrema::GreaterOrSecond(a, b));
  } else {
    return hn::Max(a, b);
  }
}

// The lesser operand; NaN if either is NaN.
template <class D, class V>
HWY_INLINE V Minimum(D /*d*/, FlagSet& /*flags*/, V a, V b) {
  if constexpr (hwy::IsFloat<hn::TFromD<D>>()) {
    return hn::IfThenElse(hn::IsNaN(a), a, extrema::LessOrSecond(a, b));
  } else {
    return hn::Min(a, b);
  }
}

// The greater operand; a NaN counts as missing.
template <class D, class V>
HWY_INLINE V Fmax(D /*d*/, FlagSet& /*flags*/, V a, V b) {
  if constexpr (hwy::IsFloat<hn::TFromD<D>>()) {
    return hn::IfThenElse(hn::IsNaN(b), a, extrema::GreaterOrSecond(a, b));
  } else {
    return hn::Max(a, b);
  }
}

// The lesser operand; a NaN counts as missing.
template <class D, class V>
HWY_INLINE V Fmin(D /*d*/, FlagSet& /*flags*/, V a, V b) {
  if constexpr (hwy::IsFloat<hn::TFromD<D>>()) {
    return hn::IfThenElse(hn::IsNaN(b), a, extrema::LessOrSecond(a, b));
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
