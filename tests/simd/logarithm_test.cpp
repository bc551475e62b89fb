// Logarithms: error against long double, exact landmarks, flags, same bits everywhere.
#include "generated_targets.h"  // before any Highway header

#include <cmath>
#include <limits>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/simd/logarithm_test.cpp"
#include "hwy/foreach_target.h"  // re-includes this file once per target
// After foreach_target.h.
#include "hwy/highway.h"
#include "simd/logarithm-inl.h"
#include "tests/simd/functions.h"
#include "tests/simd/harness.h"
#include "tests/simd/kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace {

QUERN_TEST_BODY(Log)
QUERN_TEST_BODY(Log2)
QUERN_TEST_BODY(Log10)
QUERN_TEST_BODY(Log1p)

}  // namespace
}  // namespace HWY_NAMESPACE

namespace test {
struct LogarithmKernels;
template <>
struct CompiledFor<LogarithmKernels, HWY_TARGET> {
  static KernelList List() {
    namespace target = HWY_NAMESPACE;
    return {{"Log float32", target::Kernel<float(float), target::LogBody>},
            {"Log float64", target::Kernel<double(double), target::LogBody>},
            {"Log2 float32", target::Kernel<float(float), target::Log2Body>},
            {"Log2 float64", target::Kernel<double(double), target::Log2Body>},
            {"Log10 float32", target::Kernel<float(float), target::Log10Body>},
            {"Log10 float64", target::Kernel<double(double), target::Log10Body>},
            {"Log1p float32", target::Kernel<float(float), target::Log1pBody>},
            {"Log1p float64", target::Kernel<double(double), target::Log1pBody>}};
  }
};
}  // namespace test
}  // namespace quern
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quern::test {
namespace {

const ElementwiseTargets& Targets() { return RunnableTargets<LogarithmKernels>(); }

constexpr Function kLog = {"Log", [](long double x) {
                             return std::log(x);
                           }};
constexpr Function kLog2 = {"Log2", [](long double x) {
                              return std::log2(x);
                            }};
constexpr Function kLog10 = {"Log10", [](long double x) {
                               return std::log10(x);
                             }};
constexpr Function kLog1p = {"Log1p", [](long double x) {
                               return std::log1p(x);
                             }};
constexpr Function kBases[] = {kLog, kLog2, kLog10};

template <class T>
std::vector<T> Magnitudes(std::vector<T> x) {
  for (T& value : x) value = std::fabs(value);
  return x;
}

template <class T>
class LogarithmTest : public testing::Test {};
TYPED_TEST_SUITE(LogarithmTest, Floats);

TYPED_TEST(LogarithmTest, ErrorBound) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const double max = static_cast<double>(Limits::max());
  // Next to the ends of the row around 1 the polynomial weighs most beside the result.
  const std::vector<T> ranges[] = {
      Magnitudes(Spread<T>(static_cast<double>(Limits::min()), max, 30000)),
      Magnitudes(Spread<T>(4 * static_cast<double>(Limits::denorm_min()),
                           static_cast<double>(Limits::min()), 5000)),
      Uniform<T>(0.7, 1.42, 30000),
      Uniform<T>(1.03, 1.036, 10000),
      Uniform<T>(0.982, 0.9846, 10000),
      Uniform<T>(1 - 1e-6, 1 + 1e-6, 10000),
  };
  for (const Function& function : kBases) {
    for (const std::vector<T>& x : ranges) CheckErrors(Targets(), function, x);
  }
  const std::vector<T> ranges1p[] = {
      Magnitudes(Spread<T>(static_cast<double>(Limits::denorm_min()), max, 30000)),
      Spread<T>(static_cast<double>(Limits::denorm_min()), 0.999, 30000),
      Uniform<T>(0.03, 0.036, 10000),
      Uniform<T>(-0.02, -0.015, 10000),
      Uniform<T>(-1 + 1e-6, -0.5, 10000),
  };
  for (const std::vector<T>& x : ranges1p) CheckErrors(Targets(), kLog1p, x);
}

TYPED_TEST(LogarithmTest, NeighboursDoNotMatter) {
  using T = TypeParam;
  for (const Function& function : kBases) {
    CheckNeighbours(Targets(), function, Spread<T>(1e-38, 1e38, 200));
  }
  CheckNeighbours(Targets(), kLog1p, Spread<T>(1e-38, 1e38, 200));
}

TYPED_TEST(LogarithmTest, LandmarksAndFlags) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const std::vector<ExactRow<T>> rows = {
      {T(1), T(0), 0},
      {T(0), -kInf<T>, kDivideByZero},
      {T(-0.0), -kInf<T>, kDivideByZero},
      {-Limits::denorm_min(), kNan<T>, kInvalid},
      {-Limits::max(), kNan<T>, kInvalid},
      {-kInf<T>, kNan<T>, kInvalid},
      {kInf<T>, kInf<T>, 0},
      {kNan<T>, kNan<T>, 0},
      {-kNan<T>, kNan<T>, 0},
  };
  for (const Function& function : kBases) CheckRows(Targets(), function, rows);
  CheckRows(Targets(), kLog1p,
            std::vector<ExactRow<T>>{{T(0), T(0), 0},
                                     {T(-0.0), T(-0.0), 0},
                                     {Limits::denorm_min(), Limits::denorm_min(), 0},
                                     {-Limits::denorm_min(), -Limits::denorm_min(), 0},
                                     {T(-1), -kInf<T>, kDivideByZero},
                                     {std::nextafter(T(-1), T(-2)), kNan<T>, kInvalid},
                                     {-Limits::max(), kNan<T>, kInvalid},
                                     {-kInf<T>, kNan<T>, kInvalid},
                                     {kInf<T>, kInf<T>, 0},
                                     {kNan<T>, kNan<T>, 0}});
}

TYPED_TEST(LogarithmTest, PowersOfTheBaseAreExact) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  std::vector<ExactRow<T>> rows;
  for (int e = Limits::min_exponent - Limits::digits; e < Limits::max_exponent; ++e) {
    rows.push_back({std::ldexp(T(1), e), static_cast<T>(e), 0});
  }
  CheckRows(Targets(), kLog2, rows);
  rows.clear();
  const int last = sizeof(T) == 4 ? 10 : 22;  // the last power of ten that T holds
  T power = 1;
  for (int e = 0; e <= last; ++e, power *= 10) rows.push_back({power, static_cast<T>(e), 0});
  CheckRows(Targets(), kLog10, rows);
}

// Too long for every run; see the long tiers in CONTRIBUTING.md.
TEST(LogarithmLongTest, DISABLED_AllFloats) {
  for (const Function& function : {kLog, kLog2, kLog10, kLog1p})
    CheckAllFloats(Targets(), function);
}

}  // namespace
}  // namespace quern::test
#endif  // HWY_ONCE
