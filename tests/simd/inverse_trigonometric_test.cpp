// Inverse trigonometric functions: error against long double, signed zeros, infinities and extreme
// ratios, exact landmarks, flags, same bits everywhere.
#include "generated_targets.h"  // before any Highway header

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/simd/inverse_trigonometric_test.cpp"
#include "hwy/foreach_target.h"  // re-includes this file once per target
// After foreach_target.h.
#include "hwy/highway.h"
#include "simd/inverse_trigonometric-inl.h"
#include "tests/simd/functions.h"
#include "tests/simd/harness.h"
#include "tests/simd/kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace {

QUERN_TEST_BODY(Arctan)
QUERN_TEST_BODY(Arctan2)
QUERN_TEST_BODY(Arcsin)
QUERN_TEST_BODY(Arccos)

}  // namespace
}  // namespace HWY_NAMESPACE

namespace test {
struct InverseKernels;
template <>
struct CompiledFor<InverseKernels, HWY_TARGET> {
  static KernelList List() {
    namespace target = HWY_NAMESPACE;
    return {{"Arctan float32", target::Kernel<float(float), target::ArctanBody>},
            {"Arctan float64", target::Kernel<double(double), target::ArctanBody>},
            {"Arctan2 float32", target::Kernel<float(float, float), target::Arctan2Body>},
            {"Arctan2 float64", target::Kernel<double(double, double), target::Arctan2Body>},
            {"Arcsin float32", target::Kernel<float(float), target::ArcsinBody>},
            {"Arcsin float64", target::Kernel<double(double), target::ArcsinBody>},
            {"Arccos float32", target::Kernel<float(float), target::ArccosBody>},
            {"Arccos float64", target::Kernel<double(double), target::ArccosBody>}};
  }
};
}  // namespace test
}  // namespace quern
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quern::test {
namespace {

const ElementwiseTargets& Targets() { return RunnableTargets<InverseKernels>(); }

constexpr Function kArctan = {"Arctan", [](long double x) {
                                return std::atan(x);
                              }};
constexpr Function kArcsin = {"Arcsin", [](long double x) {
                                return std::asin(x);
                              }};
constexpr Function kArccos = {"Arccos", [](long double x) {
                                return std::acos(x);
                              }};

// What the specs promise, in units in the last place.
template <class T>
constexpr double kInverseBound = sizeof(T) == 4 ? kErrorBound<T> : 0.75;

template <class T>
std::vector<T> EvaluateOfPoints(const TargetKernels<ElementwiseKernel>& target,
                                const std::vector<T>& y, const std::vector<T>& x,
                                FpFlags* flags = nullptr) {
  std::vector<T> angles(x.size());
  const void* in[] = {y.data(), x.data()};
  void* out[] = {angles.data()};
  const std::string type = sizeof(T) == 4 ? " float32" : " float64";
  const FpFlags raised = target.Find("Arctan2" + type)(in, out, x.size());
  if (flags != nullptr) *flags = raised;
  return angles;
}

// The angles of points within the bound on the first target, and the same bits on the others, alone
// and among others.
template <class T>
void CheckPoints(const std::vector<T>& y, const std::vector<T>& x) {
  const std::vector<T> angles = EvaluateOfPoints(Targets().front(), y, x);
  for (std::size_t i = 0; kHasReference<T> && i < x.size(); ++i) {
    const long double exact =
        std::atan2(static_cast<long double>(y[i]), static_cast<long double>(x[i]));
    ASSERT_LE(UlpError(exact, angles[i]), kInverseBound<T>)
        << Print(y[i]) << ", " << Print(x[i]) << " gives " << Print(angles[i]);
  }
  for (const auto& target : Targets()) {
    const std::vector<T> other = EvaluateOfPoints(target, y, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      ASSERT_TRUE(SameValue(angles[i], other[i])) << target.Name() << " " << Print(y[i]);
      if (i % 97 != 0) continue;
      const std::vector<T> alone =
          EvaluateOfPoints(target, std::vector<T>{y[i]}, std::vector<T>{x[i]});
      ASSERT_TRUE(SameValue(angles[i], alone[0])) << target.Name() << " " << Print(y[i]);
    }
  }
}

template <class T>
struct PointRow {
  T y;
  T x;
  T angle;
  FpFlags flags;
};

template <class T>
void CheckPointRows(const std::vector<PointRow<T>>& rows) {
  for (const auto& target : Targets()) {
    for (const PointRow<T>& row : rows) {
      FpFlags flags;
      const T angle =
          EvaluateOfPoints(target, std::vector<T>{row.y}, std::vector<T>{row.x}, &flags)[0];
      EXPECT_TRUE(SameValue(angle, row.angle)) << target.Name() << " " << Print(row.y) << ", "
                                               << Print(row.x) << " gives " << Print(angle);
      EXPECT_EQ(flags, row.flags) << target.Name() << " " << Print(row.y) << ", " << Print(row.x);
    }
  }
}

template <class T>
class InverseTrigonometricTest : public testing::Test {};
TYPED_TEST_SUITE(InverseTrigonometricTest, Floats);

TYPED_TEST(InverseTrigonometricTest, ErrorBound) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const double least = static_cast<double>(Limits::denorm_min());
  const std::vector<T> tangents[] = {
      Uniform<T>(-5, 5, 30000),
      Uniform<T>(0.03, 0.04, 10000),  // where the table first counts
      Spread<T>(least, 1, 10000),
      Spread<T>(1, static_cast<double>(Limits::max()), 10000),
  };
  for (const std::vector<T>& x : tangents) CheckErrors(Targets(), kArctan, x, kInverseBound<T>);
  const std::vector<T> ratios[] = {Uniform<T>(-1, 1, 30000), Uniform<T>(0.45, 0.6, 20000),
                                   Uniform<T>(0.999999, 1, 10000), Spread<T>(least, 1, 10000)};
  for (const std::vector<T>& x : ratios) {
    CheckErrors(Targets(), kArcsin, x, kInverseBound<T>);
    CheckErrors(Targets(), kArccos, x, kInverseBound<T>);
  }
}

TYPED_TEST(InverseTrigonometricTest, ErrorBoundOfPoints) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const double least = static_cast<double>(Limits::denorm_min());
  const double max = static_cast<double>(Limits::max());
  std::vector<T> across = Uniform<T>(-1, 1, 30000);
  std::vector<T> up(across.rbegin(), across.rend());
  CheckPoints(up, across);
  across = Spread<T>(least, max, 30001);
  up.assign(across.rbegin(), across.rend());
  std::rotate(up.begin(), up.begin() + 7777, up.end());
  CheckPoints(up, across);
}

