#include "cli/expression.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <span>
#include <utility>

#include "core/nearest.h"
#include "core/tables.h"
#include "quern/errors.hpp"
#include "quern/statistics.hpp"

namespace quern::cli {
namespace {

struct Constant {
  std::string_view name;
  double value;
};
constexpr std::array<Constant, 4> kConstants = {{{"e", std::numbers::e},
                                                 {"inf", std::numeric_limits<double>::infinity()},
                                                 {"nan", std::numeric_limits<double>::quiet_NaN()},
                                                 {"pi", std::numbers::pi}}};

bool IsName(const Node& node, std::string_view name) {
  return node.kind == Node::Kind::name && node.text == name;
}
bool IsNone(const Node& node) { return IsName(node, "None"); }

WeakScalar WeakInteger(std::int64_t value) {
  return {WeakScalar::Kind::integer, false, value, 0.0};
}
WeakScalar WeakReal(double value) { return {WeakScalar::Kind::real, false, 0, value}; }

Operand AsOperand(const Value& value) {
  if (const auto* number = std::get_if<WeakScalar>(&value)) return *number;
  return std::get<Array>(value);
}

// The result of an operator on numbers alone, made weak again so that `a * (1 + 2)` keeps the dtype
// of a. A truth value stays an array: bool is not weak.
Value Weaken(const Array& array) {
  switch (array.dtype().kind()) {
    case 'i':
      return WeakInteger(array.item<std::int64_t>());
    case 'u':
      return WeakScalar{WeakScalar::Kind::integer, true,
                        static_cast<std::int64_t>(array.item<std::uint64_t>()), 0.0};
    case 'f':
      return WeakReal(array.item<double>());
    default:
      return array;
  }
}

const Ufunc* FindOperator(std::string_view symbol, std::size_t inputs) {
  for (const Ufunc* ufunc : Ufunc::all()) {
    if (ufunc->inputs() == inputs && symbol == ufunc->info().operator_symbol) return ufunc;
  }
  return nullptr;
}

const Ufunc* FindReduction(std::string_view name) {
  for (const Ufunc* ufunc : Ufunc::all()) {
    const std::span<const char* const> functions = ufunc->info().reduction_functions;
    if (std::ranges::find(functions, name) != functions.end()) return ufunc;
  }
  return nullptr;
}

const Ufunc* FindUfunc(std::string_view name) {
  for (const Ufunc* ufunc : Ufunc::all()) {
    const std::vector<std::string_view> aliases = ufunc->aliases();
    if (ufunc->name() == name || std::ranges::find(aliases, name) != aliases.end()) return ufunc;
  }
  return nullptr;
}

class Evaluator {
 public:
  explicit Evaluator(const Bindings& bindings) : bindings_(bindings) {}

  Value Visit(const Node& node) const {
    switch (node.kind) {
      case Node::Kind::number:
        return node.number;
      case Node::Kind::name:
        return Name(node);
      case Node::Kind::operation:
        return Operation(node);
      case Node::Kind::call:
        return Call(node);
      case Node::Kind::subscript:
        return Subscripted(node);
      case Node::Kind::tuple:
        Fail(node, "a tuple has no place here");
      default:
        Fail(node, "expected a number or an array");
    }
  }

 private:
  using Function = Value (Evaluator::*)(const Node&) const;
  struct NamedFunction {
    std::string_view name;
    Function call;
  };
  // Functions that are neither ufuncs nor reductions of one.
  static std::span<const NamedFunction> Functions() {
    static constexpr std::array<NamedFunction, 2> kFunctions = {
        {{"astype", &Evaluator::AsType}, {"mean", &Evaluator::Mean}}};
    return kFunctions;
  }

  [[noreturn]] static void Fail(const Node& node, const std::string& message) {
    throw ExpressionError(message, node.position);
  }

  // Runs a calculation; what it refuses is reported at the node.
  template <class Work>
  static auto At(const Node& node, const Work& work) {
    try {
      return work();
    } catch (const Error& error) {
      throw ExpressionError(error.what(), node.position, ExpressionError::Kind::calculation);
    }
  }

