// What unit tests share: arrays in every layout, elements one by one, random values, and conditions
// as they are reported.
#ifndef QUERN_TESTS_UNIT_ARRAYS_H_
#define QUERN_TESTS_UNIT_ARRAYS_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/registry.h"
#include "quern/quern.hpp"

namespace quern {

// Exact arithmetic on all 64-bit integers, signed or not.
__extension__ typedef __int128 Wide;

// A copy of the shape, which compares and prints.
inline Shape ShapeOf(const Array& array) { return {array.shape().begin(), array.shape().end()}; }

template <class T>
std::vector<T> Values(const Array& array) {
  return array.to_vector<T>();
}

// 0, 1, 2 ... in the given shape, C order.
template <class T>
Array Iota(std::initializer_list<Index> shape) {
  Array array(shape, DType::of<T>());
  T* element = reinterpret_cast<T*>(array.data());
  for (Index i = 0; i < array.size(); ++i) element[i] = static_cast<T>(i);
  return array;
}

inline std::vector<DType> AllDTypes() {
  std::vector<DType> all;
  for (std::size_t id = 0; id < DType::count(); ++id) {
    all.push_back(DType::from_id(static_cast<std::uint8_t>(id)));
  }
  return all;
}

// True if some loop of the ufunc refuses some values.
inline bool MayRefuse(const Ufunc& ufunc) {
  for (const LoopInfo* loop : Registry::Get().Loops(ufunc.info())) {
    if (loop->refusal != nullptr) return true;
  }
  return false;
}

// ---- Elements -----------------------------------------------------------------------------------

// One element in native byte order.
struct Element {
  alignas(16) std::byte bytes[16] = {};
};

// Bytes of an element, or of either part of a complex one.
inline std::size_t PartSize(DType dtype) {
  return dtype.kind() == 'c' ? dtype.size() / 2 : dtype.size();
}

inline void ReverseIfSwapped(DType dtype, Element& element) {
  if (!dtype.swapped()) return;
  const std::size_t unit = PartSize(dtype);
  for (std::size_t i = 0; i < dtype.size(); i += unit) {
    std::reverse(element.bytes + i, element.bytes + i + unit);
  }
}

inline Element ReadElement(const std::byte* address, DType dtype) {
  Element element;
  std::memcpy(element.bytes, address, dtype.size());
  ReverseIfSwapped(dtype, element);
  return element;
}

inline void WriteElement(std::byte* address, DType dtype, Element element) {
  ReverseIfSwapped(dtype, element);
  std::memcpy(address, element.bytes, dtype.size());
}

// Calls visit(position) for every position of the shape in C order.
template <class Visit>
void ForEachPosition(std::span<const Index> shape, const Visit& visit) {
  Shape position(shape.size(), 0);
  for (Index extent : shape) {
    if (extent == 0) return;
  }
  for (;;) {
    visit(std::as_const(position));
    std::size_t axis = shape.size();
    for (;;) {
      if (axis == 0) return;
      --axis;
      if (++position[axis] < shape[axis]) break;
      position[axis] = 0;
    }
  }
}

// The address of an element; the array broadcasts to the shape that the position belongs to.
inline std::byte* AddressAt(const Array& array, const Shape& position) {
  std::byte* address = array.data();
  const std::size_t missing = position.size() - array.ndim();
  for (std::size_t axis = 0; axis < array.ndim(); ++axis) {
    if (array.shape(axis) != 1) address += position[missing + axis] * array.strides()[axis];
  }
  return address;
}

inline Element ElementAt(const Array& array, const Shape& position) {
  return ReadElement(AddressAt(array, position), array.dtype());
}

// All elements in C order, in native byte order.
inline std::vector<Element> Elements(const Array& array) {
  std::vector<Element> elements;
  ForEachPosition(array.shape(),
                  [&](const Shape& position) { elements.push_back(ElementAt(array, position)); });
  return elements;
}

// The number that a part of an element of a small float holds.
inline double NumberIn(const std::byte* part, DType dtype) {
  const Array array({}, dtype.native());
  std::memcpy(array.data(), part, dtype.size());
  return array.item<double>();
}

inline bool IsNan(const std::byte* part, DType dtype) {
  if (dtype.kind() != 'f' && dtype.kind() != 'c') return false;
  if (PartSize(dtype) < sizeof(float)) return std::isnan(NumberIn(part, dtype));
  if (PartSize(dtype) == sizeof(float)) {
    float value;
    std::memcpy(&value, part, sizeof value);
    return std::isnan(value);
  }
  double value;
  std::memcpy(&value, part, sizeof value);
  return std::isnan(value);
}

// The same bits, or two NaNs, in each part.
inline bool SameElement(const Element& a, const Element& b, DType dtype) {
  const std::size_t size = PartSize(dtype);
  for (std::size_t i = 0; i < dtype.size(); i += size) {
    const std::byte* left = a.bytes + i;
    const std::byte* right = b.bytes + i;
    if (std::memcmp(left, right, size) == 0) continue;
    if (!IsNan(left, dtype) || !IsNan(right, dtype)) return false;
  }
  return true;
}

inline std::string ElementText(const Element& element, DType dtype) {
  Array array({}, dtype.native());
  std::memcpy(array.data(), element.bytes, dtype.size());
  return array.to_string();
}

inline ::testing::AssertionResult SameElements(const Array& a, const Array& b) {
  if (ShapeOf(a) != ShapeOf(b)) return ::testing::AssertionFailure() << "shapes differ";
  if (a.dtype().native() != b.dtype().native()) {
    return ::testing::AssertionFailure()
           << "dtypes differ: " << a.dtype().str() << " and " << b.dtype().str();
  }
  const std::vector<Element> left = Elements(a);
  const std::vector<Element> right = Elements(b);
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (SameElement(left[i], right[i], a.dtype())) continue;
    return ::testing::AssertionFailure()
           << "element " << i << " of " << left.size() << ": " << ElementText(left[i], a.dtype())
           << " and " << ElementText(right[i], a.dtype());
  }
  return ::testing::AssertionSuccess();
}

