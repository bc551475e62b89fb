// Sine, cosine, tangent and sinc: error against long double, huge angles and those next to
// multiples of pi / 2, exact landmarks, flags, same bits everywhere.
#include "generated_targets.h"  // before any Highway header

#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/simd/trigonometric_test.cpp"
#include "hwy/foreach_target.h"  // re-includes this file once per target
// After foreach_target.h.
#include "hwy/highway.h"
#include "simd/trigonometric-inl.h"
#include "tests/simd/functions.h"
#include "tests/simd/harness.h"
#include "tests/simd/kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace {

QUERN_TEST_BODY(Sin)
QUERN_TEST_BODY(Cos)
QUERN_TEST_BODY(Tan)
QUERN_TEST_BODY(Sinc)

}  // namespace
}  // namespace HWY_NAMESPACE

namespace test {
struct TrigonometricKernels;
template <>
struct CompiledFor<TrigonometricKernels, HWY_TARGET> {
  static KernelList List() {
    namespace target = HWY_NAMESPACE;
    return {{"Sin float32", target::Kernel<float(float), target::SinBody>},
            {"Sin float64", target::Kernel<double(double), target::SinBody>},
            {"Cos float32", target::Kernel<float(float), target::CosBody>},
            {"Cos float64", target::Kernel<double(double), target::CosBody>},
            {"Tan float32", target::Kernel<float(float), target::TanBody>},
            {"Tan float64", target::Kernel<double(double), target::TanBody>},
            {"Sinc float32", target::Kernel<float(float), target::SincBody>},
            {"Sinc float64", target::Kernel<double(double), target::SincBody>}};
  }
};
}  // namespace test
}  // namespace quern
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quern::test {
namespace {

const ElementwiseTargets& Targets() { return RunnableTargets<TrigonometricKernels>(); }

constexpr Function kSin = {"Sin", [](long double x) {
                             return std::sin(x);
                           }};
constexpr Function kCos = {"Cos", [](long double x) {
                             return std::cos(x);
                           }};
constexpr Function kTan = {"Tan", [](long double x) {
                             return std::tan(x);
                           }};
constexpr Function kSinc = {"Sinc", [](long double x) {
                              const long double pi = 3.14159265358979323846L;
                              if (x == 0) return 1.0L;
                              if (x == std::rint(x)) return 0.0L;
                              // From the nearest half, where the angle is small and so its error.
                              const long double turns = std::rint(2 * x);
                              const long double rest = (x - turns / 2) * pi;
                              const bool odd = std::fmod(turns, 2) != 0;
                              const long double sine = odd ? std::cos(rest) : std::sin(rest);
                              const bool minus = std::fmod(std::floor(turns / 2), 2) != 0;
                              return (minus ? -sine : sine) / (pi * x);
                            }};
constexpr Function kFunctions[] = {kSin, kCos, kTan};

// The angles nearest to multiples of pi / 2 below `limit`, and their neighbours: what is left of
// them, and the results there, have the fewest correct bits.
template <class T>
std::vector<T> NearQuarterTurns(double limit, std::size_t n) {
  std::mt19937_64 random(12);
  std::uniform_real_distribution<double> uniform(0, limit);
  std::vector<T> x;
  while (x.size() < n) {
    const long double quarter = 1.57079632679489661923L;
    const T nearest = static_cast<T>(std::round(uniform(random) / 1.5707963267948966) * quarter);
    x.insert(x.end(), {nearest, -nearest, std::nextafter(nearest, kInf<T>),
                       std::nextafter(nearest, -kInf<T>)});
  }
  return x;
}

// Halfway between multiples of pi / 16, where what is left is greatest.
template <class T>
std::vector<T> BetweenSteps() {
  std::vector<T> x;
  for (int k = -300; k <= 300; ++k) {
    T value = static_cast<T>((k + 0.5) * (1.5707963267948966 / 8));
    for (int i = 0; i < 20; ++i, value = std::nextafter(value, T(1e9))) x.push_back(value);
  }
  return x;
}

template <class T>
class TrigonometricTest : public testing::Test {};
TYPED_TEST_SUITE(TrigonometricTest, Floats);

TYPED_TEST(TrigonometricTest, ErrorBound) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const std::vector<T> ranges[] = {
      Uniform<T>(-10, 10, 30000),
      Uniform<T>(-0.2, 0.2, 10000),
      Uniform<T>(0.098, 0.13, 10000),  // where the table first counts, it weighs most
      Uniform<T>(-3e6, 3e6, 20000),    // both sides of where the reduction changes
      Spread<T>(static_cast<double>(Limits::denorm_min()), 1, 10000),
      Spread<T>(1, static_cast<double>(Limits::max()), 20000),
      NearQuarterTurns<T>(100, 10000),
      NearQuarterTurns<T>(2e6, 10000),
      NearQuarterTurns<T>(1e15, 10000),
      BetweenSteps<T>(),
  };
  for (const Function& function : kFunctions) {
    for (const std::vector<T>& x : ranges) CheckErrors(Targets(), function, x);
  }
}

TYPED_TEST(TrigonometricTest, ErrorBoundOfSinc) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const std::vector<T> ranges[] = {
      Uniform<T>(-4, 4, 30000),
      Uniform<T>(-0.05, 0.05, 10000),
      Uniform<T>(-3e6, 3e6, 20000),
      Uniform<T>(0.999, 1.001, 10000),
      Spread<T>(static_cast<double>(Limits::denorm_min()), 1, 10000),
      Spread<T>(1, static_cast<double>(Limits::max()), 20000),
  };
  for (const std::vector<T>& x : ranges) CheckErrors(Targets(), kSinc, x);
}

