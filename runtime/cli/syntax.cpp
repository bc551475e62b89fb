#include "cli/syntax.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

#include "cli/tokens.h"

namespace quern::cli {
namespace {

// The tree is walked by recursion; these keep its depth far below what a thread's stack holds.
constexpr int kMaxDepth = 100;
constexpr int kMaxNodes = 1000;

// Binary operators between spaces, level by level, the loosest first. ** reads its own operands.
constexpr std::array<std::string_view, 7> kLevels = {
    " == != < <= > >= ", " | ", " ^ ", " & ", " << >> ", " + - ", " * / // % @ "};
constexpr int kComparison = 1;

// The level of a binary operator, from 1; 0 for anything else.
int LevelOf(const Token& token) {
  if (token.kind != Token::Kind::symbol) return 0;
  const std::string word = " " + std::string(token.text) + " ";
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    if (kLevels[i].find(word) != std::string_view::npos) return static_cast<int>(i) + 1;
  }
  return 0;
}

// Python allows single underscores between digits.
std::optional<std::string> WithoutUnderscores(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      plain += text[i];
    } else if (i == 0 || i + 1 == text.size() || text[i - 1] == '_') {
      return std::nullopt;
    }
  }
  return plain;
}

bool IsHex(std::string_view text) { return text.starts_with("0x") || text.starts_with("0X"); }

std::optional<WeakScalar> ReadInteger(std::string_view text) {
  const int base = IsHex(text) ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  const bool is_unsigned = value > std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  return WeakScalar{WeakScalar::Kind::integer, is_unsigned, static_cast<std::int64_t>(value), 0.0};
}

std::optional<WeakScalar> ReadReal(std::string_view text) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return WeakScalar{WeakScalar::Kind::real, false, 0, value};
}

// Integers beyond 64 bits are refused rather than taken for reals.
WeakScalar ReadNumber(std::string_view text, std::size_t position) {
  const std::optional<std::string> plain = WithoutUnderscores(text);
  if (!plain) throw ExpressionError("not a number: '" + std::string(text) + "'", position);
  const bool all_digits =
      IsHex(*plain) || plain->find_first_not_of("0123456789") == std::string::npos;
  const std::optional<WeakScalar> value = all_digits ? ReadInteger(*plain) : ReadReal(*plain);
  if (value) return *value;
  const bool digits_only = plain->find_first_not_of("0123456789") == std::string::npos;
  throw ExpressionError(digits_only ? "an integer beyond 64 bits; write it with a decimal point"
                                    : "not a number: '" + std::string(text) + "'",
                        position);
}

// The negative of a literal, so that -9223372036854775808 is a literal too.
bool Negate(WeakScalar& number) {
  if (number.kind == WeakScalar::Kind::real) {
    number.real = -number.real;
    return true;
  }
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  if (number.is_unsigned && number.integer != kLeast) return false;
  if (!number.is_unsigned) number.integer = -number.integer;
  number.is_unsigned = false;
  return true;
}

class Parser {
 public:
  explicit Parser(std::string_view expression) : tokens_(Tokenize(expression)) {}

  NodePtr Run() {
    if (Peek().kind == Token::Kind::end) Fail("the expression is empty");
    NodePtr node = Expression(kComparison);
    if (Peek().kind != Token::Kind::end) FailAfterOperand();
    return node;
  }

 private:
  const Token& Peek() const { return tokens_[next_]; }
  const Token& Take() { return tokens_[next_++]; }
  bool At(std::string_view symbol) const {
    return Peek().kind == Token::Kind::symbol && Peek().text == symbol;
  }
  bool Accept(std::string_view symbol) {
    if (!At(symbol)) return false;
    ++next_;
    return true;
  }
  void Expect(std::string_view symbol, const std::string& why) {
    if (!Accept(symbol)) Fail("expected '" + std::string(symbol) + "' " + why);
  }

  [[noreturn]] void Fail(const std::string& message) const {
    throw ExpressionError(message, Peek().position);
  }
  // Words and symbols that people expect to work, and what does.
  [[noreturn]] void FailAfterOperand() const {
    const Token& token = Peek();
    if (token.text == "and" || token.text == "or") {
      const char* instead = token.text == "and" ? "&" : "|";
      Fail("'" + std::string(token.text) + "' does not work on arrays; use '" + instead +
           "', with comparisons in parentheses");
    }
    if (At("=")) Fail("'=' does not compare; use '=='");
    if (At(")") || At("]")) Fail("'" + std::string(token.text) + "' closes nothing");
    Fail("expected an operator or the end of the expression");
  }

  NodePtr Make(Node::Kind kind, const Token& token) {
    if (++nodes_ > kMaxNodes) {
      throw ExpressionError(
          "the expression has more than " + std::to_string(kMaxNodes) + " operands and operators",
          token.position);
    }
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->position = token.position;
    node->text = token.text;
    return node;
  }

  // Operators of at least this level, grouped from the left.
  NodePtr Expression(int least) {
    NodePtr left = Unary();
    while (const int level = LevelOf(Peek())) {
      if (level < least) break;
      NodePtr node = Make(Node::Kind::operation, Take());
      node->children.push_back(std::move(left));
      node->children.push_back(Expression(level + 1));
      left = std::move(node);
      if (level == kComparison && LevelOf(Peek()) == kComparison) {
        Fail("comparisons do not chain; write (a < b) & (b < c)");
      }
    }
    return left;
  }

