#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/support.h"
#include "quern/array.hpp"
#include "quern/error_state.hpp"
#include "quern/errors.hpp"
#include "quern/runtime.hpp"
#include "quern/ufunc.hpp"

namespace quern::cli {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

// Figures are the least of this many measurements: noise only ever adds.
constexpr int kRepeats = 5;
// Values repeat with this period, so that small integer dtypes hold them all.
constexpr Index kPeriod = 100;

// Positive numbers from 1 to kPeriod in an order without a pattern that a branch could learn, so
// that no ufunc meets a special value.
Array Values(std::size_t size, DType dtype) {
  std::vector<std::int64_t> values(size);
  Index value = 1;
  for (std::int64_t& element : values) {
    element = value;
    value = (value * 37 + 11) % kPeriod + 1;
  }
  return Array::from_values(std::span<const std::int64_t>(values)).astype(dtype);
}

double SecondsOf(const Ufunc& ufunc, std::span<const Operand> inputs, const CallOptions& options,
                 std::size_t calls) {
  const Clock::time_point start = Clock::now();
  for (std::size_t i = 0; i < calls; ++i) ufunc.call(inputs, options);
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Nanoseconds per element of calls into an existing output.
double Measure(const Ufunc& ufunc, std::span<const DType> types, std::size_t size, double seconds) {
  std::vector<Array> arrays;
  for (const DType type : types) arrays.push_back(Values(size, type));
  const std::vector<Operand> inputs(arrays.begin(), arrays.end());
  Array out = ufunc.call(inputs);
  CallOptions options;
  options.out = &out;

  std::size_t calls = 1;
  double taken = SecondsOf(ufunc, inputs, options, calls);
  while (taken < seconds / kRepeats && calls < (std::size_t{1} << 30)) {
    calls *= 2;
    taken = SecondsOf(ufunc, inputs, options, calls);
  }
  for (int i = 1; i < kRepeats; ++i) {
    taken = std::min(taken, SecondsOf(ufunc, inputs, options, calls));
  }
  return taken * 1e9 / static_cast<double>(calls) /
         static_cast<double>(std::max<std::size_t>(size, 1));
}

std::vector<std::vector<DType>> ChosenTypes(const Ufunc& ufunc, const BenchOptions& options) {
  if (!options.dtypes.empty()) return {InputTypes(ufunc, options.dtypes)};
  std::vector<std::vector<DType>> chosen;
  for (const std::vector<DType>& types : ufunc.loops()) {
    chosen.emplace_back(types.begin(), types.begin() + static_cast<Index>(ufunc.inputs()));
  }
  return chosen;
}

std::string Fixed(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

// One row per dtypes and size, one figure per target.
Json Figures(const Ufunc& ufunc, const BenchOptions& options) {
  const TargetScope scope;
  Json rows = Json::array();
  for (const std::vector<DType>& types : ChosenTypes(ufunc, options)) {
    for (const std::size_t size : options.sizes) {
      Json figures = Json::object();
      for (const std::string_view target : supported_targets()) {
        set_target(target);
        figures[std::string(target)] = Measure(ufunc, types, size, options.seconds);
      }
      rows.push_back({{"ufunc", ufunc.name()},
                      {"inputs", TypesText(types, types.size())},
                      {"size", size},
                      {"nanoseconds_per_element", figures}});
    }
  }
  return rows;
}

void PrintFigures(const Json& rows, std::ostream& out) {
  Table table = {{"inputs", "size"}};
  for (const std::string_view target : supported_targets()) table[0].emplace_back(target);
  for (const Json& row : rows) {
    std::vector<std::string> cells = {row["inputs"], row["size"].dump()};
    for (const Json& figure : row["nanoseconds_per_element"]) {
      cells.push_back(Fixed(figure.get<double>()));
    }
    table.push_back(cells);
  }
  PrintTable(table, out);
}

}  // namespace

void Bench(const BenchOptions& options, std::ostream& out) {
  const Ufunc& ufunc = UfuncNamed(options.ufunc);
  ErrorState quiet;
  quiet.divide = quiet.over = quiet.under = quiet.invalid = ErrorAction::ignore;
  const ErrorStateScope errors(quiet);
  const ThreadLimitScope threads(options.threads);
  const Json rows = Figures(ufunc, options);
  if (options.json) {
    out << rows.dump(2) << '\n';
    return;
  }
  out << ufunc.name() << ", nanoseconds per element, " << options.threads
      << (options.threads == 1 ? " thread" : " threads") << '\n';
  PrintFigures(rows, out);
}

}  // namespace quern::cli
