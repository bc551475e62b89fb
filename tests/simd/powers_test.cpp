// Powers: error against long double, special values, exact results, flags, same bits everywhere.
#include "generated_targets.h"  // before any Highway header

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/simd/powers_test.cpp"
#include "hwy/foreach_target.h"  // re-includes this file once per target
// After foreach_target.h.
#include "hwy/highway.h"
#include "simd/powers-inl.h"
#include "tests/simd/functions.h"
#include "tests/simd/harness.h"
#include "tests/simd/kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace {

QUERN_TEST_BODY(Power)

}  // namespace
}  // namespace HWY_NAMESPACE

namespace test {
struct PowersKernels;
template <>
struct CompiledFor<PowersKernels, HWY_TARGET> {
  static KernelList List() {
    namespace target = HWY_NAMESPACE;
    return {{"Power float32", target::Kernel<float(float, float), target::PowerBody>},
            {"Power float64", target::Kernel<double(double, double), target::PowerBody>}};
  }
};
}  // namespace test
}  // namespace quern
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quern::test {
namespace {

const ElementwiseTargets& Targets() { return RunnableTargets<PowersKernels>(); }

constexpr BinaryFunction kPower = {"Power", [](long double x, long double y) {
                                     return std::pow(x, y);
                                   }};

template <class T>
class PowersTest : public testing::Test {};
TYPED_TEST_SUITE(PowersTest, Floats);

template <class T>
std::vector<T> Magnitudes(std::vector<T> x) {
  for (T& value : x) value = std::fabs(value);
  return x;
}

// Exponents for which the logarithms of the powers of `bases` lie between low and high.
template <class T>
std::vector<T> Exponents(const std::vector<T>& bases, double low, double high) {
  std::vector<T> y = Uniform<T>(low, high, bases.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double log = std::log(static_cast<double>(bases[i]));
    y[i] = log == 0 ? T(1e9) : static_cast<T>(static_cast<double>(y[i]) / log);
  }
  return y;
}

TYPED_TEST(PowersTest, ErrorBound) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const double least = static_cast<double>(Limits::denorm_min());
  const double min = static_cast<double>(Limits::min());
  const double max = static_cast<double>(Limits::max());
  // The logarithm's error is greatest beside it next to 1, and that of the power where both ends of
  // the range are near.
  const std::vector<T> bases[] = {
      Magnitudes(Spread<T>(min, max, 10000)), Magnitudes(Spread<T>(4 * least, min, 2000)),
      Uniform<T>(0.7, 1.42, 10000),           Uniform<T>(0.96, 1.04, 10000),
      Uniform<T>(1.031, 1.036, 5000),         Uniform<T>(0.982, 0.9846, 5000),
      Uniform<T>(1 - 1e-5, 1 + 1e-5, 5000),
  };
  for (const std::vector<T>& x : bases) {
    CheckErrors(Targets(), kPower, x, Exponents(x, std::log(min), std::log(max)));
    CheckErrors(Targets(), kPower, x, Exponents(x, std::log(max) - 5, std::log(max)));
    CheckErrors(Targets(), kPower, x, Exponents(x, std::log(least), std::log(min) + 5));
    CheckErrors(Targets(), kPower, x, Exponents(x, -1, 1));
  }
}

TYPED_TEST(PowersTest, NeighboursDoNotMatter) {
  using T = TypeParam;
  const std::vector<T> x = Spread<T>(1e-5, 1e5, 200);
  std::vector<T> whole = Uniform<T>(-9, 9, 200);
  for (T& value : whole) value = std::round(value);
  CheckNeighbours(Targets(), kPower, x, whole);
  CheckNeighbours(Targets(), kPower, Magnitudes(x), Exponents(Magnitudes(x), -800, 800));
}

TYPED_TEST(PowersTest, SpecialValues) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  std::vector<BinaryRow<T>> rows;
  for (T y : {T(1), T(3), T(0.5), T(2), kInf<T>}) {
    const bool odd = y == 1 || y == 3;
    const T sign = odd ? T(-1) : T(1);
    const FpFlags pole = y == kInf<T> ? 0 : kDivideByZero;
    rows.insert(rows.end(), {{T(0), y, T(0), 0},
                             {T(-0.0), y, std::copysign(T(0), sign), 0},
                             {T(0), -y, kInf<T>, pole},
                             {T(-0.0), -y, sign * kInf<T>, pole},
                             {kInf<T>, y, kInf<T>, 0},
                             {kInf<T>, -y, T(0), 0},
                             {-kInf<T>, y, sign * kInf<T>, 0},
                             {-kInf<T>, -y, std::copysign(T(0), sign), 0},
                             {T(1), y, T(1), 0},
                             {kNan<T>, y, kNan<T>, 0}});
  }
  for (T x : {T(0), T(-0.0), T(1), T(-1), T(-2.5), Limits::max(), kInf<T>, -kInf<T>, kNan<T>}) {
    rows.insert(
        rows.end(),
        {{x, T(0), T(1), 0}, {x, T(-0.0), T(1), 0}, {x, kNan<T>, x == 1 ? T(1) : kNan<T>, 0}});
  }
  const T above = std::nextafter(T(1), T(2));
  const T below = std::nextafter(T(1), T(0));
  for (T sign : {T(1), T(-1)}) {
    rows.insert(rows.end(), {{sign * above, kInf<T>, kInf<T>, 0},
                             {sign * above, -kInf<T>, T(0), 0},
                             {sign * below, kInf<T>, T(0), 0},
                             {sign * below, -kInf<T>, kInf<T>, 0},
                             {sign, kInf<T>, T(1), 0},
                             {sign, -kInf<T>, T(1), 0}});
  }
  CheckRows(Targets(), kPower, rows);
}

