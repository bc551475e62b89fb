#include "harness.h"

#include <algorithm>
#include <bit>
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

namespace quern::conformance {
namespace {

// Enough elements for several vectors of the narrowest type, with a tail.
constexpr std::size_t kLongest = 331;

// Gathers the conditions of all calls in a scope.
class Conditions {
 public:
  Conditions() : scope_(gathering(&raised_)) {}
  unsigned raised() const { return raised_; }

 private:
  static ErrorState gathering(unsigned* raised) {
    ErrorState state;
    state.divide = state.over = state.under = state.invalid = ErrorAction::call;
    state.callback = [raised](std::string_view, int flags) {
      *raised |= static_cast<unsigned>(flags);
    };
    return state;
  }
  unsigned raised_ = 0;
  ErrorStateScope scope_;
};

// An example writes numbers without a sign as those with one.
char written_kind(DType dtype) { return dtype.kind() == 'u' ? 'i' : dtype.kind(); }

bool is_float(DType dtype) { return dtype.kind() == 'f'; }

// The bits of an element, widened.
std::uint64_t bits_at(const Array& array, std::size_t i) {
  std::uint64_t bits = 0;
  const std::size_t size = array.itemsize();
  const std::byte* source = array.data() + static_cast<Index>(i) * array.strides()[0];
  std::byte* target = reinterpret_cast<std::byte*>(&bits);
  if constexpr (std::endian::native == std::endian::big) target += sizeof(bits) - size;
  std::memcpy(target, source, size);
  return bits;
}

// Floating-point numbers of `size` bytes as integers in their order; both zeros are 0.
std::int64_t position(std::uint64_t bits, std::size_t size) {
  const std::uint64_t sign = std::uint64_t{1} << (8 * size - 1);
  const auto magnitude = static_cast<std::int64_t>(bits & (sign - 1));
  return (bits & sign) != 0 ? -magnitude : magnitude;
}

bool is_nan(const Array& array, std::size_t i) {
  return is_float(array.dtype()) && std::isnan(array.index({static_cast<Index>(i)}).item<double>());
}

// A bound of b ULP on the exact result is one of floor(b + 1/2) steps from its rounded value; a
// correctly rounded loop matches it bit for bit.
bool agrees(const Array& got, const Array& expected, std::size_t i, double bound) {
  const std::uint64_t a = bits_at(got, i);
  const std::uint64_t b = bits_at(expected, i);
  if (a == b) return true;
  if (!is_float(got.dtype())) return false;
  if (is_nan(got, i) || is_nan(expected, i)) return is_nan(got, i) && is_nan(expected, i);
  if (bound <= 0.5) return false;
  const std::int64_t steps = position(a, got.itemsize()) - position(b, got.itemsize());
  return static_cast<double>(std::abs(steps)) <= std::floor(bound + 0.5);
}

// Elements [first, first + count) of a column that repeats.
Array repeated(const Array& column, std::size_t first, std::size_t count) {
  const std::size_t size = column.itemsize();
  const auto rows = static_cast<std::size_t>(column.size());
  Array out({static_cast<Index>(count)}, column.dtype());
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(out.data() + i * size, column.data() + (first + i) % rows * size, size);
  }
  return out;
}

// A dense column, or that of the parts of its complex numbers.
Array parts(const Array& column) {
  if (column.dtype().kind() != 'c') return column;
  const bool wide = column.itemsize() == 2 * sizeof(double);
  Array out({2 * column.size()}, wide ? DType::of<double>() : DType::of<float>());
  std::memcpy(out.data(), column.data(), column.nbytes());
  return out;
}

// Of a signature "(m,n),(n)->(m)" the number of core axes of input i.
std::size_t core_axes(std::string_view signature, std::size_t i) {
  for (; i != 0; --i) signature.remove_prefix(signature.find(')') + 1);
  const std::string_view core = signature.substr(0, signature.find(')'));
  if (core.ends_with('(')) return 0;
  return 1 + static_cast<std::size_t>(std::ranges::count(core.substr(core.find('(')), ','));
}

// The ufunc on columns; one with a signature on as many core operands, each of a single element.
std::vector<Array> evaluate(const Ufunc& ufunc, std::vector<Array> inputs) {
  const std::string_view signature = ufunc.signature();
  for (std::size_t i = 0; i < inputs.size() && !signature.empty(); ++i) {
    Shape shape(core_axes(signature, i) + 1, 1);
    shape[0] = inputs[i].size();
    inputs[i] = inputs[i].reshape(shape);
  }
  const std::vector<Operand> operands(inputs.begin(), inputs.end());
  if (ufunc.outputs() > 1) return ufunc.call_all(operands);
  const Array result = ufunc.call(operands);
  return {signature.empty() ? result : result.ravel()};
}

std::string describe(const Loop& loop, const Columns& columns, std::size_t row) {
  std::string text(loop.ufunc);
  text += "(";
  for (std::size_t k = 0; k < columns.inputs.size(); ++k) {
    if (k != 0) text += ", ";
    text += columns.inputs[k].index({static_cast<Index>(row)}).to_string();
  }
  text += ") =";
  for (const Array& expected : columns.expected) {
    text += " " + expected.index({static_cast<Index>(row)}).to_string();
  }
  const std::string_view file = loop.origin.substr(0, loop.origin.rfind(':'));
  if (columns.lines[row] == 0) return text + " by the reference";
  return text + " by " + std::string(file) + ":" + std::to_string(columns.lines[row]);
}

// That the dtypes choose the loop, and the target its kernels.
void check_choice(const Loop& loop, const Ufunc& ufunc, std::string_view target) {
  std::vector<DType> inputs;
  for (std::size_t i = 0; i < ufunc.inputs(); ++i) {
    inputs.push_back(DType::parse(loop.types[i]));
  }
  const Resolution chosen = ufunc.resolve(inputs);
  REQUIRE(chosen.types.size() == loop.types.size());
  for (std::size_t i = 0; i < loop.types.size(); ++i) {
    CHECK(chosen.types[i].name() == loop.types[i]);
  }
  CHECK(chosen.origin == loop.origin);
  const bool built =
      std::find(loop.targets.begin(), loop.targets.end(), target) != loop.targets.end();
  if (built) CHECK(chosen.target == target);
}

void check_values(const Loop& loop, const Columns& columns, const Ufunc& ufunc, std::size_t first,
                  std::size_t count) {
  std::vector<Array> inputs;
  for (const Array& column : columns.inputs) inputs.push_back(repeated(column, first, count));
  const Conditions conditions;
  const std::vector<Array> got = evaluate(ufunc, inputs);
  REQUIRE(got.size() == columns.expected.size());
  for (std::size_t output = 0; output < got.size(); ++output) {
    const Array expected = repeated(columns.expected[output], first, count);
    REQUIRE(got[output].dtype() == expected.dtype());
    const Array found = parts(got[output]);
    const Array wanted = parts(expected);
    const std::size_t per_element = static_cast<std::size_t>(found.size()) / count;
    for (std::size_t part = 0; part < per_element * count; ++part) {
      if (agrees(found, wanted, part, loop.bound)) continue;
      const std::size_t i = part / per_element;
      const std::size_t row = (first + i) % columns.lines.size();
      INFO("output " << output << ", element " << i << " of " << count << ": "
                     << got[output].index({static_cast<Index>(i)}).to_string());
      FAIL_CHECK(describe(loop, columns, row));
    }
  }
}

void check_conditions(const Loop& loop, const Columns& columns, const Ufunc& ufunc,
                      std::size_t row) {
  std::vector<Array> inputs;
  for (const Array& column : columns.inputs) inputs.push_back(repeated(column, row, 1));
  const unsigned wanted = columns.conditions[row];
  INFO(describe(loop, columns, row));
  if (wanted == kRefused) {
    CHECK_THROWS_AS(evaluate(ufunc, inputs), ValueError);
    return;
  }
  const Conditions conditions;
  evaluate(ufunc, inputs);
  const unsigned raised = conditions.raised();
  if (wanted == kAnyDeclared ? (raised & ~loop.declared) == 0 : raised == wanted) return;
  FAIL_CHECK("conditions raised " << raised << ", expected " << wanted << ", declared "
                                  << loop.declared);
}

// Best first, so that the first is what other tests find. QUERN_TARGET restricts them to one.
std::vector<std::string> targets_to_test() {
  const char* only = std::getenv("QUERN_TARGET");
  try {
    const std::vector<std::string_view> supported = supported_targets();
    if (only == nullptr || *only == '\0') return {supported.begin(), supported.end()};
    return {only};
  } catch (const ValueError& error) {
    SKIP(error.what());
    return {};
  }
}

// The rows that the loop does not refuse.
Columns accepted(const Columns& columns) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < columns.lines.size(); ++row) {
    if (columns.conditions[row] != kRefused) rows.push_back(row);
  }
  const auto chosen = [&](const Array& column) {
    const std::size_t size = column.itemsize();
    Array out({static_cast<Index>(rows.size())}, column.dtype());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::memcpy(out.data() + i * size, column.data() + rows[i] * size, size);
    }
    return out;
  };
  Columns found;
  for (const Array& column : columns.inputs) found.inputs.push_back(chosen(column));
  for (const Array& column : columns.expected) found.expected.push_back(chosen(column));
  for (std::size_t row : rows) {
    found.conditions.push_back(columns.conditions[row]);
    found.lines.push_back(columns.lines[row]);
  }
  return found;
}

