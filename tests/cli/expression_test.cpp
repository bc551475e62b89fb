// Values of expressions under the ufuncs of the registry.

#include "cli/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "quern/array.hpp"

namespace quern::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Bindings Names() {
  Bindings names;
  names.emplace("a", Array::from_values<float>({1, 2, 3, 4}).reshape({2, 2}));
  names.emplace("b", Array::from_values<double>({10, 20}));
  names.emplace("i", Array::from_values<std::int8_t>({1, 2, 3}));
  names.emplace("n", WeakScalar{WeakScalar::Kind::integer, false, 3, 0.0});
  return names;
}

Array Compute(const std::string& text) { return AsArray(Evaluate(text, Names())); }

std::vector<double> Values(const std::string& text) { return Compute(text).to_vector<double>(); }

std::string DTypeOf(const std::string& text) { return std::string(Compute(text).dtype().name()); }

std::string Fault(const std::string& text) {
  try {
    Evaluate(text, Names());
    return "accepted";
  } catch (const ExpressionError& error) {
    return std::to_string(error.position()) +
           (error.kind() == ExpressionError::Kind::text ? " text: " : " calculation: ") +
           error.what();
  }
}

TEST(Expression, AppliesOperatorsAndUfuncs) {
  EXPECT_THAT(Values("a + b"), ElementsAre(11, 22, 13, 24));
  EXPECT_THAT(Values("exp(a - a) + b"), ElementsAre(11, 21, 11, 21));
  EXPECT_THAT(Values("a // 2 + a % 2"), ElementsAre(1, 1, 2, 2));
  EXPECT_THAT(Values("(a > 1) & (a != 3)"), ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(Values("clip(a, 2, 3)"), ElementsAre(2, 2, 3, 3));
  EXPECT_THAT(Values("i << 1 | 1"), ElementsAre(3, 5, 7));
}

TEST(Expression, KeepsNumbersWeak) {
  EXPECT_EQ(DTypeOf("a + 1"), "float32");
  EXPECT_EQ(DTypeOf("i * (1 + 2)"), "int8");
  EXPECT_EQ(DTypeOf("i * 2.0"), "float64");
  EXPECT_EQ(DTypeOf("a * (1 / 3)"), "float32");
  EXPECT_EQ(DTypeOf("i + n"), "int8");
  EXPECT_EQ(DTypeOf("a * pi"), "float32");
  EXPECT_EQ(DTypeOf("1 + 2"), "int64");
  EXPECT_EQ(DTypeOf("exp(1) * a"), "float64") << "the result of a function is not weak";
  EXPECT_EQ(DTypeOf("True"), "bool");
  EXPECT_THAT(Values("7 // 2 * 2"), ElementsAre(6));
  EXPECT_THAT(Values("a @ a"), ElementsAre(7, 10, 15, 22));
}

TEST(Expression, Reduces) {
  EXPECT_THAT(Values("sum(a)"), ElementsAre(10));
  EXPECT_THAT(Values("sum(a, axis=0)"), ElementsAre(4, 6));
  EXPECT_THAT(Values("sum(a, -1)"), ElementsAre(3, 7));
  EXPECT_THAT(Values("sum(a, axis=(0, 1))"), ElementsAre(10));
  EXPECT_THAT(Values("max(a, axis=None)"), ElementsAre(4));
  EXPECT_THAT(Values("mean(a, axis=1)"), ElementsAre(1.5, 3.5));
  EXPECT_EQ(Compute("sum(a, axis=0, keepdims=True)").ndim(), 2U);
  EXPECT_EQ(DTypeOf("sum(i)"), "int64");
  EXPECT_EQ(DTypeOf("sum(i, dtype=float32)"), "float32");
  EXPECT_THAT(Values("sum(a, initial=100)"), ElementsAre(110));
  EXPECT_THAT(Values("sum(a, where=a > 2)"), ElementsAre(7));
}

TEST(Expression, Subscripts) {
  EXPECT_THAT(Values("a[0]"), ElementsAre(1, 2));
  EXPECT_THAT(Values("a[:, 1]"), ElementsAre(2, 4));
  EXPECT_THAT(Values("a[::-1, ..., -1]"), ElementsAre(4, 2));
  EXPECT_EQ(Compute("b[:, None] + b[newaxis, :]").ndim(), 2U);
  EXPECT_THAT(Values("i[:n - 1]"), ElementsAre(1, 2));
}

TEST(Expression, TakesArguments) {
  EXPECT_EQ(DTypeOf("astype(a, int8)"), "int8");
  EXPECT_EQ(DTypeOf("astype(a, '>f8')"), "float64");
  EXPECT_EQ(DTypeOf("astype(a, int8, casting=same_value)"), "int8");
  EXPECT_THAT(Fault("astype(a / 2, int8, casting=same_value)"), HasSubstr("same_value"));
  EXPECT_EQ(DTypeOf("add(i, i, dtype=float64)"), "float64");
  EXPECT_THAT(Values("add(a, 10, where=a > 2)"), ElementsAre(0, 0, 13, 14))
      << "elements left out are 0";
}

TEST(Expression, SuggestsNames) {
  EXPECT_EQ(Fault("exp(aa)"),
            "4 text: 'aa' is bound to nothing; add aa=file.npy or aa=number; did you mean 'a'?");
  EXPECT_EQ(Fault("sqr(a)"), "0 text: there is no function 'sqr'; did you mean 'sqrt'?");
  EXPECT_EQ(Fault("sum(a, axes=0)"), "7 text: sum has no argument 'axes'; did you mean 'axis'?");
  EXPECT_THAT(Fault("astype(a, flaot32)"), HasSubstr("10 calculation: "));
  EXPECT_THAT(Fault("astype(a, flaot32)"), HasSubstr("float32"));
  EXPECT_EQ(Fault("exp + 1"), "0 text: 'exp' is a function; write exp(...)");
}

TEST(Expression, NamesThePlaceOfAFault) {
  EXPECT_THAT(Fault("1 + a[:, 5]"), HasSubstr("5 calculation: "));
  EXPECT_THAT(Fault("a + i"), HasSubstr("2 calculation: "));
  EXPECT_THAT(Fault("sum(a, axis=7)"), HasSubstr("0 calculation: "));
  EXPECT_THAT(Fault("a & a"), HasSubstr("2 calculation: "));
}

TEST(Expression, RefusesWhatHasNoMeaning) {
  EXPECT_EQ(Fault("exp(a, b)"), "0 text: exp takes 1 argument, not 2");
  EXPECT_EQ(Fault("(a, b)"), "0 text: a tuple has no place here");
  EXPECT_EQ(Fault("a[1.5]"), "2 text: expected an integer");
  EXPECT_EQ(Fault("n[0]"), "1 text: a number has no subscript");
  EXPECT_EQ(Fault("sum()"), "0 text: sum takes an array");
  EXPECT_EQ(Fault("sum(a, 0, 1)"), "10 text: sum takes at most 2 arguments without a name");
  EXPECT_EQ(Fault("sum(a, 0, axis=0)"), "10 text: 'axis' is given twice");
  EXPECT_EQ(Fault("sum(a, keepdims=1)"), "16 text: expected True or False");
  EXPECT_EQ(Fault("add(a, a, dtype=f4, dtype=f8)"), "20 text: 'dtype' is given twice");
}

TEST(Expression, ListsTheNamesItUses) {
  EXPECT_THAT(NamesUsed(*Parse("exp(a[i]) + b * a + f(x=c)")), ElementsAre("a", "i", "b", "c"));
}

}  // namespace
}  // namespace quern::cli
