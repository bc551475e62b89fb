// The layout of small floats as conversions see it.
#ifndef QUERN_SIMD_SMALL_FORMAT_H_
#define QUERN_SIMD_SMALL_FORMAT_H_

#include <cstdint>

#include "quern/small_float.hpp"

namespace quern {

// Where a small float's numbers lie among those of float32, as bits of float32.
template <class F>
struct SmallFormat {
  static constexpr int kDropped = 23 - F::kMantissaBits;
  static constexpr std::uint32_t kRebias = static_cast<std::uint32_t>(127 - F::kBias) << 23;
  // The least normal number, and the number whose last bit is that of the least one.
  static constexpr std::uint32_t kMinNormal = kRebias + (1u << 23);
  static constexpr std::uint32_t kMagic = kMinNormal + (static_cast<std::uint32_t>(kDropped) << 23);
  // The least number that rounds to more than the largest: halfway beyond it, or, where that ties
  // to the largest, the next one.
  static constexpr std::uint32_t kOverflow = (static_cast<std::uint32_t>(F::kMaxBits) << kDropped) +
                                             kRebias + (1u << (kDropped - 1)) +
                                             (F::kMaxBits % 2 == 0 ? 1u : 0u);
  static constexpr std::uint32_t kInfinity = 0x7f800000u;
  // The exponents are float32's: only the significand is cut.
  static constexpr bool kTruncated = F::kBias == 127;
};

}  // namespace quern

#endif  // QUERN_SIMD_SMALL_FORMAT_H_
