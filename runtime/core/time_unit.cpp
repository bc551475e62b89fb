#include "core/time_unit.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <numeric>
#include <string>

#include "core/calendar.h"
#include "quern/errors.hpp"

namespace quern {
namespace {

// Names in the order of TimeBase, and how many of the next shorter unit one holds. Years and months
// have no such number for the weeks below them.
constexpr std::array<std::string_view, 14> kNames{"generic", "Y",  "M",  "W",  "D",  "h",  "m",
                                                  "s",       "ms", "us", "ns", "ps", "fs", "as"};
constexpr std::array<std::uint64_t, 14> kNextShorter{1,    12,   1,    7,    24,   60,   60,
                                                     1000, 1000, 1000, 1000, 1000, 1000, 1};
// Factors are below this, as in NumPy.
constexpr std::uint64_t kFactorEnd = std::uint64_t{1} << 56;
constexpr std::uint64_t kMostMultiples = std::numeric_limits<std::int32_t>::max();

std::string_view NameOf(TimeBase base) { return kNames[static_cast<std::size_t>(base)]; }

// Short units in a long one, 0 where they are too many. Either is a week or shorter, or both are
// not.
std::uint64_t FactorBetween(TimeBase longer, TimeBase shorter) {
  std::uint64_t factor = 1;
  for (auto base = static_cast<std::size_t>(longer); base < static_cast<std::size_t>(shorter);
       ++base) {
    factor *= kNextShorter[base];
    if (factor >= kFactorEnd) return 0;
  }
  return factor;
}

bool IsCalendar(TimeBase base) { return base == TimeBase::Y || base == TimeBase::M; }

// True if a fixed number of short units makes a long one.
bool HaveFactor(TimeBase first, TimeBase second) { return IsCalendar(first) == IsCalendar(second); }

[[noreturn]] void RefusePromotion(TimeUnit first, TimeUnit second) {
  throw TypeError("promotion of units: [" + first.str() + "] and [" + second.str() +
                  "] have no common unit, because years and months differ in length; units within "
                  "years and months, or within weeks and shorter ones, have");
}

[[noreturn]] void OverflowPromotion(TimeUnit first, TimeUnit second) {
  throw OverflowError("promotion of units: integer overflow getting a common unit of [" +
                      first.str() + "] and [" + second.str() + "]");
}

[[noreturn]] void RefuseText(std::string_view text) {
  std::string accepted;
  for (std::string_view name : kNames)
    accepted += (accepted.empty() ? "" : ", ") + std::string(name);
  throw TypeError("invalid unit of time '" + std::string(text) +
                  "'; accepted are a multiple from 1 to 2147483647, or none, and one of " +
                  accepted);
}

// A leading number, taken off the text; 1 if there is none, 0 if it is out of range.
std::int32_t TakeNumber(std::string_view& text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return 1;
  std::int32_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()));
  return result.ec == std::errc() ? value : 0;
}

// A unit divided by a number: a multiple of the longest shorter unit that makes it whole. NumPy
// looks at a few units below only, each by its own number of parts.
TimeUnit Divided(TimeUnit unit, std::int32_t divisor, std::string_view text) {
  struct Step {
    TimeBase base;
    std::uint64_t parts;
  };
  std::array<Step, 3> steps{};
  const auto next = [&](int count) {
    return static_cast<TimeBase>(
        std::min(static_cast<int>(unit.base) + count, static_cast<int>(TimeBase::as)));
  };
  if (unit.base == TimeBase::Y) {
    steps = {{{TimeBase::M, 12}, {TimeBase::W, 52}, {TimeBase::D, 365}}};
  } else if (unit.base == TimeBase::M) {
    steps = {{{TimeBase::W, 4}, {TimeBase::D, 30}, {TimeBase::h, 720}}};
  } else {
    for (int count = 1; count <= 3; ++count) {
      steps[static_cast<std::size_t>(count - 1)] = {next(count),
                                                    FactorBetween(unit.base, next(count))};
    }
  }
  for (const Step& step : steps) {
    if (step.parts % static_cast<std::uint64_t>(divisor) != 0) continue;
    const std::uint64_t multiple = static_cast<std::uint64_t>(unit.multiple) *
                                   (step.parts / static_cast<std::uint64_t>(divisor));
    if (multiple <= kMostMultiples) return {step.base, static_cast<std::int32_t>(multiple)};
  }
  throw ValueError("invalid unit of time '" + std::string(text) + "': " + std::to_string(divisor) +
                   " does not divide a shorter unit");
}

