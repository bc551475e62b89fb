// Reduce, ReduceColumns and Scan against the tree written out with scalars.
#include "generated_targets.h"  // before any Highway header

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/simd/reduce_test.cpp"
#include "hwy/foreach_target.h"  // re-includes this file once per target
// After foreach_target.h.
#include "hwy/highway.h"
#include "simd/extrema-inl.h"
#include "simd/logical-inl.h"
#include "simd/reduce-inl.h"
#include "simd/scan-inl.h"
#include "tests/simd/harness.h"
#include "tests/simd/kernel-inl.h"

#ifndef QUERN_TESTS_SIMD_REDUCE_ONCE
#define QUERN_TESTS_SIMD_REDUCE_ONCE
namespace quern::test {
struct FoldKernels {
  ReduceKernel reduce;
  ReduceColumnsKernel columns;
  ScanKernel scan;
};
}  // namespace quern::test
#endif

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace {

QUERN_TEST_OPERATION(Add)
QUERN_TEST_BODY(Maximum)
QUERN_TEST_BODY(LogicalOr)

// The neutral values are spelled as a kernel's literals would be.
template <class A, class Body, int kNeutral>
struct Folds {
  static A Neutral() {
    if constexpr (std::is_floating_point_v<A>) {
      return kNeutral == 0 ? A(-0.0) : -std::numeric_limits<A>::infinity();
    } else {
      return static_cast<A>(kNeutral);
    }
  }
  static FpFlags Reduction(const void* in, std::size_t n, void* result) {
    return Reduce<A>(Body(), Neutral(), in, n, result);
  }
  static FpFlags Columns(const void* in, std::ptrdiff_t row_stride, std::size_t rows,
                         std::size_t columns, void* out) {
    return ReduceColumns<A>(Body(), Neutral(), in, row_stride, rows, columns, out);
  }
  static FpFlags Accumulation(const void* in, std::ptrdiff_t in_step, void* out,
                              std::ptrdiff_t out_step, std::size_t n, void* accumulator) {
    return Scan<A(A, A)>(Body(), in, in_step, out, out_step, n, accumulator);
  }
  static constexpr test::FoldKernels kKernels = {Reduction, Columns, Accumulation};
};

}  // namespace
}  // namespace HWY_NAMESPACE

