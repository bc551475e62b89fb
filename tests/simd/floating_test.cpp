// Tests and parts of floating-point numbers, roots, rounding, neighbours and fused products against
// the C library.
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

QUERN_TEST_OPERATION(Div)
QUERN_TEST_BODY(IsNaN)
QUERN_TEST_BODY(IsInf)
QUERN_TEST_BODY(IsFinite)
QUERN_TEST_BODY(SignBit)
QUERN_TEST_BODY(CopySign)
QUERN_TEST_BODY(Sqrt)
QUERN_TEST_BODY(Floor)
QUERN_TEST_BODY(Ceil)
QUERN_TEST_BODY(Trunc)
QUERN_TEST_BODY(Rint)
QUERN_TEST_BODY(Heaviside)
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
    return {{"IsNaN", target::Kernel<Bool(T), target::IsNaNBody>},
            {"IsInf", target::Kernel<Bool(T), target::IsInfBody>},
            {"IsFinite", target::Kernel<Bool(T), target::IsFiniteBody>},
            {"SignBit", target::Kernel<Bool(T), target::SignBitBody>},
            {"CopySign", target::Kernel<T(T, T), target::CopySignBody>},
            {"Sqrt", target::Kernel<T(T), target::SqrtBody>},
            {"Floor", target::Kernel<T(T), target::FloorBody>},
            {"Ceil", target::Kernel<T(T), target::CeilBody>},
            {"Trunc", target::Kernel<T(T), target::TruncBody>},
            {"Rint", target::Kernel<T(T), target::RintBody>},
            {"Heaviside", target::Kernel<T(T, T), target::HeavisideBody>},
            {"Div", target::Kernel<T(T, T), target::DivBody>},
            {"NextAfter", target::Kernel<T(T, T), target::NextAfterBody>},
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
class FloatingTest : public KernelTest<FloatingKernels<T>, T> {};
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
  Elementwise<T(T, T)>::Check(this->Targets(), "NextAfter", NextAfterReference<T>);
  Elementwise<T(T)>::Check(this->Targets(), "Spacing", SpacingReference<T>);
}

template <class T, class N>
Expected<T> LoadExponentReference(T a, N exponent) {
  const auto near = static_cast<int>(std::min<N>(std::max<N>(exponent, -100000), 100000));
  return {std::ldexp(a, near)};
}

TYPED_TEST(FloatingTest, Exponents) {
  using T = TypeParam;
  Elementwise<T(T, std::int32_t)>::Check(this->Targets(), "LoadExponent32",
                                         LoadExponentReference<T, std::int32_t>);
  Elementwise<T(T, std::int64_t)>::Check(this->Targets(), "LoadExponent64",
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
  for (const auto& target : this->Targets()) {
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
  Elementwise<T(T, T, T)>::Check(this->Targets(), "MulAdd", MulAddReference<T>);
}

TYPED_TEST(FloatingTest, Parts) {
  using T = TypeParam;
  this->template Unary<Bool>("IsNaN", [](T a) { return std::isnan(a); });
  this->template Unary<Bool>("IsInf", [](T a) { return std::isinf(a); });
  this->template Unary<Bool>("IsFinite", [](T a) { return std::isfinite(a); });
  this->template Unary<Bool>("SignBit", [](T a) { return std::signbit(a); });
  this->template Binary<T>("CopySign", [](T a, T b) { return std::copysign(a, b); });
  this->template Binary<T>("Heaviside", [](T a, T b) {
    return std::isnan(a) ? a : a < 0 ? T(0) : a > 0 ? T(1) : b;
  });
}

TYPED_TEST(FloatingTest, Rounded) {
  using T = TypeParam;
  this->template Binary<T>("Div", [](T a, T b) { return a / b; });
  this->template Unary<T>("Sqrt", [](T a) { return std::sqrt(a); });
  this->template Unary<T>("Floor", [](T a) { return std::floor(a); });
  this->template Unary<T>("Ceil", [](T a) { return std::ceil(a); });
  this->template Unary<T>("Trunc", [](T a) { return std::trunc(a); });
  this->template Unary<T>("Rint", [](T a) { return std::rint(a); });
}

// Spare lanes of a short vector must not divide 0 by 0 or the like.
TYPED_TEST(FloatingTest, SpareLanesRaiseNothing) {
  using T = TypeParam;
  for (const auto& target : this->Targets()) {
    const ElementwiseKernel divide = target.Find("Div");
    const ElementwiseKernel root = target.Find("Sqrt");
    for (std::size_t n = 0; n <= 130; ++n) {
      std::vector<T> a(n, T(3)), b(n, T(-2)), quotient(n);
      const void* in[] = {a.data(), b.data()};
      void* out[] = {quotient.data()};
      ClearFpFlags();
      divide(in, out, n);
      root(in, out, n);
      EXPECT_EQ(PendingFpFlags(), 0) << target.Name() << " " << n;
      if (n == 0) continue;
      b[n / 2] = 0;
      divide(in, out, n);
      EXPECT_EQ(PendingFpFlags(), kDivideByZero) << target.Name() << " " << n;
      ClearFpFlags();
    }
  }
}

}  // namespace
}  // namespace quern::test
#endif  // HWY_ONCE
