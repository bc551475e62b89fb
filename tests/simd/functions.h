// Checks of elementary functions on every target: error against long double, the same bits on all
// targets and among any neighbours, exact values with their flags.
#ifndef QUERN_TESTS_SIMD_FUNCTIONS_H_
#define QUERN_TESTS_SIMD_FUNCTIONS_H_

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "core/fp_flags.h"
#include "tests/simd/harness.h"

namespace quern::test {

// A function of one argument: its kernels are "<name> float32" and "<name> float64".
struct Function {
  const char* name;
  long double (*exact)(long double);
};

// The same of two.
struct BinaryFunction {
  const char* name;
  long double (*exact)(long double, long double);
};

inline void PrintTo(const Function& function, std::ostream* out) { *out << function.name; }

// What the specs promise, in units in the last place.
template <class T>
inline constexpr double kErrorBound = sizeof(T) == 4 ? 0.501 : 0.55;

// Whether long double tells errors of T from correct rounding.
template <class T>
inline constexpr bool kHasReference = sizeof(T) == 4 || LDBL_MANT_DIG >= 64;

template <class T>
inline constexpr T kInf = std::numeric_limits<T>::infinity();
template <class T>
inline constexpr T kNan = std::numeric_limits<T>::quiet_NaN();

// The arguments of a function for a number of elements, a column for each argument.
template <class T>
using Columns = std::vector<std::vector<T>>;

template <class T>
long double ExactAt(const Function& function, const Columns<T>& x, std::size_t i) {
  return function.exact(x[0][i]);
}
template <class T>
long double ExactAt(const BinaryFunction& function, const Columns<T>& x, std::size_t i) {
  return function.exact(x[0][i], x[1][i]);
}

template <class T>
Columns<T> ColumnsAt(const Columns<T>& x, std::size_t i) {
  Columns<T> arguments;
  for (const std::vector<T>& column : x) arguments.push_back({column[i]});
  return arguments;
}

template <class T>
std::string PrintAt(const Columns<T>& x, std::size_t i) {
  return x.size() == 1 ? Print(x[0][i]) : Print(x[0][i]) + " and " + Print(x[1][i]);
}

template <class T>
std::vector<T> Evaluate(const TargetKernels<ElementwiseKernel>& target, const char* function,
                        const Columns<T>& x, FpFlags* flags = nullptr) {
  std::vector<T> y(x[0].size());
  std::vector<const void*> in;
  for (const std::vector<T>& column : x) in.push_back(column.data());
  void* out[] = {y.data()};
  const std::string type = sizeof(T) == 4 ? " float32" : " float64";
  const FpFlags raised = target.Find(function + type)(in.data(), out, y.size());
  if (flags != nullptr) *flags = raised;
  return y;
}

template <class T>
std::vector<T> Evaluate(const TargetKernels<ElementwiseKernel>& target, const Function& function,
                        const std::vector<T>& x, FpFlags* flags = nullptr) {
  return Evaluate(target, function.name, Columns<T>{x}, flags);
}

// |y - exact| in units in the last place of T at the exact value.
template <class T>
double UlpError(long double exact, T y) {
  const int exponent = std::max(std::ilogb(exact), std::numeric_limits<T>::min_exponent - 1);
  const int digits = std::numeric_limits<T>::digits;
  return static_cast<double>(
      std::fabs(std::ldexp(static_cast<long double>(y) - exact, digits - 1 - exponent)));
}

// n values between low and high.
template <class T>
std::vector<T> Uniform(double low, double high, std::size_t n) {
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> uniform(low, high);
  std::vector<T> x(n);
  for (T& value : x) value = static_cast<T>(uniform(random));
  return x;
}

// n values of both signs whose exponents spread evenly over a range; `low` and `high` are positive.
template <class T>
std::vector<T> Spread(double low, double high, std::size_t n) {
  std::vector<T> x = Uniform<T>(std::log2(low), std::log2(high), n);
  for (std::size_t i = 0; i < n; ++i) {
    const T magnitude = std::exp2(x[i]);
    x[i] = i % 2 == 0 ? magnitude : -magnitude;
  }
  return x;
}

// All elements within the bound on the first target, and the same bits on the others.
template <class T, class AnyFunction>
void CheckColumns(const ElementwiseTargets& targets, const AnyFunction& function,
                  const Columns<T>& x, double bound) {
  const std::vector<T> y = Evaluate(targets.front(), function.name, x);
  for (std::size_t i = 0; kHasReference<T> && i < y.size(); ++i) {
    ASSERT_LE(UlpError(ExactAt(function, x, i), y[i]), bound)
        << function.name << " of " << PrintAt(x, i) << " gives " << Print(y[i]);
  }
  for (const auto& target : targets) {
    const std::vector<T> other = Evaluate(target, function.name, x);
    for (std::size_t i = 0; i < y.size(); ++i) {
      ASSERT_TRUE(SameValue(y[i], other[i]))
          << target.Name() << " " << function.name << " " << PrintAt(x, i);
    }
  }
}

template <class T>
void CheckErrors(const ElementwiseTargets& targets, const Function& function,
                 const std::vector<T>& x, double bound = kErrorBound<T>) {
  CheckColumns(targets, function, Columns<T>{x}, bound);
}

template <class T>
void CheckErrors(const ElementwiseTargets& targets, const BinaryFunction& function,
                 const std::vector<T>& a, const std::vector<T>& b, double bound = kErrorBound<T>) {
  CheckColumns(targets, function, Columns<T>{a, b}, bound);
}

// A value's bits depend neither on its neighbours nor on its place in the array.
template <class T>
void CheckNeighboursOf(const ElementwiseTargets& targets, const char* function, Columns<T> x) {
  for (std::vector<T>& column : x) {
    column[17] = std::numeric_limits<T>::quiet_NaN();
    column[80] = std::numeric_limits<T>::infinity();
  }
  for (const auto& target : targets) {
    const std::vector<T> all = Evaluate(target, function, x);
    for (std::size_t i = 0; i < all.size(); ++i) {
      ASSERT_TRUE(SameValue(all[i], Evaluate(target, function, ColumnsAt(x, i))[0]))
          << target.Name() << " " << function << " " << PrintAt(x, i);
    }
  }
}

template <class T>
void CheckNeighbours(const ElementwiseTargets& targets, const Function& function,
                     const std::vector<T>& x) {
  CheckNeighboursOf(targets, function.name, Columns<T>{x});
}

template <class T>
void CheckNeighbours(const ElementwiseTargets& targets, const BinaryFunction& function,
                     const std::vector<T>& a, const std::vector<T>& b) {
  CheckNeighboursOf(targets, function.name, Columns<T>{a, b});
}

template <class T>
struct ExactRow {
  T x;
  T y;
  FpFlags flags;

