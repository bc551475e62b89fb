// The words of an expression.
#ifndef QUERN_CLI_TOKENS_H_
#define QUERN_CLI_TOKENS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace quern::cli {

struct Token {
  enum class Kind : std::uint8_t { number, name, quoted, symbol, end };
  Kind kind;
  std::string_view text;  // part of the expression; without the quotes of quoted text
  std::size_t position;
};

// The words in order, the last one of kind `end`. Throws ExpressionError for a byte that begins no
// word and for quotes without an end.
std::vector<Token> Tokenize(std::string_view expression);

}  // namespace quern::cli

#endif  // QUERN_CLI_TOKENS_H_
