// Arithmetic, extrema and bits against scalar code.
#include "generated_targets.h"  // before any Highway header

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/simd/arithmetic_test.cpp"
#include "hwy/foreach_target.h"  // re-includes this file once per target
// After foreach_target.h.
#include "hwy/highway.h"
#include "simd/arithmetic-inl.h"
#include "simd/bitwise-inl.h"
#include "simd/extrema-inl.h"
#include "tests/simd/harness.h"
#include "tests/simd/kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace {

QUERN_TEST_OPERATION(Add)
QUERN_TEST_OPERATION(Mul)
QUERN_TEST_BODY(Negative)
QUERN_TEST_BODY(Absolute)
QUERN_TEST_BODY(Sign)
QUERN_TEST_BODY(ReciprocalInteger)
QUERN_TEST_BODY(Maximum)
QUERN_TEST_BODY(Minimum)
QUERN_TEST_BODY(Fmax)
QUERN_TEST_BODY(Fmin)
QUERN_TEST_BODY(Clip)
QUERN_TEST_BODY(LeftShift)
QUERN_TEST_BODY(RightShift)
QUERN_TEST_BODY(BitwiseCount)

}  // namespace
}  // namespace HWY_NAMESPACE

namespace test {
template <class T>
struct ArithmeticKernels;
template <class T>
struct CompiledFor<ArithmeticKernels<T>, HWY_TARGET> {
  static KernelList List() {
    namespace target = HWY_NAMESPACE;
    return {{"Add", target::Kernel<T(T, T), target::AddBody>},
            {"Mul", target::Kernel<T(T, T), target::MulBody>},
            {"Maximum", target::Kernel<T(T, T), target::MaximumBody>},
            {"Minimum", target::Kernel<T(T, T), target::MinimumBody>},
            {"Fmax", target::Kernel<T(T, T), target::FmaxBody>},
            {"Fmin", target::Kernel<T(T, T), target::FminBody>},
            {"Negative", target::Kernel<T(T), target::NegativeBody>},
            {"Absolute", target::Kernel<T(T), target::AbsoluteBody>},
            {"Sign", target::Kernel<T(T), target::SignBody>},
            {"Clip", target::Kernel<T(T, T, T), target::ClipBody>}};
  }
};
template <class T>
struct BitKernels;
template <class T>
struct CompiledFor<BitKernels<T>, HWY_TARGET> {
  static KernelList List() {
    namespace target = HWY_NAMESPACE;
    return {{"ReciprocalInteger", target::Kernel<T(T), target::ReciprocalIntegerBody>},
            {"LeftShift", target::Kernel<T(T, T), target::LeftShiftBody>},
            {"RightShift", target::Kernel<T(T, T), target::RightShiftBody>},
            {"BitwiseCount", target::Kernel<std::uint8_t(T), target::BitwiseCountBody>}};
  }
};
}  // namespace test
}  // namespace quern
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quern::test {
namespace {

template <class T>
T Wrapped(std::uint64_t bits) {
  return static_cast<T>(bits);
}

template <class T>
class ArithmeticTest : public KernelTest<ArithmeticKernels<T>, T> {};
TYPED_TEST_SUITE(ArithmeticTest, Numbers);
template <class T>
class BitTest : public KernelTest<BitKernels<T>, T> {};
TYPED_TEST_SUITE(BitTest, Integers);

TYPED_TEST(ArithmeticTest, Arithmetic) {
  using T = TypeParam;
  if constexpr (std::is_floating_point_v<T>) {
    this->template Binary<T>("Add", [](T a, T b) { return a + b; });
    this->template Binary<T>("Mul", [](T a, T b) { return a * b; });
    this->template Unary<T>("Negative", [](T a) { return -a; });
    this->template Unary<T>("Absolute", [](T a) { return std::fabs(a); });
    this->template Unary<T>("Sign", [](T a) { return std::isnan(a) ? a : T((a > 0) - (a < 0)); });
  } else {
    using U = std::uint64_t;
    this->template Binary<T>("Add", [](T a, T b) { return Wrapped<T>(U(a) + U(b)); });
    this->template Binary<T>("Mul", [](T a, T b) { return Wrapped<T>(U(a) * U(b)); });
    this->template Unary<T>("Negative", [](T a) { return Wrapped<T>(-U(a)); });
    this->template Unary<T>("Absolute", [](T a) { return a < 0 ? Wrapped<T>(-U(a)) : a; });
    this->template Unary<T>("Sign", [](T a) { return T((a > 0) - (a < 0)); });
  }
}

// The second operand wins ties, which only zeros of different sign can show.
TYPED_TEST(ArithmeticTest, Extrema) {
  using T = TypeParam;
  const auto maximum = [](T a, T b) {
    return a > b || IsNan(a) ? a : b;
  };
  const auto minimum = [](T a, T b) {
    return a < b || IsNan(a) ? a : b;
  };
  this->template Binary<T>("Maximum", maximum);
  this->template Binary<T>("Minimum", minimum);
  this->template Binary<T>("Fmax", [](T a, T b) { return a > b || IsNan(b) ? a : b; });
  this->template Binary<T>("Fmin", [](T a, T b) { return a < b || IsNan(b) ? a : b; });
  Elementwise<T(T, T, T)>::Check(this->Targets(), "Clip", [&](T x, T low, T high) {
    return Expected<T>{minimum(maximum(x, low), high)};
  });
}

TYPED_TEST(BitTest, Bits) {
  using T = TypeParam;
  using U = std::make_unsigned_t<T>;
  constexpr unsigned kWidth = sizeof(T) * 8;
  this->template Binary<T>("LeftShift", [](T a, T count) {
    return U(count) < kWidth ? Wrapped<T>(std::uint64_t(a) << U(count)) : T(0);
  });
  this->template Binary<T>("RightShift", [](T a, T count) {
    return U(count) < kWidth ? T(a >> U(count)) : T(a < 0 ? -1 : 0);
  });
  this->template Unary<std::uint8_t>(
      "BitwiseCount", [](T a) { return std::popcount(a < 0 ? U(U(0) - U(a)) : U(a)); });
}

TYPED_TEST(BitTest, Reciprocal) {
  using T = TypeParam;
  Elementwise<T(T)>::Check(this->Targets(), "ReciprocalInteger", [](T a) {
    if (a == 0) {
      const T least = sizeof(T) < 4 ? T(0) : std::numeric_limits<T>::min();
      return Expected<T>{least, kDivideByZero | kInvalid};
    }
    return Expected<T>{T(T(1) / a)};
  });
}

}  // namespace
}  // namespace quern::test
#endif  // HWY_ONCE
