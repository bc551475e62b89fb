// Cast: converts contiguous elements between any two numeric storage types.
//
// Meaning, the same on every target: integer to integer keeps the low bits; anything to Bool is
// "not zero" (NaN is true); Bool to anything gives 0 or 1; integer to float rounds to nearest;
// float to integer truncates toward zero and saturates, with 0 for NaN, and raises invalid for NaN
// and for values whose truncation does not fit. Times are the integers that count them, but of
// floats NaN becomes NaT without a flag, and what does not fit becomes NaT with it. double to float
// leaves overflow and underflow in the hardware; other casts' hardware flags mean nothing. Anything
// to a small float rounds once, to nearest, and computes overflow and underflow.
//
// Method: one step per pair of kinds, dispatched at compile time; narrow integers go through int32
// on their way to and from floats. Small floats have kernels to and from float32 alone; the other
// types meet them there, those that float32 does not hold after rounding to odd. A new storage type
// joins by a branch in CastBody.
#if defined(QUERN_SIMD_CASTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_CASTS_INL_H_
#undef QUERN_SIMD_CASTS_INL_H_
#else
#define QUERN_SIMD_CASTS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "core/bool.h"
#include "hwy/highway.h"
#include "quern/dtype.hpp"
#include "simd/chunks.h"
#include "simd/flags-inl.h"
#include "simd/ieee-inl.h"
#include "simd/lane.h"
#include "simd/small_float-inl.h"
#include "simd/transform-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Integer to integer: the value modulo 2^bits of the result.
template <class To, class D, class V>
HWY_INLINE hn::Vec<hn::Rebind<To, D>> IntegerFromInteger(D d, V v) {
  using From = hn::TFromD<D>;
  const hn::Rebind<To, D> d_to;
  if constexpr (sizeof(To) > sizeof(From)) {
    // Widened with its own sign first; only then read as To.
    using Wide =
        std::conditional_t<hwy::IsSigned<From>(), std::make_signed_t<To>, std::make_unsigned_t<To>>;
    return hn::BitCast(d_to, hn::PromoteTo(hn::Rebind<Wide, D>(), v));
  } else if constexpr (sizeof(To) == sizeof(From)) {
    return hn::BitCast(d_to, v);
  } else {
    const hn::RebindToUnsigned<D> du;
    const hn::Rebind<std::make_unsigned_t<To>, D> du_to;
    return hn::BitCast(d_to, hn::TruncateTo(du_to, hn::BitCast(du, v)));
  }
}

// x86 before AVX-512 converts between 64-bit integers and floats in many steps; values below 2^51,
// which is most, go a shorter way there.
inline constexpr bool kSlow64 = HWY_TARGET > HWY_AVX3&& HWY_TARGET <= HWY_SSE2;

// Integer to float, rounded to nearest.
template <class To, class D, class V>
HWY_INLINE hn::Vec<hn::Rebind<To, D>> FloatFromInteger(D d, V v) {
  using From = hn::TFromD<D>;
  const hn::Rebind<To, D> d_to;
  if constexpr (sizeof(From) < 4) {
    const hn::Rebind<std::int32_t, D> d32;
    return FloatFromInteger<To>(d32, IntegerFromInteger<std::int32_t>(d, v));
  } else if constexpr (sizeof(To) > sizeof(From)) {
    return hn::PromoteTo(d_to, v);
  } else if constexpr (sizeof(To) == sizeof(From)) {
    return hn::ConvertTo(d_to, v);
  } else {
    if constexpr (kSlow64) {
      // [-2^51, 2^51), for unsigned [0, 2^52), is exact in double, so rounding to float is the only
      // rounding.
      const hn::RebindToUnsigned<D> du;
      constexpr std::uint64_t kBelow = hwy::IsSigned<From>() ? std::uint64_t{1} << 51 : 0;
      const auto raised = hn::Add(hn::BitCast(du, v), hn::Set(du, kBelow));
      if (HWY_LIKELY(hn::AllTrue(du, hn::Eq(hn::ShiftRight<52>(raised), hn::Zero(du))))) {
        const hn::RebindToSigned<D> di;
        return hn::DemoteTo(d_to, hn::ConvertTo(hn::RebindToFloat<D>(), hn::BitCast(di, v)));
      }
    }
    return hn::DemoteTo(d_to, v);
  }
}

