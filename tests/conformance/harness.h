// What the generated conformance tests are made of: rows of inputs and expected results for a loop,
// run on every target of this CPU.
#ifndef QUERN_TESTS_CONFORMANCE_HARNESS_H_
#define QUERN_TESTS_CONFORMANCE_HARNESS_H_

#include <complex>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "quern/quern.hpp"

namespace quern::conformance {

// Conditions of a calculation, as ErrorState::callback receives them.
enum Condition : unsigned {
  kNone = 0,
  kDivideByZero = 1,
  kOverflow = 2,
  kUnderflow = 4,
  kInvalid = 8,
  kAnyDeclared = 16,  // no more than the spec declares for the loop
  kRefused = 32,      // none: the call fails
};

// Values that every type has: kInf, -kInf, kNaN, kMin and kMax take the type they are put into.
template <bool kNegative>
struct Infinity {
  template <class T>
  constexpr operator T() const {  // NOLINT(google-explicit-constructor)
    constexpr T inf = std::numeric_limits<T>::infinity();
    return kNegative ? -inf : inf;
  }
  constexpr Infinity<!kNegative> operator-() const { return {}; }
};
struct NaN {
  template <class T>
  constexpr operator T() const {  // NOLINT(google-explicit-constructor)
    return std::numeric_limits<T>::quiet_NaN();
  }
};
struct Lowest {
  template <class T>
  constexpr operator T() const {  // NOLINT(google-explicit-constructor)
    return std::numeric_limits<T>::lowest();
  }
};
struct Highest {
  template <class T>
  constexpr operator T() const {  // NOLINT(google-explicit-constructor)
    return std::numeric_limits<T>::max();
  }
};
inline constexpr Infinity<false> kInf{};
inline constexpr NaN kNaN{};
inline constexpr Lowest kMin{};
inline constexpr Highest kMax{};

// The expected values of a loop with two outputs.
template <class First, class Second>
struct Two {
  First first;
  Second second;
};

// One element: inputs, the expected output, the conditions that it raises, and the line of the spec
// that says so (0 for values computed from the reference).
template <class Out, class... In>
struct Row;
template <class Out, class A>
struct Row<Out, A> {
  A a;
  Out out;
  unsigned conditions = kAnyDeclared;
  int line = 0;
};
template <class Out, class A, class B>
struct Row<Out, A, B> {
  A a;
  B b;
  Out out;
  unsigned conditions = kAnyDeclared;
  int line = 0;
};
template <class Out, class A, class B, class C>
struct Row<Out, A, B, C> {
  A a;
  B b;
  C c;
  Out out;
  unsigned conditions = kAnyDeclared;
  int line = 0;
};
template <class Out, class A, class B, class C, class D>
struct Row<Out, A, B, C, D> {
  A a;
  B b;
  C c;
  D d;
  Out out;
  unsigned conditions = kAnyDeclared;
  int line = 0;
};

// A loop and what it promises.
struct Loop {
  std::string_view ufunc;
  std::string_view origin;                // "spec/ufuncs/add.yaml:9"
  std::vector<std::string_view> types;    // inputs, then outputs
  std::vector<std::string_view> targets;  // that its kernels are built for
  unsigned declared = kNone;              // conditions that it may raise
  double bound = 0;                       // ULP; 0 = bit for bit
};

// The rows of a loop as columns.
struct Columns {
  std::vector<Array> inputs;
  std::vector<Array> expected;  // an array for each output
  std::vector<unsigned> conditions;
  std::vector<int> lines;
};

template <class T, class R>
Array column(std::span<const R> rows, T R::*member) {
  const auto values = std::make_unique<T[]>(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) values[i] = rows[i].*member;
  return Array::from_values(std::span<const T>(values.get(), rows.size()));
}

template <class R, class Out>
void add_outputs(std::span<const R> rows, Out R::*member, Columns& columns) {
  columns.expected.push_back(column(rows, member));
}
template <class R, class First, class Second>
void add_outputs(std::span<const R> rows, Two<First, Second> R::*member, Columns& columns) {
  const auto first = std::make_unique<First[]>(rows.size());
  const auto second = std::make_unique<Second[]>(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    first[i] = (rows[i].*member).first;
    second[i] = (rows[i].*member).second;
  }
  columns.expected = {Array::from_values(std::span<const First>(first.get(), rows.size())),
                      Array::from_values(std::span<const Second>(second.get(), rows.size()))};
}

template <class R>
Columns columns_of(std::span<const R> rows) {
  Columns columns;
  columns.inputs.push_back(column(rows, &R::a));
  if constexpr (requires { &R::b; }) columns.inputs.push_back(column(rows, &R::b));
  if constexpr (requires { &R::c; }) columns.inputs.push_back(column(rows, &R::c));
  if constexpr (requires { &R::d; }) columns.inputs.push_back(column(rows, &R::d));
  add_outputs(rows, &R::out, columns);
  for (const R& row : rows) {
    columns.conditions.push_back(row.conditions);
    columns.lines.push_back(row.line);
  }
  return columns;
}

// Skips the test on a CPU that lacks the target of QUERN_TARGET; to come before anything is
// computed.
void require_targets();

// Runs `body` once per target of this CPU, which is then the current one; with QUERN_TARGET in the
// environment on that target alone. A target that this CPU lacks skips the test.
void for_each_target(const std::function<void(std::string_view target)>& body);

// Checks on every target that the loop is chosen, that its kernels for the target run, and that the
// rows hold: results alone and in vectors of many lengths, conditions element by element. Columns
// are converted to the loop's types where they differ.
void check_columns(const Loop& loop, const Columns& columns);

template <class R, std::size_t N>
void check_loop(const Loop& loop, const R (&rows)[N]) {
  require_targets();
  check_columns(loop, columns_of(std::span<const R>(rows)));
}

// Checks that an example of the documentation holds: equal values and dtypes of one kind.
void check_example(std::string_view text, const Array& result, const Array& expected);
void check_example(std::string_view text, std::span<const Array> results,
                   std::initializer_list<Array> expected);

// Arrays of examples.
inline Array integers(std::initializer_list<std::int64_t> values) {
  return Array::from_values(values);
}
inline Array reals(std::initializer_list<double> values) { return Array::from_values(values); }
inline Array truths(std::initializer_list<bool> values) { return Array::from_values(values); }

}  // namespace quern::conformance

#endif  // QUERN_TESTS_CONFORMANCE_HARNESS_H_
