// arcsinh, arccosh, arctanh: error against long double, exact landmarks, flags, same bits
// everywhere.
#include "generated_targets.h"  // before any Highway header

#include <cmath>
#include <limits>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/simd/inverse_hyperbolic_test.cpp"
#include "hwy/foreach_target.h"  // re-includes this file once per target
// After foreach_target.h.
#include "hwy/highway.h"
#include "simd/inverse_hyperbolic-inl.h"
#include "tests/simd/functions.h"
#include "tests/simd/harness.h"
#include "tests/simd/kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace {

QUERN_TEST_BODY(Arcsinh)
QUERN_TEST_BODY(Arccosh)
QUERN_TEST_BODY(Arctanh)

}  // namespace
}  // namespace HWY_NAMESPACE

namespace test {
struct InverseHyperbolicKernels;
template <>
struct CompiledFor<InverseHyperbolicKernels, HWY_TARGET> {
  static KernelList List() {
    namespace target = HWY_NAMESPACE;
    return {{"Arcsinh float32", target::Kernel<float(float), target::ArcsinhBody>},
            {"Arcsinh float64", target::Kernel<double(double), target::ArcsinhBody>},
            {"Arccosh float32", target::Kernel<float(float), target::ArccoshBody>},
            {"Arccosh float64", target::Kernel<double(double), target::ArccoshBody>},
            {"Arctanh float32", target::Kernel<float(float), target::ArctanhBody>},
            {"Arctanh float64", target::Kernel<double(double), target::ArctanhBody>}};
  }
};
}  // namespace test
}  // namespace quern
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quern::test {
namespace {

const ElementwiseTargets& Targets() { return RunnableTargets<InverseHyperbolicKernels>(); }

constexpr Function kArcsinh = {"Arcsinh", [](long double x) {
                                 return std::asinh(x);
                               }};
constexpr Function kArccosh = {"Arccosh", [](long double x) {
                                 return std::acosh(x);
                               }};
constexpr Function kArctanh = {"Arctanh", [](long double x) {
                                 return std::atanh(x);
                               }};

template <class T>
std::vector<T> AboveOne(std::vector<T> x) {
  for (T& value : x) value = 1 + std::fabs(value);
  return x;
}

template <class T>
class InverseHyperbolicTest : public testing::Test {};
TYPED_TEST_SUITE(InverseHyperbolicTest, Floats);

TYPED_TEST(InverseHyperbolicTest, ErrorBound) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const double least = static_cast<double>(Limits::denorm_min());
  const double max = static_cast<double>(Limits::max());
  // Near 2^-6 and 2^-20 series end, near 2^-5 the logarithm's row around 1.
  const std::vector<T> sines[] = {
      Spread<T>(least, max, 30000),      Spread<T>(1e-3, 1e3, 30000),
      Uniform<T>(-2, 2, 30000),          Uniform<T>(0.03, 0.034, 10000),
      Uniform<T>(0.0155, 0.0158, 10000), Uniform<T>(0x0.fp-20, 0x1.1p-20, 5000),
  };
  for (const std::vector<T>& x : sines) CheckErrors(Targets(), kArcsinh, x);
  const std::vector<T> cosines[] = {
      AboveOne(Spread<T>(static_cast<double>(Limits::epsilon()), max / 2, 30000)),
      Uniform<T>(1, 3, 30000),
      Uniform<T>(1, 1.001, 10000),
  };
  for (const std::vector<T>& x : cosines) CheckErrors(Targets(), kArccosh, x);
  const std::vector<T> tangents[] = {
      Spread<T>(least, 0.999, 30000),         Uniform<T>(-0.9999999, 0.9999999, 30000),
      Uniform<T>(0.015, 0.016, 10000),        Uniform<T>(0.99, 0.9999999, 10000),
      Uniform<T>(0x0.fp-20, 0x1.1p-20, 5000),
  };
  for (const std::vector<T>& x : tangents) CheckErrors(Targets(), kArctanh, x);
}

TYPED_TEST(InverseHyperbolicTest, NeighboursDoNotMatter) {
  using T = TypeParam;
  for (const Function& function : {kArcsinh, kArccosh, kArctanh}) {
    CheckNeighbours(Targets(), function, Spread<T>(1e-38, 1e38, 200));
    CheckNeighbours(Targets(), function, Uniform<T>(-2, 2, 200));
  }
}

TYPED_TEST(InverseHyperbolicTest, LandmarksAndFlags) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const T least = Limits::denorm_min();
  const T max = Limits::max();
  const T inf = kInf<T>;
  const T nan = kNan<T>;
  CheckRows(Targets(), kArcsinh,
            std::vector<ExactRow<T>>{{T(0), T(0), 0},
                                     {T(-0.0), T(-0.0), 0},
                                     {least, least, 0},
                                     {-least, -least, 0},
                                     {-Limits::min(), -Limits::min(), 0},
                                     {inf, inf, 0},
                                     {-inf, -inf, 0},
                                     {nan, nan, 0},
                                     {-nan, nan, 0}});
  CheckRows(Targets(), kArccosh,
            std::vector<ExactRow<T>>{{T(1), T(0), 0},
                                     {std::nextafter(T(1), T(0)), nan, kInvalid},
                                     {T(0), nan, kInvalid},
                                     {T(-1), nan, kInvalid},
                                     {-max, nan, kInvalid},
                                     {-inf, nan, kInvalid},
                                     {inf, inf, 0},
                                     {nan, nan, 0},
                                     {-nan, nan, 0}});
  CheckRows(Targets(), kArctanh,
            std::vector<ExactRow<T>>{{T(0), T(0), 0},
                                     {T(-0.0), T(-0.0), 0},
                                     {least, least, 0},
                                     {-least, -least, 0},
                                     {T(1), inf, kDivideByZero},
                                     {T(-1), -inf, kDivideByZero},
                                     {std::nextafter(T(1), T(2)), nan, kInvalid},
                                     {-max, nan, kInvalid},
                                     {inf, nan, kInvalid},
                                     {-inf, nan, kInvalid},
                                     {nan, nan, 0},
                                     {-nan, nan, 0}});
}

// Too long for every run; see the long tiers in CONTRIBUTING.md.
TEST(InverseHyperbolicLongTest, DISABLED_AllFloats) {
  for (const Function& function : {kArcsinh, kArccosh, kArctanh}) {
    CheckAllFloats(Targets(), function);
  }
}

}  // namespace
}  // namespace quern::test
#endif  // HWY_ONCE
