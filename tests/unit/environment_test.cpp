// The caller's floating-point environment: it reaches no result, and is left as it was found.
#include "arrays.h"

#include <cfenv>

namespace quern {
namespace {

// Whatever a test does to the environment ends with the test.
class Environment : public ::testing::Test {
 protected:
  Environment() { std::fegetenv(&saved_); }
  ~Environment() override { std::fesetenv(&saved_); }

 private:
  std::fenv_t saved_;
};

// Calls on every path: one run, a number, a step, a conversion, broadcasting, a fold, few and many
// elements.
std::vector<Array> Results(double first, double second) {
  std::vector<Array> results;
  for (Index n : {1, 4, 300, 100000}) {
    const Array a = full({n}, first);
    const Array b = full({n}, second);
    results.push_back(add(a, b));
    results.push_back(multiply(a, b));
    results.push_back(add(a, second));
    results.push_back(add(a(Slice{{}, {}, -1}), b));
    results.push_back(add(a.astype(DType::of<float>()), b));
    results.push_back(add(a.reshape({n, 1}), b(Slice{0, 1})));
    results.push_back(sum(a));
    results.push_back(b.astype(DType::of<float>()));
  }
  return results;
}

void ExpectTheSame(const std::vector<Array>& results, const std::vector<Array>& expected) {
  ASSERT_EQ(results.size(), expected.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_TRUE(SameElements(results[i], expected[i])) << "result " << i;
  }
}

TEST_F(Environment, RoundingModesReachNoResult) {
  const std::vector<Array> expected = Results(1.0, 0x1.8p-53);
  for (int mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    std::fesetround(mode);
    ExpectTheSame(Results(1.0, 0x1.8p-53), expected);
    EXPECT_EQ(std::fegetround(), mode) << "the caller's mode is restored";
  }
}

TEST_F(Environment, TrapsDoNotSpring) {
  ReportedFlags reported;
  const Array one = ones({4});
  const Array none = zeros({4});
  feclearexcept(FE_ALL_EXCEPT);  // what other tests left would spring at once
  feenableexcept(FE_DIVBYZERO | FE_OVERFLOW | FE_INVALID);
  divide(one, none);
  EXPECT_EQ(reported.Take(), 1);
  divide(one.astype(DType::of<float>()), none);
  EXPECT_EQ(reported.Take(), 1);
  EXPECT_EQ(fegetexcept(), FE_DIVBYZERO | FE_OVERFLOW | FE_INVALID);
}

#if defined(__x86_64__)
TEST_F(Environment, SubnormalsAreKept) {
  constexpr unsigned kFlush = 0x8040;  // subnormal results and operands count as zero
  constexpr double kSubnormal = 0x1p-1073;
  const std::vector<Array> expected = Results(kSubnormal, kSubnormal);
  ASSERT_EQ(expected.front().item<double>(), 0x1p-1072);
  std::fenv_t environment;
  std::fegetenv(&environment);
  environment.__mxcsr |= kFlush;
  std::fesetenv(&environment);
  const std::vector<Array> results = Results(kSubnormal, kSubnormal);
  std::fegetenv(&environment);
  EXPECT_EQ(environment.__mxcsr & kFlush, kFlush) << "the caller's setting is restored";
  environment.__mxcsr &= ~kFlush;
  std::fesetenv(&environment);
  ExpectTheSame(results, expected);
}
#endif

// A condition is reported once, by the call that meets it.
TEST_F(Environment, PendingFlagsAreNotTakenForTheCalls) {
  ReportedFlags reported;
  const Array one = ones({4});
  const Array mixed = ones({4}, DType::of<std::int32_t>());
  for (int round = 0; round < 2; ++round) {
    divide(one, zeros({4}));
    EXPECT_EQ(reported.Take(), 1);
    add(one, one);
    add(mixed, one);
    add(one, 1.0);
    add(one.reshape({4, 1}), one);
    EXPECT_EQ(reported.Take(), 0);
  }
}

}  // namespace
}  // namespace quern