TYPED_TEST(TrigonometricTest, NeighboursDoNotMatter) {
  using T = TypeParam;
  std::vector<T> x = Uniform<T>(-1e3, 1e3, 200);
  for (std::size_t i = 0; i < x.size(); i += 13) x[i] *= T(1e30);  // huge ones here and there
  for (std::size_t i = 1; i < x.size(); i += 13) x[i] = i % 2 == 0 ? T(0) : T(-0.0);
  for (const Function& function : kFunctions) CheckNeighbours(Targets(), function, x);
  CheckNeighbours(Targets(), kSinc, x);
}

TYPED_TEST(TrigonometricTest, LandmarksAndFlags) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const T least = Limits::denorm_min();
  const std::vector<ExactRow<T>> same = {{kInf<T>, kNan<T>, kInvalid},
                                         {-kInf<T>, kNan<T>, kInvalid},
                                         {kNan<T>, kNan<T>, 0},
                                         {-kNan<T>, kNan<T>, 0}};
  for (const Function& function : {kSin, kCos, kTan, kSinc}) {
    CheckRows(Targets(), function, same);
  }
  const std::vector<ExactRow<T>> small = {{T(0), T(0), 0},
                                          {T(-0.0), T(-0.0), 0},
                                          {least, least, 0},
                                          {-least, -least, 0},
                                          {Limits::min(), Limits::min(), 0},
                                          {-Limits::min(), -Limits::min(), 0}};
  for (const Function& function : {kSin, kTan}) CheckRows(Targets(), function, small);
  CheckRows(Targets(), kCos,
            std::vector<ExactRow<T>>{
                {T(0), T(1), 0}, {T(-0.0), T(1), 0}, {least, T(1), 0}, {-least, T(1), 0}});
  CheckRows(Targets(), kSinc,
            std::vector<ExactRow<T>>{{T(0), T(1), 0},
                                     {T(-0.0), T(1), 0},
                                     {-least, T(1), 0},
                                     {T(1), T(0), 0},
                                     {T(-2), T(0), 0},
                                     {T(3), T(0), 0},
                                     {T(0x1p22), T(0), 0},
                                     {Limits::max(), T(0), 0},
                                     {-Limits::max(), T(0), 0}});
}

// The double closest to a multiple of pi / 2, the one at pi / 2 and the greatest; results by MPFR.
TEST(TrigonometricHardTest, HardCases) {
  const double closest = 6381956970095103 * 0x1p797;
  CheckRows(
      Targets(), kSin,
      std::vector<ExactRow<double>>{{closest, 1.0, 0},
                                    {0x1.921fb54442d18p+0, 1.0, 0},
                                    {std::numeric_limits<double>::max(), 0x1.452fc98b34e97p-8, 0}});
  CheckRows(Targets(), kCos,
            std::vector<ExactRow<double>>{
                {closest, -0x1.14ae72e6ba22fp-61, 0},
                {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, 0},
                {std::numeric_limits<double>::max(), -0x1.fffe62ecfab75p-1, 0}});
  CheckRows(Targets(), kTan,
            std::vector<ExactRow<double>>{
                {closest, -0x1.d9ba9a7975636p+60, 0},
                {0x1.921fb54442d18p+0, 0x1.d02967c31cdb5p+53, 0},
                {std::numeric_limits<double>::max(), -0x1.4530cfe729484p-8, 0}});
}

// Too long for every run; see the long tiers in CONTRIBUTING.md.
TEST(TrigonometricLongTest, DISABLED_AllFloats) {
  for (const Function& function : {kSin, kCos, kTan, kSinc}) CheckAllFloats(Targets(), function);
}

}  // namespace
}  // namespace quern::test
#endif  // HWY_ONCE
