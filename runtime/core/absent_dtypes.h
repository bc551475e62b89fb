// Dtypes of NumPy that quern has none for, so that naming one is answered better than a misspelt
// name.
#ifndef QUERN_CORE_ABSENT_DTYPES_H_
#define QUERN_CORE_ABSENT_DTYPES_H_

#include <span>
#include <string>
#include <string_view>

#include "quern/export.hpp"

namespace quern {

struct AbsentDType {
  std::string_view name;   // one of those that it goes by
  std::string_view dtype;  // NumPy's own name
  std::string_view reason;
};

// From the specs; several rows for a dtype.
extern const std::span<const AbsentDType> kAbsentDTypes;

// "dtype 'longdouble' is not supported: ..." if `name`, without a byte order, is one of them, else
// "". Numbers before or after a one-letter name are sizes and do not matter: "3U", "U3".
QUERN_EXPORT std::string NotSupportedText(std::string_view name);

}  // namespace quern

#endif  // QUERN_CORE_ABSENT_DTYPES_H_
