// Conversions between float32 and the small floats, whose lanes are the bits of their elements, and
// from wider numbers to float32 by rounding to odd.
//
// Widening is exact; NaN stays NaN with its sign. Narrowing rounds to nearest, ties to even, and
// computes its flags: overflow where a finite number becomes infinite (or NaN, where there are no
// infinities), underflow where a number below the normal ones is not exact, whether or not rounding
// takes it back to them. What the hardware raises on the way means nothing: where it differs it
// raises less.
//
// Method: integer arithmetic on the bits of float32, the same for every format; numbers below the
// normal ones are rounded by adding a power of two whose last bit is theirs. Hardware that converts
// binary16 gives the same bits.
//
// Rounding to odd: the neighbour towards zero, its last bit set if it is not exact. A second
// rounding to nearest, to at least two bits fewer, then gives what rounding once would have given,
// and tells exact from inexact as well.
#if defined(QUERN_SIMD_SMALL_FLOAT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_SMALL_FLOAT_INL_H_
#undef QUERN_SIMD_SMALL_FLOAT_INL_H_
#else
#define QUERN_SIMD_SMALL_FLOAT_INL_H_
#endif

#include <bit>
#include <cstdint>
#include <type_traits>

#include "hwy/highway.h"
#include "quern/small_float.hpp"
#include "simd/flags-inl.h"
#include "simd/ieee-inl.h"
#include "simd/lane.h"
#include "simd/small_format.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Whether the target has instructions for the format.
template <class F>
inline constexpr bool kHardwareSmall =
    F::kMantissaBits == 10 && F::kBias == 15 &&
    (HWY_TARGET_IS_NEON || (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2));

// Small float to float32. d is the tag of the small lanes.
template <class F, class D, class V>
HWY_INLINE hn::Vec<hn::Rebind<float, D>> WidenSmall(D d, V v) {
  using Format = SmallFormat<F>;
  const hn::Rebind<float, D> df;
  const hn::Rebind<std::uint32_t, D> du;
  if constexpr (kHardwareSmall<F>) {
    return hn::PromoteTo(df, hn::BitCast(hn::Rebind<hwy::float16_t, D>(), v));
  } else if constexpr (Format::kTruncated) {
    return hn::BitCast(df, hn::ShiftLeft<Format::kDropped>(hn::PromoteTo(du, v)));
  } else {
    const auto wide = hn::PromoteTo(du, v);
    const auto magnitude = hn::And(wide, hn::Set(du, F::kSignBit - 1u));
    const auto sign = hn::ShiftLeft<32 - 8 * sizeof(F)>(hn::Xor(wide, magnitude));
    const auto bits =
        hn::Add(hn::ShiftLeft<Format::kDropped>(magnitude), hn::Set(du, Format::kRebias));
    // Without an exponent: as if it were the least, less what the hidden bit then adds.
    const auto least = hn::Set(du, Format::kMinNormal);
    const auto raised = hn::BitCast(df, hn::Add(bits, hn::Set(du, 1u << 23)));
    const auto below = hn::BitCast(du, hn::Sub(raised, hn::BitCast(df, least)));
    // Comparisons of signed lanes are quicker; magnitudes have no sign bit.
    const hn::Rebind<std::int32_t, D> di;
    const auto subnormal = hn::Lt(hn::BitCast(di, bits), hn::BitCast(di, least));
    auto value = hn::IfThenElse(hn::RebindMask(du, subnormal), below, bits);
    if constexpr (std::numeric_limits<F>::has_infinity) {
      const auto special =
          hn::RebindMask(du, hn::Gt(hn::BitCast(di, magnitude), hn::Set(di, F::kExponentMask - 1)));
      value = hn::Or(value, hn::IfThenElseZero(special, hn::Set(du, Format::kInfinity)));
    } else {
      const auto nan = hn::Eq(magnitude, hn::Set(du, F::kNaNBits));
      value = hn::Or(value, hn::IfThenElseZero(nan, hn::Set(du, 0x7fc00000u)));
    }
    return hn::BitCast(df, hn::Or(value, sign));
  }
}

