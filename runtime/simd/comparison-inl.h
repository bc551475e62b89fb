// Comparisons: bodies that return a mask.
//
// Every comparison with a NaN is false except NotEqual. NotEqual is the negation of Eq because
// Highway's Ne is an *ordered* comparison on some targets, false for NaN. The hardware may raise
// the invalid flag for a quiet NaN; the spec names no flags for comparisons, so callers drop it.
#if defined(QUERN_SIMD_COMPARISON_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_COMPARISON_INL_H_
#undef QUERN_SIMD_COMPARISON_INL_H_
#else
#define QUERN_SIMD_COMPARISON_INL_H_
#endif

#include "hwy/highway.h"
#include "simd/flags-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D, class V>
HWY_INLINE hn::Mask<D> Equal(D /*d*/, FlagSet& /*flags*/, V a, V b) {
  return hn::Eq(a, b);
}

template <class D, class V>
HWY_INLINE hn::Mask<D> NotEqual(D /*d*/, FlagSet& /*flags*/, V a, V b) {
  return hn::Not(hn::Eq(a, b));
}

template <class D, class V>
HWY_INLINE hn::Mask<D> Less(D /*d*/, FlagSet& /*flags*/, V a, V b) {
  return hn::Lt(a, b);
}

template <class D, class V>
HWY_INLINE hn::Mask<D> LessEqual(D /*d*/, FlagSet& /*flags*/, V a, V b) {
  return hn::Le(a, b);
}

template <class D, class V>
HWY_INLINE hn::Mask<D> Greater(D /*d*/, FlagSet& /*flags*/, V a, V b) {
  return hn::Gt(a, b);
}

template <class D, class V>
HWY_INLINE hn::Mask<D> GreaterEqual(D /*d*/, FlagSet& /*flags*/, V a, V b) {
  return hn::Ge(a, b);
}

// Exact comparisons of signed with unsigned integers of one size, in either order: a negative value
// is below every unsigned one, and others compare as unsigned. Masks are those of unsigned lanes.
namespace detail {

template <class V>
inline constexpr bool kSignedLanes = hwy::IsSigned<hn::TFromV<V>>();

template <class D, class V>
using UnsignedMask = hn::Mask<hn::RebindToUnsigned<D>>;

template <class D, class V>
HWY_INLINE UnsignedMask<D, V> IsNegative(D /*d*/, V a) {
  const hn::RebindToUnsigned<D> du;
  return hn::RebindMask(du, hn::Lt(a, hn::Zero(hn::DFromV<V>())));
}

template <class D, class VA, class VB>
HWY_INLINE UnsignedMask<D, VA> LessAcross(D d, VA a, VB b) {
  static_assert(kSignedLanes<VA> != kSignedLanes<VB>, "for operands of different signedness");
  const hn::RebindToUnsigned<D> du;
  const auto less = hn::Lt(hn::BitCast(du, a), hn::BitCast(du, b));
  if constexpr (kSignedLanes<VA>) {
    return hn::Or(IsNegative(d, a), less);
  } else {
    return hn::AndNot(IsNegative(d, b), less);
  }
}

}  // namespace detail

template <class D, class VA, class VB>
HWY_INLINE hn::Mask<hn::RebindToUnsigned<D>> EqualAcross(D d, FlagSet& /*flags*/, VA a, VB b) {
  const hn::RebindToUnsigned<D> du;
  const auto equal = hn::Eq(hn::BitCast(du, a), hn::BitCast(du, b));
  if constexpr (detail::kSignedLanes<VA>) {
    return hn::AndNot(detail::IsNegative(d, a), equal);
  } else {
    return hn::AndNot(detail::IsNegative(d, b), equal);
  }
}

template <class D, class VA, class VB>
HWY_INLINE hn::Mask<hn::RebindToUnsigned<D>> NotEqualAcross(D d, FlagSet& flags, VA a, VB b) {
  return hn::Not(EqualAcross(d, flags, a, b));
}

template <class D, class VA, class VB>
HWY_INLINE hn::Mask<hn::RebindToUnsigned<D>> LessAcross(D d, FlagSet& /*flags*/, VA a, VB b) {
  return detail::LessAcross(d, a, b);
}

template <class D, class VA, class VB>
HWY_INLINE hn::Mask<hn::RebindToUnsigned<D>> LessEqualAcross(D d, FlagSet& /*flags*/, VA a, VB b) {
  return hn::Not(detail::LessAcross(d, b, a));
}

template <class D, class VA, class VB>
HWY_INLINE hn::Mask<hn::RebindToUnsigned<D>> GreaterAcross(D d, FlagSet& /*flags*/, VA a, VB b) {
  return detail::LessAcross(d, b, a);
}

template <class D, class VA, class VB>
HWY_INLINE hn::Mask<hn::RebindToUnsigned<D>> GreaterEqualAcross(D d, FlagSet& /*flags*/, VA a,
                                                                VB b) {
  return hn::Not(detail::LessAcross(d, a, b));
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_COMPARISON_INL_H_
