// floor_divide, remainder and fmod against scalar definitions, with their flags per element.
#include "generated_targets.h"  // before any Highway header

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/simd/division_test.cpp"
#include "hwy/foreach_target.h"  // re-includes this file once per target
// After foreach_target.h.
#include "hwy/highway.h"
#include "simd/division-inl.h"
#include "simd/scan-inl.h"
#include "tests/simd/harness.h"
#include "tests/simd/kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace {

QUERN_TEST_BODY(FloorDivide)
QUERN_TEST_BODY(Remainder)
QUERN_TEST_BODY(Fmod)

template <class T>
FpFlags ScanKernel(const void* in, std::ptrdiff_t in_step, void* out, std::ptrdiff_t out_step,
                   std::size_t n, void* accumulator) {
  return Scan<T(T, T)>(FloorDivideBody(), in, in_step, out, out_step, n, accumulator);
}

}  // namespace
}  // namespace HWY_NAMESPACE

namespace test {
template <class T>
struct DivisionScans;
template <class T>
struct CompiledFor<DivisionScans<T>, HWY_TARGET> {
  static std::vector<Named<quern::ScanKernel>> List() {
    return {{"FloorDivide", HWY_NAMESPACE::ScanKernel<T>}};
  }
};
template <class T>
struct DivisionKernels;
template <class T>
struct CompiledFor<DivisionKernels<T>, HWY_TARGET> {
  static KernelList List() {
    namespace target = HWY_NAMESPACE;
    return {{"FloorDivide", target::Kernel<T(T, T), target::FloorDivideBody>},
            {"Remainder", target::Kernel<T(T, T), target::RemainderBody>},
            {"Fmod", target::Kernel<T(T, T), target::FmodBody>}};
  }
};
}  // namespace test
}  // namespace quern
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quern::test {
namespace {

template <class T>
class IntegerDivisionTest : public testing::Test {};
TYPED_TEST_SUITE(IntegerDivisionTest, Integers);

template <class T>
Expected<T> FloorDivideReference(T a, T b) {
  if (b == 0) return {0, kDivideByZero};
  if (std::is_signed_v<T> && a == std::numeric_limits<T>::min() && b == static_cast<T>(-1)) {
    return {a, kOverflow};
  }
  const T q = static_cast<T>(a / b);
  return {static_cast<T>(q - (a % b != 0 && (a < 0) != (b < 0)))};
}

template <class T>
Expected<T> FmodReference(T a, T b) {
  if (b == 0) return {0, kDivideByZero};
  if (std::is_signed_v<T> && b == static_cast<T>(-1)) return {0};
  return {static_cast<T>(a % b)};
}

template <class T>
Expected<T> RemainderReference(T a, T b) {
  const Expected<T> mod = FmodReference(a, b);
  if (mod.value == 0 || (a < 0) == (b < 0)) return mod;
  return {static_cast<T>(mod.value + b)};
}

TYPED_TEST(IntegerDivisionTest, Samples) {
  using T = TypeParam;
  Elementwise<T(T, T)>::Check(RunnableTargets<DivisionKernels<T>>(), "FloorDivide",
                              FloorDivideReference<T>);
  Elementwise<T(T, T)>::Check(RunnableTargets<DivisionKernels<T>>(), "Remainder",
                              RemainderReference<T>);
  Elementwise<T(T, T)>::Check(RunnableTargets<DivisionKernels<T>>(), "Fmod", FmodReference<T>);
}

// All pairs of special values, and dividends next to multiples of random divisors, where a quotient
// that is off by one shows.
TYPED_TEST(IntegerDivisionTest, Boundaries) {
  using T = TypeParam;
  using U = std::make_unsigned_t<T>;
  std::vector<T> a, b;
  for (T x : SpecialValues<T>()) {
    for (T y : SpecialValues<T>()) {
      a.push_back(x);
      b.push_back(y);
    }
  }
  std::mt19937_64 random(3);
  for (int i = 0; i < 300000; ++i) {
    const T divisor = static_cast<T>(static_cast<T>(random()) >> (random() % (8 * sizeof(T))));
    if (divisor == 0) continue;
    const T any = static_cast<T>(static_cast<T>(random()) >> (random() % (8 * sizeof(T))));
    const U multiple = U(U(any / (divisor == T(-1) ? T(1) : divisor)) * U(divisor));
    a.push_back(static_cast<T>(U(multiple + U(random() % 3) - 1)));
    b.push_back(divisor);
  }
  const void* in[] = {a.data(), b.data()};
  std::vector<T> result(a.size());
  void* out[] = {result.data()};
  for (const auto& target : RunnableTargets<DivisionKernels<T>>()) {
    target.Find("FloorDivide")(in, out, a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      ASSERT_EQ(result[i], FloorDivideReference(a[i], b[i]).value)
          << target.Name() << " " << Print(a[i]) << " // " << Print(b[i]);
    }
    target.Find("Remainder")(in, out, a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      ASSERT_EQ(result[i], RemainderReference(a[i], b[i]).value)
          << target.Name() << " " << Print(a[i]) << " % " << Print(b[i]);
    }
  }
}

// Scans run bodies on 128-bit vectors, whatever the target's own size.
TYPED_TEST(IntegerDivisionTest, Scans) {
  using T = TypeParam;
  for (const auto& target : RunnableTargets<DivisionScans<T>>()) {
    for (T start : SpecialValues<T>()) {
      const std::vector<T> in = {T(3), static_cast<T>(-2), T(5)};
      std::vector<T> out(in.size());
      T accumulator = start;
      target.Find("FloorDivide")(in.data(), sizeof(T), out.data(), sizeof(T), in.size(),
                                 &accumulator);
      T expected = start;
      for (std::size_t i = 0; i < in.size(); ++i) {
        expected = FloorDivideReference(expected, in[i]).value;
        ASSERT_EQ(out[i], expected) << target.Name() << " from " << Print(start);
      }
    }
  }
}

template <class T>
class FloatDivisionTest : public testing::Test {};
TYPED_TEST_SUITE(FloatDivisionTest, Floats);

template <class T>
FpFlags RemainderFlags(T a, T b) {
  if (std::isnan(a) || std::isnan(b)) return 0;
  return b == 0 || std::isinf(a) ? kInvalid : 0;
}

template <class T>
Expected<T> FloatFmodReference(T a, T b) {
  return {std::fmod(a, b), RemainderFlags(a, b)};
}

// Python's float modulo.
template <class T>
Expected<T> FloatRemainderReference(T a, T b) {
  T mod = std::fmod(a, b);
  if (b != 0) {
    if (mod == 0) {
      mod = std::copysign(T(0), b);
    } else if ((b < 0) != (mod < 0)) {
      mod += b;
    }
  }
  return {mod, RemainderFlags(a, b)};
}

// Python's float floor division, with the flags of the mathematical operation.
template <class T>
Expected<T> FloatFloorDivideReference(T a, T b) {
  FpFlags flags = 0;
  if (b == 0) {
    if (std::isfinite(a)) flags = a == 0 ? kInvalid : kDivideByZero;
    return {a / b, flags};
  }
  const T mod = std::fmod(a, b);
  T quotient = (a - mod) / b;
  if (mod != 0 && (b < 0) != (mod < 0)) quotient -= 1;
  if (std::isinf(a) && !std::isnan(b)) flags = kInvalid;
  if (std::isfinite(a) && std::isfinite(b) && std::isinf(quotient)) flags = kOverflow | kInvalid;
  if (quotient == 0) return {std::copysign(T(0), a / b), flags};
  T floor = std::floor(quotient);
  if (quotient - floor > T(0.5)) floor += 1;
  return {floor, flags};
}

TYPED_TEST(FloatDivisionTest, Samples) {
  using T = TypeParam;
  Elementwise<T(T, T)>::Check(RunnableTargets<DivisionKernels<T>>(), "FloorDivide",
                              FloatFloorDivideReference<T>);
  Elementwise<T(T, T)>::Check(RunnableTargets<DivisionKernels<T>>(), "Remainder",
                              FloatRemainderReference<T>);
  Elementwise<T(T, T)>::Check(RunnableTargets<DivisionKernels<T>>(), "Fmod", FloatFmodReference<T>);
}

TYPED_TEST(FloatDivisionTest, SpecialPairsAndMultiples) {
  using T = TypeParam;
  std::vector<T> a, b;
  for (T x : SpecialValues<T>()) {
    for (T y : SpecialValues<T>()) {
      a.push_back(x);
      b.push_back(y);
    }
  }
  std::mt19937_64 random(3);
  for (int i = 0; i < 300000; ++i) {
    const T divisor = static_cast<T>(std::uniform_real_distribution<double>(0.5, 2)(random) *
                                     std::exp2(static_cast<int>(random() % 60) - 30));
    const T multiple = divisor * static_cast<T>(random() >> (random() % 64));
    a.push_back(std::nextafter(multiple, random() % 2 != 0 ? T(0) : divisor * T(1e9)));
    b.push_back(random() % 2 != 0 ? divisor : -divisor);
  }
  const void* in[] = {a.data(), b.data()};
  std::vector<T> result(a.size());
  void* out[] = {result.data()};
  for (const auto& target : RunnableTargets<DivisionKernels<T>>()) {
    target.Find("Fmod")(in, out, a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      ASSERT_TRUE(SameValue(result[i], std::fmod(a[i], b[i])))
          << target.Name() << " fmod " << Print(a[i]) << " " << Print(b[i]);
    }
    target.Find("FloorDivide")(in, out, a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      ASSERT_TRUE(SameValue(result[i], FloatFloorDivideReference(a[i], b[i]).value))
          << target.Name() << " " << Print(a[i]) << " // " << Print(b[i]);
    }
  }
}

}  // namespace
}  // namespace quern::test
#endif  // HWY_ONCE
