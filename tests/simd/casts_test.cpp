// Every pair of storage types, against scalar conversions spelled out by range.
#include "generated_targets.h"  // before any Highway header

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/simd/casts_test.cpp"
#include "hwy/foreach_target.h"  // re-includes this file once per target
// After foreach_target.h.
#include "hwy/highway.h"
#include "simd/casts-inl.h"
#include "tests/simd/harness.h"

#ifndef QUERN_TESTS_SIMD_CASTS_ONCE
#define QUERN_TESTS_SIMD_CASTS_ONCE
namespace quern::test {
template <class... T>
struct TypeList {
  template <class Visitor>
  static void Each(const Visitor& visitor) {
    (visitor.template operator()<T>(), ...);
  }
};
using StorageTypes =
    TypeList<Bool, std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t,
             std::uint16_t, std::uint32_t, std::uint64_t, float, double>;
}  // namespace quern::test
#endif

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace test {
struct CastKernels;
template <>
struct CompiledFor<CastKernels, HWY_TARGET> {
  // In the order of StorageTypes, source first.
  static std::vector<Named<CastKernel>> List() {
    std::vector<Named<CastKernel>> list;
    StorageTypes::Each([&]<class From>() {
      StorageTypes::Each([&]<class To>() { list.push_back({"", HWY_NAMESPACE::Cast<From, To>}); });
    });
    return list;
  }
};
}  // namespace test
}  // namespace quern
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quern::test {
namespace {

const auto& Targets() { return RunnableTargets<CastKernels>(); }

template <class T>
auto Number(T value) {
  if constexpr (std::is_same_v<T, Bool>) {
    return static_cast<std::uint8_t>(value);
  } else {
    return value;
  }
}

template <class To, class From>
Expected<To> SaturatedFromFloat(From value) {
  using Limits = std::numeric_limits<To>;
  if (std::isnan(value)) return {0, kInvalid};
  const From whole = std::trunc(value);
  // 2^digits is exact in every float type, unlike the greatest integer.
  if (whole >= std::ldexp(From(1), Limits::digits)) return {Limits::max(), kInvalid};
  if (whole < static_cast<From>(Limits::min())) return {Limits::min(), kInvalid};
  return {static_cast<To>(whole), 0};
}

template <class From, class To>
Expected<To> Reference(From from) {
  const auto value = Number(from);
  if constexpr (std::is_same_v<From, To>) {
    return {from};
  } else if constexpr (std::is_same_v<To, Bool>) {
    return {value != 0 ? Bool::kTrue : Bool::kFalse};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    return SaturatedFromFloat<To>(value);
  } else {
    return {static_cast<To>(value)};
  }
}

template <class From, class To>
void CheckPair(const TargetKernels<CastKernel>& target, CastKernel kernel) {
  SCOPED_TRACE(target.Name() + " sizes " + std::to_string(sizeof(From)) + " " +
               std::to_string(sizeof(To)));
  constexpr std::size_t kSamples = 20000;
  const std::vector<From> samples = Samples<From>(kSamples, 5);
  const auto check = [&](std::size_t offset, std::size_t n) {
    std::vector<From> in(samples.begin() + offset, samples.begin() + offset + n);
    Buffer<To> out(n);
    const FpFlags flags = kernel(in.data(), out.data(), n);
    FpFlags expected_flags = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const Expected<To> expected = Reference<From, To>(in[i]);
      expected_flags |= expected.flags;
      ASSERT_TRUE(SameValue(out.data()[i], expected.value))
          << Print(in[i]) << " gives " << Print(out.data()[i]) << ", expected "
          << Print(expected.value) << " element " << i << " of " << n;
    }
    ASSERT_EQ(flags, expected_flags) << Print(in[0]);
    ASSERT_TRUE(out.GuardIntact());
  };
  for (std::size_t n = 0; n <= 130; ++n) check(n * 9, n);
  for (std::size_t i = 0; i < 500; ++i) check(i, 1);
  check(0, kSamples);
}

TEST(CastsTest, AllPairs) {
  for (const auto& target : Targets()) {
    std::size_t pair = 0;
    StorageTypes::Each([&]<class From>() {
      StorageTypes::Each(
          [&]<class To>() { CheckPair<From, To>(target, target.kernels[pair++].kernel); });
    });
  }
}

// Rounding of 64-bit integers at and around halfway points of both float types.
TEST(CastsTest, WideIntegersRoundOnce) {
  std::vector<std::int64_t> in;
  const auto add = [&](std::uint64_t bits) {
    in.push_back(static_cast<std::int64_t>(bits));
  };
  for (int top = 20; top < 63; ++top) {
    for (int low = 0; low < 63; ++low) {
      for (int delta : {-1, 0, 1}) {
        const std::uint64_t bits = (std::uint64_t{1} << low) + static_cast<std::uint64_t>(delta);
        add((std::uint64_t{1} << top) + bits);
        add((std::uint64_t{3} << (top - 1)) + bits);
        add(-((std::uint64_t{3} << (top - 1)) + bits));
        add(~((std::uint64_t{3} << (top - 1)) ^ bits));
      }
    }
  }
  const std::size_t n = in.size();
  for (const auto& target : Targets()) {
    // Rows of 11 by source, columns by destination, as in StorageTypes.
    const auto kernel = [&](int from, int to) {
      return target.kernels[11 * from + to].kernel;
    };
    std::vector<float> f32(n), uf32(n);
    std::vector<double> f64(n), uf64(n);
    kernel(4, 9)(in.data(), f32.data(), n);
    kernel(4, 10)(in.data(), f64.data(), n);
    kernel(8, 9)(in.data(), uf32.data(), n);
    kernel(8, 10)(in.data(), uf64.data(), n);
    for (std::size_t i = 0; i < n; ++i) {
      ASSERT_EQ(f32[i], static_cast<float>(in[i])) << target.Name() << " " << in[i];
      ASSERT_EQ(f64[i], static_cast<double>(in[i])) << target.Name() << " " << in[i];
      const std::uint64_t u = static_cast<std::uint64_t>(in[i]);
      ASSERT_EQ(uf32[i], static_cast<float>(u)) << target.Name() << " " << u;
      ASSERT_EQ(uf64[i], static_cast<double>(u)) << target.Name() << " " << u;
    }
  }
}

TEST(CastsTest, SpareLanesRaiseNothing) {
  for (const auto& target : Targets()) {
    const CastKernel narrow = target.kernels[11 * 10 + 9].kernel;
    for (std::size_t n = 1; n <= 40; ++n) {
      std::vector<double> in(n, 1.25);
      std::vector<float> out(n);
      ClearFpFlags();
      narrow(in.data(), out.data(), n);
      EXPECT_EQ(PendingFpFlags(), 0);
      in[n - 1] = 1e300;
      narrow(in.data(), out.data(), n);
      EXPECT_EQ(PendingFpFlags(), kOverflow);
      ClearFpFlags();
    }
  }
}

}  // namespace
}  // namespace quern::test
#endif  // HWY_ONCE