namespace test {
struct ReduceKernels;
template <>
struct CompiledFor<ReduceKernels, HWY_TARGET> {
  static std::vector<Named<FoldKernels>> List() {
    namespace target = HWY_NAMESPACE;
    using target::AddBody;
    using target::Folds;
    return {{"Add int8", Folds<std::int8_t, AddBody, 0>::kKernels},
            {"Add int16", Folds<std::int16_t, AddBody, 0>::kKernels},
            {"Add int32", Folds<std::int32_t, AddBody, 0>::kKernels},
            {"Add int64", Folds<std::int64_t, AddBody, 0>::kKernels},
            {"Add float32", Folds<float, AddBody, 0>::kKernels},
            {"Add float64", Folds<double, AddBody, 0>::kKernels},
            {"Maximum float64", Folds<double, target::MaximumBody, 1>::kKernels},
            {"Maximum uint16", Folds<std::uint16_t, target::MaximumBody, 0>::kKernels},
            {"LogicalOr bool", Folds<Bool, target::LogicalOrBody, 0>::kKernels}};
  }
};
}  // namespace test
}  // namespace quern
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quern::test {
namespace {

const auto& Targets() { return RunnableTargets<ReduceKernels>(); }

// The tree as docs describe it: lanes of a block, halving, binary counter.
template <class A, class Fold>
A BlockTree(const Fold& fold, A neutral, const A* in, std::size_t n) {
  std::vector<A> lanes(256 / sizeof(A), neutral);
  for (std::size_t i = 0; i < n; ++i)
    lanes[i % lanes.size()] = fold(lanes[i % lanes.size()], in[i]);
  for (std::size_t half = lanes.size() / 2; half != 0; half /= 2) {
    for (std::size_t l = 0; l < half; ++l) lanes[l] = fold(lanes[l], lanes[l + half]);
  }
  return lanes[0];
}

template <class A, class Fold>
A Tree(const Fold& fold, A neutral, const A* in, std::size_t n) {
  const std::size_t block = ReductionBlock(sizeof(A));
  std::vector<std::pair<std::size_t, A>> subtrees;  // size in blocks, value
  for (std::size_t i = 0; i < n; i += block) {
    std::size_t size = 1;
    A value = BlockTree(fold, neutral, in + i, std::min(block, n - i));
    while (!subtrees.empty() && subtrees.back().first == size) {
      value = fold(subtrees.back().second, value);
      subtrees.pop_back();
      size *= 2;
    }
    subtrees.emplace_back(size, value);
  }
  if (subtrees.empty()) return neutral;
  A value = subtrees.back().second;
  for (std::size_t k = subtrees.size() - 1; k-- > 0;) value = fold(subtrees[k].second, value);
  return value;
}

// Random values whose sums depend on the order of addition.
template <class A>
std::vector<A> Terms(std::size_t n) {
  std::mt19937_64 random(n);
  std::vector<A> values(n);
  for (A& value : values) {
    if constexpr (std::is_floating_point_v<A>) {
      value = static_cast<A>(std::uniform_real_distribution<double>(-1, 1)(random) *
                             std::exp2(static_cast<int>(random() % 30)));
    } else {
      value = static_cast<A>(random() & (std::is_same_v<A, Bool> ? 1 : ~0));
    }
  }
  return values;
}

template <class A, class Fold>
void CheckFolds(std::string_view name, A neutral, const Fold& fold) {
  const std::vector<A> terms = Terms<A>(70000);
  for (const auto& target : Targets()) {
    SCOPED_TRACE(std::string(name) + " on " + target.Name());
    const FoldKernels kernels = target.Find(name);
    const auto check = [&](std::size_t n) {
      A result;
      kernels.reduce(terms.data() + 1, n, &result);
      ASSERT_TRUE(SameValue(result, Tree(fold, neutral, terms.data() + 1, n))) << n;
    };
    for (std::size_t n = 0; n <= 600; ++n) check(n);
    for (std::size_t n : {1023, 1024, 1025, 2047, 4096, 8191, 8192, 8193, 30000, 65536, 69999}) {
      check(n);
    }

    // Columns: without gaps, with gaps, and from rows in reverse order.
    for (std::size_t columns : {1, 2, 3, 5, 16, 64, 65, 130, 700}) {
      for (std::size_t rows : {0, 1, 2, 31, 32, 33, 100, 257}) {
        for (std::ptrdiff_t gap : {0, 3, -1}) {
          const std::size_t pitch = columns + (gap > 0 ? gap : 0);
          if (pitch * rows > terms.size() || rows > ReductionBlock(sizeof(A))) continue;
          const std::ptrdiff_t step =
              static_cast<std::ptrdiff_t>(pitch * sizeof(A)) * (gap < 0 ? -1 : 1);
          const A* first = terms.data() + (gap < 0 && rows != 0 ? pitch * (rows - 1) : 0);
          Buffer<A> out(columns);
          kernels.columns(first, step, rows, columns, out.data());
          for (std::size_t c = 0; c < columns; ++c) {
            std::vector<A> column(rows);
            for (std::size_t r = 0; r < rows; ++r) {
              std::memcpy(&column[r], reinterpret_cast<const char*>(first + c) + r * step,
                          sizeof(A));
            }
            ASSERT_TRUE(SameValue(out.data()[c], Tree(fold, neutral, column.data(), rows)))
                << rows << " x " << columns << " gap " << gap << " column " << c;
          }
          ASSERT_TRUE(out.GuardIntact());
        }
      }
    }

    // Scan: forward into another array, and with steps into the accumulator itself.
    const std::size_t n = 300;
    A accumulator = terms[0];
    std::vector<A> out(n);
    kernels.scan(terms.data() + 1, sizeof(A), out.data(), sizeof(A), n, &accumulator);
    A expected = terms[0];
    for (std::size_t i = 0; i < n; ++i) {
      expected = fold(expected, terms[i + 1]);
      ASSERT_TRUE(SameValue(out[i], expected)) << i;
    }
    ASSERT_TRUE(SameValue(accumulator, expected));
    accumulator = terms[0];
    kernels.scan(terms.data() + 600, -2 * static_cast<std::ptrdiff_t>(sizeof(A)), &accumulator, 0,
                 n, &accumulator);
    expected = terms[0];
    for (std::size_t i = 0; i < n; ++i) expected = fold(expected, terms[600 - 2 * i]);
    ASSERT_TRUE(SameValue(accumulator, expected));
  }
}

template <class A>
A WrappingSum(A a, A b) {
  return static_cast<A>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

TEST(ReduceTest, Sums) {
  CheckFolds<std::int8_t>("Add int8", 0, WrappingSum<std::int8_t>);
  CheckFolds<std::int16_t>("Add int16", 0, WrappingSum<std::int16_t>);
  CheckFolds<std::int32_t>("Add int32", 0, WrappingSum<std::int32_t>);
  CheckFolds<std::int64_t>("Add int64", 0, WrappingSum<std::int64_t>);
  CheckFolds<float>("Add float32", -0.0f, [](float a, float b) { return a + b; });
  CheckFolds<double>("Add float64", -0.0, [](double a, double b) { return a + b; });
}

TEST(ReduceTest, Extrema) {
  CheckFolds<double>("Maximum float64", -std::numeric_limits<double>::infinity(),
                     [](double a, double b) { return a > b || std::isnan(a) ? a : b; });
  CheckFolds<std::uint16_t>("Maximum uint16", 0,
                            [](std::uint16_t a, std::uint16_t b) { return std::max(a, b); });
}

TEST(ReduceTest, Logic) {
  CheckFolds<Bool>("LogicalOr bool", Bool::kFalse, [](Bool a, Bool b) {
    return a == Bool::kTrue || b == Bool::kTrue ? Bool::kTrue : Bool::kFalse;
  });
}

TEST(ReduceTest, NanWinsEverywhere) {
  std::vector<double> terms(3000, 1.0);
  for (const auto& target : Targets()) {
    for (std::size_t i = 0; i < terms.size(); ++i) {
      terms[i] = std::numeric_limits<double>::quiet_NaN();
      double result;
      target.Find("Maximum float64").reduce(terms.data(), terms.size(), &result);
      ASSERT_TRUE(std::isnan(result)) << target.Name() << " " << i;
      terms[i] = 1.0;
    }
  }
}

// Terms chosen so that only combinations outside the tree would overflow or subtract infinities.
TEST(ReduceTest, SpareLanesRaiseNothing) {
  for (const auto& target : Targets()) {
    const FoldKernels kernels = target.Find("Add float64");
    for (std::size_t n = 1; n <= 300; ++n) {
      std::vector<double> terms(n, 1e308 / 4096);
      terms[n - 1] = std::numeric_limits<double>::infinity();
      double result;
      ClearFpFlags();
      kernels.reduce(terms.data(), n, &result);
      EXPECT_EQ(PendingFpFlags(), 0) << target.Name() << " " << n;
      for (std::size_t columns : {1, 2, 3, 5, 7, 66}) {
        if (n % columns != 0) continue;
        // +inf in one column and -inf in its neighbour never meet.
        for (std::size_t i = 0; i < n; ++i) {
          terms[i] = (i % columns) % 2 == 0 ? HUGE_VAL : -HUGE_VAL;
        }
        std::vector<double> out(columns);
        kernels.columns(terms.data(), columns * sizeof(double), n / columns, columns, out.data());
        EXPECT_EQ(PendingFpFlags(), 0) << target.Name() << " " << n << " columns " << columns;
      }
    }
  }
}

}  // namespace
}  // namespace quern::test
#endif  // HWY_ONCE
