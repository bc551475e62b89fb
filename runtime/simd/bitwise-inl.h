// Bitwise bodies over integers. And, Or, Xor and Not are Highway's own operations.
//
// Shift counts come from data, so every count is defined: one not in [0, width), which as an
// unsigned number includes the negative ones, shifts everything out.
#if defined(QUERN_SIMD_BITWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_BITWISE_INL_H_
#undef QUERN_SIMD_BITWISE_INL_H_
#else
#define QUERN_SIMD_BITWISE_INL_H_
#endif

#include "hwy/highway.h"
#include "simd/flags-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

namespace detail {

// Lanes whose count lies in [0, width).
template <class D, class V>
HWY_INLINE hn::Mask<hn::RebindToUnsigned<D>> CountInRange(D /*d*/, V count) {
  const hn::RebindToUnsigned<D> du;
  using TU = hn::TFromD<decltype(du)>;
  return hn::Lt(hn::BitCast(du, count), hn::Set(du, static_cast<TU>(sizeof(TU) * 8)));
}

}  // namespace detail

// a << count; 0 when the count is out of range.
template <class D, class V>
HWY_INLINE V LeftShift(D d, FlagSet& /*flags*/, V a, V count) {
  using T = hn::TFromD<D>;
  const auto in_range = hn::RebindMask(d, detail::CountInRange(d, count));
  const V safe = hn::And(count, hn::Set(d, static_cast<T>(sizeof(T) * 8 - 1)));
  return hn::IfThenElseZero(in_range, hn::Shl(a, safe));
}

// a >> count; 0, or -1 for negative a, when the count is out of range.
template <class D, class V>
HWY_INLINE V RightShift(D d, FlagSet& /*flags*/, V a, V count) {
  using T = hn::TFromD<D>;
  const V most = hn::Set(d, static_cast<T>(sizeof(T) * 8 - 1));
  const auto in_range = hn::RebindMask(d, detail::CountInRange(d, count));
  if constexpr (hwy::IsSigned<T>()) {
    return hn::Shr(a, hn::IfThenElse(in_range, count, most));
  } else {
    return hn::IfThenElseZero(in_range, hn::Shr(a, hn::And(count, most)));
  }
}

// Number of one bits in |a|, as uint8 lanes.
template <class D, class V>
HWY_INLINE hn::Vec<hn::Rebind<std::uint8_t, D>> BitwiseCount(D d, FlagSet& /*flags*/, V a) {
  const hn::RebindToUnsigned<D> du;
  const hn::Rebind<std::uint8_t, D> d8;
  auto bits = hn::BitCast(du, a);
  if constexpr (hwy::IsSigned<hn::TFromD<D>>()) bits = hn::BitCast(du, hn::Abs(a));
  if constexpr (sizeof(hn::TFromD<D>) == 1) {
    return hn::PopulationCount(bits);
  } else {
    return hn::TruncateTo(d8, hn::PopulationCount(bits));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_BITWISE_INL_H_
