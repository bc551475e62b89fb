// ScanConverted: running folds of small floats, whose every step is rounded without leaving float32.
#if defined(QUERN_SIMD_CONVERTED_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_CONVERTED_INL_H_
#undef QUERN_SIMD_CONVERTED_INL_H_
#else
#define QUERN_SIMD_CONVERTED_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "simd/converted.h"
#include "simd/flags-inl.h"
#include "simd/reduce-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// A RoundedScan. As Scan does, it works on vectors of equal lanes.
template <class Body>
FpFlags ScanRounded(const RoundedStep& step, float* values, std::size_t n, float& folded) {
  const Body body;
  const hn::FixedTag<float, 4> d;
  const hn::RebindToSigned<decltype(d)> di;
  const hn::RebindToUnsigned<decltype(d)> du;
  const auto one = hn::Set(du, 1);
  const auto kept = hn::Set(du, ~0u << step.dropped);
  const auto half = hn::Set(du, (1u << (step.dropped - 1)) - 1u);
  const auto min_normal = hn::Set(di, step.min_normal);
  const auto highest = hn::Set(di, step.overflow - 1);
  const auto all_but_sign = hn::Set(du, 0x7fffffffu);
  FlagSet flags;
  unsigned rounding = 0;
  auto last = hn::Set(d, folded);
  for (std::size_t i = 0; i < n; ++i) {
    const auto next = Fold(body, d, flags, last, hn::Set(d, values[i]));
    const auto bits = hn::BitCast(du, next);
    const auto magnitude = hn::BitCast(di, hn::And(bits, all_but_sign));
    const auto outside = hn::Or(hn::Lt(magnitude, min_normal), hn::Gt(magnitude, highest));
    if (HWY_LIKELY(hn::AllFalse(di, outside))) {
      // Rounding the magnitude up may carry into the exponent, never into the sign.
      const auto odd = hn::And(hn::ShiftRightSame(bits, step.dropped), one);
      last = hn::BitCast(d, hn::And(hn::Add(hn::Add(bits, half), odd), kept));
    } else {
      float value = hn::GetLane(next);
      alignas(4) std::byte stored[sizeof value];
      rounding |= step.narrow(&value, stored, 1);
      step.widen(stored, &value, 1);
      last = hn::Set(d, value);
    }
    values[i] = hn::GetLane(last);
  }
  folded = hn::GetLane(last);
  return static_cast<FpFlags>(flags.bits() | rounding);
}

// As Scan, for a body that computes in float32 and an accumulator that is rounded to F after every
// step. Of the flags those in `declared` are returned.
template <class F, class Body>
HWY_INLINE FpFlags ScanConverted(const Body& /*body*/, FpFlags declared, const void* in,
                                 std::ptrdiff_t in_step, void* out, std::ptrdiff_t out_step,
                                 std::size_t n, void* accumulator) {
  return ScanStored(in, in_step, out, out_step, n, accumulator, ScanRounded<Body>, declared,
                    kScannedFormat<F>);
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_CONVERTED_INL_H_
