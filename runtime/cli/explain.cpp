#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/support.h"
#include "core/tables.h"
#include "quern/runtime.hpp"
#include "quern/ufunc.hpp"

namespace quern::cli {
namespace {

using Json = nlohmann::ordered_json;

std::span<const DType> Inputs(std::span<const DType> types, const Ufunc& ufunc) {
  return types.first(ufunc.inputs());
}

std::vector<std::string> Names(std::span<const DType> types) {
  std::vector<std::string> names;
  for (const DType type : types) names.emplace_back(type.full_name());
  return names;
}

// "dividend, divisor -> quotient".
std::string Signature(const Ufunc& ufunc) {
  std::string text;
  const std::vector<std::string_view> names = ufunc.argument_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i == ufunc.inputs() ? " -> " : ", ";
    text += names[i];
  }
  return text;
}

template <class Texts>
std::string JoinTexts(const Texts& texts) {
  return Join(std::vector<std::string>(texts.begin(), texts.end()), ", ");
}

// The name, or where elements are byte-swapped the descriptor that says so.
std::string NameWithOrder(DType dtype) { return dtype.swapped() ? dtype.str() : dtype.full_name(); }

// The least level at which a cast is allowed, as the casting table has it.
std::string_view LevelOf(DType from, DType to) {
  for (const CastingLevel level : {CastingLevel::no, CastingLevel::equiv, CastingLevel::safe,
                                   CastingLevel::same_kind, CastingLevel::unsafe}) {
    if (can_cast(from, to, level)) return casting_name(level);
  }
  return "impossible";
}

// A ufunc without dtypes.

Json LoopList(const Ufunc& ufunc) {
  Json loops = Json::array();
  for (const std::vector<DType>& types : ufunc.loops()) {
    const Resolution resolution = ufunc.resolve(Inputs(types, ufunc));
    loops.push_back({{"types", TypesText(types, ufunc.inputs())},
                     {"target", resolution.target},
                     {"kind", resolution.kind},
                     {"origin", resolution.origin}});
  }
  return loops;
}

Json Describe(const Ufunc& ufunc) {
  const UfuncInfo& info = ufunc.info();
  Json facts = {{"name", ufunc.name()},
                {"summary", ufunc.summary()},
                {"inputs", ufunc.inputs()},
                {"outputs", ufunc.outputs()},
                {"arguments", Signature(ufunc)},
                {"operator", info.operator_symbol},
                {"aliases", JoinTexts(ufunc.aliases())},
                {"reductions", JoinTexts(info.reduction_functions)},
                {"identity", nullptr},
                {"origin", info.origin},
                {"loops", LoopList(ufunc)}};
  if (const std::optional<double> identity = ufunc.identity()) facts["identity"] = *identity;
  return facts;
}

void PrintDescription(const Json& facts, std::ostream& out) {
  out << facts["name"].get<std::string>() << ": " << facts["summary"].get<std::string>() << "\n\n";
  Table table;
  for (const char* key : {"arguments", "operator", "aliases", "reductions", "origin"}) {
    const auto text = facts[key].get<std::string>();
    if (!text.empty()) table.push_back({key, text});
  }
  if (!facts["identity"].is_null()) table.push_back({"identity", facts["identity"].dump()});
  PrintTable(table, out);
  out << '\n';
  Table loops = {{"loop", "target", "kind", "origin"}};
  for (const Json& loop : facts["loops"]) {
    loops.push_back({loop["types"], loop["target"], loop["kind"], loop["origin"]});
  }
  PrintTable(loops, out);
}

// A ufunc with dtypes.

// The unit of time of a chosen loop, generic if it has none.
TimeUnit UnitOf(const Resolution& resolution) {
  for (DType type : resolution.types) {
    if (type.has_unit()) return type.unit();
  }
  return {};
}

// The loops to which every input casts safely, whatever its unit: those that resolution chooses
// among, in the unit that it settled.
Json Candidates(const Ufunc& ufunc, std::span<const DType> inputs, TimeUnit unit) {
  Json candidates = Json::array();
  for (std::vector<DType> types : ufunc.loops()) {
    bool all_safe = true;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const DType input = inputs[i].native().with_unit({});
      all_safe = all_safe && can_cast(input, types[i], CastingLevel::safe);
    }
    for (DType& type : types) type = type.with_unit(unit);
    if (all_safe) candidates.push_back(TypesText(types, ufunc.inputs()));
  }
  return candidates;
}

