// How units of time relate: which unit two promote to, which casts are safe, by what counts are
// multiplied. All rules are NumPy's.
#ifndef QUERN_CORE_TIME_UNIT_H_
#define QUERN_CORE_TIME_UNIT_H_

#include <cstddef>
#include <cstdint>

#include "core/tables.h"
#include "quern/export.hpp"
#include "quern/time.hpp"

namespace quern {

// The greatest unit of which both are multiples, and the other one beside a generic unit. Years and
// months have no common unit with weeks and shorter ones: where `linear` (of spans) they are
// refused with TypeError, else (of points in time) the shorter unit is taken. Throws OverflowError
// where the unit has no multiple below 2^31 or the factor between the bases exceeds 2^56.
TimeUnit PromoteUnits(TimeUnit first, TimeUnit second, bool linear);

// The least level that allows a cast between units, of spans if `linear`, else of points in time.
Casting UnitLevel(TimeUnit from, TimeUnit to, bool linear);

// What turns counts of one unit into counts of another.
struct UnitConversion {
  // Counts are multiplied, wrapping around, then divided and rounded down; NaT stays NaT.
  std::int64_t multiplier = 1;
  std::int64_t divisor = 1;
  // Through the calendar instead, where a point in time meets years or months: multiplier and
  // divisor are the multiples of the two bases.
  bool calendar = false;
  TimeBase from = TimeBase::generic;
  TimeBase to = TimeBase::generic;

  bool converts() const { return calendar || multiplier != 1 || divisor != 1; }
};

// The conversion between units, of spans if `linear`: years and months are 365.2425 days and a
// twelfth of them then. From and to the generic unit counts stay as they are. Throws OverflowError
// where the factor exceeds 2^56.
QUERN_EXPORT UnitConversion ConversionBetween(TimeUnit from, TimeUnit to, bool linear);

// out[i] = in[i] converted, for i in [0, n). in and out may be equal, else they do not overlap.
QUERN_EXPORT void ConvertCounts(const UnitConversion& conversion, const void* in, void* out,
                                std::size_t n);

}  // namespace quern

#endif  // QUERN_CORE_TIME_UNIT_H_
