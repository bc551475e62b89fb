#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/support.h"
#include "quern/runtime.hpp"
#include "quern/ufunc.hpp"

namespace quern::cli {
namespace {

using Json = nlohmann::ordered_json;

#if defined(__clang__)
constexpr const char* kCompiler = "Clang " __clang_version__;
#elif defined(__GNUC__)
constexpr const char* kCompiler = "GCC " __VERSION__;
#else
constexpr const char* kCompiler = "unknown";
#endif

std::vector<std::string> Strings(const std::vector<std::string_view>& views) {
  return {views.begin(), views.end()};
}

Json Facts() {
  std::size_t loops = 0;
  for (const Ufunc* ufunc : Ufunc::all()) loops += ufunc->loops().size();
  std::vector<std::string> dtypes;
  for (std::size_t id = 0; id < DType::count(); ++id) {
    dtypes.emplace_back(DType::from_id(static_cast<std::uint8_t>(id)).name());
  }
  return {{"version", version()},
          {"compiler", kCompiler},
          {"targets",
           {{"built", Strings(built_targets())},
            {"supported", Strings(supported_targets())},
            {"current", current_target()}}},
          {"threads", thread_limit()},
          {"dtypes", dtypes},
          {"ufuncs", Ufunc::all().size()},
          {"loops", loops}};
}

std::string ListText(const Json& list) { return Join(list.get<std::vector<std::string>>(), ", "); }

}  // namespace

void Info(const InfoOptions& options, std::ostream& out) {
  const Json facts = Facts();
  if (options.json) {
    out << facts.dump(2) << '\n';
    return;
  }
  const Json& targets = facts["targets"];
  PrintTable({{"version", facts["version"].get<std::string>()},
              {"compiler", facts["compiler"].get<std::string>()},
              {"target in use", targets["current"].get<std::string>()},
              {"targets built", ListText(targets["built"])},
              {"targets this CPU runs", ListText(targets["supported"])},
              {"threads", facts["threads"].dump()},
              {"dtypes", ListText(facts["dtypes"])},
              {"ufuncs", facts["ufuncs"].dump() + " with " + facts["loops"].dump() + " loops"}},
             out);
}

}  // namespace quern::cli
