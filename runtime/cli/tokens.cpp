#include "cli/tokens.h"

#include <array>
#include <string>

#include "cli/syntax.h"

namespace quern::cli {
namespace {

// Longer symbols come before those they begin with.
constexpr std::array<std::string_view, 27> kSymbols = {
    "...", "**", "//", "<<", ">>", "<=", ">=", "==", "!=", "+", "-", "*", "/", "%",
    "@",   "&",  "|",  "^",  "~",  "<",  ">",  "(",  ")",  "[", "]", ",", ":"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// What a number may go on with; whether it is one is for its reader to say.
std::size_t NumberLength(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size()) {
    const char c = text[length];
    const bool exponent_sign = (c == '+' || c == '-') && length > 0 &&
                               (text[length - 1] == 'e' || text[length - 1] == 'E') &&
                               !text.starts_with("0x") && !text.starts_with("0X");
    if (!IsDigit(c) && !IsNameStart(c) && c != '.' && !exponent_sign) break;
    ++length;
  }
  return length;
}

std::size_t NameLength(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && (IsNameStart(text[length]) || IsDigit(text[length]))) ++length;
  return length;
}

std::string_view SymbolAt(std::string_view text) {
  for (const std::string_view symbol : kSymbols) {
    if (text.starts_with(symbol)) return symbol;
  }
  return text.starts_with('=') ? text.substr(0, 1) : std::string_view();
}

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view expression) : expression_(expression) {}

  std::vector<Token> Run() {
    while (SkipSpace(), position_ < expression_.size()) Next();
    tokens_.push_back({Token::Kind::end, {}, expression_.size()});
    return tokens_;
  }

 private:
  void SkipSpace() {
    while (position_ < expression_.size() &&
           std::string_view(" \t\r\n").find(expression_[position_]) != std::string_view::npos) {
      ++position_;
    }
  }

  void Next() {
    const std::string_view rest = expression_.substr(position_);
    const bool starts_number =
        IsDigit(rest[0]) || (rest[0] == '.' && rest.size() > 1 && IsDigit(rest[1]));
    if (starts_number) {
      Add(Token::Kind::number, NumberLength(rest));
    } else if (IsNameStart(rest[0])) {
      Add(Token::Kind::name, NameLength(rest));
    } else if (rest[0] == '\'' || rest[0] == '"') {
      Quoted(rest);
    } else {
      const std::string_view symbol = SymbolAt(rest);
      if (symbol.empty()) {
        throw ExpressionError("a character that no expression holds", position_);
      }
      Add(Token::Kind::symbol, symbol.size());
    }
  }

  void Add(Token::Kind kind, std::size_t length) {
    tokens_.push_back({kind, expression_.substr(position_, length), position_});
    position_ += length;
  }

  void Quoted(std::string_view rest) {
    const std::size_t end = rest.find(rest[0], 1);
    if (end == std::string_view::npos) throw ExpressionError("quotes without an end", position_);
    tokens_.push_back({Token::Kind::quoted, rest.substr(1, end - 1), position_});
    position_ += end + 1;
  }

  std::string_view expression_;
  std::size_t position_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> Tokenize(std::string_view expression) { return Tokenizer(expression).Run(); }

}  // namespace quern::cli
