#include "core/absent_dtypes.h"

#include <algorithm>

namespace quern {
namespace {

// The letter of "3U" or "U3"; other names as they are.
std::string_view WithoutSize(std::string_view name) {
  constexpr std::string_view kDigits = "0123456789";
  const std::size_t first = name.find_first_not_of(kDigits);
  const std::size_t last = name.find_last_not_of(kDigits);
  return first == last && first != std::string_view::npos ? name.substr(first, 1) : name;
}

}  // namespace

std::string NotSupportedText(std::string_view name) {
  auto row = std::ranges::find(kAbsentDTypes, name, &AbsentDType::name);
  if (row == kAbsentDTypes.end()) {
    row = std::ranges::find(kAbsentDTypes, WithoutSize(name), &AbsentDType::name);
  }
  if (row == kAbsentDTypes.end()) return "";
  return "dtype '" + std::string(row->dtype) + "' is not supported: " + std::string(row->reason);
}

}  // namespace quern
