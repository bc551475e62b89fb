// The grammar of `quern eval`: Python's arithmetic on names and numbers, as a tree.
//
//   comparison  == != < <= > >= , not chained
//   |   ^   &   << >>   + -   * / // % @       each binding tighter than the one before
//   unary + - ~
//   **          to the right, tighter than a unary operator on its left
//   a[...]      subscripts: integers, start:stop:step, ..., None or newaxis
//   f(a, k=b)   calls of functions by name
//   (a), (a, b) groups, and tuples where an argument takes one
//   numbers, names, text in quotes
//
// Nothing here knows which operators or functions exist; see expression.h.
#ifndef QUERN_CLI_SYNTAX_H_
#define QUERN_CLI_SYNTAX_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "quern/ufunc.hpp"

namespace quern::cli {

// A fault of an expression and its place.
class ExpressionError : public std::runtime_error {
 public:
  // What was wrong: the text of the expression, or the calculation it asked for.
  enum class Kind : std::uint8_t { text, calculation };

  ExpressionError(const std::string& message, std::size_t position, Kind kind = Kind::text)
      : std::runtime_error(message), position_(position), kind_(kind) {}
  std::size_t position() const { return position_; }  // byte offset in the expression
  Kind kind() const { return kind_; }

 private:
  std::size_t position_;
  Kind kind_;
};

// The message, the line of the expression and a caret below the place.
std::string Describe(const ExpressionError& error, std::string_view expression);

struct Node;
using NodePtr = std::unique_ptr<Node>;

struct Keyword {
  std::string name;
  std::size_t position;
  NodePtr value;
};

struct Node {
  enum class Kind : std::uint8_t {
    number,  // number
    name,    // text
    quoted,  // text, without the quotes
    ellipsis,
    tuple,      // children
    slice,      // three children, each null if absent
    operation,  // text is the operator; one or two children
    call,       // text is the function; children and keywords
    subscript,  // children: the array, then the items
  };
  Kind kind;
  std::size_t position;  // of the operator, the name, or the first byte
  std::string text;
  WeakScalar number;
  std::vector<NodePtr> children;
  std::vector<Keyword> keywords;
};

// Throws ExpressionError. Depth and number of nodes are bounded, so that no text exhausts the
// stack.
NodePtr Parse(std::string_view expression);

// A whole text that is one number, with an optional sign; null if it is none.
NodePtr ParseNumber(std::string_view text);

bool IsIdentifier(std::string_view text);

}  // namespace quern::cli

#endif  // QUERN_CLI_SYNTAX_H_
