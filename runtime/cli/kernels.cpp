#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/support.h"
#include "core/nearest.h"
#include "quern/runtime.hpp"
#include "quern/ufunc.hpp"

namespace quern::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Row {
  std::string ufunc;
  std::string types;
  std::string origin;
  std::vector<std::string> targets;  // best first
  std::vector<std::string> kinds;    // of each target
};

std::vector<const Ufunc*> Chosen(const KernelsOptions& options) {
  if (options.ufuncs.empty()) return Ufunc::all();
  std::vector<const Ufunc*> chosen;
  for (const std::string& name : options.ufuncs) chosen.push_back(&UfuncNamed(name));
  return chosen;
}

// The loops of the ufuncs, in order, with the target that runs each now.
std::vector<Row> RowsOfCurrentTarget(const std::vector<const Ufunc*>& ufuncs) {
  std::vector<Row> rows;
  for (const Ufunc* ufunc : ufuncs) {
    for (const std::vector<DType>& types : ufunc->loops()) {
      const Resolution resolution = ufunc->resolve(std::span(types).first(ufunc->inputs()));
      rows.push_back({std::string(ufunc->name()),
                      TypesText(types, ufunc->inputs()),
                      resolution.origin,
                      {resolution.target},
                      {resolution.kind}});
    }
  }
  return rows;
}

// A loop without a kernel for the target in use runs that of a lesser one, so asking under each
// target in turn lists exactly the kernels there are.
std::vector<Row> Rows(const std::vector<const Ufunc*>& ufuncs) {
  const TargetScope scope;
  std::vector<Row> rows;
  for (const std::string_view target : supported_targets()) {
    set_target(target);
    const std::vector<Row> current = RowsOfCurrentTarget(ufuncs);
    if (rows.empty()) rows = current;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::vector<std::string>& found = rows[i].targets;
      const std::string& runs = current[i].targets.front();
      if (std::ranges::find(found, runs) != found.end()) continue;
      found.push_back(runs);
      rows[i].kinds.push_back(current[i].kinds.front());
    }
  }
  return rows;
}

// One kind if the loop is the same on all targets, else that of each.
std::string KindsText(const Row& row) {
  const bool same = std::ranges::count(row.kinds, row.kinds.front()) == std::ssize(row.kinds);
  return same ? row.kinds.front() : Join(row.kinds, " ");
}

void CheckTarget(const std::string& target) {
  const std::vector<std::string_view> supported = supported_targets();
  if (target.empty() || std::ranges::find(supported, target) != supported.end()) return;
  const std::vector<std::string> names(supported.begin(), supported.end());
  throw UsageError("this CPU does not run target '" + target + "'; it runs " + Join(names, ", ") +
                   DidYouMean(target, supported));
}

}  // namespace

void Kernels(const KernelsOptions& options, std::ostream& out) {
  CheckTarget(options.target);
  std::vector<Row> rows = Rows(Chosen(options));
  std::erase_if(rows, [&](const Row& row) {
    return !options.target.empty() &&
           std::ranges::find(row.targets, options.target) == row.targets.end();
  });
  if (options.json) {
    Json list = Json::array();
    for (const Row& row : rows) {
      list.push_back({{"ufunc", row.ufunc},
                      {"types", row.types},
                      {"targets", row.targets},
                      {"kinds", row.kinds},
                      {"origin", row.origin}});
    }
    out << list.dump(2) << '\n';
    return;
  }
  Table table = {{"ufunc", "types", "targets", "kinds", "origin"}};
  for (const Row& row : rows) {
    table.push_back({row.ufunc, row.types, Join(row.targets, " "), KindsText(row), row.origin});
  }
  PrintTable(table, out);
  out << rows.size() << " loops\n";
}

}  // namespace quern::cli