  Columns<T> Arguments() const { return {{x}}; }
};

template <class T>
struct BinaryRow {
  T a;
  T b;
  T y;
  FpFlags flags;

  Columns<T> Arguments() const { return {{a}, {b}}; }
};

template <class AnyFunction, class Row>
void CheckRows(const ElementwiseTargets& targets, const AnyFunction& function,
               const std::vector<Row>& rows) {
  for (const auto& target : targets) {
    for (const Row& row : rows) {
      FpFlags flags;
      const auto x = row.Arguments();
      const auto y = Evaluate(target, function.name, x, &flags)[0];
      EXPECT_TRUE(SameValue(y, row.y))
          << target.Name() << " " << function.name << " of " << PrintAt(x, 0) << " gives "
          << Print(y) << ", expected " << Print(row.y);
      EXPECT_EQ(flags, row.flags) << target.Name() << " " << function.name << " " << PrintAt(x, 0);
    }
  }
}

// All 2^32 floats: the same bits on all targets, and within the bound of the float64 kernel, which
// CheckErrors holds to long double. Takes a minute or two.
inline void CheckAllFloats(const ElementwiseTargets& targets, const Function& function) {
  constexpr std::uint64_t kBlock = 1 << 16;
  std::vector<float> x(kBlock);
  for (std::uint64_t start = 0; start < std::uint64_t{1} << 32; start += kBlock) {
    for (std::uint64_t i = 0; i < kBlock; ++i) {
      x[i] = std::bit_cast<float>(static_cast<std::uint32_t>(start + i));
    }
    const std::vector<float> y = Evaluate(targets.front(), function, x);
    const std::vector<double> exact =
        Evaluate(targets.front(), function, std::vector<double>(x.begin(), x.end()));
    for (std::uint64_t i = 0; i < kBlock; ++i) {
      if (SameValue(y[i], static_cast<float>(exact[i]))) continue;
      ASSERT_LE(UlpError<float>(exact[i], y[i]), kErrorBound<float>)
          << function.name << " of " << Print(x[i]) << " gives " << Print(y[i]);
    }
    for (const auto& target : targets) {
      const std::vector<float> other = Evaluate(target, function, x);
      for (std::uint64_t i = 0; i < kBlock; ++i) {
        ASSERT_TRUE(SameValue(y[i], other[i]))
            << target.Name() << " " << function.name << " " << Print(x[i]);
      }
    }
  }
}

}  // namespace quern::test

#endif  // QUERN_TESTS_SIMD_FUNCTIONS_H_
