// ReduceHugeAngles: what large angles leave when multiples of pi / 16 are taken off.
//
// Problem: from some 2^22 on an angle has fewer digits than the nearest multiple of pi / 16 needs
// to leave an accurate rest. Method: x / (2 pi) modulo 1 in whole numbers, after M. H. Payne and R.
// N. Hanek, ACM SIGNUM Newsletter 18 (1983): the 53 bits of x times those 192 bits of 1 / (2 pi)
// that matter at the exponent of x. The product is right to 139 bits after the point; no double is
// closer than 2^-62 to a multiple of pi / 16. Lane by lane, for such arguments are rare.
#ifndef QUERN_SIMD_HUGE_ANGLE_H_
#define QUERN_SIMD_HUGE_ANGLE_H_

#include <cstddef>
#include <cstdint>

#include "quern/export.hpp"

namespace quern::trigonometric {

// The least angle that ReduceHugeAngles takes.
inline constexpr double kLeastHuge = 0x1p20;

// Of n angles: count and head + tail with x = (count + head + tail) pi / 16, |head + tail| <= 1/2,
// the count modulo 32. For x below kLeastHuge, infinite or NaN all three are 0. The arrays do not
// overlap. Kernels of packages call it too.
QUERN_EXPORT void ReduceHugeAngles(const double* x, std::size_t n, std::int64_t* count,
                                   double* head, double* tail);

}  // namespace quern::trigonometric

#endif  // QUERN_SIMD_HUGE_ANGLE_H_
