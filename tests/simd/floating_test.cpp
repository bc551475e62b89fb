// Bodies that step through or scale floating-point numbers, and fused products, against the C library.
#include "generated_targets.h"  // before any Highway header

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/simd/floating_test.cpp"
#include "hwy/foreach_target.h"  // re-includes this file once per target
// After foreach_target.h.
#include "hwy/highway.h"
#include "simd/floating-inl.h"
#include "simd/fused-inl.h"
#include "tests/simd/harness.h"
#include "tests/simd/kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace {

QUERN_TEST_BODY(NextAfter)
QUERN_TEST_BODY(Spacing)
QUERN_TEST_BODY(LoadExponent)
QUERN_TEST_BODY(MulAdd)

}  // namespace
}  // namespace HWY_NAMESPACE

namespace test {
template <class T>
struct FloatingKernels;
template <class T>
struct CompiledFor<FloatingKernels<T>, HWY_TARGET> {
  static KernelList List() {
    namespace target = HWY_NAMESPACE;
    return {{"NextAfter", target::Kernel<T(T, T), target::NextAfterBody>},
            {"Spacing", target::Kernel<T(T), target::SpacingBody>},
            {"LoadExponent32", target::Kernel<T(T, std::int32_t), target::LoadExponentBody>},
            {"LoadExponent64", target::Kernel<T(T, std::int64_t), target::LoadExponentBody>},
            {"MulAdd", target::Kernel<T(T, T, T), target::MulAddBody>}};
  }
};
}  // namespace test
}  // namespace quern
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quern::test {
namespace {

template <class T>
const ElementwiseTargets& Targets() {
  return RunnableTargets<FloatingKernels<T>>();
}

template <class T>
class FloatingTest : public testing::Test {};
using Floats = testing::Types<float, double>;
TYPED_TEST_SUITE(FloatingTest, Floats);

template <class T>
bool IsSmall(T value) {
  return std::fabs(value) < std::numeric_limits<T>::min();
}

template <class T>
Expected<T> NextAfterReference(T a, T b) {
  const T next = std::nextafter(a, b);
  if (std::isnan(next) || a == b) return {next};
  const FpFlags overflow = std::isinf(next) ? FpFlags{kOverflow} : FpFlags{0};
  return {next, IsSmall(next) ? FpFlags{kUnderflow} : overflow};
}

template <class T>
Expected<T> SpacingReference(T a) {
  if (a == 0) return {std::numeric_limits<T>::denorm_min()};
  const T next = std::nextafter(std::fabs(a), std::numeric_limits<T>::infinity());
  const T distance = std::copysign(next - std::fabs(a), a);
  if (!std::isfinite(a)) return {std::numeric_limits<T>::quiet_NaN()};
  const FpFlags overflow = std::isinf(next) ? FpFlags{kOverflow} : FpFlags{0};
  return {distance, IsSmall(a) ? FpFlags{kUnderflow} : overflow};
}

TYPED_TEST(FloatingTest, Neighbours) {
  using T = TypeParam;
  Elementwise<T(T, T)>::Check(Targets<T>(), "NextAfter", NextAfterReference<T>);
  Elementwise<T(T)>::Check(Targets<T>(), "Spacing", SpacingReference<T>);
}

template <class T, class N>
Expected<T> LoadExponentReference(T a, N exponent) {
  const auto near = static_cast<int>(std::min<N>(std::max<N>(exponent, -100000), 100000));
  return {std::ldexp(a, near)};
}

TYPED_TEST(FloatingTest, Exponents) {
  using T = TypeParam;
  Elementwise<T(T, std::int32_t)>::Check(Targets<T>(), "LoadExponent32",
                                         LoadExponentReference<T, std::int32_t>);
  Elementwise<T(T, std::int64_t)>::Check(Targets<T>(), "LoadExponent64",
                                         LoadExponentReference<T, std::int64_t>);
}

// Every exponent that leads from one end of the range to the other, subnormal numbers rounded once.
TYPED_TEST(FloatingTest, EveryExponent) {
  using T = TypeParam;
  std::vector<T> a;
  std::vector<std::int32_t> b;
  for (T start : {T(1), T(-1.5), std::nextafter(T(2), T(1)), std::numeric_limits<T>::denorm_min(),
                  3 * std::numeric_limits<T>::denorm_min(), std::numeric_limits<T>::max()}) {
    for (std::int32_t exponent = -2300; exponent <= 2300; ++exponent) {
      a.push_back(start);
      b.push_back(exponent);
    }
  }
  std::vector<T> result(a.size());
  const void* in[] = {a.data(), b.data()};
  void* out[] = {result.data()};
  for (const auto& target : Targets<T>()) {
    target.Find("LoadExponent32")(in, out, a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      ASSERT_TRUE(SameValue(result[i], std::ldexp(a[i], b[i])))
          << target.Name() << " " << Print(a[i]) << " * 2^" << b[i] << " is " << Print(result[i]);
    }
  }
}

template <class T>
Expected<T> MulAddReference(T a, T b, T c) {
  const T result = std::fma(a, b, c);
  const bool given = std::isnan(a) || std::isnan(b) || std::isnan(c);
  return {result, std::isnan(result) && !given ? FpFlags{kInvalid} : FpFlags{0}};
}

TYPED_TEST(FloatingTest, FusedProducts) {
  using T = TypeParam;
  Elementwise<T(T, T, T)>::Check(Targets<T>(), "MulAdd", MulAddReference<T>);
}

}  // namespace
}  // namespace quern::test
#endif  // HWY_ONCE
