#include "core/calendar.h"

#include <algorithm>

namespace quern {
namespace {

__extension__ using Wide = __int128;  // holds every product of a count and a factor below

constexpr std::int64_t kDaysPerCycle = 146097;   // 400 years
constexpr std::int64_t kFirstCycleDay = 719468;  // from 0000-03-01 to 1970-01-01
constexpr std::int64_t kSecondsPerDay = 86400;
constexpr std::int64_t kAttosecondsPerSecond = 1'000'000'000'000'000'000;

Wide FloorDivide(Wide dividend, Wide divisor) {
  const Wide quotient = dividend / divisor;
  return quotient - (dividend % divisor < 0 ? 1 : 0);
}

// Units of a base in a second, for bases from seconds down.
std::int64_t PartsOfSecond(TimeBase base) {
  std::int64_t parts = 1;
  for (int step = static_cast<int>(TimeBase::s); step < static_cast<int>(base); ++step) {
    parts *= 1000;
  }
  return parts;
}

// Seconds in a unit, for bases from weeks to seconds.
std::int64_t SecondsIn(TimeBase base) {
  constexpr std::int64_t kSeconds[] = {7 * kSecondsPerDay, kSecondsPerDay, 3600, 60, 1};
  return kSeconds[static_cast<int>(base) - static_cast<int>(TimeBase::W)];
}

void SetDate(Wide days, CalendarTime& time) {
  const Wide shifted = days + kFirstCycleDay;
  const Wide cycle = FloorDivide(shifted, kDaysPerCycle);
  const auto day_of_cycle = static_cast<std::int32_t>(shifted - cycle * kDaysPerCycle);
  const std::int32_t year =
      (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 - day_of_cycle / 146096) / 365;
  const std::int32_t day_of_year = day_of_cycle - (365 * year + year / 4 - year / 100);
  const std::int32_t month = (5 * day_of_year + 2) / 153;  // from March
  time.day = day_of_year - (153 * month + 2) / 5 + 1;
  time.month = month < 10 ? month + 3 : month - 9;
  time.year = static_cast<std::int64_t>(cycle * 400 + year + (time.month <= 2 ? 1 : 0));
}

Wide DaysOf(const CalendarTime& time) {
  const Wide year = Wide{time.year} - (time.month <= 2 ? 1 : 0);
  const Wide cycle = FloorDivide(year, 400);
  const auto year_of_cycle = static_cast<std::int32_t>(year - cycle * 400);
  const std::int32_t month = time.month > 2 ? time.month - 3 : time.month + 9;
  const std::int32_t day_of_year = (153 * month + 2) / 5 + time.day - 1;
  const std::int32_t day =
      365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
  return cycle * kDaysPerCycle + day - kFirstCycleDay;
}

// At least `width` digits, zeros first, after the sign, which counts as a digit.
std::string Padded(std::int64_t value, std::size_t width) {
  std::string digits = std::to_string(value);
  const std::size_t sign = value < 0 ? 1 : 0;
  digits.insert(sign, width - std::min(width, digits.size()), '0');
  return digits;
}

}  // namespace

CalendarTime CalendarOf(std::int64_t count, TimeUnit unit) {
  CalendarTime time;
  const Wide units = Wide{count} * unit.multiple;
  if (unit.base == TimeBase::Y) {
    time.year = static_cast<std::int64_t>(1970 + units);
    return time;
  }
  if (unit.base == TimeBase::M) {
    const Wide years = FloorDivide(units, 12);
    time.year = static_cast<std::int64_t>(1970 + years);
    time.month = static_cast<std::int32_t>(units - 12 * years) + 1;
    return time;
  }
  Wide seconds = units;
  if (unit.base <= TimeBase::s) {
    seconds *= SecondsIn(unit.base);
  } else {
    const std::int64_t parts = PartsOfSecond(unit.base);
    seconds = FloorDivide(units, parts);
    time.attosecond =
        static_cast<std::int64_t>(units - seconds * parts) * (kAttosecondsPerSecond / parts);
  }
  const Wide days = FloorDivide(seconds, kSecondsPerDay);
  time.second = static_cast<std::int32_t>(seconds - days * kSecondsPerDay);
  SetDate(days, time);
  return time;
}

std::int64_t CountOf(const CalendarTime& time, TimeUnit unit) {
  Wide units = Wide{time.year} - 1970;
  if (unit.base == TimeBase::M) {
    units = units * 12 + time.month - 1;
  } else if (unit.base > TimeBase::M) {
    units = DaysOf(time) * kSecondsPerDay + time.second;
    if (unit.base <= TimeBase::s) {
      units = FloorDivide(units, SecondsIn(unit.base));
    } else {
      const std::int64_t parts = PartsOfSecond(unit.base);
      units = units * parts + time.attosecond / (kAttosecondsPerSecond / parts);
    }
  }
  return static_cast<std::int64_t>(FloorDivide(static_cast<std::int64_t>(units), unit.multiple));
}

std::string DatetimeText(std::int64_t count, TimeUnit unit) {
  if (count == not_a_time) return "NaT";
  if (unit.base == TimeBase::generic) return std::to_string(count);
  const CalendarTime time = CalendarOf(count, unit);
  std::string text = Padded(time.year, 4);
  if (unit.base >= TimeBase::M) text += "-" + Padded(time.month, 2);
  if (unit.base >= TimeBase::W) text += "-" + Padded(time.day, 2);
  if (unit.base >= TimeBase::h) text += "T" + Padded(time.second / 3600, 2);
  if (unit.base >= TimeBase::m) text += ":" + Padded(time.second / 60 % 60, 2);
  if (unit.base >= TimeBase::s) text += ":" + Padded(time.second % 60, 2);
  if (unit.base > TimeBase::s) {
    const int digits = 3 * (static_cast<int>(unit.base) - static_cast<int>(TimeBase::s));
    text += "." + Padded(time.attosecond, 18).substr(0, static_cast<std::size_t>(digits));
  }
  return text;
}

}  // namespace quern