// Magnitudes below the normal ones of the format, rounded to its least number; others give anything
// that is finite. d is the tag of float32.
template <class F, class D, class V>
HWY_INLINE V RoundSubnormal(D d, V magnitude) {
  const auto magic = hn::BitCast(d, hn::Set(hn::RebindToUnsigned<D>(), SmallFormat<F>::kMagic));
  return hn::Sub(hn::Add(magnitude, magic), magic);
}

// The flags of rounding magnitudes, given as the bits of float32.
template <class F, class D, class V>
HWY_INLINE void NarrowFlags(D d, FlagSet& flags, V magnitude) {
  using Format = SmallFormat<F>;
  const hn::RebindToFloat<D> df;
  const hn::RebindToSigned<D> di;
  const auto bits = hn::BitCast(di, magnitude);
  const auto over =
      hn::And(hn::Gt(bits, hn::Set(di, static_cast<std::int32_t>(Format::kOverflow) - 1)),
              hn::Lt(bits, hn::Set(di, static_cast<std::int32_t>(Format::kInfinity))));
  const auto least =
      hn::And(hn::Gt(bits, hn::Zero(di)),
              hn::Lt(bits, hn::Set(di, static_cast<std::int32_t>(Format::kMinNormal))));
  if (HWY_UNLIKELY(!hn::AllFalse(di, hn::Or(over, least)))) {
    flags.RaiseIf(di, over, kOverflow);
    // Exact and finite where it matters; zero elsewhere.
    const auto small = hn::IfThenElseZero(least, bits);
    if constexpr (Format::kTruncated) {
      const auto cut = hn::And(small, hn::Set(di, (1 << Format::kDropped) - 1));
      flags.RaiseIf(di, hn::Ne(cut, hn::Zero(di)), kUnderflow);
    } else {
      const auto value = hn::BitCast(df, small);
      flags.RaiseIf(df, hn::Ne(RoundSubnormal<F>(df, value), value), kUnderflow);
    }
  }
}

// float32 to the bits of a small float. d is the tag of float32.
template <class F, class D, class V>
HWY_INLINE hn::Vec<hn::Rebind<Lane<F>, D>> NarrowSmall(D d, FlagSet& flags, V v) {
  using Format = SmallFormat<F>;
  const hn::RebindToUnsigned<D> du;
  const hn::RebindToSigned<D> di;
  const hn::Rebind<Lane<F>, D> d_to;
  const auto bits = hn::BitCast(du, v);
  const auto magnitude = hn::And(bits, hn::Set(du, 0x7fffffffu));
  NarrowFlags<F>(du, flags, magnitude);
  if constexpr (kHardwareSmall<F>) {
    return hn::BitCast(d_to, hn::DemoteTo(hn::Rebind<hwy::float16_t, D>(), v));
  } else {
    const auto odd = hn::And(hn::ShiftRight<Format::kDropped>(magnitude), hn::Set(du, 1));
    const auto half = hn::Set(du, (1u << (Format::kDropped - 1)) - 1u - Format::kRebias);
    auto rounded = hn::ShiftRight<Format::kDropped>(hn::Add(magnitude, hn::Add(odd, half)));
    if constexpr (!Format::kTruncated) {
      const auto least = hn::Lt(hn::BitCast(di, magnitude),
                                hn::Set(di, static_cast<std::int32_t>(Format::kMinNormal)));
      const auto value = hn::BitCast(d, hn::IfThenElseZero(hn::RebindMask(du, least), magnitude));
      const auto magic = hn::Set(du, Format::kMagic);
      const auto below = hn::Sub(hn::BitCast(du, hn::Add(value, hn::BitCast(d, magic))), magic);
      rounded = hn::IfThenElse(hn::RebindMask(du, least), below, rounded);
    }
    const auto beyond = hn::Gt(hn::BitCast(di, magnitude),
                               hn::Set(di, static_cast<std::int32_t>(Format::kOverflow) - 1));
    rounded = hn::IfThenElse(hn::RebindMask(du, beyond), hn::Set(du, F::kOverflowBits), rounded);
    const auto nan = hn::Gt(hn::BitCast(di, magnitude),
                            hn::Set(di, static_cast<std::int32_t>(Format::kInfinity)));
    rounded = hn::IfThenElse(hn::RebindMask(du, nan), hn::Set(du, F::kNaNBits), rounded);
    const auto sign = hn::ShiftRight<32 - 8 * sizeof(F)>(hn::Xor(bits, magnitude));
    return hn::TruncateTo(d_to, hn::Or(rounded, sign));
  }
}