  // Names.

  Value Name(const Node& node) const {
    const auto bound = bindings_.find(node.text);
    if (bound != bindings_.end()) return bound->second;
    if (node.text == "True" || node.text == "False") return Array::scalar(node.text == "True");
    for (const Constant& constant : kConstants) {
      if (constant.name == node.text) return WeakReal(constant.value);
    }
    const std::vector<std::string_view> functions = FunctionNames();
    if (std::ranges::find(functions, node.text) != functions.end()) {
      Fail(node, "'" + node.text + "' is a function; write " + node.text + "(...)");
    }
    std::vector<std::string_view> names;
    for (const auto& [name, value] : bindings_) names.push_back(name);
    for (const Constant& constant : kConstants) names.push_back(constant.name);
    Fail(node, "'" + node.text + "' is bound to nothing; add " + node.text + "=file.npy or " +
                   node.text + "=number" + DidYouMean(node.text, names));
  }

  static std::vector<std::string_view> FunctionNames() {
    std::vector<std::string_view> names;
    for (const Ufunc* ufunc : Ufunc::all()) {
      names.push_back(ufunc->name());
      for (const std::string_view alias : ufunc->aliases()) names.push_back(alias);
      for (const char* name : ufunc->info().reduction_functions) names.emplace_back(name);
    }
    for (const NamedFunction& function : Functions()) names.push_back(function.name);
    return names;
  }

  // Operators.

  Value Operation(const Node& node) const {
    std::vector<Value> values;
    for (const NodePtr& child : node.children) values.push_back(Visit(*child));
    const Ufunc* const ufunc = FindOperator(node.text, values.size());
    if (ufunc == nullptr) {
      Fail(node, "no ufunc stands for the operator '" + node.text + "'" +
                     (values.size() == 1 ? " before an operand" : " between operands"));
    }
    const Array result = Apply(node, *ufunc, values, {});
    const bool all_weak = std::ranges::all_of(
        values, [](const Value& value) { return std::holds_alternative<WeakScalar>(value); });
    return all_weak ? Weaken(result) : Value(result);
  }

  static Array Apply(const Node& node, const Ufunc& ufunc, std::span<const Value> values,
                     const CallOptions& options) {
    std::vector<Operand> operands;
    for (const Value& value : values) operands.push_back(AsOperand(value));
    return At(node, [&] { return ufunc.call(operands, options); });
  }

  // Calls.

  Value Call(const Node& node) const {
    for (const NamedFunction& function : Functions()) {
      if (function.name == node.text) return (this->*function.call)(node);
    }
    if (const Ufunc* ufunc = FindReduction(node.text)) {
      return Reduce(node, [&](const Array& array, ReduceOptions& options) {
        if (options.axis.is_default()) options.axis = Axes::all();
        return ufunc->reduce(array, options);
      });
    }
    if (const Ufunc* ufunc = FindUfunc(node.text)) return CallUfunc(node, *ufunc);
    Fail(node, "there is no function '" + node.text + "'" + DidYouMean(node.text, FunctionNames()));
  }

  Value CallUfunc(const Node& node, const Ufunc& ufunc) const {
    CheckKeywords(node, std::array<std::string_view, 3>{"where", "dtype", "casting"});
    if (node.children.size() != ufunc.inputs()) {
      Fail(node, node.text + " takes " + std::to_string(ufunc.inputs()) +
                     (ufunc.inputs() == 1 ? " argument, not " : " arguments, not ") +
                     std::to_string(node.children.size()));
    }
    if (ufunc.outputs() != 1) Fail(node, node.text + " has more than one result");
    std::vector<Value> values;
    for (const NodePtr& child : node.children) values.push_back(Visit(*child));
    CallOptions options;
    options.dtype = DTypeArgument(node);
    if (const Node* casting = Argument(node, "casting")) {
      options.casting = At(*casting, [&] { return parse_casting(Word(*casting)); });
    }
    const std::optional<Array> where = WhereArgument(node);
    if (!where) return Apply(node, ufunc, values, options);
    Array out = Zeros(node, ufunc, values, *where, options);
    options.out = &out;
    options.where = &*where;
    return Apply(node, ufunc, values, options);
  }

