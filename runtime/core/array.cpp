#include "quern/array.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "core/array_access.h"
#include "core/registry.h"
#include "memory/buffer.h"

namespace quern {
namespace {

bool IsDense(std::span<const Index> shape, std::span<const Index> strides, Index itemsize,
             bool columns_first) {
  if (std::ranges::find(shape, Index{0}) != shape.end()) return true;
  Index expected = itemsize;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::size_t axis = columns_first ? i : shape.size() - 1 - i;
    if (shape[axis] != 1 && strides[axis] != expected) return false;
    expected *= shape[axis];
  }
  return true;
}

}  // namespace

Index CheckedSize(std::span<const Index> shape, std::size_t itemsize, const char* what) {
  if (shape.size() > kMaxRank) {
    throw ShapeError(std::string(what) + ": " + std::to_string(shape.size()) + " axes; at most " +
                     std::to_string(kMaxRank) + " are possible");
  }
  bool has_zero = false;
  Index size = 1;
  bool overflow = false;
  for (Index extent : shape) {
    if (extent < 0) {
      throw ShapeError(std::string(what) + ": negative extent in shape " + ShapeText(shape));
    }
    has_zero |= extent == 0;
    overflow |= extent != 0 && __builtin_mul_overflow(size, extent, &size);
  }
  Index bytes = 0;
  overflow |= __builtin_mul_overflow(size, static_cast<Index>(itemsize), &bytes);
  if (overflow) {
    throw ShapeError(std::string(what) + ": shape " + ShapeText(shape) + " of " +
                     std::to_string(itemsize) + "-byte elements exceeds the address space");
  }
  return has_zero ? 0 : size;
}

void DenseStrides(std::span<const Index> shape, std::size_t itemsize, bool columns_first,
                  std::span<Index> strides) {
  Index stride = static_cast<Index>(itemsize);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::size_t axis = columns_first ? i : shape.size() - 1 - i;
    strides[axis] = stride;
    stride *= std::max<Index>(shape[axis], 1);
  }
}

std::string ShapeText(std::span<const Index> shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  }
  return text + (shape.size() == 1 ? ",)" : ")");
}

std::size_t NormalizeAxis(Index axis, std::size_t ndim, const char* what) {
  const Index rank = static_cast<Index>(ndim);
  if (axis < -rank || axis >= rank) {
    throw AxisError(std::string(what) + ": axis " + std::to_string(axis) +
                    " is out of bounds for array of dimension " + std::to_string(ndim));
  }
  return static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
}

MemoryExtent ExtentOf(const Array& array) {
  const std::byte* first = array.data();
  const std::byte* last = array.data();
  if (array.size() == 0) return {first, last};
  for (std::size_t axis = 0; axis < array.ndim(); ++axis) {
    const Index reach = (array.shape()[axis] - 1) * array.strides()[axis];
    (reach < 0 ? first : last) += reach;
  }
  return {first, last + array.itemsize()};
}

Array ArrayAccess::Make(std::shared_ptr<void> owner, std::byte* data, DType dtype,
                        std::span<const Index> shape, std::span<const Index> strides,
                        bool writeable) {
  Array made;
  made.owner_ = std::move(owner);
  made.data_ = data;
  made.dtype_ = dtype;
  made.writeable_ = writeable;
  made.ndim_ = static_cast<std::uint8_t>(shape.size());
  if (shape.size() > Array::kInlineRank) {
    made.heap_dims_ = std::make_unique<Index[]>(2 * shape.size());
  }
  made.size_ = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    made.dims()[i] = shape[i];
    made.dims()[shape.size() + i] = strides[i];
    made.size_ *= shape[i];
  }
  made.one_run_ = !dtype.swapped() && made.c_contiguous() && made.aligned();
  return made;
}

Array::Array() {
  inline_dims_[0] = 0;
  inline_dims_[1] = static_cast<Index>(sizeof(double));
}
Array::~Array() = default;

Array::Array(std::span<const Index> shape, DType dtype, Order order) : dtype_(dtype) {
  const std::size_t itemsize = Registry::Get().dtype(dtype.id()).size;
  size_ = CheckedSize(shape, itemsize, "empty");
  ndim_ = static_cast<std::uint8_t>(shape.size());
  if (shape.size() > kInlineRank) heap_dims_ = std::make_unique<Index[]>(2 * shape.size());
  Index* extents = dims();
  Index stride = static_cast<Index>(itemsize);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::size_t axis = order == Order::F ? i : shape.size() - 1 - i;
    extents[axis] = shape[axis];
    extents[shape.size() + axis] = stride;
    stride *= std::max<Index>(shape[axis], 1);
  }
  owner_ = AllocateBuffer(static_cast<std::size_t>(size_) * itemsize);
  data_ = static_cast<std::byte*>(owner_.get());
  one_run_ = !dtype.swapped() && (order != Order::F || c_contiguous());
}