// double to float32, rounded to odd; infinities and NaN stay.
template <class D, class V>
HWY_INLINE hn::Vec<hn::Rebind<float, D>> OddFromDouble(D d, V v) {
  const hn::RebindToSigned<D> di;
  const hn::RebindToUnsigned<D> du;
  const hn::Rebind<float, D> df;
  const hn::Rebind<std::uint32_t, D> du32;
  const auto nearest = RoundToFloat(d, v);
  const auto back = hn::BitCast(di, hn::Abs(hn::PromoteTo(d, nearest)));
  const auto exact = hn::BitCast(di, hn::Abs(v));
  // -1 where rounding went away from zero, then the sticky bit; bits of numbers order as they do.
  const auto away = hn::BitCast(du, hn::VecFromMask(di, hn::Gt(back, exact)));
  const auto changed = hn::AndNot(hn::RebindMask(di, hn::IsNaN(v)), hn::Ne(back, exact));
  const auto sticky = hn::BitCast(du, hn::IfThenElseZero(changed, hn::Set(di, 1)));
  const auto inward = hn::Add(hn::BitCast(du32, nearest), hn::TruncateTo(du32, away));
  return hn::BitCast(df, hn::Or(inward, hn::TruncateTo(du32, sticky)));
}

// Integers to the float of their size, rounded to odd: where they have more digits than that, the
// last ones are cut off in whole numbers of bits, which conversion then leaves alone.
template <class D, class V>
HWY_INLINE hn::Vec<hn::RebindToFloat<D>> OddFromInteger(D d, V v) {
  const hn::RebindToUnsigned<D> du;
  using T = hn::TFromD<D>;
  using Bits = hn::TFromD<decltype(du)>;
  constexpr int kDigits = hwy::MantissaBits<hn::TFromD<hn::RebindToFloat<D>>>() + 1;
  constexpr Bits kLow = (Bits{1} << (8 * sizeof(T) - kDigits)) - 1;
  // Negative numbers are below 2^digits in magnitude if they are not below zero with it added.
  constexpr Bits kRaise = hwy::IsSigned<T>() ? Bits{1} << kDigits : 0;
  constexpr int kExact = hwy::IsSigned<T>() ? kDigits + 1 : kDigits;
  const auto bits = hn::BitCast(du, v);
  const auto low = hn::Set(du, kLow);
  const auto sticky = hn::Ne(hn::And(bits, low), hn::Zero(du));
  const auto cut = hn::Or(hn::AndNot(low, bits), hn::IfThenElseZero(sticky, hn::Set(du, kLow + 1)));
  const auto raised = hn::Add(bits, hn::Set(du, kRaise));
  const auto exact = hn::Eq(hn::ShiftRight<kExact>(raised), hn::Zero(du));
  const auto kept = hn::IfThenElse(exact, bits, cut);
  return hn::ConvertTo(hn::RebindToFloat<D>(), hn::BitCast(d, kept));
}

// Any number of 32 or 64 bits to float32, rounded to odd.
template <class D, class V>
HWY_INLINE hn::Vec<hn::Rebind<float, D>> OddFloat(D d, V v) {
  using T = hn::TFromD<D>;
  if constexpr (std::is_same_v<T, double>) {
    return OddFromDouble(d, v);
  } else if constexpr (sizeof(T) == 8) {
    return OddFromDouble(hn::RebindToFloat<D>(), OddFromInteger(d, v));
  } else {
    return OddFromInteger(d, v);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_SMALL_FLOAT_INL_H_