inline ErrorState Ignoring() {
  ErrorState state;
  state.divide = state.over = state.under = state.invalid = ErrorAction::ignore;
  return state;
}

// ---- Random values ------------------------------------------------------------------------------

using Random = std::mt19937_64;

inline Index RandomIndex(Random& random, Index low, Index high) {
  return std::uniform_int_distribution<Index>(low, high)(random);
}

// Any value of the dtype: every bit pattern of an integer, and of floats a mixture of moderate
// numbers, small whole ones and special values.
inline double RandomReal(Random& random) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  constexpr std::array<double, 8> kSpecial{
      0.0, -0.0, 1.0, -1.0, kInf, -kInf, std::numeric_limits<double>::quiet_NaN(), 1e30};
  switch (RandomIndex(random, 0, 9)) {
    case 0:
      return kSpecial[static_cast<std::size_t>(RandomIndex(random, 0, 7))];
    case 1:
    case 2:
      return static_cast<double>(RandomIndex(random, -9, 9));
    default:
      return std::normal_distribution<double>(0.0, 100.0)(random);
  }
}

inline Element RandomElement(Random& random, DType dtype) {
  Element element;
  const std::uint64_t bits = random();
  std::memcpy(element.bytes, &bits, sizeof bits);
  if (dtype.kind() == 'b') element.bytes[0] = static_cast<std::byte>(bits & 1);
  if (dtype.kind() != 'f' && dtype.kind() != 'c') return element;
  const std::size_t size = PartSize(dtype);
  if (size < sizeof(float)) {
    const ErrorStateScope quiet(Ignoring());
    const Array value = Array::scalar(RandomReal(random)).astype(dtype.native());
    std::memcpy(element.bytes, value.data(), size);
    return element;
  }
  for (std::size_t i = 0; i < dtype.size(); i += size) {
    const double value = RandomReal(random);
    const float narrow = static_cast<float>(value);
    const void* bytes = size == sizeof(float) ? static_cast<const void*>(&narrow) : &value;
    std::memcpy(element.bytes + i, bytes, size);
  }
  return element;
}

inline void FillRandom(Random& random, const Array& array) {
  ForEachPosition(array.shape(), [&](const Shape& position) {
    WriteElement(AddressAt(array, position), array.dtype(), RandomElement(random, array.dtype()));
  });
}

