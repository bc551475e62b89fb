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

// Dtypes by number: position in the registry, plus QN_BYTE_SWAPPED. `what` begins the TypeError.
inline bool IsDType(std::int32_t number) {
  return number >= 0 && (number & ~QN_BYTE_SWAPPED) < static_cast<std::int32_t>(DType::count());
}
inline DType DTypeOf(std::int32_t number, const char* what) {
  if (!IsDType(number)) {
    throw TypeError(std::string(what) + ": there is no dtype of number " + std::to_string(number));
  }
  return DType::from_id(static_cast<std::uint8_t>(number & ~QN_BYTE_SWAPPED))
      .with_byte_order((number & QN_BYTE_SWAPPED) != 0);
}
inline std::int32_t NumberOf(DType dtype) {
  return dtype.id() + (dtype.swapped() ? QN_BYTE_SWAPPED : 0);
}

}  // namespace quern::capi

#endif  // QUERN_CAPI_HANDLE_H_
