#include "core/nearest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace quern {
namespace {

constexpr std::array<std::string_view, 6> kNames = {"add",     "multiply", "maximum",
                                                    "minimum", "sqrt",     "floor_divide"};

TEST(NearestName, FindsOneEditAway) {
  EXPECT_EQ(NearestName("ad", kNames), "add");
  EXPECT_EQ(NearestName("addd", kNames), "add");
  EXPECT_EQ(NearestName("axd", kNames), "add");
  EXPECT_EQ(NearestName("sqtr", kNames), "sqrt") << "a swap of neighbours is one edit";
}

TEST(NearestName, AllowsAThirdOfTheLength) {
  EXPECT_EQ(NearestName("mutlipyl", kNames), "multiply");
  EXPECT_EQ(NearestName("floordivide", kNames), "floor_divide");
  EXPECT_EQ(NearestName("subtract", kNames), "");
}

TEST(NearestName, IgnoresCaseAndCompletesPrefixes) {
  EXPECT_EQ(NearestName("SQRT", kNames), "sqrt");
  EXPECT_EQ(NearestName("floor", kNames), "floor_divide");
  EXPECT_EQ(NearestName("fl", kNames), "") << "two letters begin too many names";
}

TEST(NearestName, TakesTheFirstOfEquallyClose) {
  EXPECT_EQ(NearestName("mxnimum", kNames), "minimum");
  EXPECT_EQ(NearestName("mnximum", kNames), "maximum");
}

TEST(NearestName, HasNothingForTheRest) {
  EXPECT_EQ(NearestName("", kNames), "");
  EXPECT_EQ(NearestName("x", std::array<std::string_view, 1>{"a"}), "");
  EXPECT_EQ(NearestName("add", {}), "");
  EXPECT_EQ(NearestName(std::string(100000, 'a'), kNames), "") << "bounded work";
}

TEST(DidYouMean, EndsAMessage) {
  EXPECT_EQ(DidYouMean("sqr", kNames), "; did you mean 'sqrt'?");
  EXPECT_EQ(DidYouMean("zzz", kNames), "");
}

}  // namespace
}  // namespace quern
