// Angles in turns of 2^-16: vectors compute on them as on uint16.
#ifndef QUERN_DTYPES_TURN16_H_
#define QUERN_DTYPES_TURN16_H_

#include <cstdint>

#include "simd/lane.h"

namespace geometry {
enum class Turn16 : std::uint16_t {};
}  // namespace geometry

namespace quern {
template <>
struct LaneOf<geometry::Turn16> {
  using type = std::uint16_t;
};
}  // namespace quern

#endif  // QUERN_DTYPES_TURN16_H_