TYPED_TEST(InverseTrigonometricTest, NeighboursDoNotMatter) {
  using T = TypeParam;
  std::vector<T> x = Uniform<T>(-1, 1, 200);
  x[100] = T(-0.0);
  x[101] = T(2);
  for (const Function& function : {kArctan, kArcsin, kArccos}) {
    CheckNeighbours(Targets(), function, x);
  }
}

TYPED_TEST(InverseTrigonometricTest, LandmarksAndFlags) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const T least = Limits::denorm_min();
  const T right = static_cast<T>(1.57079632679489661923L);
  const T pi = 2 * right;
  const std::vector<ExactRow<T>> small = {
      {T(0), T(0), 0},
      {T(-0.0), T(-0.0), 0},
      {least, least, 0},
      {-least, -least, 0},
      {Limits::min(), Limits::min(), 0},
      {kNan<T>, kNan<T>, 0},
  };
  CheckRows(Targets(), kArctan, small);
  CheckRows(Targets(), kArcsin, small);
  CheckRows(Targets(), kArctan,
            std::vector<ExactRow<T>>{{kInf<T>, right, 0},
                                     {-kInf<T>, -right, 0},
                                     {Limits::max(), right, 0},
                                     {T(1), right / 2, 0}});
  const T above = std::nextafter(T(1), T(2));
  const std::vector<ExactRow<T>> beyond = {{above, kNan<T>, kInvalid},
                                           {-above, kNan<T>, kInvalid},
                                           {-Limits::max(), kNan<T>, kInvalid},
                                           {kInf<T>, kNan<T>, kInvalid},
                                           {kNan<T>, kNan<T>, 0}};
  CheckRows(Targets(), kArcsin, beyond);
  CheckRows(Targets(), kArccos, beyond);
  CheckRows(Targets(), kArcsin, std::vector<ExactRow<T>>{{T(1), right, 0}, {T(-1), -right, 0}});
  CheckRows(Targets(), kArccos,
            std::vector<ExactRow<T>>{
                {T(1), T(0), 0}, {T(-1), pi, 0}, {T(0), right, 0}, {T(-0.0), right, 0}});
}

TYPED_TEST(InverseTrigonometricTest, LandmarksAndFlagsOfPoints) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const T least = Limits::denorm_min();
  const T zero = 0;
  const T inf = kInf<T>;
  const T right = static_cast<T>(1.57079632679489661923L);
  const T pi = 2 * right;
  const T far = static_cast<T>(2.35619449019234492885L);
  std::vector<PointRow<T>> rows = {
      {zero, zero, zero, 0},
      {zero, -zero, pi, 0},
      {zero, T(1), zero, 0},
      {zero, T(-1), pi, 0},
      {T(1), zero, right, 0},
      {T(1), -zero, right, 0},
      {least, zero, right, 0},
      {inf, T(1), right, 0},
      {inf, zero, right, 0},
      {inf, inf, right / 2, 0},
      {inf, -inf, far, 0},
      {T(1), inf, zero, 0},
      {least, inf, zero, 0},
      {zero, inf, zero, 0},
      {T(1), -inf, pi, 0},
      {zero, -inf, pi, 0},
      {least, T(1), least, kUnderflow},
      {least, Limits::max(), zero, kUnderflow},
      {Limits::min(), T(2), Limits::min() / 2, kUnderflow},
      {Limits::min(), T(1), Limits::min(), 0},
      {least, T(-1), pi, 0},
      {Limits::max(), least, right, 0},
      {Limits::max(), Limits::max(), right / 2, 0},
      {least, -least, far, 0},
      {kNan<T>, T(1), kNan<T>, 0},
      {T(1), kNan<T>, kNan<T>, 0},
      {kNan<T>, inf, kNan<T>, 0},
      {zero, kNan<T>, kNan<T>, 0},
  };
  const std::size_t n = rows.size();
  for (std::size_t i = 0; i < n; ++i) {
    const PointRow<T> row = rows[i];
    rows.push_back({-row.y, row.x, -row.angle, row.flags});
  }
  CheckPointRows(rows);
}

// Too long for every run; see the long tiers in CONTRIBUTING.md.
TEST(InverseTrigonometricLongTest, DISABLED_AllFloats) {
  for (const Function& function : {kArctan, kArcsin, kArccos}) CheckAllFloats(Targets(), function);
}

}  // namespace
}  // namespace quern::test
#endif  // HWY_ONCE
