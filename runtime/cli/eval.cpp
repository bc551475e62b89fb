#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/expression.h"
#include "cli/syntax.h"
#include "quern/io.hpp"

namespace quern::cli {
namespace {

struct Binding {
  std::string name;
  std::string value;
};

Binding Split(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || !IsIdentifier(text.substr(0, equals))) {
    throw UsageError("'" + text + "' binds no name; write name=file.npy or name=number");
  }
  if (equals + 1 == text.size()) {
    throw UsageError("'" + text + "' gives the name nothing; write name=file.npy or name=number");
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

Value Load(const Binding& binding, bool mmap) {
  if (const NodePtr number = ParseNumber(binding.value)) return number->number;
  return load(binding.value, mmap ? LoadMode::map_readonly : LoadMode::read);
}

// Files that the expression does not name are not opened.
Bindings Bind(const EvalOptions& options, const std::vector<std::string>& used) {
  Bindings bindings;
  for (const std::string& text : options.bindings) {
    const Binding binding = Split(text);
    if (bindings.contains(binding.name)) {
      throw UsageError("'" + binding.name + "' is bound twice");
    }
    if (std::ranges::find(used, binding.name) == used.end()) {
      std::cerr << "quern eval: note: '" << binding.name << "' is not used\n";
      continue;
    }
    bindings.emplace(binding.name, Load(binding, options.mmap));
  }
  return bindings;
}

Array Result(std::string_view text, const EvalOptions& options) {
  const NodePtr expression = Parse(text);
  return AsArray(Evaluate(*expression, Bind(options, NamesUsed(*expression))));
}

}  // namespace

void Eval(const EvalOptions& options, std::ostream& out) {
  std::string_view text = options.expression;
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  Array result;
  try {
    result = Result(text, options);
  } catch (const ExpressionError& error) {
    const std::string message = Describe(error, text);
    if (error.kind() == ExpressionError::Kind::text) throw UsageError(message);
    throw JobFailed(message);
  }
  if (options.output.empty()) {
    out << result.to_string() << '\n';
  } else {
    save(options.output, result);
  }
}

}  // namespace quern::cli