// ---- Layouts ------------------------------------------------------------------------------------

// How an array lies in memory.
struct Layout {
  const char* name;
  bool columns_first = false;
  bool backwards = false;  // negative strides on every axis
  Index step = 1;          // in elements, on every axis
  Index padding = 0;       // spare bytes after each element
  bool swapped = false;
};

inline constexpr std::array<Layout, 10> kLayouts{{
    {"rows"},
    {"columns", true},
    {"rows backwards", false, true},
    {"columns backwards", true, true},
    {"steps of two", false, false, 2},
    {"steps of three, columns backwards", true, true, 3},
    {"misaligned", false, false, 1, 1},
    {"swapped", false, false, 1, 0, true},
    {"swapped, columns, steps of two", true, false, 2, 0, true},
    {"swapped, misaligned, backwards", false, true, 1, 3, true},
}};

// An array of a layout amid memory whose other bytes hold a known value.
class Placed {
 public:
  Placed(const Layout& layout, std::span<const Index> shape, DType dtype) {
    const DType stored = dtype.with_byte_order(layout.swapped);
    const Index item = static_cast<Index>(dtype.size()) + layout.padding;
    Shape strides(shape.size());
    Index reach = item;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const std::size_t axis = layout.columns_first ? i : shape.size() - 1 - i;
      strides[axis] = reach * layout.step;
      reach = strides[axis] * std::max<Index>(shape[axis], 1);
    }
    const std::size_t margin = 64;
    memory_->assign(static_cast<std::size_t>(reach) + 2 * margin, kUntouched);
    std::byte* first = memory_->data() + margin + (layout.padding != 0 ? 1 : 0);
    if (layout.backwards) {
      for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        if (shape[axis] > 0) first += (shape[axis] - 1) * strides[axis];
        strides[axis] = -strides[axis];
      }
    }
    array_ = Array::from_memory(first, stored, shape, strides, true, [memory = memory_] {});
  }

  const Array& array() const { return array_; }

  // True if nothing was written beside the elements.
  bool Untouched() const {
    std::vector<bool> owned(memory_->size(), false);
    ForEachPosition(array_.shape(), [&](const Shape& position) {
      const std::ptrdiff_t offset = AddressAt(array_, position) - memory_->data();
      for (std::size_t i = 0; i < array_.itemsize(); ++i) {
        owned[static_cast<std::size_t>(offset) + i] = true;
      }
    });
    for (std::size_t i = 0; i < owned.size(); ++i) {
      if (!owned[i] && (*memory_)[i] != kUntouched) return false;
    }
    return true;
  }

 private:
  static constexpr std::byte kUntouched{0xa5};
  std::shared_ptr<std::vector<std::byte>> memory_ = std::make_shared<std::vector<std::byte>>();
  Array array_;
};

// The elements of `source` in another layout, source's dtype in the layout's byte order.
inline Placed Relaid(const Array& source, const Layout& layout) {
  Placed placed(layout, source.shape(), source.dtype());
  ForEachPosition(source.shape(), [&](const Shape& position) {
    WriteElement(AddressAt(placed.array(), position), placed.array().dtype(),
                 ElementAt(source, position));
  });
  return placed;
}

// ---- Conditions ---------------------------------------------------------------------------------

// The floating-point conditions that calls report while it lives, as bits.
class ReportedFlags {
 public:
  ReportedFlags() : scope_(Calling(seen_.get())) {}
  int Take() { return std::exchange(*seen_, 0); }

 private:
  static ErrorState Calling(int* seen) {
    ErrorState state;
    state.divide = state.over = state.under = state.invalid = ErrorAction::call;
    state.callback = [seen](std::string_view, int flags) {
      *seen |= flags;
    };
    return state;
  }
  std::unique_ptr<int> seen_ = std::make_unique<int>(0);
  ErrorStateScope scope_;
};

// The text of the exception of type E that `body` throws, or a note that it threw none.
template <class E, class Body>
std::string MessageOf(const Body& body) {
  try {
    body();
  } catch (const E& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string("another exception: ") + error.what();
  }
  return "no exception";
}

}  // namespace quern

#endif  // QUERN_TESTS_UNIT_ARRAYS_H_
