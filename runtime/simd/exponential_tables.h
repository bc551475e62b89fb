// Constants of exp, exp2 and expm1. Written by tools/derive/exponential.py; change that, not this.
// One value per line.
// clang-format off
#ifndef QUERN_SIMD_EXPONENTIAL_TABLES_H_
#define QUERN_SIMD_EXPONENTIAL_TABLES_H_

namespace quern::exponential {

// 16 / ln 2.
inline constexpr double kExpSteps = 0x1.71547652b82fep+4;

// ln 2 / 16 to 38 bits.
inline constexpr double kExpStepHead = 0x1.62e42fefap-5;

// What the head leaves.
inline constexpr double kExpStepTail = 0x1.cf79abc9e3b3ap-44;

// 2^(j/16) rounded, less j * 2^48 in its bits.
inline constexpr double kExpPower[] = {
    0x1p+0,
    0x1.fb5586cf9890fp-1,
    0x1.f72b83c7d517bp-1,
    0x1.f387a6e756238p-1,
    0x1.f06fe0a31b715p-1,
    0x1.edea64c123422p-1,
    0x1.ebfdad5362a27p-1,
    0x1.eab07dd485429p-1,
    0x1.ea09e667f3bcdp-1,
    0x1.ea11473eb0187p-1,
    0x1.eace5422aa0dbp-1,
    0x1.ec49182a3f09p-1,
    0x1.ee89f995ad3adp-1,
    0x1.f199bdd85529cp-1,
    0x1.f5818dcfba487p-1,
    0x1.fa4afa2a490dap-1,
};

// Relative error of that rounding.
inline constexpr double kExpTail[] = {
    0x0p+0,
    0x1.79aa65d837b6dp-54,
    -0x1.01b15eaa59348p-55,
    0x1.68efde3a8a894p-54,
    0x1.34d754db0abb6p-55,
    0x1.59f48a72a4c6dp-55,
    0x1.690cebb7aafbp-56,
    0x1.063e1e21c5409p-54,
    -0x1.3b3efbf5e2228p-54,
    -0x1.b32dcb94da51dp-56,
    0x1.db72fc1f0eab4p-55,
    0x1.1affc2b91ce27p-56,
    0x1.c1a7792cb3387p-55,
    0x1.36eae30af0cb3p-56,
    0x1.4a385a63d07a7p-56,
    -0x1.ff7128fd391fp-55,
};

// The two interleaved: row j at 2 j.
inline constexpr double kExpRows[] = {
    0x1p+0,
    0x0p+0,
    0x1.fb5586cf9890fp-1,
    0x1.79aa65d837b6dp-54,
    0x1.f72b83c7d517bp-1,
    -0x1.01b15eaa59348p-55,
    0x1.f387a6e756238p-1,
    0x1.68efde3a8a894p-54,
    0x1.f06fe0a31b715p-1,
    0x1.34d754db0abb6p-55,
    0x1.edea64c123422p-1,
    0x1.59f48a72a4c6dp-55,
    0x1.ebfdad5362a27p-1,
    0x1.690cebb7aafbp-56,
    0x1.eab07dd485429p-1,
    0x1.063e1e21c5409p-54,
    0x1.ea09e667f3bcdp-1,
    -0x1.3b3efbf5e2228p-54,
    0x1.ea11473eb0187p-1,
    -0x1.b32dcb94da51dp-56,
    0x1.eace5422aa0dbp-1,
    0x1.db72fc1f0eab4p-55,
    0x1.ec49182a3f09p-1,
    0x1.1affc2b91ce27p-56,
    0x1.ee89f995ad3adp-1,
    0x1.c1a7792cb3387p-55,
    0x1.f199bdd85529cp-1,
    0x1.36eae30af0cb3p-56,
    0x1.f5818dcfba487p-1,
    0x1.4a385a63d07a7p-56,
    0x1.fa4afa2a490dap-1,
    -0x1.ff7128fd391fp-55,
};

// q, lowest power first: |error| of 1 + r + r^2 q(r) at most 1.2e-20.
inline constexpr double kExp64Polynomial[] = {
    0x1.0000000000004p-1,
    0x1.5555555555558p-3,
    0x1.5555555484b96p-5,
    0x1.111111109f429p-7,
    0x1.6c183df3081cap-10,
    0x1.a01b71120e90ap-13,
};

// The same for float32 results: 5.3e-12.
inline constexpr double kExp32Polynomial[] = {
    0x1.fffffffdb1613p-2,
    0x1.5557216b93064p-3,
    0x1.55574017a50f8p-5,
};

// With a term more, for expm1: 5.7e-15.
inline constexpr double kExpLessOne32Polynomial[] = {
    0x1.fffffffdb1613p-2,
    0x1.555555548ad5ep-3,
    0x1.55574017a50f8p-5,
    0x1.11123d87e3f57p-7,
};

// ln 2.
inline constexpr double kLogTwo = 0x1.62e42fefa39efp-1;

// Greatest argument with a finite result.
inline constexpr double kExp64Last = 0x1.62e42fefa39efp+9;

// Least argument whose result is not below the normal range.
inline constexpr double kExp64First = -0x1.6232bdd7abcd2p+9;

// Greatest argument with a finite result.
inline constexpr float kExp32Last = 0x1.62e42ep+6f;

// Least argument whose result is not below the normal range.
inline constexpr float kExp32First = -0x1.5d589ep+6f;

}  // namespace quern::exponential

#endif  // QUERN_SIMD_EXPONENTIAL_TABLES_H_