  // What a call with where= writes into, so that elements left out are 0 and not arbitrary. A call
  // on empty arrays tells the dtype without computing anything.
  static Array Zeros(const Node& node, const Ufunc& ufunc, std::span<const Value> values,
                     const Array& where, const CallOptions& options) {
    std::vector<Shape> shapes = {Shape(where.shape().begin(), where.shape().end())};
    std::vector<Value> empties;
    for (const Value& value : values) {
      const auto* array = std::get_if<Array>(&value);
      empties.push_back(array == nullptr ? value : Array({0}, array->dtype()));
      if (array != nullptr) shapes.emplace_back(array->shape().begin(), array->shape().end());
    }
    const DType dtype = Apply(node, ufunc, empties, options).dtype();
    return At(node, [&] { return zeros(broadcast_shapes(shapes), dtype); });
  }

  Value AsType(const Node& node) const {
    CheckKeywords(node, std::array<std::string_view, 2>{"dtype", "casting"});
    CheckPositional(node, 2);
    const Node* const dtype = Argument(node, "dtype", 1);
    if (dtype == nullptr) Fail(node, "astype takes an array and a dtype");
    const Node* const casting = Argument(node, "casting");
    const Array array = AsArray(Visit(*node.children[0]));
    return At(node, [&] {
      const CastingLevel level =
          casting == nullptr ? CastingLevel::unsafe
                             : parse_casting(Word(*casting), CastingLevel::same_value);
      return array.astype(ReadDType(*dtype), level);
    });
  }

  Value Mean(const Node& node) const {
    return Reduce(node, [](const Array& array, const ReduceOptions& options) {
      return mean(array, options);
    });
  }

  template <class Work>
  Value Reduce(const Node& node, const Work& work) const {
    CheckKeywords(node,
                  std::array<std::string_view, 5>{"axis", "keepdims", "dtype", "initial", "where"});
    CheckPositional(node, 2);
    const Array array = AsArray(Visit(*node.children[0]));
    ReduceOptions options;
    if (const Node* axis = Argument(node, "axis", 1)) options.axis = AxisArgument(*axis);
    if (const Node* keepdims = Argument(node, "keepdims")) options.keepdims = Truth(*keepdims);
    options.dtype = DTypeArgument(node);
    std::optional<Value> initial;
    if (const Node* given = Argument(node, "initial")) {
      options.no_identity = IsNone(*given);
      if (!options.no_identity) initial = Visit(*given);
    }
    if (initial) options.initial = AsOperand(*initial);
    const std::optional<Array> where = WhereArgument(node);
    if (where) options.where = &*where;
    return At(node, [&] { return work(array, options); });
  }

  // Arguments.

  static void CheckKeywords(const Node& node, std::span<const std::string_view> accepted) {
    for (std::size_t i = 0; i < node.keywords.size(); ++i) {
      const Keyword& keyword = node.keywords[i];
      if (std::ranges::find(accepted, keyword.name) == accepted.end()) {
        throw ExpressionError(node.text + " has no argument '" + keyword.name + "'" +
                                  DidYouMean(keyword.name, accepted),
                              keyword.position);
      }
      for (std::size_t j = 0; j < i; ++j) {
        if (node.keywords[j].name != keyword.name) continue;
        throw ExpressionError("'" + keyword.name + "' is given twice", keyword.position);
      }
    }
  }

  static void CheckPositional(const Node& node, std::size_t most) {
    if (node.children.empty()) Fail(node, node.text + " takes an array");
    if (node.children.size() > most) {
      Fail(*node.children[most],
           node.text + " takes at most " + std::to_string(most) + " arguments without a name");
    }
  }

  // The argument of that name, or at that position (0 is never one); null if it is absent.
  static const Node* Argument(const Node& node, std::string_view name, std::size_t position = 0) {
    const bool is_positional = position > 0 && position < node.children.size();
    for (const Keyword& keyword : node.keywords) {
      if (keyword.name != name) continue;
      if (is_positional) {
        throw ExpressionError("'" + keyword.name + "' is given twice", keyword.position);
      }
      return keyword.value.get();
    }
    return is_positional ? node.children[position].get() : nullptr;
  }

