// exp: error against long double, exact landmarks, extremes with their flags, same bits everywhere.
#include "generated_targets.h"  // before any Highway header

#include <bit>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/simd/exponential_test.cpp"
#include "hwy/foreach_target.h"  // re-includes this file once per target
// After foreach_target.h.
#include "hwy/highway.h"
#include "simd/exponential-inl.h"
#include "tests/simd/harness.h"
#include "tests/simd/kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace {

QUERN_TEST_BODY(Exp)

}  // namespace
}  // namespace HWY_NAMESPACE

namespace test {
struct ExponentialKernels;
template <>
struct CompiledFor<ExponentialKernels, HWY_TARGET> {
  static KernelList List() {
    namespace target = HWY_NAMESPACE;
    return {{"Exp float32", target::Kernel<float(float), target::ExpBody>},
            {"Exp float64", target::Kernel<double(double), target::ExpBody>}};
  }
};
}  // namespace test
}  // namespace quern
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quern::test {
namespace {

const ElementwiseTargets& Targets() { return RunnableTargets<ExponentialKernels>(); }

template <class T>
std::vector<T> Evaluate(const TargetKernels<ElementwiseKernel>& target, const std::vector<T>& x,
                        FpFlags* flags = nullptr) {
  std::vector<T> y(x.size());
  const void* in[] = {x.data()};
  void* out[] = {y.data()};
  const char* name = sizeof(T) == 4 ? "Exp float32" : "Exp float64";
  const FpFlags raised = target.Find(name)(in, out, x.size());
  if (flags != nullptr) *flags = raised;
  return y;
}

// |y - e^x| in units of the last place of T at e^x.
template <class T>
double UlpError(T x, T y) {
  const long double exact = std::exp(static_cast<long double>(x));
  const int exponent = std::max(std::ilogb(exact), std::numeric_limits<T>::min_exponent - 1);
  const int digits = std::numeric_limits<T>::digits;
  return static_cast<double>(
      std::fabs(std::ldexp(static_cast<long double>(y) - exact, digits - 1 - exponent)));
}

template <class T>
std::vector<T> Arguments(double low, double high, std::size_t n) {
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> uniform(low, high);
  std::vector<T> x(n);
  for (T& value : x) value = static_cast<T>(uniform(random));
  return x;
}

template <class T>
class ExpTest : public testing::Test {
 public:
  static constexpr double kBound = sizeof(T) == 4 ? 0.501 : 0.55;
  // Where results become subnormal, zero and infinite.
  static constexpr double kNormal = sizeof(T) == 4 ? -87.33 : -708.39;
  static constexpr double kZero = sizeof(T) == 4 ? -103.98 : -745.14;
  static constexpr double kInfinity = sizeof(T) == 4 ? 88.7228 : 709.7827;
};
TYPED_TEST_SUITE(ExpTest, Floats);

TYPED_TEST(ExpTest, ErrorBound) {
  using T = TypeParam;
  if (sizeof(T) == 8 && LDBL_MANT_DIG < 64) GTEST_SKIP() << "needs a wider long double";
  const double ln2 = std::log(2.0);
  std::vector<std::vector<T>> ranges = {
      Arguments<T>(-1, 1, 50000), Arguments<T>(this->kNormal, this->kInfinity, 50000),
      Arguments<T>(this->kZero, this->kNormal + 1, 20000), Arguments<T>(-1e-5, 1e-5, 10000)};
  // The reduced argument is greatest, and the error with it, halfway between multiples of ln 2
  // / 16.
  std::vector<T> halfway;
  for (int k = -1000; k <= 1000; ++k) {
    T x = static_cast<T>((k + 0.5) * ln2 / 16);
    for (int i = 0; i < 20; ++i, x = std::nextafter(x, T(1e9))) halfway.push_back(x);
  }
  ranges.push_back(halfway);
  for (const std::vector<T>& x : ranges) {
    const std::vector<T> y = Evaluate(Targets().front(), x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      ASSERT_LE(UlpError(x[i], y[i]), this->kBound) << Print(x[i]) << " gives " << Print(y[i]);
    }
    for (const auto& target : Targets()) {
      const std::vector<T> other = Evaluate(target, x);
      for (std::size_t i = 0; i < x.size(); ++i) {
        ASSERT_TRUE(SameValue(y[i], other[i])) << target.Name() << " " << Print(x[i]);
      }
    }
  }
}

// A value's bits depend neither on its neighbours nor on its place in the array.
TYPED_TEST(ExpTest, NeighboursDoNotMatter) {
  using T = TypeParam;
  std::vector<T> x = Arguments<T>(this->kZero, this->kInfinity, 200);
  x[17] = std::numeric_limits<T>::quiet_NaN();
  x[80] = std::numeric_limits<T>::infinity();
  for (const auto& target : Targets()) {
    const std::vector<T> all = Evaluate(target, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      ASSERT_TRUE(SameValue(all[i], Evaluate(target, std::vector<T>{x[i]})[0])) << Print(x[i]);
    }
  }
}

TYPED_TEST(ExpTest, LandmarksAndFlags) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const T inf = Limits::infinity();
  const T last = sizeof(T) == 4 ? T(0x1.62e42ep+6) : T(0x1.62e42fefa39efp+9);
  const T first = sizeof(T) == 4 ? T(-0x1.5d589ep+6) : T(-0x1.6232bdd7abcd2p+9);
  struct Row {
    T x;
    T y;
    FpFlags flags;
  };
  const Row rows[] = {
      {T(0), T(1), 0},
      {T(-0.0), T(1), 0},
      {Limits::denorm_min(), T(1), 0},
      {inf, inf, 0},
      {-inf, T(0), 0},
      {Limits::quiet_NaN(), Limits::quiet_NaN(), 0},
      {last, std::exp(last), 0},
      {std::nextafter(last, inf), inf, kOverflow},
      {Limits::max(), inf, kOverflow},
      {first, std::exp(first), 0},
      {std::nextafter(first, -inf), std::exp(std::nextafter(first, -inf)), kUnderflow},
      {static_cast<T>(this->kZero), T(0), kUnderflow},
      {-Limits::max(), T(0), kUnderflow},
  };
  for (const auto& target : Targets()) {
    for (const Row& row : rows) {
      FpFlags flags;
      const T y = Evaluate(target, std::vector<T>{row.x}, &flags)[0];
      EXPECT_TRUE(SameValue(y, row.y)) << target.Name() << " " << Print(row.x) << " gives "
                                       << Print(y) << ", expected " << Print(row.y);
      EXPECT_EQ(flags, row.flags) << target.Name() << " " << Print(row.x);
    }
  }
}

}  // namespace
}  // namespace quern::test
#endif  // HWY_ONCE
