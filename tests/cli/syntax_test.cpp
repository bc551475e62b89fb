// The grammar of `quern eval`.

#include "cli/syntax.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace quern::cli {
namespace {

using ::testing::HasSubstr;

// A tree as fully bracketed text: (+ a (* b 2)).
std::string Show(const Node& node) {
  const auto all = [&](std::string text) {
    for (const NodePtr& child : node.children) {
      text += " " + (child == nullptr ? "_" : Show(*child));
    }
    for (const Keyword& keyword : node.keywords) {
      text += " " + keyword.name + "=" + Show(*keyword.value);
    }
    return text + ")";
  };
  switch (node.kind) {
    case Node::Kind::number:
      if (node.number.kind == WeakScalar::Kind::real) return std::to_string(node.number.real);
      return node.number.is_unsigned
                 ? std::to_string(static_cast<std::uint64_t>(node.number.integer))
                 : std::to_string(node.number.integer);
    case Node::Kind::name:
      return node.text;
    case Node::Kind::quoted:
      return "'" + node.text + "'";
    case Node::Kind::ellipsis:
      return "...";
    case Node::Kind::tuple:
      return all("(tuple");
    case Node::Kind::slice:
      return all("(:");
    case Node::Kind::subscript:
      return all("([]");
    case Node::Kind::operation:
    case Node::Kind::call:
      return all("(" + node.text);
  }
  return "?";
}

std::string Tree(const std::string& text) { return Show(*Parse(text)); }

std::string Fault(const std::string& text) {
  try {
    return "accepted: " + Tree(text);
  } catch (const ExpressionError& error) {
    return std::to_string(error.position()) + ": " + error.what();
  }
}

TEST(Syntax, HasPythonsPrecedence) {
  EXPECT_EQ(Tree("a + b * c"), "(+ a (* b c))");
  EXPECT_EQ(Tree("a * b + c"), "(+ (* a b) c)");
  EXPECT_EQ(Tree("a - b - c"), "(- (- a b) c)");
  EXPECT_EQ(Tree("a // b % c @ d"), "(@ (% (// a b) c) d)");
  EXPECT_EQ(Tree("a | b ^ c & d << e + f"), "(| a (^ b (& c (<< d (+ e f)))))");
  EXPECT_EQ(Tree("a < b | c"), "(< a (| b c))");
  EXPECT_EQ(Tree("(a < b) & (c > d)"), "(& (< a b) (> c d))");
}

TEST(Syntax, PowersGroupToTheRightAndAboveSigns) {
  EXPECT_EQ(Tree("a ** b ** c"), "(** a (** b c))");
  EXPECT_EQ(Tree("-a ** 2"), "(- (** a 2))");
  EXPECT_EQ(Tree("-2 ** 2"), "(- (** 2 2))");
  EXPECT_EQ(Tree("2 ** -1"), "(** 2 -1)");
  EXPECT_EQ(Tree("-a * b"), "(* (- a) b)");
  EXPECT_EQ(Tree("~-+a"), "(~ (- (+ a)))");
}

TEST(Syntax, ReadsNumbers) {
  EXPECT_EQ(Tree("0x1F + 1_000"), "(+ 31 1000)");
  EXPECT_EQ(Tree("1.5e-3"), "0.001500");
  EXPECT_EQ(Tree("-.5"), "-0.500000");
  EXPECT_EQ(Tree("1."), "1.000000");
  EXPECT_EQ(Tree("18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(Tree("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(Fault("1 + 18446744073709551616"),
            "4: an integer beyond 64 bits; write it with a decimal point");
  EXPECT_EQ(Fault("2x"), "0: not a number: '2x'");
  EXPECT_EQ(Fault("1__0"), "0: not a number: '1__0'");
  EXPECT_EQ(Fault("3j"), "0: not a number: '3j'");
}

TEST(Syntax, ReadsSubscripts) {
  EXPECT_EQ(Tree("a[1:3, ::2, ..., None, -1]"), "([] a (: 1 3 _) (: _ _ 2) ... None -1)");
  EXPECT_EQ(Tree("a[:]"), "([] a (: _ _ _))");
  EXPECT_EQ(Tree("a[::-1]"), "([] a (: _ _ -1))");
  EXPECT_EQ(Tree("a[:n,]"), "([] a (: _ n _))");
  EXPECT_EQ(Tree("a[0][1]"), "([] ([] a 0) 1)");
  EXPECT_EQ(Tree("-a[0] ** 2"), "(- (** ([] a 0) 2))");
  EXPECT_EQ(Fault("a[]"), "2: expected a name, a number or '('");
  EXPECT_EQ(Fault("a[0"), "3: expected ']' after the subscript");
}

TEST(Syntax, ReadsCalls) {
  EXPECT_EQ(Tree("sum(a, axis=(0, 1), keepdims=True)"), "(sum a axis=(tuple 0 1) keepdims=True)");
  EXPECT_EQ(Tree("f()"), "(f)");
  EXPECT_EQ(Tree("f(a,)[0]"), "([] (f a) 0)");
  EXPECT_EQ(Tree("astype(a, '>f4')"), "(astype a '>f4')");
  EXPECT_EQ(Tree("(1,)"), "(tuple 1)");
  EXPECT_EQ(Tree("()"), "(tuple)");
  EXPECT_EQ(Fault("f(axis=0, a)"), "10: an argument without a name after one with a name");
  EXPECT_EQ(Fault("f(a"), "1: '(' is not closed");
  EXPECT_EQ(Fault("(a + b"), "0: '(' is not closed");
  EXPECT_EQ(Fault("2(a)"), "1: only a name can be called");
}

TEST(Syntax, SaysWhatToWriteInstead) {
  EXPECT_EQ(Fault("a < b < c"), "6: comparisons do not chain; write (a < b) & (b < c)");
  EXPECT_EQ(Fault("a and b"),
            "2: 'and' does not work on arrays; use '&', with comparisons in parentheses");
  EXPECT_THAT(Fault("not a"), HasSubstr("0: 'not' does not work on arrays"));
  EXPECT_EQ(Fault("a = b"), "2: '=' does not compare; use '=='");
  EXPECT_EQ(Fault("a b"), "2: expected an operator or the end of the expression");
  EXPECT_EQ(Fault("a + b)"), "5: ')' closes nothing");
  EXPECT_EQ(Fault("a +"), "3: the expression ends where an operand is expected");
  EXPECT_EQ(Fault(""), "0: the expression is empty");
  EXPECT_EQ(Fault("a + $"), "4: a character that no expression holds");
  EXPECT_EQ(Fault("astype(a, 'f4)"), "10: quotes without an end");
}

TEST(Syntax, IsBounded) {
  EXPECT_THAT(Fault(std::string(100000, '(')), HasSubstr("nested too deeply"));
  EXPECT_THAT(Fault(std::string(100000, '-')), HasSubstr("nested too deeply"));
  std::string power = "a";
  std::string sum = "a";
  for (int i = 0; i < 5000; ++i) {
    power += "**a";
    sum += "+a";
  }
  EXPECT_THAT(Fault(power), HasSubstr("nested too deeply"));
  EXPECT_THAT(Fault(sum), HasSubstr("more than 1000 operands"));
  std::string subscripts = "a";
  for (int i = 0; i < 5000; ++i) subscripts += "[0]";
  EXPECT_THAT(Fault(subscripts), HasSubstr("more than 1000 operands"));
}

TEST(Syntax, PointsAtTheFault) {
  try {
    Parse("exp(a) +* b");
    FAIL() << "accepted";
  } catch (const ExpressionError& error) {
    EXPECT_EQ(Describe(error, "exp(a) +* b"),
              "expected a name, a number or '('\n"
              "  exp(a) +* b\n"
              "          ^");
  }
}

TEST(Syntax, TellsNumbersAndIdentifiers) {
  EXPECT_NE(ParseNumber("-2.5"), nullptr);
  EXPECT_NE(ParseNumber("7"), nullptr);
  EXPECT_EQ(ParseNumber("x.npy"), nullptr);
  EXPECT_EQ(ParseNumber("1+1"), nullptr);
  EXPECT_EQ(ParseNumber("a"), nullptr);
  EXPECT_TRUE(IsIdentifier("x_1"));
  EXPECT_FALSE(IsIdentifier("1x"));
  EXPECT_FALSE(IsIdentifier("a b"));
  EXPECT_FALSE(IsIdentifier(" a"));
  EXPECT_FALSE(IsIdentifier(""));
}

}  // namespace
}  // namespace quern::cli
