// What several subcommands share.
#ifndef QUERN_CLI_SUPPORT_H_
#define QUERN_CLI_SUPPORT_H_

#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quern/dtype.hpp"
#include "quern/ufunc.hpp"

namespace quern::cli {

// The ufunc or dtype of a name typed on the command line; UsageError names the nearest.
const Ufunc& UfuncNamed(const std::string& name);
DType DTypeNamed(const std::string& name);

// The dtypes of a ufunc's inputs: `names` has one for each, or one for all. UsageError otherwise.
std::vector<DType> InputTypes(const Ufunc& ufunc, std::span<const std::string> names);

// "float32, float32 -> float32": the first `inputs` types are inputs.
std::string TypesText(std::span<const DType> types, std::size_t inputs);

std::string Join(std::span<const std::string> parts, std::string_view between);

// Rows of cells, the first row being the heading, in columns two spaces apart.
using Table = std::vector<std::vector<std::string>>;
void PrintTable(const Table& rows, std::ostream& out);

// Puts back the target that was in use.
class TargetScope {
 public:
  TargetScope();
  ~TargetScope();
  TargetScope(const TargetScope&) = delete;
  TargetScope& operator=(const TargetScope&) = delete;

 private:
  std::string saved_;
};

}  // namespace quern::cli

#endif  // QUERN_CLI_SUPPORT_H_
