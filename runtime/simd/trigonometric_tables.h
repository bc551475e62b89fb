// Constants of trigonometry. Written by tools/derive/trigonometric.py; change that, not this.
// One value per line.
// clang-format off
#ifndef QUERN_SIMD_TRIGONOMETRIC_TABLES_H_
#define QUERN_SIMD_TRIGONOMETRIC_TABLES_H_

#include <cstdint>

namespace quern::trigonometric {

// 16 / pi.
inline constexpr double kSteps = 0x1.45f306dc9c883p+2;

// pi / 16.
inline constexpr double kStepHead = 0x1.921fb54442d18p-3;

// What the head leaves, to 29 bits.
inline constexpr double kStepMiddle = 0x1.1a62633p-57;

// What these leave.
inline constexpr double kStepTail = 0x1.45c06e0e68948p-89;

// What the head leaves, to 53 bits.
inline constexpr double kStepLow = 0x1.1a62633145c07p-57;

// sin(j pi / 16) rounded.
inline constexpr double kSine[] = {
    0x0p+0,
    0x1.8f8b83c69a60bp-3,
    0x1.87de2a6aea963p-2,
    0x1.1c73b39ae68c8p-1,
    0x1.6a09e667f3bcdp-1,
    0x1.a9b66290ea1a3p-1,
    0x1.d906bcf328d46p-1,
    0x1.f6297cff75cbp-1,
    0x1p+0,
    0x1.f6297cff75cbp-1,
    0x1.d906bcf328d46p-1,
    0x1.a9b66290ea1a3p-1,
    0x1.6a09e667f3bcdp-1,
    0x1.1c73b39ae68c8p-1,
    0x1.87de2a6aea963p-2,
    0x1.8f8b83c69a60bp-3,
    0x0p+0,
    -0x1.8f8b83c69a60bp-3,
    -0x1.87de2a6aea963p-2,
    -0x1.1c73b39ae68c8p-1,
    -0x1.6a09e667f3bcdp-1,
    -0x1.a9b66290ea1a3p-1,
    -0x1.d906bcf328d46p-1,
    -0x1.f6297cff75cbp-1,
};

// What it lost.
inline constexpr double kSineTail[] = {
    0x0p+0,
    -0x1.26d19b9ff8d82p-57,
    -0x1.72cedd3d5a61p-57,
    0x1.b25dd267f66p-55,
    -0x1.bdd3413b26456p-55,
    0x1.9f630e8b6dac8p-60,
    0x1.457e610231ac2p-56,
    0x1.562172a361fd3p-56,
    0x0p+0,
    0x1.562172a361fd3p-56,
    0x1.457e610231ac2p-56,
    0x1.9f630e8b6dac8p-60,
    -0x1.bdd3413b26456p-55,
    0x1.b25dd267f66p-55,
    -0x1.72cedd3d5a61p-57,
    -0x1.26d19b9ff8d82p-57,
    0x0p+0,
    0x1.26d19b9ff8d82p-57,
    0x1.72cedd3d5a61p-57,
    -0x1.b25dd267f66p-55,
    0x1.bdd3413b26456p-55,
    -0x1.9f630e8b6dac8p-60,
    -0x1.457e610231ac2p-56,
    -0x1.562172a361fd3p-56,
};

// The two interleaved: row j at 2 j.
inline constexpr double kSineRows[] = {
    0x0p+0,
    0x0p+0,
    0x1.8f8b83c69a60bp-3,
    -0x1.26d19b9ff8d82p-57,
    0x1.87de2a6aea963p-2,
    -0x1.72cedd3d5a61p-57,
    0x1.1c73b39ae68c8p-1,
    0x1.b25dd267f66p-55,
    0x1.6a09e667f3bcdp-1,
    -0x1.bdd3413b26456p-55,
    0x1.a9b66290ea1a3p-1,
    0x1.9f630e8b6dac8p-60,
    0x1.d906bcf328d46p-1,
    0x1.457e610231ac2p-56,
    0x1.f6297cff75cbp-1,
    0x1.562172a361fd3p-56,
    0x1p+0,
    0x0p+0,
    0x1.f6297cff75cbp-1,
    0x1.562172a361fd3p-56,
    0x1.d906bcf328d46p-1,
    0x1.457e610231ac2p-56,
    0x1.a9b66290ea1a3p-1,
    0x1.9f630e8b6dac8p-60,
    0x1.6a09e667f3bcdp-1,
    -0x1.bdd3413b26456p-55,
    0x1.1c73b39ae68c8p-1,
    0x1.b25dd267f66p-55,
    0x1.87de2a6aea963p-2,
    -0x1.72cedd3d5a61p-57,
    0x1.8f8b83c69a60bp-3,
    -0x1.26d19b9ff8d82p-57,
    0x0p+0,
    0x0p+0,
    -0x1.8f8b83c69a60bp-3,
    0x1.26d19b9ff8d82p-57,
    -0x1.87de2a6aea963p-2,
    0x1.72cedd3d5a61p-57,
    -0x1.1c73b39ae68c8p-1,
    -0x1.b25dd267f66p-55,
    -0x1.6a09e667f3bcdp-1,
    0x1.bdd3413b26456p-55,
    -0x1.a9b66290ea1a3p-1,
    -0x1.9f630e8b6dac8p-60,
    -0x1.d906bcf328d46p-1,
    -0x1.457e610231ac2p-56,
    -0x1.f6297cff75cbp-1,
    -0x1.562172a361fd3p-56,
};

// (sin r - r) / r^3, lowest power first: |error| at most 5.9e-21.
inline constexpr double kSine64Polynomial[] = {
    -0x1.5555555555555p-3,
    0x1.111111110f5c2p-7,
    -0x1.a01a0109bf577p-13,
    0x1.71cad98ce9489p-19,
};

// (cos r - 1) / r^2, lowest power first: |error| at most 5.1e-20.
inline constexpr double kCosine64Polynomial[] = {
    -0x1.ffffffffffffdp-2,
    0x1.555555554f6d1p-5,
    -0x1.6c16c084ea92bp-10,
    0x1.9ffe29e1a8567p-16,
};

// (tan r - r) / r^3, lowest power first: |error| at most 3.6e-21.
inline constexpr double kTangent64Polynomial[] = {
    0x1.5555555555555p-2,
    0x1.111111111154ep-3,
    0x1.ba1ba1b7b12fep-5,
    0x1.664f4dc8542cep-6,
    0x1.22684049f483ap-7,
    0x1.dd8c855ba8364p-9,
};

// 1 / pi.
inline constexpr double kHalfTurns = 0x1.45f306dc9c883p-2;

// pi to 32 bits.
inline constexpr double kHalfTurnHead = 0x1.921fb544p+1;

// What the head leaves.
inline constexpr double kHalfTurnTail = 0x1.0b4611a626331p-33;

// (sin r / r - 1) / r^2 for |r| <= pi / 2, lowest power first: |error| at most 2e-11.
inline constexpr double kSine32Polynomial[] = {
    -0x1.55555548dccebp-3,
    0x1.11110ca57408ep-7,
    -0x1.a017f5572bc2bp-13,
    0x1.7173cca885235p-19,
    -0x1.9aadbdc764ccep-26,
};

// p of tan r = r p(r^2) / q(r^2), |r| <= pi / 4: |error / tan r| at most 2.6e-11.
inline constexpr double kTangent32Upper[] = {
    0x1p+0,
    -0x1.c81d90f82e455p-4,
    0x1.19c08e5576817p-10,
};

// q.
inline constexpr double kTangent32Lower[] = {
    0x1p+0,
    -0x1.c75cb97e427eap-2,
    0x1.05ac9ffb665dep-6,
};

// pi.
inline constexpr double kPi = 0x1.921fb54442d18p+1;

// What that leaves.
inline constexpr double kPiLow = 0x1.1a62633145c07p-53;

// The bits of 1 / (2 pi) after the point, behind 1 word of zeros.
inline constexpr std::uint64_t kTurnWords[] = {
    0x0,
    0x28be60db9391054a,
    0x7f09d5f47d4d3770,
    0x36d8a5664f10e410,
    0x7f9458eaf7aef158,
    0x6dc91b8e909374b8,
    0x1924bba82746487,
    0x3f877ac72c4a69cf,
    0xba208d7d4baed121,
    0x3a671c09ad17df90,
    0x4e64758e60d4ce7d,
    0x272117e2ef7e4a0e,
    0xc7fe25fff7816603,
    0xfbcbc462d6829b47,
    0xdb4d9fb3c9f2c26d,
    0xd3d18fd9a797fa8b,
    0x5d49eeb1faf97c5e,
    0xcf41ce7de294a4ba,
    0x9afed7ec47e35742,
    0x1580cc11bf1edaea,
};

}  // namespace quern::trigonometric

#endif  // QUERN_SIMD_TRIGONOMETRIC_TABLES_H_
