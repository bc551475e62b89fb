// Evaluation of the expressions of `quern eval` (grammar in syntax.h).
//
// Operators and functions are those of the registry: an operator stands for the ufunc that declares
// it with as many inputs, a function is a ufunc, one of its reductions (sum, max), or one of the
// few functions made of them (mean, astype). Numbers are weak, as in Python: beside an array they
// take its dtype; numbers alone are computed in int64 or float64 and stay weak.
#ifndef QUERN_CLI_EXPRESSION_H_
#define QUERN_CLI_EXPRESSION_H_

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/syntax.h"
#include "quern/array.hpp"
#include "quern/ufunc.hpp"

namespace quern::cli {

using Value = std::variant<WeakScalar, Array>;
using Bindings = std::map<std::string, Value, std::less<>>;

// The value of a tree under bindings of its names. Throws ExpressionError: of kind `text` for
// names, operators and arguments that do not exist, of kind `calculation`, with quern's own
// message, for what the calculation refuses.
Value Evaluate(const Node& expression, const Bindings& bindings);

// The same from text.
Value Evaluate(std::string_view expression, const Bindings& bindings);

// A number as a 0-d array.
Array AsArray(const Value& value);

// The names that the tree uses as values or subscripts, in order of first use.
std::vector<std::string> NamesUsed(const Node& expression);

}  // namespace quern::cli

#endif  // QUERN_CLI_EXPRESSION_H_
