#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/support.h"
#include "core/nearest.h"

namespace quern::cli {
namespace {

using Json = nlohmann::ordered_json;

// The most rows of a report that are printed.
constexpr std::size_t kMaxRows = 200;

constexpr const char* kHowToMake =
    "; tools/run.sh writes one to build/report/report.json, --file names another";

// Of a report, only a summary with the number of failed cases is required. `rows` and `differences`
// are lists of objects, and which figures they hold is the report's own business (tools/report).
Json Read(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw JobFailed("there is no report '" + file + "'" + kHowToMake);
  Json report = Json::parse(stream, nullptr, /*allow_exceptions=*/false);
  const bool has_summary = report.is_object() && report.contains("summary") &&
                           report["summary"].is_object() &&
                           report["summary"].value("failed", Json()).is_number_integer();
  if (!has_summary) {
    throw JobFailed("'" + file + "' is no conformance report: it has no summary of failed cases" +
                    kHowToMake);
  }
  return report;
}

std::string Text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() ? "" : value.dump();
}

// The words of a text such as "float64, int8 -> float64".
std::vector<std::string> Words(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text + " ") {
    const bool in_word =
        c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (in_word) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  return words;
}

// One filter: the key of a row whose words must hold the wanted one.
struct Filter {
  std::vector<std::string> keys;
  std::string wanted;
};

bool Passes(const Json& row, const Filter& filter) {
  if (filter.wanted.empty()) return true;
  return std::ranges::any_of(filter.keys, [&](const std::string& key) {
    if (!row.contains(key)) return false;
    const std::vector<std::string> words = Words(Text(row[key]));
    return std::ranges::find(words, filter.wanted) != words.end();
  });
}

// A word that no row holds is a mistyped one.
void CheckFilter(const Json& rows, const Filter& filter) {
  if (filter.wanted.empty()) return;
  if (std::ranges::any_of(rows, [&](const Json& row) { return Passes(row, filter); })) return;
  std::vector<std::string> known;
  for (const Json& row : rows) {
    for (const std::string& key : filter.keys) {
      for (std::string& word : Words(row.contains(key) ? Text(row[key]) : "")) {
        known.push_back(std::move(word));
      }
    }
  }
  const std::vector<std::string_view> names(known.begin(), known.end());
  throw UsageError("the report has no row of '" + filter.wanted + "'" +
                   DidYouMean(filter.wanted, names));
}

Json ChosenRows(const Json& report, const ReportOptions& options) {
  const Json rows =
      report.contains("rows") && report["rows"].is_array() ? report["rows"] : Json::array();
  const std::vector<Filter> filters = {{{"ufunc", "name"}, options.ufunc},
                                       {{"dtype", "dtypes", "types"}, options.dtype},
                                       {{"target", "targets"}, options.target}};
  for (const Filter& filter : filters) CheckFilter(rows, filter);
  Json chosen = Json::array();
  for (const Json& row : rows) {
    const bool passes =
        std::ranges::all_of(filters, [&](const Filter& filter) { return Passes(row, filter); });
    if (passes) chosen.push_back(row);
  }
  return chosen;
}

// The figures of rows that fit a column: those that are no lists and no objects in the first row.
void PrintRows(const Json& rows, std::ostream& out) {
  if (rows.empty()) return;
  Table table(1);
  for (const auto& [key, value] : rows[0].items()) {
    if (!value.is_structured()) table[0].push_back(key);
  }
  for (std::size_t i = 0; i < std::min(rows.size(), kMaxRows); ++i) {
    std::vector<std::string> cells;
    for (const std::string& key : table[0]) cells.push_back(Text(rows[i].value(key, Json())));
    table.push_back(std::move(cells));
  }
  out << '\n';
  PrintTable(table, out);
  if (rows.size() > kMaxRows) {
    out << "and " << rows.size() - kMaxRows << " more; --ufunc, --dtype, --target choose rows\n";
  }
}

// What failed, with the first case of each.
void PrintFailures(const Json& report, std::ostream& out) {
  Table table = {{"failed", "ufunc", "types", "count", "case", "quern", "expected"}};
  for (const Json& row : report.value("differences", Json::array())) {
    if (row.value("status", "") != "failed") continue;
    const Json examples = row.value("examples", Json::array());
    const Json example = examples.empty() ? Json::object() : examples[0];
    std::vector<std::string> cells;
    for (const char* key : {"check", "ufunc", "types", "count"}) {
      cells.push_back(Text(row.value(key, Json())));
    }
    for (const char* key : {"case", "quern", "expected"}) {
      cells.push_back(Text(example.value(key, Json())));
    }
    table.push_back(std::move(cells));
  }
  if (table.size() == 1) return;
  out << '\n';
  PrintTable(table, out);
}

void Show(const Json& report, const ReportOptions& options, std::ostream& out) {
  const Json& summary = report["summary"];
  const bool is_filtered =
      !options.ufunc.empty() || !options.dtype.empty() || !options.target.empty();
  const Json rows = is_filtered ? ChosenRows(report, options) : Json::array();
  if (options.json) {
    out << Json({{"summary", summary}, {"rows", rows}}).dump(2) << '\n';
    return;
  }
  Table table;
  for (const auto& [key, value] : summary.items()) {
    if (!value.is_structured()) table.push_back({key, Text(value)});
  }
  PrintTable(table, out);
  PrintFailures(report, out);
  PrintRows(rows, out);
}

}  // namespace

void Report(const ReportOptions& options, std::ostream& out) {
  const Json report = Read(options.file);
  try {
    Show(report, options, out);
  } catch (const Json::exception&) {
    throw JobFailed("'" + options.file + "' is no conformance report" + kHowToMake);
  }
  if (const auto failed = report["summary"]["failed"].get<long long>(); failed > 0) {
    throw JobFailed(std::to_string(failed) + " cases failed");
  }
}

}  // namespace quern::cli
