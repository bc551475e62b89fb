// Constants of sinh and cosh. Written by tools/derive/hyperbolic.py; change that, not this.
// One value per line.
// clang-format off
#ifndef QUERN_SIMD_HYPERBOLIC_TABLES_H_
#define QUERN_SIMD_HYPERBOLIC_TABLES_H_

namespace quern::hyperbolic {

// ln 2 / 16.
inline constexpr double kExpStep = 0x1.62e42fefa39efp-5;

// cosh r = 1 + r^2 c(r^2), lowest power first: |error| at most 2.3e-19.
inline constexpr double kCosh64Polynomial[] = {
    0x1p-1,
    0x1.55555555fe147p-5,
    0x1.6c16c16c5477fp-10,
};

// sinh r = r + r^3 s(r^2), lowest power first: |error| at most 4.4e-22.
inline constexpr double kSinh64Polynomial[] = {
    0x1.5555555555555p-3,
    0x1.111111115c10bp-7,
    0x1.a01a08339f3eap-13,
};

// c for float32 results, lowest power first: |error| at most 4.2e-14.
inline constexpr double kCosh32Polynomial[] = {
    0x1.00000002327d1p-1,
    0x1.55555555fe147p-5,
};

// s for float32 results, lowest power first: |error| at most 9.8e-17.
inline constexpr double kSinh32Polynomial[] = {
    0x1.5555555696c16p-3,
    0x1.111111115c10bp-7,
};

// Greatest argument with a finite result.
inline constexpr double kSinh64Last = 0x1.633ce8fb9f87dp+9;

// Greatest argument with a finite result.
inline constexpr float kSinh32Last = 0x1.65a9f8p+6f;

}  // namespace quern::hyperbolic

#endif  // QUERN_SIMD_HYPERBOLIC_TABLES_H_
