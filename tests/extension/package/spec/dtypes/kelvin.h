// Temperatures: vectors compute on them as on float.
#ifndef WEATHER_KELVIN_H_
#define WEATHER_KELVIN_H_

#include "simd/lane.h"

namespace weather {
struct Kelvin {
  float degrees;
};
}  // namespace weather

namespace quern {
template <>
struct LaneOf<weather::Kelvin> {
  using type = float;
};
}  // namespace quern

#endif  // WEATHER_KELVIN_H_