// Multiples of the two units in the shorter base; 0 for one that is too large. Years and months
// beside shorter units count as weeks, as in NumPy: there is no right number.
std::array<std::uint64_t, 2> InShorterBase(TimeUnit first, TimeUnit second) {
  std::array<std::uint64_t, 2> multiples{static_cast<std::uint64_t>(first.multiple),
                                         static_cast<std::uint64_t>(second.multiple)};
  const bool first_longer = first.base < second.base;
  TimeBase longer = first_longer ? first.base : second.base;
  if (!HaveFactor(first.base, second.base)) longer = TimeBase::W;
  const TimeBase shorter = first_longer ? second.base : first.base;
  multiples[first_longer ? 0 : 1] *= FactorBetween(longer, shorter);
  return multiples;
}

// True if counts of `from` are whole counts of `to`.
bool Divides(TimeUnit from, TimeUnit to, bool linear) {
  if (!HaveFactor(from.base, to.base)) return !linear;
  const std::array<std::uint64_t, 2> multiples = InShorterBase(from, to);
  if (multiples[0] == 0 || multiples[1] == 0) return false;
  if (multiples[0] >= kFactorEnd || multiples[1] >= kFactorEnd) return false;
  return multiples[0] % multiples[1] == 0;
}

// True if `from` is `to` in a base up to a thousand million times shorter: 1000ms is s. NumPy knows
// that in this direction, and from seconds down, alone.
bool SpellsThousands(TimeUnit from, TimeUnit to) {
  const int steps = static_cast<int>(from.base) - static_cast<int>(to.base);
  if (to.base < TimeBase::s || steps < 1 || steps > 3) return false;
  std::int64_t multiple = to.multiple;
  for (int i = 0; i < steps; ++i) multiple *= 1000;
  return from.multiple == multiple;
}

// Units of a base in 4800 months, the years after which the calendar repeats, and months or weeks
// in them; the common measure of all bases down to the shortest that 64 bits allow.
__extension__ using Wide = unsigned __int128;
Wide InCycle(TimeBase base) {
  if (base == TimeBase::Y) return 400;
  if (base == TimeBase::M) return 4800;
  if (base == TimeBase::W) return 20871;
  return Wide{146097} * FactorBetween(TimeBase::D, base);
}

