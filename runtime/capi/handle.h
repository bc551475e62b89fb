// What the handles of the C API stand for.
#ifndef QUERN_CAPI_HANDLE_H_
#define QUERN_CAPI_HANDLE_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "quern/array.hpp"
#include "quern/capi_types.h"
#include "quern/dtype.hpp"
#include "quern/errors.hpp"
#include "quern/ufunc.hpp"

// An array and the number of its owners.
struct qn_array {
  explicit qn_array(quern::Array value) : array(std::move(value)) {}

  std::atomic<std::int64_t> owners{1};
  quern::Array array;
};

namespace quern::capi {

// A qn_ufunc is a Ufunc of the registry under another name.
inline const Ufunc& UfuncOf(const qn_ufunc* ufunc) {
  return *reinterpret_cast<const Ufunc*>(ufunc);
}
inline const qn_ufunc* HandleOf(const Ufunc& ufunc) {
  return reinterpret_cast<const qn_ufunc*>(&ufunc);
}

// Dtypes by number: position in the registry, plus QN_BYTE_SWAPPED; of those that count a unit of
// time also its base and its multiple less one. `what` begins the TypeError.
inline constexpr int kBaseShift = 9;
inline constexpr int kMultipleShift = 13;
inline constexpr std::int32_t kMostMultiples = std::int32_t{1} << (31 - kMultipleShift);

inline bool IsDType(std::int32_t number) {
  constexpr std::int32_t kIdMask = QN_BYTE_SWAPPED - 1;
  if (number < 0 || (number & kIdMask) >= static_cast<std::int32_t>(DType::count())) return false;
  const std::int32_t unit = number >> kBaseShift;
  const std::int32_t base = unit & ((1 << (kMultipleShift - kBaseShift)) - 1);
  return unit == 0 || (DType::from_id(static_cast<std::uint8_t>(number & kIdMask)).has_unit() &&
                       base != 0 && base <= static_cast<std::int32_t>(TimeBase::as));
}
inline DType DTypeOf(std::int32_t number, const char* what) {
  if (!IsDType(number)) {
    throw TypeError(std::string(what) + ": there is no dtype of number " + std::to_string(number));
  }
  const std::int32_t base = number >> kBaseShift & ((1 << (kMultipleShift - kBaseShift)) - 1);
  const TimeUnit unit(static_cast<TimeBase>(base), (number >> kMultipleShift) + 1);
  return DType::from_id(static_cast<std::uint8_t>(number & (QN_BYTE_SWAPPED - 1)))
      .with_byte_order((number & QN_BYTE_SWAPPED) != 0)
      .with_unit(unit);
}
// Throws NotSupportedError for units of so large a multiple that numbers have no room for them.
inline std::int32_t NumberOf(DType dtype) {
  const TimeUnit unit = dtype.unit();
  if (unit.multiple > kMostMultiples) {
    throw NotSupportedError("the C API has no number for " + dtype.full_name() +
                            ": multiples up to " + std::to_string(kMostMultiples) + " have one");
  }
  return dtype.id() + (dtype.swapped() ? QN_BYTE_SWAPPED : 0) +
         (static_cast<std::int32_t>(unit.base) << kBaseShift) +
         ((unit.multiple - 1) << kMultipleShift);
}

}  // namespace quern::capi

#endif  // QUERN_CAPI_HANDLE_H_
