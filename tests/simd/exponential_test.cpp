// exp, exp2, expm1: error against long double, exact landmarks, extremes with their flags, same
// bits everywhere.
#include "generated_targets.h"  // before any Highway header

#include <cmath>
#include <limits>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/simd/exponential_test.cpp"
#include "hwy/foreach_target.h"  // re-includes this file once per target
// After foreach_target.h.
#include "hwy/highway.h"
#include "simd/exponential-inl.h"
#include "tests/simd/functions.h"
#include "tests/simd/harness.h"
#include "tests/simd/kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace {

QUERN_TEST_BODY(Exp)
QUERN_TEST_BODY(Exp2)
QUERN_TEST_BODY(Expm1)

}  // namespace
}  // namespace HWY_NAMESPACE

namespace test {
struct ExponentialKernels;
template <>
struct CompiledFor<ExponentialKernels, HWY_TARGET> {
  static KernelList List() {
    namespace target = HWY_NAMESPACE;
    return {{"Exp float32", target::Kernel<float(float), target::ExpBody>},
            {"Exp float64", target::Kernel<double(double), target::ExpBody>},
            {"Exp2 float32", target::Kernel<float(float), target::Exp2Body>},
            {"Exp2 float64", target::Kernel<double(double), target::Exp2Body>},
            {"Expm1 float32", target::Kernel<float(float), target::Expm1Body>},
            {"Expm1 float64", target::Kernel<double(double), target::Expm1Body>}};
  }
};
}  // namespace test
}  // namespace quern
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quern::test {
namespace {

const ElementwiseTargets& Targets() { return RunnableTargets<ExponentialKernels>(); }

constexpr Function kExp = {"Exp", [](long double x) {
                             return std::exp(x);
                           }};
constexpr Function kExp2 = {"Exp2", [](long double x) {
                              return std::exp2(x);
                            }};
constexpr Function kExpm1 = {"Expm1", [](long double x) {
                               return std::expm1(x);
                             }};

// Where e^x becomes subnormal, zero and infinite.
template <class T>
constexpr double kNormal = sizeof(T) == 4 ? -87.33 : -708.39;
template <class T>
constexpr double kZero = sizeof(T) == 4 ? -103.98 : -745.14;
template <class T>
constexpr double kInfinity = sizeof(T) == 4 ? 88.7228 : 709.7827;
// The extreme arguments of e^x with finite and with normal results.
template <class T>
constexpr T kLast = sizeof(T) == 4 ? T(0x1.62e42ep+6) : T(0x1.62e42fefa39efp+9);
template <class T>
constexpr T kFirst = sizeof(T) == 4 ? T(-0x1.5d589ep+6) : T(-0x1.6232bdd7abcd2p+9);

template <class T>
class ExpTest : public testing::Test {};
TYPED_TEST_SUITE(ExpTest, Floats);

// Arguments halfway between multiples of `step`: the reduced argument is greatest there, and the
// error with it.
template <class T>
std::vector<T> Halfway(double step) {
  std::vector<T> halfway;
  for (int k = -1000; k <= 1000; ++k) {
    T x = static_cast<T>((k + 0.5) * step);
    for (int i = 0; i < 20; ++i, x = std::nextafter(x, T(1e9))) halfway.push_back(x);
  }
  return halfway;
}

TYPED_TEST(ExpTest, ErrorBound) {
  using T = TypeParam;
  const double ln2 = std::log(2.0);
  const std::vector<T> near = Uniform<T>(-1, 1, 30000);
  const std::vector<T> small = Spread<T>(1e-20, 0.1, 30000);
  const std::vector<T> natural[] = {near, small, Uniform<T>(kNormal<T>, kInfinity<T>, 50000),
                                    Halfway<T>(ln2 / 16)};
  for (const std::vector<T>& x : natural) {
    CheckErrors(Targets(), kExp, x);
    CheckErrors(Targets(), kExpm1, x);
  }
  CheckErrors(Targets(), kExp, Uniform<T>(kZero<T>, kNormal<T> + 1, 20000));
  const std::vector<T> binary[] = {
      near, small, Uniform<T>(kNormal<T> / ln2, kInfinity<T> / ln2, 50000),
      Uniform<T>(kZero<T> / ln2, kNormal<T> / ln2 + 1, 20000), Halfway<T>(1.0 / 16)};
  for (const std::vector<T>& x : binary) CheckErrors(Targets(), kExp2, x);
}

TYPED_TEST(ExpTest, NeighboursDoNotMatter) {
  using T = TypeParam;
  for (const Function& function : {kExp, kExp2, kExpm1}) {
    CheckNeighbours(Targets(), function, Uniform<T>(kZero<T>, kInfinity<T>, 200));
  }
}

TYPED_TEST(ExpTest, LandmarksAndFlags) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const T below = std::nextafter(kFirst<T>, -kInf<T>);
  CheckRows(Targets(), kExp,
            std::vector<ExactRow<T>>{{T(0), T(1), 0},
                                     {T(-0.0), T(1), 0},
                                     {Limits::denorm_min(), T(1), 0},
                                     {kInf<T>, kInf<T>, 0},
                                     {-kInf<T>, T(0), 0},
                                     {kNan<T>, kNan<T>, 0},
                                     {kLast<T>, std::exp(kLast<T>), 0},
                                     {std::nextafter(kLast<T>, kInf<T>), kInf<T>, kOverflow},
                                     {Limits::max(), kInf<T>, kOverflow},
                                     {kFirst<T>, std::exp(kFirst<T>), 0},
                                     {below, std::exp(below), kUnderflow},
                                     {static_cast<T>(kZero<T>), T(0), kUnderflow},
                                     {-Limits::max(), T(0), kUnderflow}});
}

TYPED_TEST(ExpTest, LandmarksAndFlagsOfOneLess) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  CheckRows(Targets(), kExpm1,
            std::vector<ExactRow<T>>{{T(0), T(0), 0},
                                     {T(-0.0), T(-0.0), 0},
                                     {Limits::denorm_min(), Limits::denorm_min(), 0},
                                     {-Limits::denorm_min(), -Limits::denorm_min(), 0},
                                     {-Limits::min(), -Limits::min(), 0},
                                     {kInf<T>, kInf<T>, 0},
                                     {-kInf<T>, T(-1), 0},
                                     {kNan<T>, kNan<T>, 0},
                                     {kLast<T>, std::exp(kLast<T>), 0},
                                     {std::nextafter(kLast<T>, kInf<T>), kInf<T>, kOverflow},
                                     {Limits::max(), kInf<T>, kOverflow},
                                     {T(-60), T(-1), 0},
                                     {kFirst<T>, T(-1), 0},
                                     {static_cast<T>(kZero<T>), T(-1), 0},
                                     {-Limits::max(), T(-1), 0}});
}

