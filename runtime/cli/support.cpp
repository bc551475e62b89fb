#include "cli/support.h"

#include <algorithm>
#include <ostream>

#include "cli/commands.h"
#include "quern/errors.hpp"
#include "quern/runtime.hpp"

namespace quern::cli {

const Ufunc& UfuncNamed(const std::string& name) {
  try {
    return Ufunc::find(name);
  } catch (const ValueError& error) {
    throw UsageError(error.what());
  }
}

DType DTypeNamed(const std::string& name) {
  try {
    return DType::parse(name);
  } catch (const TypeError& error) {
    throw UsageError(error.what());
  }
}

std::vector<DType> InputTypes(const Ufunc& ufunc, std::span<const std::string> names) {
  if (names.size() != ufunc.inputs() && names.size() != 1) {
    throw UsageError(std::string(ufunc.name()) + " has " + std::to_string(ufunc.inputs()) +
                     " inputs; name that many dtypes, or one for all, not " +
                     std::to_string(names.size()));
  }
  std::vector<DType> types;
  for (std::size_t i = 0; i < ufunc.inputs(); ++i) {
    types.push_back(DTypeNamed(names[names.size() == 1 ? 0 : i]));
  }
  return types;
}

std::string TypesText(std::span<const DType> types, std::size_t inputs) {
  std::string text;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i > 0) text += i == inputs ? " -> " : ", ";
    text += types[i].full_name();
  }
  return text;
}

std::string Join(std::span<const std::string> parts, std::string_view between) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += between;
    text += parts[i];
  }
  return text;
}

void PrintTable(const Table& rows, std::ostream& out) {
  std::vector<std::size_t> widths;
  for (const std::vector<std::string>& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
    }
    out << line << '\n';
  }
}

TargetScope::TargetScope() : saved_(current_target()) {}
TargetScope::~TargetScope() {
  try {
    set_target(saved_);
  } catch (const Error&) {
    // The target was in use before, so it cannot be refused; a destructor may not throw anyway.
    return;
  }
}

}  // namespace quern::cli
