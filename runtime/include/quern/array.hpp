// N-dimensional arrays of a run-time dtype.
#ifndef QUERN_ARRAY_HPP_
#define QUERN_ARRAY_HPP_

#include <complex>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "quern/dtype.hpp"
#include "quern/errors.hpp"
#include "quern/export.hpp"
#include "quern/small_float.hpp"

namespace quern {

// Sizes, positions and steps along an axis; negative positions count from the end.
using Index = std::ptrdiff_t;
// Extent of each axis, outermost first.
using Shape = std::vector<Index>;

// The highest number of axes.
inline constexpr std::size_t kMaxRank = 64;

// start:stop:step along one axis, as in Python; absent parts take Python's defaults.
struct Slice {
  std::optional<Index> start = {};
  std::optional<Index> stop = {};
  std::optional<Index> step = {};
};
struct NewAxis {};
struct Ellipsis {};
inline constexpr NewAxis newaxis{};
inline constexpr Ellipsis ellipsis{};
// One item of a subscript.
using Subscript = std::variant<Index, Slice, NewAxis, Ellipsis>;

// Memory order of a new array: rows first, columns first, or as the operands lie.
enum class Order : std::uint8_t { C, F, A, K };

template <class T>
class View;

namespace detail {
template <class T>
inline constexpr bool kIsComplex = false;
template <class T>
inline constexpr bool kIsComplex<std::complex<T>> = true;
}  // namespace detail

// The types of elements that stand alone: C++'s numbers, bool, std::complex and the small floats.
template <class T>
concept Number = std::is_arithmetic_v<T> || detail::kIsComplex<T> || is_small_float<T>;

// A shared buffer seen through a dtype, a shape and byte strides. Copying an Array is cheap and
// makes a second handle to the same elements; copy() copies elements. A view keeps the buffer
// alive. Handles may be used from several threads at once; writing elements is the caller's to
// synchronise.
class QUERN_EXPORT Array {
 public:
  // An empty one-dimensional float64 array.
  Array();
  // Uninitialised elements. Throws ShapeError for negative or overflowing extents or a rank above
  // kMaxRank.
  Array(std::span<const Index> shape, DType dtype, Order order = Order::C);
  Array(std::initializer_list<Index> shape, DType dtype, Order order = Order::C);
  ~Array();
  Array(const Array&);
  Array(Array&&) noexcept;
  Array& operator=(const Array&);
  Array& operator=(Array&&) noexcept;

  // A one-dimensional array holding the values.
  template <class T>
  static Array from_values(std::span<const T> values);
  template <class T>
  static Array from_values(std::initializer_list<T> values) {
    return from_values(std::span<const T>(values.begin(), values.size()));
  }
  // A 0-d array.
  template <Number T>
  static Array scalar(T value) {
    return from_values(std::span<const T>(&value, 1)).reshape({});
  }
  // Wraps memory that the caller owns; `release` runs once the last handle is gone. strides in
  // bytes, may be negative or zero; every element must lie within memory that stays valid.
  static Array from_memory(void* data, DType dtype, std::span<const Index> shape,
                           std::span<const Index> strides, bool writeable,
                           std::function<void()> release = {});

  std::byte* data() const { return data_; }  // the first element, whatever the signs of strides
  DType dtype() const { return dtype_; }
  std::size_t ndim() const { return ndim_; }
  std::span<const Index> shape() const { return {dims(), ndim_}; }
  std::span<const Index> strides() const { return {dims() + ndim_, ndim_}; }  // bytes
  Index shape(std::size_t axis) const { return shape()[axis]; }
  Index size() const { return size_; }  // elements
  std::size_t itemsize() const { return dtype_.size(); }
  std::size_t nbytes() const { return static_cast<std::size_t>(size_) * itemsize(); }
  bool writeable() const { return writeable_; }
  bool aligned() const;       // every element lies at a multiple of the dtype's alignment
  bool c_contiguous() const;  // elements follow each other, rows first
  bool f_contiguous() const;  // the same, columns first

  // A handle to the same elements that refuses to be written to.
  Array readonly() const;

  // Views; each throws as noted and shares the buffer.
  Array index(std::span<const Subscript> items) const;  // IndexError
  Array index(std::initializer_list<Subscript> items) const {
    return index(std::span<const Subscript>(items.begin(), items.size()));
  }
  template <class... Items>
  Array operator()(const Items&... items) const {
    return index({as_subscript(items)...});
  }
  Array transpose() const;                                // all axes reversed
  Array transpose(std::span<const Index> axes) const;     // AxisError, ValueError
  Array transpose(std::initializer_list<Index> axes) const;
  Array squeeze() const;                                  // axes of extent 1 dropped
  Array broadcast_to(std::span<const Index> shape) const;  // read-only; ShapeError
  Array broadcast_to(std::initializer_list<Index> shape) const;
  // A view if the strides allow one, else a copy; one extent may be -1. ShapeError.
  Array reshape(std::span<const Index> shape) const;
  Array reshape(std::initializer_list<Index> shape) const;
  Array ravel() const;  // one axis, C order; a view if possible
  // The same bytes under another dtype of the same element size.
  Array view_as(DType dtype) const;  // TypeError
  // The parts of complex elements. Of real ones the elements themselves, and zeros that refuse to
  // be written to.
  Array real() const;
  Array imag() const;

