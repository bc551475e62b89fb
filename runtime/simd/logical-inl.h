// Logical bodies: operands count as true when they are not zero (NaN is true); results are masks,
// or a constant where the inputs do not matter.
#if defined(QUERN_SIMD_LOGICAL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_LOGICAL_INL_H_
#undef QUERN_SIMD_LOGICAL_INL_H_
#else
#define QUERN_SIMD_LOGICAL_INL_H_
#endif

#include <type_traits>

#include "hwy/highway.h"
#include "simd/flags-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// In terms of zero lanes, because Highway's Ne may be an ordered comparison, false for NaN.
template <class D, class V>
HWY_INLINE hn::Mask<D> IsZero(D d, V a) {
  return hn::Eq(a, hn::Zero(d));
}

template <class D, class V>
HWY_INLINE hn::Mask<D> LogicalAnd(D d, FlagSet& /*flags*/, V a, V b) {
  return hn::Not(hn::Or(IsZero(d, a), IsZero(d, b)));
}

template <class D, class V>
HWY_INLINE hn::Mask<D> LogicalOr(D d, FlagSet& /*flags*/, V a, V b) {
  return hn::Not(hn::And(IsZero(d, a), IsZero(d, b)));
}

template <class D, class V>
HWY_INLINE hn::Mask<D> LogicalXor(D d, FlagSet& /*flags*/, V a, V b) {
  return hn::Xor(IsZero(d, a), IsZero(d, b));
}

template <class D, class V>
HWY_INLINE hn::Mask<D> LogicalNot(D d, FlagSet& /*flags*/, V a) {
  return IsZero(d, a);
}

// The same truth value for every element, as a type: Transform fills the output and reads no input.
template <class D>
HWY_INLINE std::true_type Always(D /*d*/, FlagSet& /*flags*/) {
  return {};
}

template <class D>
HWY_INLINE std::false_type Never(D /*d*/, FlagSet& /*flags*/) {
  return {};
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_LOGICAL_INL_H_
