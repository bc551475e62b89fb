// Conversions to and from the small floats on every target, against SmallFloat's own, and the
// running folds that round after each step.
#include "generated_targets.h"  // before any Highway header

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/simd/small_float_test.cpp"
#include "hwy/foreach_target.h"  // re-includes this file once per target
// After foreach_target.h.
#include "hwy/highway.h"
#include "simd/casts-inl.h"
#include "simd/converted-inl.h"
#include "tests/simd/harness.h"

#ifndef QUERN_TESTS_SIMD_SMALL_FLOAT_ONCE
#define QUERN_TESTS_SIMD_SMALL_FLOAT_ONCE
namespace quern::test {
using Half = SmallFloat<16, 11>;
using Brain = SmallFloat<16, 8>;
using Eighth43 = SmallFloat<8, 4, false>;
using Eighth52 = SmallFloat<8, 3>;

// What one target compiled for one small float.
struct SmallKernels {
  CastKernel widen;
  CastKernel narrow;
  CastKernel from_double;
  CastKernel from_int32;
  CastKernel from_int64;
  CastKernel from_uint64;
  CastKernel from_int16;
  CastKernel to_int16;
  CastKernel to_bool;
  ElementwiseKernel multiply;
  ScanKernel scan;
};
using SmallList = std::vector<Named<SmallKernels>>;
struct SmallFloatKernels;
}  // namespace quern::test
#endif

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace {

struct MultiplyOp {
  template <class D, class V>
  HWY_INLINE auto operator()(D, FlagSet&, V a, V b) const {
    return hn::Mul(a, b);
  }
};
FpFlags MultiplyFloats(const void* const* in, void* const* out, std::size_t n) {
  return Transform<float(float, float)>(MultiplyOp(), in, out, n);
}

template <class F>
struct Kernels {
  static FpFlags Multiply(const void* const* in, void* const* out, std::size_t n) {
    return Converted<F(F, F)>(MultiplyFloats, kAllFpFlags, in, out, n);
  }
  static FpFlags ScanProduct(const void* in, std::ptrdiff_t in_step, void* out,
                             std::ptrdiff_t out_step, std::size_t n, void* accumulator) {
    return ScanConverted<F>(MultiplyOp(), kAllFpFlags, in, in_step, out, out_step, n, accumulator);
  }
  static test::SmallKernels All() {
    return {Cast<F, float>,
            Cast<float, F>,
            Cast<double, F>,
            Cast<std::int32_t, F>,
            Cast<std::int64_t, F>,
            Cast<std::uint64_t, F>,
            Cast<std::int16_t, F>,
            Cast<F, std::int16_t>,
            Cast<F, Bool>,
            Multiply,
            ScanProduct};
  }
};

}  // namespace
}  // namespace HWY_NAMESPACE

namespace test {
template <>
struct CompiledFor<SmallFloatKernels, HWY_TARGET> {
  static SmallList List() {
    namespace target = HWY_NAMESPACE;
    return {{"half", target::Kernels<Half>::All()},
            {"brain", target::Kernels<Brain>::All()},
            {"eighth43", target::Kernels<Eighth43>::All()},
            {"eighth52", target::Kernels<Eighth52>::All()}};
  }
};
}  // namespace test
}  // namespace quern
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quern::test {
namespace {

template <class F>
struct Name;
template <>
struct Name<Half> {
  static constexpr const char* value = "half";
};
template <>
struct Name<Brain> {
  static constexpr const char* value = "brain";
};
template <>
struct Name<Eighth43> {
  static constexpr const char* value = "eighth43";
};
template <>
struct Name<Eighth52> {
  static constexpr const char* value = "eighth52";
};

template <class F>
std::vector<F> Patterns() {
  std::vector<F> all;
  const unsigned count = 1u << (8 * sizeof(F));
  for (unsigned bits = 0; bits < count; ++bits) {
    all.push_back(F::from_bits(static_cast<typename F::Bits>(bits)));
  }
  return all;
}

template <class F>
bool Same(F a, F b) {
  if (a.is_nan() && b.is_nan()) return (a.bits() ^ b.bits()) < F::kSignBit;  // the sign stays
  return a.bits() == b.bits();
}

// The flags of rounding a number, from its exact value.
template <class F, class T>
FpFlags FlagsOf(T exact) {
  const F rounded(exact);
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(exact)) return 0;
    const double least = std::ldexp(1.0, F::kMinExponent);
    const auto back = static_cast<double>(rounded);
    if (std::abs(static_cast<double>(exact)) < least && back != static_cast<double>(exact)) {
      return kUnderflow;
    }
  }
  return std::isfinite(static_cast<double>(rounded)) ? FpFlags{0} : FpFlags{kOverflow};
}

