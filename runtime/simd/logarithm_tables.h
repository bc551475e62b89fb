// Constants of log, log2, log10 and log1p. Written by tools/derive/logarithm.py; change that, not this.
// One value per line.
// clang-format off
#ifndef QUERN_SIMD_LOGARITHM_TABLES_H_
#define QUERN_SIMD_LOGARITHM_TABLES_H_

namespace quern::logarithm {

// The least m; the greatest is twice that.
inline constexpr double kLogLeast = 0x1.68205601127edp-1;

// ln 2 to a multiple of 2^-43, over 2^52.
inline constexpr double kLogTwoHead = 0x1.62e42fefa38p-53;

// What the head leaves, over 2^52.
inline constexpr double kLogTwoTail = 0x1.ef35793c7673p-97;

// c, the inverse of an m near the middle of each interval.
inline constexpr double kLogInverse[] = {
    0x1.640d3c55cb5bep+0,
    0x1.55389987d9d37p+0,
    0x1.47939946bb2f1p+0,
    0x1.3afb356745cc2p+0,
    0x1.2f5197a3edb73p+0,
    0x1.247d2c9f4483cp+0,
    0x1.1a67e7ccdc13p+0,
    0x1.10fead0a0529cp+0,
    0x1.0830d74b2c1adp+0,
    0x1p+0,
    0x1.e1a89f278c7c4p-1,
    0x1.c6e95e370a738p-1,
    0x1.aefa941d338b6p-1,
    0x1.997039f1235ep-1,
    0x1.85f2da66196f3p-1,
    0x1.743ae5871b0f5p-1,
};

// -log c, a multiple of 2^-43: |error| at most 1.8e-20.
inline constexpr double kLogRow[] = {
    -0x1.51d0e9f6a68p-2,
    -0x1.263fea09d48p-2,
    -0x1.f8ec3e14e3p-3,
    -0x1.a89fa8b8b4p-3,
    -0x1.5b5ac08b9ep-3,
    -0x1.10e51b282ep-3,
    -0x1.92187cfeb2p-4,
    -0x1.0745a5a5acp-4,
    -0x1.01ffd951a8p-5,
    0x0p+0,
    0x1.f470b43b18p-5,
    0x1.e43c40c0c6p-4,
    0x1.60ccd31414p-3,
    0x1.c9ce653755p-3,
    0x1.16d8522c1p-2,
    0x1.4676c93fcep-2,
};

// The two interleaved: row j at 2 j.
inline constexpr double kLogRows[] = {
    0x1.640d3c55cb5bep+0,
    -0x1.51d0e9f6a68p-2,
    0x1.55389987d9d37p+0,
    -0x1.263fea09d48p-2,
    0x1.47939946bb2f1p+0,
    -0x1.f8ec3e14e3p-3,
    0x1.3afb356745cc2p+0,
    -0x1.a89fa8b8b4p-3,
    0x1.2f5197a3edb73p+0,
    -0x1.5b5ac08b9ep-3,
    0x1.247d2c9f4483cp+0,
    -0x1.10e51b282ep-3,
    0x1.1a67e7ccdc13p+0,
    -0x1.92187cfeb2p-4,
    0x1.10fead0a0529cp+0,
    -0x1.0745a5a5acp-4,
    0x1.0830d74b2c1adp+0,
    -0x1.01ffd951a8p-5,
    0x1p+0,
    0x0p+0,
    0x1.e1a89f278c7c4p-1,
    0x1.f470b43b18p-5,
    0x1.c6e95e370a738p-1,
    0x1.e43c40c0c6p-4,
    0x1.aefa941d338b6p-1,
    0x1.60ccd31414p-3,
    0x1.997039f1235ep-1,
    0x1.c9ce653755p-3,
    0x1.85f2da66196f3p-1,
    0x1.16d8522c1p-2,
    0x1.743ae5871b0f5p-1,
    0x1.4676c93fcep-2,
};

// q, lowest power first: |error| of r + r^2 q(r) at most 4.4e-21 for |r| <= 0.0317.
inline constexpr double kLog64Polynomial[] = {
    -0x1p-1,
    0x1.5555555555498p-2,
    -0x1.ffffffffffe27p-3,
    0x1.9999999c7704fp-3,
    -0x1.5555555883f5ap-3,
    0x1.24922b8b8498fp-3,
    -0x1.ffffc377b5ff8p-4,
    0x1.c81698cf9bc4ap-4,
    -0x1.9a8a2006b0cbep-4,
};

// The same for float32 results: 1.3e-13.
inline constexpr double kLog32Polynomial[] = {
    -0x1.0000000034d18p-1,
    0x1.5555503774f09p-2,
    -0x1.ffffeccec0586p-3,
    0x1.9a0ae92e46547p-3,
    -0x1.55d4d4e5a3489p-3,
};

// 1 / ln 2.
inline constexpr double kLogBaseTwoHead = 0x1.71547652b82fep+0;

// What the head leaves.
inline constexpr double kLogBaseTwoTail = 0x1.777d0ffda0d24p-56;

// 1 / ln 10.
inline constexpr double kLogBaseTenHead = 0x1.bcb7b1526e50ep-2;

// What the head leaves.
inline constexpr double kLogBaseTenTail = 0x1.95355baaafad3p-57;

}  // namespace quern::logarithm

#endif  // QUERN_SIMD_LOGARITHM_TABLES_H_
