// Shared by the tests of runtime/simd: each test file compiles its kernels once per instruction-set
// target and lists them by name; the tests then run every target this CPU has, against a scalar
// reference, so agreement with one reference is also agreement across targets, bit for bit.
#ifndef QUERN_TESTS_SIMD_HARNESS_H_
#define QUERN_TESTS_SIMD_HARNESS_H_

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/bool.h"
#include "core/fp_flags.h"
#include "core/kernel.h"
#include "hwy/targets.h"
#include "simd/targets.h"

namespace quern::test {

template <class Kernel>
struct Named {
  std::string_view name;
  Kernel kernel;
};
using KernelList = std::vector<Named<ElementwiseKernel>>;

// The kernels of one target under their names.
template <class Kernel>
struct TargetKernels {
  std::int64_t target;
  std::vector<Named<Kernel>> kernels;

  std::string Name() const { return hwy::TargetName(target); }

  Kernel Find(std::string_view name) const {
    for (const auto& entry : kernels) {
      if (entry.name == name) return entry.kernel;
    }
    ADD_FAILURE() << "no kernel named " << name;
    return Kernel();
  }
};

// Whether this CPU runs code for `target`.
inline bool CanRun(std::int64_t target) { return (hwy::SupportedTargets() & target) != 0; }

// What a test file compiled for a target: specialised for HWY_TARGET in each pass, with a function
// List() -> std::vector<Named<Kernel>>. `Kernels` is an incomplete type that the file declares, so
// that files in one program stay apart.
template <class Kernels, std::int64_t kTarget>
struct CompiledFor;

// The kernel lists of the compiled targets that this CPU runs; to be called after the last pass.
template <class Kernels>
const auto& RunnableTargets() {
  using List = decltype(CompiledFor<Kernels, HWY_STATIC_TARGET>::List());
  using Kernel = decltype(List::value_type::kernel);
  static const std::vector<TargetKernels<Kernel>> targets = [] {
    std::vector<TargetKernels<Kernel>> runnable;
    VisitTargets<HWY_TARGETS>([&]<std::int64_t kTarget>() {
      if (CanRun(kTarget)) runnable.push_back({kTarget, CompiledFor<Kernels, kTarget>::List()});
    });
    EXPECT_FALSE(runnable.empty());
    return runnable;
  }();
  return targets;
}

template <class T>
bool IsNan(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::isnan(value);
  } else {
    return false;
  }
}

// Equal bits, or both NaN: sign and payload of a NaN are not promised.
template <class T>
bool SameValue(T a, T b) {
  return (IsNan(a) && IsNan(b)) || std::memcmp(&a, &b, sizeof(T)) == 0;
}