// The columns in the loop's types.
Columns with_types(Columns columns, const Loop& loop) {
  for (std::size_t i = 0; i < columns.inputs.size(); ++i) {
    columns.inputs[i] = columns.inputs[i].astype(DType::parse(loop.types[i]));
  }
  for (std::size_t i = 0; i < columns.expected.size(); ++i) {
    const std::string_view type = loop.types[columns.inputs.size() + i];
    columns.expected[i] = columns.expected[i].astype(DType::parse(type));
  }
  return columns;
}

}  // namespace

void require_targets() { targets_to_test(); }

void for_each_target(const std::function<void(std::string_view target)>& body) {
  const std::vector<std::string> targets = targets_to_test();
  for (const std::string& target : targets) {
    set_target(target);
    INFO("target " << target);
    REQUIRE(current_target() == target);
    body(target);
  }
  set_target(targets.front());
}

void check_columns(const Loop& loop, const Columns& columns) {
  const Ufunc& ufunc = Ufunc::find(loop.ufunc);
  const Columns typed = with_types(columns, loop);
  const Columns values = accepted(typed);
  const std::size_t rows = values.lines.size();
  for_each_target([&](std::string_view target) {
    check_choice(loop, ufunc, target);
    for (std::size_t row = 0; row < typed.lines.size(); ++row) {
      check_conditions(loop, typed, ufunc, row);
    }
    for (const std::size_t count : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7},
                                    std::size_t{16}, std::size_t{33}, rows, kLongest}) {
      check_values(loop, values, ufunc, count % rows, count);
    }
  });
}

void check_example(std::string_view text, const Array& result, const Array& expected) {
  INFO(text << " gives " << result.to_string());
  REQUIRE(result.size() == expected.size());
  CHECK(written_kind(result.dtype()) == expected.dtype().kind());
  const Array flat = result.ravel().astype(expected.dtype());
  const Array wanted = expected.ravel();
  for (std::size_t i = 0; i < static_cast<std::size_t>(expected.size()); ++i) {
    CHECK(agrees(flat, wanted, i, 0.0));
  }
}

void check_example(std::string_view text, std::span<const Array> results,
                   std::initializer_list<Array> expected) {
  REQUIRE(results.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    check_example(text, results[i], expected.begin()[i]);
  }
}

}  // namespace quern::conformance