// Lanes whose truncation fits To; false for NaN. Both bounds are exact in the float type: 2^k
// above, and below either min - 1, or min where min - 1 is not a value of that type (nothing lies
// between).
template <class To, class D, class V>
HWY_INLINE hn::Mask<D> TruncationFits(D d, V v) {
  using T = hn::TFromD<D>;
  constexpr T kHalf = static_cast<T>(To{1} << (std::numeric_limits<To>::digits - 1));
  constexpr T kEnd = kHalf * 2;
  constexpr T kMin = static_cast<T>(std::numeric_limits<To>::min());
  const auto below_end = hn::Lt(v, hn::Set(d, kEnd));
  if constexpr (std::numeric_limits<To>::digits < std::numeric_limits<T>::digits ||
                !std::is_signed_v<To>) {
    return hn::And(below_end, hn::Gt(v, hn::Set(d, kMin - 1)));
  } else {
    return hn::And(below_end, hn::Ge(v, hn::Set(d, kMin)));
  }
}

// Float to integer of the same size: truncated and saturated; v holds no NaN.
template <class To, class D, class V>
HWY_INLINE hn::Vec<hn::Rebind<To, D>> TruncateSameSize(D d, V v) {
  const hn::Rebind<To, D> d_to;
  if constexpr (kSlow64 && HWY_TARGET <= HWY_SSE4 && sizeof(To) == 8) {  // needs a quick Trunc
    // Adding 1.5 * 2^52 leaves an integer below 2^51 in the low bits.
    if (HWY_LIKELY(hn::AllTrue(d, hn::Lt(hn::Abs(v), hn::Set(d, 0x1p51))))) {
      const V shift = hn::Set(d, 0x1.8p52);
      if constexpr (!hwy::IsSigned<To>()) v = hn::ZeroIfNegative(v);
      const auto shifted = hn::BitCast(d_to, hn::Add(hn::Trunc(v), shift));
      return hn::Sub(shifted, hn::BitCast(d_to, shift));
    }
  }
  return hn::ConvertTo(d_to, v);
}

// Float to integer: truncated and saturated; v holds no NaN.
template <class To, class D, class V>
HWY_INLINE hn::Vec<hn::Rebind<To, D>> TruncateSaturated(D d, V v) {
  using T = hn::TFromD<D>;
  const hn::Rebind<To, D> d_to;
  if constexpr (sizeof(To) < 4) {
    constexpr T kMin = static_cast<T>(std::numeric_limits<To>::min());
    constexpr T kMax = static_cast<T>(std::numeric_limits<To>::max());
    const V clamped = hn::Clamp(v, hn::Set(d, kMin), hn::Set(d, kMax));
    const hn::Rebind<std::int32_t, D> d32;
    return IntegerFromInteger<To>(d32, TruncateSaturated<std::int32_t>(d, clamped));
  } else if constexpr (sizeof(To) > sizeof(T)) {
    return hn::PromoteTo(d_to, v);
  } else if constexpr (sizeof(To) == sizeof(T)) {
    return TruncateSameSize<To>(d, v);
  } else {
    return hn::DemoteTo(d_to, v);
  }
}

// Float to integer: truncated and saturated, NaN to 0; both raise invalid.
template <class To, class D, class V>
HWY_INLINE hn::Vec<hn::Rebind<To, D>> IntegerFromFloat(D d, FlagSet& flags, V v) {
  if (HWY_UNLIKELY(!hn::AllTrue(d, TruncationFits<To>(d, v)))) {
    flags.Raise(kInvalid);
    v = hn::IfThenZeroElse(hn::IsNaN(v), v);
  }
  return TruncateSaturated<To>(d, v);
}

// Float to the count of a time: truncated; NaT for NaN, and with invalid for what does not fit.
template <class D, class V>
HWY_INLINE hn::Vec<hn::Rebind<std::int64_t, D>> TimeFromFloat(D d, FlagSet& flags, V v) {
  if constexpr (sizeof(hn::TFromD<D>) < sizeof(double)) {
    const hn::Rebind<double, D> d_wide;
    return TimeFromFloat(d_wide, flags, hn::PromoteTo(d_wide, v));
  } else {
    const hn::RebindToSigned<D> d_to;
    const auto fits = TruncationFits<std::int64_t>(d, v);
    if (HWY_LIKELY(hn::AllTrue(d, fits))) return TruncateSaturated<std::int64_t>(d, v);
    flags.RaiseIf(d, hn::Not(hn::Or(fits, hn::IsNaN(v))), kInvalid);
    const auto counts = TruncateSaturated<std::int64_t>(d, hn::IfThenElseZero(fits, v));
    return hn::IfThenElse(hn::RebindMask(d_to, fits), counts, hn::Set(d_to, not_a_time));
  }
}

template <class T>
inline constexpr bool kIsFloatLane = std::is_floating_point_v<T>;

// Whether float32 holds every value of a type, of a complex one its real part.
template <class T>
inline constexpr bool kFitsFloat32 = is_small_float<T> || std::is_same_v<Lane<T>, float> ||
                                     (!kIsFloatLane<Lane<T>> && sizeof(T) < 4);

