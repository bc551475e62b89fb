// The proleptic Gregorian calendar: counts of a unit since 1970 began as dates and times of day,
// and back, and their text in the form of ISO 8601.
//
// Days are counted in cycles of 400 years of 146,097 days, each taken to begin on the first of
// March of a year divisible by 400, so that the leap day is the last day of a year and months have
// a regular length.
#ifndef QUERN_CORE_CALENDAR_H_
#define QUERN_CORE_CALENDAR_H_

#include <cstdint>
#include <string>

#include "quern/time.hpp"

namespace quern {

// A point in time. Years before 1 are 0, -1 and so on.
struct CalendarTime {
  std::int64_t year = 1970;
  std::int32_t month = 1;       // 1 to 12
  std::int32_t day = 1;         // 1 to 31
  std::int32_t second = 0;      // of the day
  std::int64_t attosecond = 0;  // of the second
};

// The point in time at which a count of the unit ends; `count` is not NaT, the unit not generic.
QUERN_EXPORT CalendarTime CalendarOf(std::int64_t count, TimeUnit unit);
// The unit's count at a point in time, rounded down; what exceeds 64 bits wraps around.
QUERN_EXPORT std::int64_t CountOf(const CalendarTime& time, TimeUnit unit);

// NumPy's text of a point in time: "2000-01-31T12:30:05.250" as far as the unit's base goes, "NaT".
// Counts of the generic unit are plain numbers.
std::string DatetimeText(std::int64_t count, TimeUnit unit);

}  // namespace quern

#endif  // QUERN_CORE_CALENDAR_H_