TYPED_TEST(PowersTest, NegativeBases) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const T last_odd = std::ldexp(T(1), Limits::digits) - 1;
  CheckRows(Targets(), kPower,
            std::vector<BinaryRow<T>>{{T(-2), T(3), T(-8), 0},
                                      {T(-2), T(2), T(4), 0},
                                      {T(-2), T(-1), T(-0.5), 0},
                                      {T(-1), last_odd, T(-1), 0},
                                      {T(-1), -last_odd, T(-1), 0},
                                      {T(-1), last_odd + 1, T(1), 0},
                                      {T(-1), Limits::max(), T(1), 0},
                                      {T(-1), (last_odd - 1) / 2, T(-1), 0},
                                      {T(-1), (last_odd - 1) / 2 + T(0.5), kNan<T>, kInvalid},
                                      {T(-2), T(0.5), kNan<T>, kInvalid},
                                      {T(-2), Limits::denorm_min(), kNan<T>, kInvalid},
                                      {-Limits::max(), T(1e5) + T(0.5), kNan<T>, kInvalid},
                                      {-Limits::max(), T(3), -kInf<T>, kOverflow},
                                      {-Limits::max(), T(4), kInf<T>, kOverflow},
                                      {-Limits::max(), T(-3), T(-0.0), kUnderflow},
                                      {-Limits::denorm_min(), T(1), -Limits::denorm_min(), 0},
                                      {-Limits::denorm_min(), T(-3), -kInf<T>, kOverflow}});
}

TYPED_TEST(PowersTest, ExactResults) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  std::vector<BinaryRow<T>> rows = {{Limits::max(), T(1), Limits::max(), 0},
                                    {Limits::min(), T(-1), 1 / Limits::min(), 0},
                                    {T(10), T(-1), T(0.1), 0},
                                    {T(5), T(-1), T(0.2), 0},
                                    {T(3), T(-2), T(1) / 9, 0}};
  const int lowest = Limits::min_exponent - Limits::digits;
  for (int e = lowest; e < Limits::max_exponent; ++e) {
    const T power = std::ldexp(T(1), e);
    rows.push_back({T(2), static_cast<T>(e), power, 0});
    rows.push_back({T(0.25), static_cast<T>(e) * T(-0.5), power, 0});
    rows.push_back({power, T(1), power, 0});
  }
  std::mt19937 random(3);
  for (int i = 0; i < 500; ++i) {
    const T root = static_cast<T>(random() % (1 << Limits::digits / 3));
    rows.push_back({root, T(3), root * root * root, 0});
    rows.push_back({root * root, T(1.5), root * root * root, 0});
    rows.push_back({root * root, T(0.5), root, 0});
  }
  CheckRows(Targets(), kPower, rows);
}

// Below the normal range, underflow says whether the result is exact.
TYPED_TEST(PowersTest, SubnormalResults) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const T least = Limits::denorm_min();
  const int lowest = Limits::min_exponent - Limits::digits;
  const T root = std::ldexp(T(3), lowest / 2 + 1);
  const T square = std::ldexp(T(9), lowest / 2 * 2 + 2);
  const T fourth = std::ldexp(T(9), lowest / 4 * 4 + 4);
  CheckRows(Targets(), kPower,
            std::vector<BinaryRow<T>>{{T(2), T(lowest), least, 0},
                                      {T(2), T(lowest - 2), T(0), kUnderflow},
                                      {T(2), T(lowest) + T(0.25), least, kUnderflow},
                                      {T(0.0625), T(lowest) * T(-0.25), least, 0},
                                      {T(1.5), T(lowest) * 2, T(0), kUnderflow},
                                      {root, T(2), square, 0},
                                      {std::ldexp(root, -3), T(2), least, kUnderflow},
                                      {fourth, T(1), fourth, 0},
                                      {3 * least, T(1), 3 * least, 0},
                                      {Limits::min() * 2, T(1), Limits::min() * 2, 0},
                                      {Limits::min() / 2, T(1), Limits::min() / 2, 0}});
}

}  // namespace
}  // namespace quern::test
#endif  // HWY_ONCE