// Halfway points between neighbours of F, and the values just beside them.
template <class F>
std::vector<double> AroundTies() {
  std::vector<double> values = {0.0,   -0.0,   1e-300,   -1e-300,      5e-324,
                                1e300, -1e300, INFINITY, -INFINITY,    NAN,
                                -NAN,  1e-40,  3.4e38,   -3.4028236e38};
  for (const F f : Patterns<F>()) {
    const double low = static_cast<double>(f);
    const double high =
        static_cast<double>(F::from_bits(static_cast<typename F::Bits>(f.bits() + 1)));
    if (!std::isfinite(low)) continue;
    values.push_back(low);
    const double end =
        std::isfinite(high)
            ? high
            : 2 * low -
                  static_cast<double>(F::from_bits(static_cast<typename F::Bits>(f.bits() - 1)));
    const double tie = low + (end - low) / 2;
    for (const double value : {tie, std::nextafter(tie, 0.0), std::nextafter(tie, 1e308)}) {
      values.push_back(value);
      values.push_back(std::nextafterf(static_cast<float>(value), 0.0f));
      values.push_back(std::nextafterf(static_cast<float>(value), 1e38f));
    }
  }
  return values;
}

const std::vector<TargetKernels<SmallKernels>>& Targets() {
  return RunnableTargets<SmallFloatKernels>();
}

// Converts one by one as well as at once, so that flags are pinned to elements.
template <class F, class T>
void CheckNarrowing(CastKernel kernel, const std::vector<T>& values) {
  std::vector<F> out(values.size());
  FpFlags all = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const FpFlags flags = kernel(&values[i], &out[i], 1);
    all |= flags;
    const F expected(values[i]);
    ASSERT_TRUE(Same(out[i], expected))
        << Print(values[i]) << " gives " << +out[i].bits() << ", expected " << +expected.bits();
    ASSERT_EQ(flags, FlagsOf<F>(values[i])) << Print(values[i]);
  }
  std::vector<F> together(values.size());
  ASSERT_EQ(kernel(values.data(), together.data(), values.size()), all);
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_TRUE(Same(together[i], out[i])) << i;
}

template <class F>
class SmallFloatTest : public testing::Test {
 protected:
  static void ForEachTarget(const auto& check) {
    for (const auto& target : Targets()) {
      SCOPED_TRACE(target.Name() + " " + Name<F>::value);
      check(target.Find(Name<F>::value));
    }
  }
};
using AllSmallFloats = testing::Types<Half, Brain, Eighth43, Eighth52>;
TYPED_TEST_SUITE(SmallFloatTest, AllSmallFloats);

TYPED_TEST(SmallFloatTest, WidensEveryValueExactly) {
  using F = TypeParam;
  const std::vector<F> values = Patterns<F>();
  this->ForEachTarget([&](const SmallKernels& kernels) {
    std::vector<float> out(values.size());
    EXPECT_EQ(kernels.widen(values.data(), out.data(), values.size()), 0);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto expected = static_cast<float>(values[i]);
      ASSERT_TRUE(SameValue(out[i], expected)) << i << ": " << Print(out[i]);
      ASSERT_EQ(std::signbit(out[i]), std::signbit(expected)) << i;
    }
  });
}

TYPED_TEST(SmallFloatTest, NarrowsFloatsOnce) {
  using F = TypeParam;
  std::vector<float> values;
  for (const double value : AroundTies<F>()) values.push_back(static_cast<float>(value));
  for (std::uint64_t bits = 0; bits < 1ull << 32; bits += 65521) {
    values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  }
  this->ForEachTarget(
      [&](const SmallKernels& kernels) { CheckNarrowing<F>(kernels.narrow, values); });
}

TYPED_TEST(SmallFloatTest, NarrowsDoublesOnce) {
  using F = TypeParam;
  const std::vector<double> values = AroundTies<F>();
  this->ForEachTarget(
      [&](const SmallKernels& kernels) { CheckNarrowing<F>(kernels.from_double, values); });
}

TYPED_TEST(SmallFloatTest, NarrowsIntegersOnce) {
  using F = TypeParam;
  std::vector<std::int64_t> wide = {0, 1, -1, std::numeric_limits<std::int64_t>::min(),
                                    std::numeric_limits<std::int64_t>::max()};
  for (int top = 3; top < 63; ++top) {
    for (int low = 0; low < top; ++low) {
      for (const std::int64_t delta : {-1, 0, 1}) {
        const std::int64_t value = (std::int64_t{1} << top) + (std::int64_t{1} << low) + delta;
        wide.push_back(value);
        wide.push_back(-value);
        wide.push_back(value | std::int64_t{1} << (top - 2));
      }
    }
  }
  const std::vector<std::int32_t> narrow(wide.begin(), wide.end());
  const std::vector<std::int16_t> narrower(wide.begin(), wide.end());
  const std::vector<std::uint64_t> unsigned_wide(wide.begin(), wide.end());
  this->ForEachTarget([&](const SmallKernels& kernels) {
    CheckNarrowing<F>(kernels.from_int64, wide);
    CheckNarrowing<F>(kernels.from_uint64, unsigned_wide);
    CheckNarrowing<F>(kernels.from_int32, narrow);
    CheckNarrowing<F>(kernels.from_int16, narrower);
  });
}