  NodePtr Unary() {
    const Depth depth(*this);
    if (Peek().kind == Token::Kind::name && Peek().text == "not") {
      Fail("'not' does not work on arrays; use a function or '~' of a comparison");
    }
    if (!At("-") && !At("+") && !At("~")) return Power();
    const Token& token = Take();
    NodePtr operand = Unary();
    if (operand->kind == Node::Kind::number && token.text == "+") return operand;
    if (operand->kind == Node::Kind::number && token.text == "-" && Negate(operand->number)) {
      operand->position = token.position;
      return operand;
    }
    NodePtr node = Make(Node::Kind::operation, token);
    node->children.push_back(std::move(operand));
    return node;
  }

  NodePtr Power() {
    NodePtr base = Postfix();
    if (!At("**")) return base;
    NodePtr node = Make(Node::Kind::operation, Take());
    node->children.push_back(std::move(base));
    node->children.push_back(Unary());
    return node;
  }

  NodePtr Postfix() {
    NodePtr node = Primary();
    while (At("[") || At("(")) {
      if (At("(")) {
        if (node->kind != Node::Kind::name) Fail("only a name can be called");
        Arguments(*node);
        continue;
      }
      NodePtr subscript = Make(Node::Kind::subscript, Take());
      subscript->children.push_back(std::move(node));
      do {
        if (At("]") && subscript->children.size() > 1) break;
        subscript->children.push_back(Item());
      } while (Accept(","));
      Expect("]", "after the subscript");
      node = std::move(subscript);
    }
    return node;
  }

  NodePtr Primary() {
    const Token& token = Peek();
    switch (token.kind) {
      case Token::Kind::number: {
        NodePtr node = Make(Node::Kind::number, Take());
        node->number = ReadNumber(token.text, token.position);
        return node;
      }
      case Token::Kind::name:
        return Make(Node::Kind::name, Take());
      case Token::Kind::quoted:
        return Make(Node::Kind::quoted, Take());
      case Token::Kind::symbol:
        if (At("(")) return Group();
        break;
      case Token::Kind::end:
        break;
    }
    Fail(token.kind == Token::Kind::end ? "the expression ends where an operand is expected"
                                        : "expected a name, a number or '('");
  }

  NodePtr Group() {
    const Token& open = Take();
    NodePtr tuple = Make(Node::Kind::tuple, open);
    bool comma = false;
    while (!At(")")) {
      tuple->children.push_back(Expression(kComparison));
      if (!Accept(",")) break;
      comma = true;
    }
    if (Peek().kind == Token::Kind::end) throw ExpressionError("'(' is not closed", open.position);
    if (!At(")")) FailAfterOperand();
    Take();
    if (tuple->children.size() == 1 && !comma) return std::move(tuple->children[0]);
    return tuple;
  }

  void Arguments(Node& call) {
    const std::size_t open = Take().position;
    call.kind = Node::Kind::call;
    while (!At(")")) {
      const bool is_keyword = Peek().kind == Token::Kind::name &&
                              tokens_[next_ + 1].kind == Token::Kind::symbol &&
                              tokens_[next_ + 1].text == "=";
      if (is_keyword) {
        const Token& name = Take();
        Take();
        call.keywords.push_back({std::string(name.text), name.position, Expression(kComparison)});
      } else {
        if (!call.keywords.empty()) Fail("an argument without a name after one with a name");
        call.children.push_back(Expression(kComparison));
      }
      if (!Accept(",")) break;
    }
    if (Peek().kind == Token::Kind::end) throw ExpressionError("'(' is not closed", open);
    if (!At(")")) FailAfterOperand();
    Take();
  }

  // One item of a subscript.
  NodePtr Item() {
    const Token& first = Peek();
    if (Accept("...")) return Make(Node::Kind::ellipsis, first);
    NodePtr start = At(":") ? nullptr : Expression(kComparison);
    if (!At(":")) return start;
    NodePtr slice = Make(Node::Kind::slice, first);
    slice->children.push_back(std::move(start));
    for (int part = 0; part < 2; ++part) {
      const bool is_present = Accept(":") && !At(":") && !At(",") && !At("]");
      slice->children.push_back(is_present ? Expression(kComparison) : nullptr);
    }
    return slice;
  }

  class Depth {
   public:
    explicit Depth(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kMaxDepth) parser_.Fail("the expression is nested too deeply");
    }
    ~Depth() { --parser_.depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;

   private:
    Parser& parser_;
  };

  std::vector<Token> tokens_;
  std::size_t next_ = 0;
  int depth_ = 0;
  int nodes_ = 0;
};

}  // namespace

std::string Describe(const ExpressionError& error, std::string_view expression) {
  std::string line(expression);
  for (char& c : line) {
    if (c == '\n' || c == '\t' || c == '\r') c = ' ';
  }
  const std::size_t column = std::min(error.position(), line.size());
  return std::string(error.what()) + "\n  " + line + "\n  " + std::string(column, ' ') + "^";
}

NodePtr Parse(std::string_view expression) { return Parser(expression).Run(); }

NodePtr ParseNumber(std::string_view text) {
  try {
    NodePtr node = Parse(text);
    return node->kind == Node::Kind::number ? std::move(node) : nullptr;
  } catch (const ExpressionError&) {
    return nullptr;
  }
}

bool IsIdentifier(std::string_view text) {
  try {
    const std::vector<Token> tokens = Tokenize(text);
    return tokens.size() == 2 && tokens[0].kind == Token::Kind::name && tokens[0].text == text;
  } catch (const ExpressionError&) {
    return false;
  }
}

}  // namespace quern::cli