template <class T>
std::string Print(T value) {
  if constexpr (std::is_same_v<T, Bool>) {
    return std::to_string(static_cast<int>(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    char text[64];
    std::snprintf(text, sizeof(text), "%.17g (%a)", static_cast<double>(value),
                  static_cast<double>(value));
    return text;
  } else {
    return std::to_string(value);
  }
}

// Values at which a type's operations change behaviour.
template <class T>
std::vector<T> SpecialValues() {
  using Limits = std::numeric_limits<T>;
  if constexpr (std::is_same_v<T, Bool>) {
    return {Bool::kFalse, Bool::kTrue};
  } else if constexpr (std::is_floating_point_v<T>) {
    const T inf = Limits::infinity();
    std::vector<T> values = {0, T(0.5), 1, T(1.5), 2, T(2.5), 3, T(3.7), 7, 10, T(0.1), 100, 1000};
    for (T v : {Limits::min(),
                Limits::denorm_min(),
                Limits::max(),
                Limits::epsilon(),
                inf,
                std::nextafter(T(1), T(0)),
                std::nextafter(T(1), T(2)),
                T(127),
                T(128),
                T(255),
                T(256),
                T(32767),
                T(32768),
                T(65535),
                T(65536),
                T(2147483648.0),
                T(4294967296.0),
                T(9223372036854775808.0),
                T(18446744073709551616.0),
                T(4503599627370496.0),
                T(2147483647.0),
                T(4294967295.0),
                T(127.5),
                T(128.5),
                T(255.5),
                T(32767.5),
                T(65535.5),
                T(9007199254740993.0)}) {
      values.push_back(v);
    }
    const std::size_t positive = values.size();
    for (std::size_t i = 0; i < positive; ++i) values.push_back(-values[i]);
    values.push_back(Limits::quiet_NaN());
    values.push_back(-Limits::quiet_NaN());
    return values;
  } else {
    std::vector<T> values;
    for (int v : {0, 1, 2, 3, 5, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127}) {
      values.push_back(static_cast<T>(v));
      values.push_back(static_cast<T>(-v));
      values.push_back(static_cast<T>(Limits::min() + v));
      values.push_back(static_cast<T>(Limits::max() - v));
      values.push_back(static_cast<T>(Limits::max() / 2 + v));
    }
    return values;
  }
}

// n values: special ones, random bits, and random values of everyday size, in random order.
template <class T>
std::vector<T> Samples(std::size_t n, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const std::vector<T> special = SpecialValues<T>();
  std::vector<T> values(n);
  for (T& value : values) {
    const std::uint64_t kind = random() % 4;
    if (kind == 0 || std::is_same_v<T, Bool>) {
      value = special[random() % special.size()];
    } else if (kind == 1) {
      const std::uint64_t bits = random();
      std::memcpy(&value, &bits, sizeof(T));
    } else if constexpr (std::is_floating_point_v<T>) {
      value = static_cast<T>(std::uniform_real_distribution<double>(-1000, 1000)(random));
    } else if constexpr (!std::is_same_v<T, Bool>) {
      value = static_cast<T>(static_cast<std::int64_t>(random() % 200) - 100);
    }
  }
  return values;
}

// A buffer of n elements at an address that is only element-aligned, with a guard behind it.
template <class T>
class Buffer {
 public:
  explicit Buffer(std::size_t n) : n_(n), bytes_((n + 17) * sizeof(T) + 64, std::byte{0xA5}) {}
  T* data() { return reinterpret_cast<T*>(bytes_.data()) + 1; }
  // Whether the bytes after the n elements are as they were.
  bool GuardIntact() const {
    for (std::size_t i = (n_ + 1) * sizeof(T); i < bytes_.size(); ++i) {
      if (bytes_[i] != std::byte{0xA5}) return false;
    }
    return true;
  }

 private:
  std::size_t n_;
  std::vector<std::byte> bytes_;
};

// What a reference function gives for one element.
template <class T>
struct Expected {
  T value;
  FpFlags flags = 0;
};

namespace detail {

template <class Out, class... In, class Reference, std::size_t... I>
void CheckLength(ElementwiseKernel kernel, const Reference& reference,
                 const std::tuple<std::vector<In>...>& samples, std::size_t offset, std::size_t n,
                 bool in_place, std::index_sequence<I...>) {
  std::tuple<Buffer<In>...> inputs{Buffer<In>(n)...};
  Buffer<Out> output(n);
  (std::memcpy(std::get<I>(inputs).data(), std::get<I>(samples).data() + offset, n * sizeof(In)),
   ...);
  const void* in[] = {std::get<I>(inputs).data()...};
  Out* const result = in_place ? reinterpret_cast<Out*>(std::get<0>(inputs).data()) : output.data();
  void* out[] = {result};
  const FpFlags flags = kernel(in, out, n);
  FpFlags expected_flags = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const Expected<Out> expected = reference(std::get<I>(samples)[offset + i]...);
    expected_flags |= expected.flags;
    if (!SameValue(result[i], expected.value)) {
      std::string arguments;
      ((arguments += Print(std::get<I>(samples)[offset + i]) + " "), ...);
      FAIL() << "arguments " << arguments << "give " << Print(result[i]) << ", expected "
             << Print(expected.value) << " (element " << i << " of " << n << ")";
    }
  }
  ASSERT_EQ(flags, expected_flags) << "flags over " << n << " elements from sample " << offset;
  ASSERT_TRUE(output.GuardIntact());
  ASSERT_TRUE(std::get<0>(inputs).GuardIntact());
}

}  // namespace detail

using ElementwiseTargets = std::vector<TargetKernels<ElementwiseKernel>>;

// Runs the kernel `name` of every target over all lengths 0..130, out of place and in place, over a
// long array, and over single elements (which pins flags to elements).
template <class Signature>
struct Elementwise;
template <class Out, class... In>
struct Elementwise<Out(In...)> {
  template <class Reference>
  static void Check(const ElementwiseTargets& targets, std::string_view name,
                    const Reference& reference) {
    constexpr std::size_t kSamples = 6000;
    using First = std::tuple_element_t<0, std::tuple<In...>>;
    const auto index = std::index_sequence_for<In...>();
    const auto samples = []<std::size_t... i>(std::index_sequence<i...>) {
      return std::tuple<std::vector<In>...>{Samples<In>(kSamples, 1 + i)...};
    }(index);
    for (const auto& target : targets) {
      SCOPED_TRACE(std::string(name) + " on " + target.Name());
      const ElementwiseKernel kernel = target.Find(name);
      if (kernel == nullptr) return;
      const auto check = [&](std::size_t offset, std::size_t n, bool in_place) {
        detail::CheckLength<Out, In...>(kernel, reference, samples, offset, n, in_place, index);
      };
      for (std::size_t n = 0; n <= 130; ++n) {
        check(n * 7, n, false);
        if (sizeof(First) == sizeof(Out)) check(n * 5, n, true);
        if (testing::Test::HasFatalFailure()) return;
      }
      check(0, kSamples, false);
      for (std::size_t i = 0; i < 1500; ++i) {
        check(i, 1, false);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
};

using Floats = testing::Types<float, double>;
using Integers = testing::Types<std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t,
                                std::uint16_t, std::uint32_t, std::uint64_t>;
using Numbers = testing::Types<std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t,
                               std::uint16_t, std::uint32_t, std::uint64_t, float, double>;

// A test of the kernels that a file compiled for lanes of type T, against functions of T that give
// a value and raise no flag.
template <class Kernels, class T>
class KernelTest : public testing::Test {
 protected:
  static const ElementwiseTargets& Targets() { return RunnableTargets<Kernels>(); }
  template <class Out, class Reference>
  static void Unary(const char* name, const Reference& reference) {
    Elementwise<Out(T)>::Check(Targets(), name,
                               [&](T a) { return Expected<Out>{static_cast<Out>(reference(a))}; });
  }
  template <class Out, class Reference>
  static void Binary(const char* name, const Reference& reference) {
    Elementwise<Out(T, T)>::Check(Targets(), name, [&](T a, T b) {
      return Expected<Out>{static_cast<Out>(reference(a, b))};
    });
  }
};

}  // namespace quern::test

#endif  // QUERN_TESTS_SIMD_HARNESS_H_