Array::Array(std::initializer_list<Index> shape, DType dtype, Order order)
    : Array(std::span<const Index>(shape.begin(), shape.size()), dtype, order) {}

Array::Array(const Array& other)
    : owner_(other.owner_),
      data_(other.data_),
      size_(other.size_),
      dtype_(other.dtype_),
      writeable_(other.writeable_),
      one_run_(other.one_run_),
      ndim_(other.ndim_) {
  // Room for a few axes is copied whole: that takes no loop and no call.
  std::memcpy(inline_dims_, other.inline_dims_, sizeof inline_dims_);
  if (ndim_ > kInlineRank) [[unlikely]] {
    heap_dims_ = std::make_unique<Index[]>(2 * std::size_t{ndim_});
    std::copy_n(other.heap_dims_.get(), 2 * std::size_t{ndim_}, heap_dims_.get());
  }
}

Array::Array(Array&& other) noexcept
    : owner_(std::move(other.owner_)),
      data_(other.data_),
      size_(other.size_),
      dtype_(other.dtype_),
      writeable_(other.writeable_),
      one_run_(other.one_run_),
      ndim_(other.ndim_),
      heap_dims_(std::move(other.heap_dims_)) {
  std::memcpy(inline_dims_, other.inline_dims_, sizeof inline_dims_);
  other.BecomeEmpty();
}

Array& Array::operator=(const Array& other) {
  if (this != &other) *this = Array(other);
  return *this;
}

Array& Array::operator=(Array&& other) noexcept {
  if (this == &other) return *this;
  owner_ = std::move(other.owner_);
  heap_dims_ = std::move(other.heap_dims_);
  std::memcpy(inline_dims_, other.inline_dims_, sizeof inline_dims_);
  data_ = other.data_;
  size_ = other.size_;
  dtype_ = other.dtype_;
  writeable_ = other.writeable_;
  one_run_ = other.one_run_;
  ndim_ = other.ndim_;
  other.BecomeEmpty();
  return *this;
}

void Array::BecomeEmpty() {
  data_ = nullptr;
  size_ = 0;
  dtype_ = DType();
  writeable_ = true;
  one_run_ = true;
  ndim_ = 1;
  inline_dims_[0] = 0;
  inline_dims_[1] = static_cast<Index>(sizeof(double));
}

Array Array::from_memory(void* data, DType dtype, std::span<const Index> shape,
                         std::span<const Index> strides, bool writeable,
                         std::function<void()> release) {
  CheckedSize(shape, dtype.size(), "from_memory");
  if (strides.size() != shape.size()) {
    throw ShapeError("from_memory: " + std::to_string(strides.size()) + " strides for " +
                     std::to_string(shape.size()) + " axes");
  }
  std::shared_ptr<void> owner;
  if (release) owner.reset(data, [release = std::move(release)](void*) { release(); });
  return ArrayAccess::Make(std::move(owner), static_cast<std::byte*>(data), dtype, shape, strides,
                           writeable);
}

bool Array::aligned() const {
  const std::uintptr_t mask = dtype_.alignment() - 1;
  std::uintptr_t bits = reinterpret_cast<std::uintptr_t>(data_);
  for (std::size_t axis = 0; axis < ndim_; ++axis) {
    if (shape()[axis] > 1) bits |= static_cast<std::uintptr_t>(strides()[axis]);
  }
  return size_ == 0 || (bits & mask) == 0;
}

bool Array::c_contiguous() const {
  return IsDense(shape(), strides(), static_cast<Index>(itemsize()), false);
}
bool Array::f_contiguous() const {
  return IsDense(shape(), strides(), static_cast<Index>(itemsize()), true);
}

Array Array::readonly() const {
  Array view = *this;
  view.writeable_ = false;
  return view;
}

bool Array::may_share_memory(const Array& other) const {
  const MemoryExtent mine = ExtentOf(*this);
  const MemoryExtent theirs = ExtentOf(other);
  return mine.first < theirs.last && theirs.first < mine.last;
}

}  // namespace quern