Wide GreatestCommonDivisor(Wide a, Wide b) {
  while (b != 0) {
    const Wide rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

[[noreturn]] void OverflowConversion(TimeUnit from, TimeUnit to) {
  throw OverflowError("conversion of units: integer overflow computing the factor between [" +
                      from.str() + "] and [" + to.str() + "]");
}

std::int64_t Converted(const UnitConversion& conversion, std::int64_t count) {
  const auto product = static_cast<std::int64_t>(static_cast<std::uint64_t>(count) *
                                                 static_cast<std::uint64_t>(conversion.multiplier));
  const std::int64_t quotient = product / conversion.divisor;
  return quotient - (product % conversion.divisor < 0 ? 1 : 0);
}

}  // namespace

TimeUnit TimeUnit::parse(std::string_view text) {
  std::string_view rest = text;
  const std::int32_t multiple = TakeNumber(rest);
  const std::string_view name = rest.substr(0, rest.find('/'));
  const auto found = std::find(kNames.begin(), kNames.end(), name == "\u03bcs" ? "us" : name);
  if (multiple == 0 || found == kNames.end()) RefuseText(text);
  TimeUnit unit(static_cast<TimeBase>(found - kNames.begin()), multiple);
  rest.remove_prefix(name.size());
  if (!rest.empty()) {
    rest.remove_prefix(1);
    const bool digits = !rest.empty() && rest.front() >= '0' && rest.front() <= '9';
    const std::int32_t divisor = TakeNumber(rest);
    if (!digits || divisor == 0 || !rest.empty() || unit.base == TimeBase::generic)
      RefuseText(text);
    if (divisor != 1) unit = Divided(unit, divisor, text);
  }
  return unit.base == TimeBase::generic ? TimeUnit() : unit;
}

std::string TimeUnit::str() const {
  return (multiple == 1 ? "" : std::to_string(multiple)) + std::string(NameOf(base));
}

TimeUnit PromoteUnits(TimeUnit first, TimeUnit second, bool linear) {
  if (first.base == TimeBase::generic || first == second) return second;
  if (second.base == TimeBase::generic) return first;
  if (linear && !HaveFactor(first.base, second.base)) RefusePromotion(first, second);
  const std::array<std::uint64_t, 2> multiples = InShorterBase(first, second);
  if (multiples[0] == 0 || multiples[1] == 0) OverflowPromotion(first, second);
  const std::uint64_t common = std::gcd(multiples[0], multiples[1]);
  if (common > kMostMultiples) OverflowPromotion(first, second);
  return {std::max(first.base, second.base), static_cast<std::int32_t>(common)};
}

Casting UnitLevel(TimeUnit from, TimeUnit to, bool linear) {
  if (from == to || SpellsThousands(from, to)) return Casting::kNo;
  if (from.base == TimeBase::generic) return Casting::kSafe;
  if (to.base == TimeBase::generic) return Casting::kUnsafe;
  if (linear && !HaveFactor(from.base, to.base)) return Casting::kUnsafe;
  return from.base <= to.base && Divides(from, to, linear) ? Casting::kSafe : Casting::kSameKind;
}

UnitConversion ConversionBetween(TimeUnit from, TimeUnit to, bool linear) {
  if (from == to || from.base == TimeBase::generic || to.base == TimeBase::generic) return {};
  const TimeBase longer = std::min(from.base, to.base);
  const TimeBase shorter = std::max(from.base, to.base);
  // Days stand for the longer units, whose factors to shorter ones are bounded the same.
  const TimeBase linear_longer = HaveFactor(longer, shorter) ? longer : TimeBase::D;
  if (linear_longer <= shorter && FactorBetween(linear_longer, shorter) == 0) {
    OverflowConversion(from, to);
  }
  if (!linear && (IsCalendar(longer) || IsCalendar(shorter))) {
    return {from.multiple, to.multiple, true, from.base, to.base};
  }
  Wide multiplier = static_cast<Wide>(from.multiple);
  Wide divisor = static_cast<Wide>(to.multiple);
  if (HaveFactor(longer, shorter)) {
    (from.base == longer ? multiplier : divisor) *= FactorBetween(longer, shorter);
  } else {
    multiplier *= InCycle(to.base);
    divisor *= InCycle(from.base);
  }
  const Wide common = GreatestCommonDivisor(multiplier, divisor);
  multiplier /= common;
  divisor /= common;
  constexpr Wide kMost = std::numeric_limits<std::int64_t>::max();
  if (multiplier > kMost || divisor > kMost) OverflowConversion(from, to);
  return {static_cast<std::int64_t>(multiplier), static_cast<std::int64_t>(divisor), false,
          from.base, to.base};
}

void ConvertCounts(const UnitConversion& conversion, const void* in, void* out, std::size_t n) {
  const auto* source = static_cast<const std::int64_t*>(in);
  auto* target = static_cast<std::int64_t*>(out);
  if (conversion.calendar) {
    const TimeUnit from(conversion.from, static_cast<std::int32_t>(conversion.multiplier));
    const TimeUnit to(conversion.to, static_cast<std::int32_t>(conversion.divisor));
    for (std::size_t i = 0; i < n; ++i) {
      target[i] = source[i] == not_a_time ? not_a_time : CountOf(CalendarOf(source[i], from), to);
    }
  } else if (conversion.divisor == 1) {
    const auto multiplier = static_cast<std::uint64_t>(conversion.multiplier);
    for (std::size_t i = 0; i < n; ++i) {
      const auto product =
          static_cast<std::int64_t>(static_cast<std::uint64_t>(source[i]) * multiplier);
      target[i] = source[i] == not_a_time ? not_a_time : product;
    }
  } else {
    for (std::size_t i = 0; i < n; ++i) {
      target[i] = source[i] == not_a_time ? not_a_time : Converted(conversion, source[i]);
    }
  }
}

}  // namespace quern
