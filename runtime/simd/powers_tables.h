// Constants of power. Written by tools/derive/powers.py; change that, not this.
// One value per line.
// clang-format off
#ifndef QUERN_SIMD_POWERS_TABLES_H_
#define QUERN_SIMD_POWERS_TABLES_H_

namespace quern::powers {

// c, the inverse of an m near the middle of each interval.
inline constexpr double kPowerInverse[] = {
    0x1.640d3bd7b859bp+0,
    0x1.553898daf30d9p+0,
    0x1.47939946bb2f1p+0,
    0x1.3afb33447db0ep+0,
    0x1.2f51967d38aa8p+0,
    0x1.247d27ae052a7p+0,
    0x1.1a67e2eaec53dp+0,
    0x1.10fea8befb5e6p+0,
    0x1.0830cf8a42236p+0,
    0x1p+0,
    0x1.e1a86ca301ff3p-1,
    0x1.c6e953047ae26p-1,
    0x1.aefa92b94cc59p-1,
    0x1.99703839fd259p-1,
    0x1.85f2d899c0fabp-1,
    0x1.743ae537848d9p-1,
};

// -log c, a multiple of 2^-43: |error| at most 4.2e-22 of any log m.
inline constexpr double kPowerRow[] = {
    -0x1.51d0e88c1p-2,
    -0x1.263fe802f48p-2,
    -0x1.f8ec3e14e3p-3,
    -0x1.a89f9ad58bp-3,
    -0x1.5b5ab8c5c3p-3,
    -0x1.10e4f88cf3p-3,
    -0x1.9218362daep-4,
    -0x1.0745653bc2p-4,
    -0x1.01fee8e5a4p-5,
    0x0p+0,
    0x1.f4740f6e9p-5,
    0x1.e43ca59324p-4,
    0x1.60ccd9af5p-3,
    0x1.c9ce6dcbf2p-3,
    0x1.16d856e4ec8p-2,
    0x1.4676ca1acp-2,
};

// The two interleaved: row j at 2 j.
inline constexpr double kPowerRows[] = {
    0x1.640d3bd7b859bp+0,
    -0x1.51d0e88c1p-2,
    0x1.553898daf30d9p+0,
    -0x1.263fe802f48p-2,
    0x1.47939946bb2f1p+0,
    -0x1.f8ec3e14e3p-3,
    0x1.3afb33447db0ep+0,
    -0x1.a89f9ad58bp-3,
    0x1.2f51967d38aa8p+0,
    -0x1.5b5ab8c5c3p-3,
    0x1.247d27ae052a7p+0,
    -0x1.10e4f88cf3p-3,
    0x1.1a67e2eaec53dp+0,
    -0x1.9218362daep-4,
    0x1.10fea8befb5e6p+0,
    -0x1.0745653bc2p-4,
    0x1.0830cf8a42236p+0,
    -0x1.01fee8e5a4p-5,
    0x1p+0,
    0x0p+0,
    0x1.e1a86ca301ff3p-1,
    0x1.f4740f6e9p-5,
    0x1.c6e953047ae26p-1,
    0x1.e43ca59324p-4,
    0x1.aefa92b94cc59p-1,
    0x1.60ccd9af5p-3,
    0x1.99703839fd259p-1,
    0x1.c9ce6dcbf2p-3,
    0x1.85f2d899c0fabp-1,
    0x1.16d856e4ec8p-2,
    0x1.743ae537848d9p-1,
    0x1.4676ca1acp-2,
};

// 1/3.
inline constexpr double kThirdHead = 0x1.5555555555555p-2;

// What the head leaves.
inline constexpr double kThirdTail = 0x1.5555555555555p-56;

// q, lowest power first: |error| of log(1 + r) at most 3.7e-24 for |r| <= 0.0317.
inline constexpr double kPower64Polynomial[] = {
    -0x1p-2,
    0x1.999999999985ap-3,
    -0x1.55555555553cp-3,
    0x1.24924926fdf7bp-3,
    -0x1.00000002ba297p-3,
    0x1.c71c3fba5d3c1p-4,
    -0x1.999965b7d1086p-4,
    0x1.7530b1292f7aap-4,
    -0x1.56237ed4d8942p-4,
};

// For float32 results, log(1 + r) = r + r^2 q(r): |error| at most 1.2e-15.
inline constexpr double kPower32Polynomial[] = {
    -0x1.0000000034d18p-1,
    0x1.55555555d675fp-2,
    -0x1.ffffeccec0586p-3,
    0x1.9999857dd2ffbp-3,
    -0x1.55d4d4e5a3489p-3,
    0x1.250b7f6da4272p-3,
};

}  // namespace quern::powers

#endif  // QUERN_SIMD_POWERS_TABLES_H_
