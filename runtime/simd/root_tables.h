// Constants of cbrt. Written by tools/derive/root.py; change that, not this.
// One value per line.
// clang-format off
#ifndef QUERN_SIMD_ROOT_TABLES_H_
#define QUERN_SIMD_ROOT_TABLES_H_

#include <cstdint>

namespace quern::root {

// Less a third of x's bits, those of x^(-1/3) to within 0.034.
inline constexpr std::int64_t kRootStart = 0x553ee95f00000000;

// A third as a factor of 32-bit numbers.
inline constexpr std::uint32_t kRootThird = 0x55555555;

// 1 / 3.
inline constexpr double kThird = 0x1.5555555555555p-2;

// 1 / 3 and q, lowest power first: |error| of (1 - r)^(-1/3) at most 3.2e-10 for |r| <= 0.102.
inline constexpr double kRoot64Polynomial[] = {
    0x1.5555555555555p-2,
    0x1.c71c74707f0d5p-3,
    0x1.61f6a47a9009ep-3,
    0x1.26f4c094c3af6p-3,
    0x1.02e49e4333edfp-3,
    0x1.ce2621223a02ap-4,
};

// The same for float32 results: 6.4e-13.
inline constexpr double kRoot32Polynomial[] = {
    0x1.5555555555555p-2,
    0x1.c71c71c4c1c87p-3,
    0x1.61f9b138526b4p-3,
    0x1.26fac3fd84204p-3,
    0x1.ff3f22fc2d4c8p-4,
    0x1.c6699ba8e2c8cp-4,
    0x1.a2cbbabff626p-4,
    0x1.8159c28860ca5p-4,
};

}  // namespace quern::root

#endif  // QUERN_SIMD_ROOT_TABLES_H_