TYPED_TEST(ExpTest, WholePowersOfTwoAreExact) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const int lowest = Limits::min_exponent - Limits::digits;
  std::vector<ExactRow<T>> rows;
  for (int e = lowest; e < Limits::max_exponent; ++e) {
    rows.push_back({static_cast<T>(e), std::ldexp(T(1), e), 0});
  }
  const T first = Limits::min_exponent - 1;
  const T last = std::nextafter(T(Limits::max_exponent), T(0));
  rows.insert(rows.end(), {{T(-0.0), T(1), 0},
                           {Limits::denorm_min(), T(1), 0},
                           {kInf<T>, kInf<T>, 0},
                           {-kInf<T>, T(0), 0},
                           {kNan<T>, kNan<T>, 0},
                           {last, std::exp2(last), 0},
                           {T(Limits::max_exponent), kInf<T>, kOverflow},
                           {Limits::max(), kInf<T>, kOverflow},
                           {first - T(0.5), std::exp2(first - T(0.5)), kUnderflow},
                           {T(lowest) - T(0.5), Limits::denorm_min(), kUnderflow},
                           {T(lowest - 1), T(0), kUnderflow},
                           {-Limits::max(), T(0), kUnderflow}});
  CheckRows(Targets(), kExp2, rows);
}

// Too long for every run; see the long tiers in CONTRIBUTING.md.
TEST(ExpLongTest, DISABLED_AllFloats) {
  for (const Function& function : {kExp, kExp2, kExpm1}) CheckAllFloats(Targets(), function);
}

}  // namespace
}  // namespace quern::test
#endif  // HWY_ONCE