  // New arrays.
  Array copy(Order order = Order::C) const;
  // Converted elements. Float to integer saturates and NaN gives 0, with the invalid flag. Times
  // are converted to the dtype's unit, rounded down; a dtype without one keeps the array's.
  // OverflowError where the factor between two units exceeds 2^56. With CastingLevel::same_value no
  // flag is reported, and elements must keep their values (ValueError): nothing may be rounded or
  // saturate, NaN becomes no integer, and imaginary parts that are dropped are 0. The zeros are one
  // value; bool takes every number.
  Array astype(DType dtype, CastingLevel casting = CastingLevel::unsafe,
               Order order = Order::K) const;  // CastError, ValueError
  // Writes converted, broadcast elements of `source` into this array. Into times without a unit
  // counts are written as they are. ValueError for same_value.
  void assign(const Array& source, CastingLevel casting = CastingLevel::same_kind) const;

  // Typed access. View<T> needs T to match the dtype, native byte order and alignment (TypeError);
  // datetime64 and timedelta64 match theirs in any unit. As numbers, times are their counts.
  template <class T>
  View<T> view() const;
  // The only element of an array of size 1, converted.
  template <Number T>
  T item() const;
  // All elements in C order, converted.
  template <Number T>
  std::vector<T> to_vector() const;

  // As NumPy prints it, at most `edge` items at each end of a long axis.
  std::string to_string(std::size_t edge = 3, std::size_t threshold = 1000) const;
  // The same with commas, as in NumPy's repr: to stand `indent` columns from the left, where later
  // lines begin, and before one more character.
  std::string to_literal(std::size_t indent = 0) const;

  // True if both handles may reach a common byte (bounds of memory, not an exact test).
  bool may_share_memory(const Array& other) const;

 private:
  friend class ArrayAccess;  // runtime/core: builds views without public setters
  static constexpr std::size_t kInlineRank = 4;

  template <class T>
  static Subscript as_subscript(const T& item) {
    if constexpr (std::is_integral_v<T>) {
      return Subscript(static_cast<Index>(item));
    } else {
      return Subscript(item);
    }
  }
  void BecomeEmpty();  // what the default constructor makes, memory aside
  const Index* dims() const { return ndim_ <= kInlineRank ? inline_dims_ : heap_dims_.get(); }
  Index* dims() { return ndim_ <= kInlineRank ? inline_dims_ : heap_dims_.get(); }

  std::shared_ptr<void> owner_;  // keeps the memory alive; its deleter gives it back
  std::byte* data_ = nullptr;
  Index size_ = 0;
  DType dtype_;
  bool writeable_ = true;
  bool one_run_ = true;  // C-contiguous, aligned and in native byte order: see ArrayAccess::one_run
  std::uint8_t ndim_ = 1;
  Index inline_dims_[2 * kInlineRank];  // extents, then byte strides
  std::unique_ptr<Index[]> heap_dims_;  // the same, for more than kInlineRank axes
};

// Typed, bounds-unchecked access to the elements of an array, which it keeps alive.
template <class T>
class View {
 public:
  explicit View(Array array) : array_(std::move(array)) {}
  T* data() const { return reinterpret_cast<T*>(array_.data()); }
  Index size() const { return array_.size(); }
  Index shape(std::size_t axis) const { return array_.shape(axis); }
  // Element at one position per axis; positions are not checked and may not be negative.
  template <class... Positions>
  T& operator()(Positions... positions) const {
    const Index* stride = array_.strides().data();
    std::byte* address = array_.data();
    ((address += static_cast<Index>(positions) * *stride++), ...);
    return *reinterpret_cast<T*>(address);
  }

 private:
  Array array_;
};

namespace detail {
QUERN_EXPORT void check_view(const Array& array, DType dtype);
QUERN_EXPORT void read_elements(const Array& array, DType dtype, void* out);
QUERN_EXPORT void check_single(const Array& array);
QUERN_EXPORT Array copy_values(const void* values, std::size_t count, DType dtype);
}  // namespace detail

template <class T>
Array Array::from_values(std::span<const T> values) {
  return detail::copy_values(values.data(), values.size(), DType::of<T>());
}
template <class T>
View<T> Array::view() const {
  detail::check_view(*this, DType::of<T>());
  return View<T>(*this);
}
template <Number T>
T Array::item() const {
  detail::check_single(*this);
  T value{};
  detail::read_elements(*this, DType::of<T>(), &value);
  return value;
}
template <Number T>
std::vector<T> Array::to_vector() const {
  static_assert(!std::is_same_v<T, bool>, "std::vector<bool> has no elements; use unsigned char");
  std::vector<T> values(static_cast<std::size_t>(size()));
  detail::read_elements(*this, DType::of<T>(), values.data());
  return values;
}

// Creation, as in NumPy.
QUERN_EXPORT Array empty(std::initializer_list<Index> shape, DType dtype = {});
QUERN_EXPORT Array empty(std::span<const Index> shape, DType dtype = {});
QUERN_EXPORT Array zeros(std::initializer_list<Index> shape, DType dtype = {});
QUERN_EXPORT Array zeros(std::span<const Index> shape, DType dtype = {});
QUERN_EXPORT Array ones(std::initializer_list<Index> shape, DType dtype = {});
QUERN_EXPORT Array full(std::initializer_list<Index> shape, double value, DType dtype = {});
// [start, stop) in steps of `step`; ceil((stop - start) / step) elements, element i is
// start + i * step.
QUERN_EXPORT Array arange(double start, double stop, double step = 1.0, DType dtype = {});
QUERN_EXPORT Array arange(double stop);

// The common shape of several. ShapeError names them all.
QUERN_EXPORT Shape broadcast_shapes(std::span<const Shape> shapes);

QUERN_EXPORT std::ostream& operator<<(std::ostream& stream, const Array& array);

}  // namespace quern

#endif  // QUERN_ARRAY_HPP_
