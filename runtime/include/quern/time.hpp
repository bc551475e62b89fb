// Units of time, and the storage types of dtypes that count them.
#ifndef QUERN_TIME_HPP_
#define QUERN_TIME_HPP_

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "quern/export.hpp"

namespace quern {

// What a unit of time is a multiple of: calendar years and months, weeks, days, and so on down to
// attoseconds, from long to short. `generic` is no unit: it takes that of what it meets.
enum class TimeBase : std::uint8_t { generic, Y, M, W, D, h, m, s, ms, us, ns, ps, fs, as };

// A unit of time: `multiple`, from 1 to 2^31 - 1, of a base. Without a unit, {generic, 1}.
struct QUERN_EXPORT TimeUnit {
  TimeBase base = TimeBase::generic;
  std::int32_t multiple = 1;

  constexpr TimeUnit() = default;
  constexpr TimeUnit(TimeBase time_base,
                     std::int32_t times = 1)  // NOLINT(google-explicit-constructor)
      : base(time_base), multiple(times) {}

  // By name: "ns", "25s", "generic"; also NumPy's fractions "s/10", which are multiples of a
  // shorter unit. Throws TypeError for what is no unit, ValueError for a fraction that has no such
  // unit.
  static TimeUnit parse(std::string_view text);
  // "ns", "25s", "generic".
  std::string str() const;

  friend constexpr bool operator==(TimeUnit, TimeUnit) = default;
};

// Elements of the dtypes of these names: counts of the array's unit, points in time from the start
// of 1970. Which unit that is the array's dtype says, not the type.
enum class datetime64 : std::int64_t {};
enum class timedelta64 : std::int64_t {};

// The count that is NaT, not a time, of either type.
inline constexpr std::int64_t not_a_time = std::numeric_limits<std::int64_t>::min();

}  // namespace quern

#endif  // QUERN_TIME_HPP_
