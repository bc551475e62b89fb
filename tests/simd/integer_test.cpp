// Greatest common divisors, least common multiples and powers of whole numbers against scalar
// loops.
#include "generated_targets.h"  // before any Highway header

#include <cstdint>
#include <limits>
#include <numeric>
#include <type_traits>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/simd/integer_test.cpp"
#include "hwy/foreach_target.h"  // re-includes this file once per target
// After foreach_target.h.
#include "hwy/highway.h"
#include "simd/integer-inl.h"
#include "tests/simd/harness.h"
#include "tests/simd/kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace {

QUERN_TEST_BODY(Gcd)
QUERN_TEST_BODY(Lcm)
QUERN_TEST_BODY(IntegerPower)

}  // namespace
}  // namespace HWY_NAMESPACE

namespace test {
template <class T>
struct IntegerKernels;
template <class T>
struct CompiledFor<IntegerKernels<T>, HWY_TARGET> {
  static KernelList List() {
    namespace target = HWY_NAMESPACE;
    return {{"Gcd", target::Kernel<T(T, T), target::GcdBody>},
            {"Lcm", target::Kernel<T(T, T), target::LcmBody>},
            {"IntegerPower", target::Kernel<T(T, T), target::IntegerPowerBody>}};
  }
};
}  // namespace test
}  // namespace quern
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quern::test {
namespace {

template <class T>
class IntegerTest : public KernelTest<IntegerKernels<T>, T> {};
TYPED_TEST_SUITE(IntegerTest, Integers);

template <class T>
std::uint64_t Magnitude(T a) {
  return a < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(a) : static_cast<std::uint64_t>(a);
}

template <class T>
Expected<T> GcdReference(T a, T b) {
  return {static_cast<T>(std::gcd(Magnitude(a), Magnitude(b)))};
}

template <class T>
Expected<T> LcmReference(T a, T b) {
  const std::uint64_t divisor = std::gcd(Magnitude(a), Magnitude(b));
  return {divisor == 0 ? T{0} : static_cast<T>(Magnitude(a) / divisor * Magnitude(b))};
}

// The value beside a refusal is of no interest; 1 is what no step leaves.
template <class T>
Expected<T> PowerReference(T a, T b) {
  if (b < 0) return {T{1}, kRefused};
  std::uint64_t result = 1;
  std::uint64_t square = static_cast<std::uint64_t>(a);
  for (std::uint64_t rest = static_cast<std::uint64_t>(b); rest != 0; rest >>= 1) {
    if (rest & 1) result *= square;
    square *= square;
  }
  return {static_cast<T>(result)};
}

TYPED_TEST(IntegerTest, DivisorsAndMultiples) {
  using T = TypeParam;
  Elementwise<T(T, T)>::Check(this->Targets(), "Gcd", GcdReference<T>);
  Elementwise<T(T, T)>::Check(this->Targets(), "Lcm", LcmReference<T>);
}

// Neighbouring Fibonacci numbers take Euclid's algorithm the most steps, powers of two Stein's the
// fewest; all pairs of both beside the special values.
TYPED_TEST(IntegerTest, HardPairs) {
  using T = TypeParam;
  std::vector<T> values = SpecialValues<T>();
  for (std::uint64_t x = 1, y = 1; y <= std::uint64_t(std::numeric_limits<T>::max()) && y >= x;) {
    values.push_back(static_cast<T>(y));
    const std::uint64_t next = x + y;
    x = y;
    y = next;
  }
  for (unsigned bit = 0; bit < 8 * sizeof(T); ++bit) {
    values.push_back(static_cast<T>(std::uint64_t{1} << bit));
  }
  std::vector<T> a, b;
  for (T x : values) {
    for (T y : values) {
      a.push_back(x);
      b.push_back(y);
    }
  }
  std::vector<T> result(a.size());
  const void* in[] = {a.data(), b.data()};
  void* out[] = {result.data()};
  for (const auto& target : this->Targets()) {
    target.Find("Gcd")(in, out, a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      ASSERT_EQ(result[i], GcdReference(a[i], b[i]).value)
          << target.Name() << " gcd " << Print(a[i]) << " " << Print(b[i]);
    }
  }
}

TYPED_TEST(IntegerTest, Powers) {
  using T = TypeParam;
  Elementwise<T(T, T)>::Check(this->Targets(), "IntegerPower", PowerReference<T>);
}

}  // namespace
}  // namespace quern::test
#endif  // HWY_ONCE
