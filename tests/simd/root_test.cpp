// cbrt, hypot: error against long double, exact cubes and triangles, extremes with their flags,
// same bits everywhere.
#include "generated_targets.h"  // before any Highway header

#include <cmath>
#include <limits>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/simd/root_test.cpp"
#include "hwy/foreach_target.h"  // re-includes this file once per target
// After foreach_target.h.
#include "hwy/highway.h"
#include "simd/root-inl.h"
#include "tests/simd/functions.h"
#include "tests/simd/harness.h"
#include "tests/simd/kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace {

QUERN_TEST_BODY(Cbrt)
QUERN_TEST_BODY(Hypot)

}  // namespace
}  // namespace HWY_NAMESPACE

namespace test {
struct RootKernels;
template <>
struct CompiledFor<RootKernels, HWY_TARGET> {
  static KernelList List() {
    namespace target = HWY_NAMESPACE;
    return {{"Cbrt float32", target::Kernel<float(float), target::CbrtBody>},
            {"Cbrt float64", target::Kernel<double(double), target::CbrtBody>},
            {"Hypot float32", target::Kernel<float(float, float), target::HypotBody>},
            {"Hypot float64", target::Kernel<double(double, double), target::HypotBody>}};
  }
};
}  // namespace test
}  // namespace quern
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quern::test {
namespace {

const ElementwiseTargets& Targets() { return RunnableTargets<RootKernels>(); }

constexpr Function kCbrt = {"Cbrt", [](long double x) {
                              return std::cbrt(x);
                            }};
constexpr BinaryFunction kHypot = {"Hypot", [](long double a, long double b) {
                                     return std::hypot(a, b);
                                   }};
template <class T>
constexpr double kCbrtBound = sizeof(T) == 4 ? 0.501 : 0.51;
constexpr double kHypotBound = 0.501;

template <class T>
class RootTest : public testing::Test {};
TYPED_TEST_SUITE(RootTest, Floats);

TYPED_TEST(RootTest, ErrorBoundOfCbrt) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const double least = static_cast<double>(Limits::denorm_min());
  const double max = static_cast<double>(Limits::max());
  const std::vector<T> ranges[] = {
      Spread<T>(static_cast<double>(Limits::min()), max, 30000),
      Spread<T>(least, static_cast<double>(Limits::min()), 10000),
      Spread<T>(0x1p-961, 0x1p-958, 5000),
      Uniform<T>(-8, 8, 30000),
      Uniform<T>(0.99, 1.01, 5000),
  };
  for (const std::vector<T>& x : ranges) CheckErrors(Targets(), kCbrt, x, kCbrtBound<T>);
}

TYPED_TEST(RootTest, NeighboursDoNotMatter) {
  CheckNeighbours(Targets(), kCbrt, Spread<TypeParam>(1e-38, 1e38, 200));
  CheckNeighbours(Targets(), kCbrt,
                  Spread<TypeParam>(std::numeric_limits<TypeParam>::denorm_min(), 1, 200));
}

TYPED_TEST(RootTest, CubesAreExact) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  std::vector<ExactRow<T>> rows = {
      {T(0), T(0), 0},         {T(-0.0), T(-0.0), 0}, {kInf<T>, kInf<T>, 0},
      {-kInf<T>, -kInf<T>, 0}, {kNan<T>, kNan<T>, 0}, {-kNan<T>, kNan<T>, 0},
  };
  const int bits = Limits::digits / 3;
  for (const T root : {T(1), T(3), T(5), T(10), T(99), T((1 << bits) - 1)}) {
    const T cube = root * root * root;
    const int first = (Limits::min_exponent - Limits::digits) / 3 + 1;
    const int last = (Limits::max_exponent - Limits::digits) / 3;
    for (int e = first; e < last; ++e) {
      rows.push_back({std::ldexp(cube, 3 * e), std::ldexp(root, e), 0});
      rows.push_back({std::ldexp(-cube, 3 * e), std::ldexp(-root, e), 0});
    }
  }
  CheckRows(Targets(), kCbrt, rows);
}

TYPED_TEST(RootTest, ErrorBoundOfHypot) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const double least = static_cast<double>(Limits::denorm_min());
  const double half = static_cast<double>(Limits::max()) / 2;
  const std::vector<T> signs = Uniform<T>(-1, 1, 40000);
  std::vector<T> far = Spread<T>(least, half, 40000);
  std::vector<T> near = far;
  for (std::size_t i = 0; i < far.size(); ++i) near[i] *= signs[i];
  CheckErrors(Targets(), kHypot, far, near, kHypotBound);
  CheckErrors(Targets(), kHypot, near, far, kHypotBound);
  const std::vector<T> first = Uniform<T>(-10, 10, 40000);
  std::vector<T> second = Spread<T>(1e-9, 1e3, 40000);
  CheckErrors(Targets(), kHypot, first, second, kHypotBound);
}

TYPED_TEST(RootTest, ExtremesOfHypotAndFlags) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const T least = Limits::denorm_min();
  const T max = Limits::max();
  CheckRows(Targets(), kHypot,
            std::vector<BinaryRow<T>>{
                {T(0), T(-0.0), T(0), 0},
                {T(-0.0), T(-0.0), T(0), 0},
                {T(3), T(-4), T(5), 0},
                {T(-8), T(15), T(17), 0},
                {max, T(0), max, 0},
                {T(1), -max, max, 0},
                {max, max, kInf<T>, kOverflow},
                {max, max / 1024, kInf<T>, kOverflow},
                {least, T(0), least, 0},
                {T(-3) * least, T(4) * least, T(5) * least, 0},
                {least, least, least, kUnderflow},
                {T(2) * least, T(3) * least, T(4) * least, kUnderflow},
                {Limits::min(), Limits::min() / 2, std::hypot(Limits::min(), Limits::min() / 2), 0},
                {kInf<T>, kNan<T>, kInf<T>, 0},
                {kNan<T>, -kInf<T>, kInf<T>, 0},
                {-kInf<T>, max, kInf<T>, 0},
                {kNan<T>, T(0), kNan<T>, 0},
                {T(1), kNan<T>, kNan<T>, 0}});
}

// Too long for every run; see the long tiers in CONTRIBUTING.md.
TEST(RootLongTest, DISABLED_AllFloats) { CheckAllFloats(Targets(), kCbrt); }

}  // namespace
}  // namespace quern::test
#endif  // HWY_ONCE
