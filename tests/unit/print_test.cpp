// Printing. Every expected text is NumPy 2.4's str() of the same array.
#include "arrays.h"

namespace quern {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

template <class T>
std::string Printed(std::initializer_list<T> values) {
  return Array::from_values(values).to_string();
}

TEST(Print, FloatsShareTheirDigits) {
  EXPECT_EQ(Printed({1.0, 2.0, 3.0}), "[1. 2. 3.]");
  EXPECT_EQ(Printed({1.0, 2.0, 3.5}), "[1.  2.  3.5]");
  EXPECT_EQ(Printed({1.0, -2.0, 3.25}), "[ 1.   -2.    3.25]");
  EXPECT_EQ(Printed({0.0, -0.0}), "[ 0. -0.]");
  EXPECT_EQ(Printed({1.0 / 3, 2.0 / 3}), "[0.33333333 0.66666667]");
  EXPECT_EQ(Printed({3.141592653589793, 31.41592653589793, 100.0}),
            "[  3.14159265  31.41592654 100.        ]");
  EXPECT_EQ(Printed({99999999.0, 1e5}), "[99999999.   100000.]");
  EXPECT_EQ(Printed({0.1234567891, 1.0}), "[0.12345679 1.        ]");
  EXPECT_EQ(Printed({1.9999999999}), "[2.]");
  EXPECT_EQ(Printed({1e-4}), "[0.0001]");
}

TEST(Print, Float32PrintsItsOwnDigits) {
  EXPECT_EQ(Printed({0.1f, 0.25f}), "[0.1  0.25]");
  EXPECT_EQ(Printed({1.0f / 3, 2.0f / 3}), "[0.33333334 0.6666667 ]");
  EXPECT_EQ(Printed({0.1f, 1e-9f, 1.0f / 3}), "[1.0000000e-01 9.9999997e-10 3.3333334e-01]");
  EXPECT_EQ(Printed({999999.0f, 1e5f}), "[999999. 100000.]");
  EXPECT_EQ(Printed({1e6f, 2e6f}), "[1.e+06 2.e+06]") << "more than its six digits";
  EXPECT_EQ(Printed({1e-4f, 5e-4f}), "[0.0001 0.0005]");
}

TEST(Print, WideRangesAreScientific) {
  EXPECT_EQ(Printed({1e-5, 1.0}), "[1.e-05 1.e+00]");
  EXPECT_EQ(Printed({1e10, 1.5}), "[1.0e+10 1.5e+00]");
  EXPECT_EQ(Printed({123456.0, 0.5}), "[1.23456e+05 5.00000e-01]");
  EXPECT_EQ(Printed({1e8, 2e8}), "[1.e+08 2.e+08]");
  EXPECT_EQ(Printed({1e-100, 1e100, 1.5}), "[1.0e-100 1.0e+100 1.5e+000]");
  EXPECT_EQ(Printed({1000.5, 1.0}), "[1.0005e+03 1.0000e+00]");
  EXPECT_EQ(Printed({0.00001234}), "[1.234e-05]");
  EXPECT_EQ(Printed({0.5, 1e-9}), "[5.e-01 1.e-09]");
}

TEST(Print, NonFiniteValues) {
  EXPECT_EQ(Printed({1.0, kNan, kInf, -kInf}), "[  1.  nan  inf -inf]");
  EXPECT_EQ(Printed({kNan, kInf, -kInf}), "[ nan  inf -inf]");
  EXPECT_EQ(Printed({1e-5, kNan, 1.0}), "[1.e-05    nan 1.e+00]");
  EXPECT_EQ(Printed({0.25, 1.0, kNan}), "[0.25 1.    nan]");
}

TEST(Print, IntegersAndTruthValues) {
  EXPECT_EQ(Printed({1, -20, 300}), "[  1 -20 300]");
  EXPECT_EQ(Printed({std::numeric_limits<std::uint64_t>::max(), std::uint64_t{0}}),
            "[18446744073709551615                    0]");
  EXPECT_EQ(Printed({std::numeric_limits<std::int64_t>::min()}), "[-9223372036854775808]");
  EXPECT_EQ(Printed({std::int8_t{-128}, std::int8_t{127}}), "[-128  127]");
  EXPECT_EQ(Printed({true, false}), "[ True False]");
}

TEST(Print, BracketsPerAxis) {
  EXPECT_EQ(Array::from_values({1.0, 2.5, 3.0, -4.0}).reshape({2, 2}).to_string(),
            "[[ 1.   2.5]\n [ 3.  -4. ]]");
  EXPECT_EQ(Iota<std::int64_t>({2, 2, 2}).to_string(), "[[[0 1]\n  [2 3]]\n\n [[4 5]\n  [6 7]]]");
  EXPECT_EQ(Iota<std::int64_t>({1, 1, 2, 1}).to_string(), "[[[[0]\n   [1]]]]");
  EXPECT_EQ(Array::from_values({true, false}).reshape({2, 1}).to_string(), "[[ True]\n [False]]");
  EXPECT_EQ(zeros({0, 3}).to_string(), "[]");
}

TEST(Print, LongAxesAreShortened) {
  EXPECT_EQ(Iota<std::int64_t>({1001}).to_string(), "[   0    1    2 ...  998  999 1000]");
  EXPECT_EQ(Iota<std::int64_t>({2, 1000}).to_string(),
            "[[   0    1    2 ...  997  998  999]\n [1000 1001 1002 ... 1997 1998 1999]]");
  EXPECT_EQ(Iota<double>({1000, 2}).to_string(),
            "[[0.000e+00 1.000e+00]\n [2.000e+00 3.000e+00]\n [4.000e+00 5.000e+00]\n ...\n"
            " [1.994e+03 1.995e+03]\n [1.996e+03 1.997e+03]\n [1.998e+03 1.999e+03]]");
  EXPECT_EQ(Iota<std::int64_t>({8}).to_string(1, 4), "[0 ... 7]");
  EXPECT_EQ(Iota<std::int64_t>({2}).to_string(1, 0), "[0 1]") << "nothing to leave out";
}

TEST(Print, LongLinesAreBroken) {
  EXPECT_EQ(Iota<std::int64_t>({30}).to_string(),
            "[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23\n"
            " 24 25 26 27 28 29]");
}

TEST(Print, LinesLeaveRoomForTheBrackets) {
  const Array wide = full({1, 1, 11}, 1234567.25);
  EXPECT_EQ(wide.to_string(),
            "[[[1234567.25 1234567.25 1234567.25 1234567.25 1234567.25 1234567.25\n"
            "   1234567.25 1234567.25 1234567.25 1234567.25 1234567.25]]]");
}

TEST(Print, LiteralsPadBeforeTheComma) {
  EXPECT_EQ(Array::from_values({0.5, -0.75, 0.0}).to_literal(), "[ 0.5 , -0.75,  0.  ]");
  EXPECT_EQ(Array::from_values({1, 2, 3, 4}).reshape({2, 2}).to_literal(6),
            "[[1, 2],\n       [3, 4]]");
  EXPECT_EQ(Array::from_values({true, true}).to_literal(), "[ True,  True]");
  EXPECT_EQ(Array::scalar(1.0).to_literal(), "1.");
  EXPECT_EQ(zeros({0, 3}).to_literal(), "[]");
}

TEST(Print, ZeroDimensionalNumbersPrintInFull) {
  EXPECT_EQ(Array::scalar(2.5).to_string(), "2.5");
  EXPECT_EQ(Array::scalar(1.0).to_string(), "1.0");
  EXPECT_EQ(Array::scalar(1.0 / 3).to_string(), "0.3333333333333333");
  EXPECT_EQ(Array::scalar(0.1f).to_string(), "0.1");
  EXPECT_EQ(Array::scalar(1e20).to_string(), "1e+20");
  EXPECT_EQ(Array::scalar(1e16).to_string(), "1e+16");
  EXPECT_EQ(Array::scalar(1e15).to_string(), "1000000000000000.0");
  EXPECT_EQ(Array::scalar(999999.5f).to_string(), "999999.5");
  EXPECT_EQ(Array::scalar(1234567.0f).to_string(), "1.234567e+06");
  EXPECT_EQ(Array::scalar(1e-5).to_string(), "1e-05");
  EXPECT_EQ(Array::scalar(1e-4).to_string(), "0.0001");
  EXPECT_EQ(Array::scalar(kNan).to_string(), "nan");
  EXPECT_EQ(Array::scalar(-kInf).to_string(), "-inf");
  EXPECT_EQ(Array::scalar(3).to_string(), "3");
  EXPECT_EQ(Array::scalar(true).to_string(), "True");
}

TEST(Print, ShowsEveryLayoutAlike) {
  const Array array = Iota<double>({3, 4});
  for (const Layout& layout : kLayouts) {
    EXPECT_EQ(Relaid(array, layout).array().to_string(), array.to_string()) << layout.name;
  }
}

}  // namespace
}  // namespace quern