  // A word, with or without quotes.
  static std::string_view Word(const Node& node) {
    if (node.kind == Node::Kind::name || node.kind == Node::Kind::quoted) return node.text;
    Fail(node, "expected a name");
  }

  static DType ReadDType(const Node& node) {
    return At(node, [&] { return DType::parse(Word(node)); });
  }

  static std::optional<DType> DTypeArgument(const Node& call) {
    const Node* const node = Argument(call, "dtype");
    if (node == nullptr || IsNone(*node)) return std::nullopt;
    return ReadDType(*node);
  }

  std::optional<Array> WhereArgument(const Node& call) const {
    const Node* const node = Argument(call, "where");
    if (node == nullptr) return std::nullopt;
    return AsArray(Visit(*node));
  }

  static bool Truth(const Node& node) {
    if (IsName(node, "True")) return true;
    if (IsName(node, "False")) return false;
    Fail(node, "expected True or False");
  }

  Axes AxisArgument(const Node& node) const {
    if (IsNone(node)) return Axes::all();
    if (node.kind != Node::Kind::tuple) return Axes(Integer(node));
    std::vector<Index> axes;
    for (const NodePtr& child : node.children) axes.push_back(Integer(*child));
    return Axes(std::move(axes));
  }

  Index Integer(const Node& node) const {
    const Value value = Visit(node);
    const auto* number = std::get_if<WeakScalar>(&value);
    if (number == nullptr || number->kind != WeakScalar::Kind::integer || number->is_unsigned) {
      Fail(node, "expected an integer");
    }
    return number->integer;
  }

  // Subscripts.

  Value Subscripted(const Node& node) const {
    const Value value = Visit(*node.children[0]);
    const auto* array = std::get_if<Array>(&value);
    if (array == nullptr) Fail(node, "a number has no subscript");
    std::vector<Subscript> items;
    for (std::size_t i = 1; i < node.children.size(); ++i) items.push_back(Item(*node.children[i]));
    return At(node, [&] { return array->index(items); });
  }

  Subscript Item(const Node& node) const {
    if (node.kind == Node::Kind::ellipsis) return ellipsis;
    if (IsNone(node) || (IsName(node, "newaxis") && !bindings_.contains("newaxis"))) return newaxis;
    if (node.kind != Node::Kind::slice) return Integer(node);
    return Slice{SlicePart(node.children[0]), SlicePart(node.children[1]),
                 SlicePart(node.children[2])};
  }

  std::optional<Index> SlicePart(const NodePtr& part) const {
    if (part == nullptr || IsNone(*part)) return std::nullopt;
    return Integer(*part);
  }

  const Bindings& bindings_;
};

void CollectNames(const Node& node, std::vector<std::string>& names) {
  if (node.kind == Node::Kind::name && std::ranges::find(names, node.text) == names.end()) {
    names.push_back(node.text);
  }
  for (const NodePtr& child : node.children) {
    if (child != nullptr) CollectNames(*child, names);
  }
  for (const Keyword& keyword : node.keywords) CollectNames(*keyword.value, names);
}

}  // namespace

Value Evaluate(const Node& expression, const Bindings& bindings) {
  return Evaluator(bindings).Visit(expression);
}

Value Evaluate(std::string_view expression, const Bindings& bindings) {
  return Evaluate(*Parse(expression), bindings);
}

Array AsArray(const Value& value) {
  if (const auto* array = std::get_if<Array>(&value)) return *array;
  const auto& number = std::get<WeakScalar>(value);
  if (number.kind == WeakScalar::Kind::real) return Array::scalar(number.real);
  if (number.is_unsigned) return Array::scalar(static_cast<std::uint64_t>(number.integer));
  return Array::scalar(number.integer);
}

std::vector<std::string> NamesUsed(const Node& expression) {
  std::vector<std::string> names;
  CollectNames(expression, names);
  return names;
}

}  // namespace quern::cli