Json Choice(const Ufunc& ufunc, std::span<const DType> inputs) {
  const Resolution resolution = ufunc.resolve(inputs);
  const std::vector<std::string_view> names = ufunc.argument_names();
  Json casts = Json::array();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    casts.push_back({{"argument", names[i]},
                     {"from", NameWithOrder(inputs[i])},
                     {"to", resolution.types[i].full_name()},
                     {"level", LevelOf(inputs[i], resolution.types[i])}});
  }
  return {{"name", ufunc.name()},
          {"inputs", Names(inputs)},
          {"loop", TypesText(resolution.types, ufunc.inputs())},
          {"target", resolution.target},
          {"kind", resolution.kind},
          {"origin", resolution.origin},
          {"casts", casts},
          {"candidates", Candidates(ufunc, inputs, UnitOf(resolution))}};
}

std::string CastText(const Json& cast) {
  const auto level = cast["level"].get<std::string>();
  const std::string from = cast["from"];
  const std::string to = cast["to"];
  if (level == casting_name(CastingLevel::no)) return from + " as it is";
  return from + " -> " + to + ", " + level;
}

void PrintChoice(const Json& choice, const Ufunc& ufunc, std::ostream& out) {
  out << ufunc.name() << ": " << ufunc.summary() << "\n\n";
  Table table;
  for (const char* key : {"loop", "target", "kind", "origin"}) table.push_back({key, choice[key]});
  for (const Json& cast : choice["casts"]) {
    table.push_back({"input " + cast["argument"].get<std::string>(), CastText(cast)});
  }
  PrintTable(table, out);
  out << "\nwhy: the least of the loops to which every input casts safely\n";
  for (const Json& candidate : choice["candidates"]) {
    const bool chosen = candidate == choice["loop"];
    out << (chosen ? "  * " : "    ") << candidate.get<std::string>() << '\n';
  }
}

// A reduction.

void ExplainReduction(const Ufunc& ufunc, const ExplainOptions& options, std::ostream& out) {
  if (options.dtypes.size() != 1) {
    throw UsageError("--reduce takes one dtype, that of the array");
  }
  const DType dtype = DTypeNamed(options.dtypes[0]);
  const Resolution resolution = ufunc.resolve_reduction(dtype);
  const DType accumulator = resolution.types[0];
  const Json facts = {{"name", ufunc.name()},
                      {"reduces", dtype.full_name()},
                      {"loop", TypesText(resolution.types, ufunc.inputs())},
                      {"accumulator", accumulator.full_name()},
                      {"cast", LevelOf(dtype, accumulator)},
                      {"target", resolution.target},
                      {"kind", resolution.kind},
                      {"origin", resolution.origin}};
  if (options.json) {
    out << facts.dump(2) << '\n';
    return;
  }
  Table table;
  for (const auto& [key, value] : facts.items()) table.push_back({key, value});
  PrintTable(table, out);
}

}  // namespace

void Explain(const ExplainOptions& options, std::ostream& out) {
  const Ufunc& ufunc = UfuncNamed(options.ufunc);
  if (options.reduce) {
    ExplainReduction(ufunc, options, out);
    return;
  }
  const bool has_dtypes = !options.dtypes.empty();
  const Json facts =
      has_dtypes ? Choice(ufunc, InputTypes(ufunc, options.dtypes)) : Describe(ufunc);
  if (options.json) {
    out << facts.dump(2) << '\n';
  } else if (has_dtypes) {
    PrintChoice(facts, ufunc, out);
  } else {
    PrintDescription(facts, out);
  }
}

}  // namespace quern::cli