// One vector: lanes of From in, lanes of To (or, for Bool, a mask) out.
template <class From, class To>
struct CastBody {
  template <class D, class V>
  HWY_INLINE auto operator()(D d, FlagSet& flags, V v) const {
    using LaneTo = Lane<To>;
    if constexpr (std::is_same_v<To, OddFloat32>) {
      return hn::BitCast(hn::Rebind<std::uint32_t, D>(), OddFloat(d, v));
    } else if constexpr (is_small_float<From>) {
      return WidenSmall<From>(d, v);
    } else if constexpr (is_small_float<To>) {
      return NarrowSmall<To>(d, flags, v);
    } else if constexpr (std::is_same_v<Lane<From>, LaneTo> && !std::is_same_v<To, Bool>) {
      return v;
    } else if constexpr (std::is_same_v<To, Bool>) {
      return hn::Not(hn::Eq(v, hn::Zero(d)));
    } else if constexpr (!kIsFloatLane<Lane<From>> && !kIsFloatLane<LaneTo>) {
      return IntegerFromInteger<LaneTo>(d, v);
    } else if constexpr (!kIsFloatLane<Lane<From>>) {
      return FloatFromInteger<LaneTo>(d, v);
    } else if constexpr (kIsTime<To>) {
      return TimeFromFloat(d, flags, v);
    } else if constexpr (!kIsFloatLane<LaneTo>) {
      return IntegerFromFloat<LaneTo>(d, flags, v);
    } else if constexpr (sizeof(LaneTo) > sizeof(Lane<From>)) {
      return hn::PromoteTo(hn::Rebind<LaneTo, D>(), v);
    } else {
      return RoundToFloat(d, v);
    }
  }
};

// One vector of a real type to two of complex parts, or from two of complex parts to one: a number
// becomes the real part, and only the real part becomes a number; both decide a Bool.
template <class From, class To>
struct ToComplexBody {
  template <class D, class V, class Store>
  HWY_INLINE void operator()(D d, FlagSet& flags, V v, const Store& store) const {
    const auto real = CastBody<From, Lane<To>>()(d, flags, v);
    store(real, hn::Zero(hn::DFromV<decltype(real)>()));
  }
};
template <class From, class To>
struct FromComplexBody {
  template <class D, class V>
  HWY_INLINE auto operator()(D d, FlagSet& flags, V real, V imag) const {
    const CastBody<Lane<From>, To> cast;
    if constexpr (std::is_same_v<To, Bool>) {
      return hn::Or(cast(d, flags, real), cast(d, flags, imag));
    } else {
      return cast(d, flags, real);
    }
  }
};

template <class From, class To>
FpFlags Cast(const void* in, void* out, std::size_t n);

// Types under their public names, where they have one.
template <class T>
using Public = std::conditional_t<std::is_same_v<T, Bool>, bool, T>;
template <class T>
concept PublicElement = requires { detail::DTypeCodeOf<Public<T>>::value; };

// Cast<From, To>, taken from the registry where it is there, which spares code and compile time.
template <class From, class To>
CastKernel Step() {
  if constexpr (PublicElement<From> && PublicElement<To>) {
    return CurrentCast(DType::of<Public<From>>().id(), DType::of<Public<To>>().id());
  } else {
    return Cast<From, To>;
  }
}

// out[i] = in[i] converted, for i in [0, n). in and out may be equal if the element sizes are, else
// they do not overlap. Returns kInvalid if a float did not fit its integer, kOverflow and
// kUnderflow as NarrowSmall raises them.
template <class From, class To>
FpFlags Cast(const void* in, void* out, std::size_t n) {
  constexpr bool kMeets = is_small_float<From> || is_small_float<To>;
  if constexpr (std::is_same_v<From, To>) {
    if (in != out && n != 0) std::memcpy(out, in, n * sizeof(From));
    return 0;
  } else if constexpr (kMeets && !std::is_same_v<From, float> && !std::is_same_v<To, float>) {
    using Between = std::conditional_t<kFitsFloat32<From>, float, OddFloat32>;
    return CastInSteps(Step<From, Between>(), sizeof(From), Step<float, To>(), sizeof(To), in, out,
                       n);
  } else if constexpr (kParts<From> == 2 && kParts<To> == 2) {
    return TransformParts<To(From)>(CastBody<Lane<From>, Lane<To>>(), &in, &out, n);
  } else if constexpr (kParts<To> == 2) {
    return Transform<To(From)>(ToComplexBody<From, To>(), &in, &out, n);
  } else if constexpr (kParts<From> == 2) {
    return Transform<To(From)>(FromComplexBody<From, To>(), &in, &out, n);
  } else {
    return Transform<To(From)>(CastBody<From, To>(), &in, &out, n);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_CASTS_INL_H_
