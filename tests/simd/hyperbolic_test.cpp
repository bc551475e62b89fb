// tanh, sinh, cosh: error against long double, exact landmarks, extremes with their flags, same
// bits everywhere.
#include "generated_targets.h"  // before any Highway header

#include <cmath>
#include <limits>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/simd/hyperbolic_test.cpp"
#include "hwy/foreach_target.h"  // re-includes this file once per target
// After foreach_target.h.
#include "hwy/highway.h"
#include "simd/hyperbolic-inl.h"
#include "tests/simd/functions.h"
#include "tests/simd/harness.h"
#include "tests/simd/kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace {

QUERN_TEST_BODY(Tanh)
QUERN_TEST_BODY(Sinh)
QUERN_TEST_BODY(Cosh)

}  // namespace
}  // namespace HWY_NAMESPACE

namespace test {
struct HyperbolicKernels;
template <>
struct CompiledFor<HyperbolicKernels, HWY_TARGET> {
  static KernelList List() {
    namespace target = HWY_NAMESPACE;
    return {{"Tanh float32", target::Kernel<float(float), target::TanhBody>},
            {"Tanh float64", target::Kernel<double(double), target::TanhBody>},
            {"Sinh float32", target::Kernel<float(float), target::SinhBody>},
            {"Sinh float64", target::Kernel<double(double), target::SinhBody>},
            {"Cosh float32", target::Kernel<float(float), target::CoshBody>},
            {"Cosh float64", target::Kernel<double(double), target::CoshBody>}};
  }
};
}  // namespace test
}  // namespace quern
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quern::test {
namespace {

const ElementwiseTargets& Targets() { return RunnableTargets<HyperbolicKernels>(); }

constexpr Function kTanh = {"Tanh", [](long double x) {
                              return std::tanh(x);
                            }};
constexpr Function kSinh = {"Sinh", [](long double x) {
                              return std::sinh(x);
                            }};
constexpr Function kCosh = {"Cosh", [](long double x) {
                              return std::cosh(x);
                            }};
constexpr Function kFunctions[] = {kTanh, kSinh, kCosh};

// Just below where sinh and cosh become infinite.
template <class T>
constexpr double kFinite = sizeof(T) == 4 ? 89.41 : 710.47;

template <class T>
class HyperbolicTest : public testing::Test {};
TYPED_TEST_SUITE(HyperbolicTest, Floats);

TYPED_TEST(HyperbolicTest, ErrorBound) {
  using T = TypeParam;
  // Next to ln 2 / 32 the first step of the table begins.
  const std::vector<T> ranges[] = {
      Uniform<T>(-kFinite<T>, kFinite<T>, 20000),
      Uniform<T>(-20, 20, 20000),
      Uniform<T>(-1, 1, 20000),
      Uniform<T>(0.0216, 0.0218, 5000),
      Uniform<T>(0.0108, 0.0109, 5000),
      Spread<T>(static_cast<double>(std::numeric_limits<T>::denorm_min()), 0.1, 10000),
  };
  for (const Function& function : kFunctions) {
    for (const std::vector<T>& x : ranges) CheckErrors(Targets(), function, x);
  }
}

TYPED_TEST(HyperbolicTest, NeighboursDoNotMatter) {
  for (const Function& function : kFunctions) {
    CheckNeighbours(Targets(), function, Spread<TypeParam>(1e-38, 1e38, 200));
    CheckNeighbours(Targets(), function, Spread<TypeParam>(1, 1000, 200));
  }
}

TYPED_TEST(HyperbolicTest, LandmarksAndFlags) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const T least = Limits::denorm_min();
  const T max = Limits::max();
  const T inf = kInf<T>;
  const T nan = kNan<T>;
  CheckRows(Targets(), kTanh,
            std::vector<ExactRow<T>>{{T(0), T(0), 0},
                                     {T(-0.0), T(-0.0), 0},
                                     {least, least, 0},
                                     {-least, -least, 0},
                                     {-Limits::min(), -Limits::min(), 0},
                                     {T(40), T(1), 0},
                                     {T(-300), T(-1), 0},
                                     {T(301), T(1), 0},
                                     {-max, T(-1), 0},
                                     {inf, T(1), 0},
                                     {-inf, T(-1), 0},
                                     {nan, nan, 0},
                                     {-nan, nan, 0}});
  CheckRows(Targets(), kSinh,
            std::vector<ExactRow<T>>{{T(0), T(0), 0},
                                     {T(-0.0), T(-0.0), 0},
                                     {least, least, 0},
                                     {-least, -least, 0},
                                     {-Limits::min(), -Limits::min(), 0},
                                     {T(711), inf, kOverflow},
                                     {T(-711), -inf, kOverflow},
                                     {max, inf, kOverflow},
                                     {-max, -inf, kOverflow},
                                     {inf, inf, 0},
                                     {-inf, -inf, 0},
                                     {nan, nan, 0}});
  CheckRows(Targets(), kCosh,
            std::vector<ExactRow<T>>{{T(0), T(1), 0},
                                     {T(-0.0), T(1), 0},
                                     {least, T(1), 0},
                                     {T(-711), inf, kOverflow},
                                     {max, inf, kOverflow},
                                     {-max, inf, kOverflow},
                                     {inf, inf, 0},
                                     {-inf, inf, 0},
                                     {nan, nan, 0}});
}

// The last arguments with finite results, and those after them.
TYPED_TEST(HyperbolicTest, OverflowsWhereResultsDo) {
  using T = TypeParam;
  const T last = sizeof(T) == 4 ? T(0x1.65a9f8p+6) : T(0x1.633ce8fb9f87dp+9);
  const T beyond = std::nextafter(last, kInf<T>);
  for (const Function& function : {kSinh, kCosh}) {
    for (const auto& target : Targets()) {
      FpFlags flags;
      EXPECT_TRUE(std::isfinite(Evaluate(target, function, std::vector<T>{last}, &flags)[0]));
      EXPECT_EQ(flags, 0);
      EXPECT_EQ(Evaluate(target, function, std::vector<T>{beyond}, &flags)[0], kInf<T>);
      EXPECT_EQ(flags, kOverflow);
    }
  }
}

// Too long for every run; see the long tiers in CONTRIBUTING.md.
TEST(HyperbolicLongTest, DISABLED_AllFloats) {
  for (const Function& function : kFunctions) CheckAllFloats(Targets(), function);
}

}  // namespace
}  // namespace quern::test
#endif  // HWY_ONCE