TYPED_TEST(SmallFloatTest, BecomesIntegersAndTruth) {
  using F = TypeParam;
  const std::vector<F> values = Patterns<F>();
  this->ForEachTarget([&](const SmallKernels& kernels) {
    for (const F value : values) {
      const auto exact = static_cast<double>(value);
      std::int16_t whole = 1;
      Bool truth = Bool::kFalse;
      const double cut = std::trunc(exact);
      const bool fits = cut >= -32768 && cut <= 32767;
      ASSERT_EQ(kernels.to_int16(&value, &whole, 1), fits ? FpFlags{0} : FpFlags{kInvalid});
      ASSERT_EQ(whole, fits ? cut : std::isnan(exact) ? 0 : exact < 0 ? -32768 : 32767);
      ASSERT_EQ(kernels.to_bool(&value, &truth, 1), 0);
      ASSERT_EQ(truth == Bool::kTrue, exact != 0);
    }
  });
}

// Products of every value with some, rounded once, in place too.
TYPED_TEST(SmallFloatTest, LoopsRoundOnce) {
  using F = TypeParam;
  const std::vector<F> values = Patterns<F>();
  this->ForEachTarget([&](const SmallKernels& kernels) {
    for (const double factor : {1.0, -0.75, 1.625, 0x1p-6, 0x1.8p5}) {
      const F scale(factor);
      const std::vector<F> scales(values.size(), scale);
      std::vector<F> out(values);
      const void* in[] = {out.data(), scales.data()};
      void* results[] = {out.data()};
      FpFlags flags = 0;
      kernels.multiply(in, results, out.size());
      for (std::size_t i = 0; i < values.size(); ++i) {
        const double exact = static_cast<double>(values[i]) * static_cast<double>(scale);
        ASSERT_TRUE(Same(out[i], F(exact))) << i << " times " << factor;
        flags |= FlagsOf<F>(exact);
      }
      const void* again[] = {values.data(), scales.data()};
      // A product beyond float32 leaves its overflow in the hardware.
      ClearFpFlags();
      const FpFlags returned = kernels.multiply(again, results, out.size());
      EXPECT_EQ(returned | (PendingFpFlags() & kOverflow), flags);
      ClearFpFlags();
    }
  });
}

TYPED_TEST(SmallFloatTest, RunningProductsRoundAfterEachStep) {
  using F = TypeParam;
  const std::vector<double> factors = {1.5, -1.25, 1.75, 0.5, 0.375, -3.0, 1.0, 0x1p-4, 0x1p3};
  this->ForEachTarget([&](const SmallKernels& kernels) {
    std::vector<F> in(3000), out(1500);
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = F(factors[i * i % factors.size()]);
    F accumulator(1.0);
    F expected = accumulator;
    FpFlags wanted = 0;
    const FpFlags flags =
        kernels.scan(in.data(), 2 * sizeof(F), out.data(), sizeof(F), out.size(), &accumulator);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const double exact = static_cast<double>(expected) * static_cast<double>(in[2 * i]);
      wanted |= FlagsOf<F>(exact);
      expected = F(exact);
      ASSERT_TRUE(Same(out[i], expected)) << i;
    }
    EXPECT_TRUE(Same(accumulator, expected));
    EXPECT_EQ(flags, wanted);
  });
}

TEST(SmallFloatLimitsTest, AreThoseOfTheFormats) {
  EXPECT_EQ(static_cast<double>(std::numeric_limits<Half>::max()), 65504.0);
  EXPECT_EQ(static_cast<double>(std::numeric_limits<Half>::denorm_min()), 0x1p-24);
  EXPECT_EQ(static_cast<double>(std::numeric_limits<Eighth43>::max()), 448.0);
  EXPECT_EQ(static_cast<double>(std::numeric_limits<Eighth43>::lowest()), -448.0);
  EXPECT_EQ(static_cast<double>(std::numeric_limits<Eighth43>::min()), 0x1p-6);
  EXPECT_FALSE(std::numeric_limits<Eighth43>::has_infinity);
  EXPECT_TRUE(Eighth43(465.0).is_nan());
  EXPECT_EQ(static_cast<double>(Eighth43(464.0)), 448.0);
  EXPECT_EQ(static_cast<double>(std::numeric_limits<Eighth52>::max()), 57344.0);
  EXPECT_EQ(static_cast<double>(std::numeric_limits<Brain>::epsilon()), 0x1p-7);
  EXPECT_EQ(static_cast<float>(Brain(0x1p-133f)), 0x1p-133f);
}

}  // namespace
}  // namespace quern::test
#endif
