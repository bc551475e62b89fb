// Views: other geometries over the same elements.
#include <algorithm>
#include <numeric>
#include <string>

#include "core/array_access.h"
#include "quern/array.hpp"

namespace quern {
namespace {

struct Geometry {
  std::byte* data;
  Shape shape;
  Shape strides;
};

// Python's rules for the part of an axis that a slice takes: clamps start and stop.
struct SliceRange {
  Index start;
  Index step;
  Index count;
};
SliceRange ResolveSlice(const Slice& slice, Index extent) {
  const Index step = slice.step.value_or(1);
  if (step == 0) throw ValueError("index: slice step cannot be zero");
  const Index lowest = step > 0 ? 0 : -1;
  const Index highest = step > 0 ? extent : extent - 1;
  const auto clamp = [&](Index position) {
    if (position < 0) position += extent;
    return std::clamp(position, lowest, highest);
  };
  const Index start = slice.start ? clamp(*slice.start) : (step > 0 ? lowest : highest);
  const Index stop = slice.stop ? clamp(*slice.stop) : (step > 0 ? highest : lowest);
  const Index span = step > 0 ? stop - start : start - stop;
  // |step| is taken in unsigned arithmetic: the lowest Index has no negative.
  const std::size_t stride =
      step > 0 ? static_cast<std::size_t>(step) : std::size_t{0} - static_cast<std::size_t>(step);
  const Index count =
      span <= 0 ? 0 : static_cast<Index>((static_cast<std::size_t>(span) - 1) / stride + 1);
  return {start, step, count};
}

class Subscripter {
 public:
  explicit Subscripter(const Array& array) : array_(array), result_{array.data(), {}, {}} {}

  Geometry Apply(std::span<const Subscript> items) {
    std::size_t taken = 0;
    std::size_t ellipses = 0;
    for (const Subscript& item : items) {
      if (std::holds_alternative<Ellipsis>(item)) ++ellipses;
      if (std::holds_alternative<Index>(item) || std::holds_alternative<Slice>(item)) ++taken;
    }
    if (ellipses > 1) throw IndexError("index: an index can only have a single ellipsis ('...')");
    if (taken > array_.ndim()) {
      throw IndexError("index: too many indices: array is " + std::to_string(array_.ndim()) +
                       "-dimensional, but " + std::to_string(taken) + " were indexed");
    }
    const std::size_t untouched = array_.ndim() - taken;
    for (const Subscript& item : items) Take(item, untouched);
    if (ellipses == 0) KeepAxes(untouched);
    if (result_.shape.size() > kMaxRank) {
      throw IndexError("index: the result would have " + std::to_string(result_.shape.size()) +
                       " axes; at most " + std::to_string(kMaxRank) + " are possible");
    }
    return std::move(result_);
  }

 private:
  void Take(const Subscript& item, std::size_t untouched) {
    if (const Index* position = std::get_if<Index>(&item)) return TakePosition(*position);
    if (const Slice* slice = std::get_if<Slice>(&item)) return TakeSlice(*slice);
    if (std::holds_alternative<Ellipsis>(item)) return KeepAxes(untouched);
    result_.shape.push_back(1);
    result_.strides.push_back(0);
  }

  void TakePosition(Index position) {
    const Index extent = array_.shape()[axis_];
    if (position < -extent || position >= extent) {
      throw IndexError("index " + std::to_string(position) + " is out of bounds for axis " +
                       std::to_string(axis_) + " with size " + std::to_string(extent));
    }
    result_.data += (position < 0 ? position + extent : position) * array_.strides()[axis_];
    ++axis_;
  }

  void TakeSlice(const Slice& slice) {
    const SliceRange range = ResolveSlice(slice, array_.shape()[axis_]);
    const Index stride = array_.strides()[axis_];
    if (range.count > 0) result_.data += range.start * stride;
    result_.shape.push_back(range.count);
    // A step is meaningless for at most one element, and could overflow.
    result_.strides.push_back(range.count > 1 ? stride * range.step : stride);
    ++axis_;
  }

  void KeepAxes(std::size_t count) {
    for (; count > 0; --count, ++axis_) {
      result_.shape.push_back(array_.shape()[axis_]);
      result_.strides.push_back(array_.strides()[axis_]);
    }
  }

  const Array& array_;
  Geometry result_;
  std::size_t axis_ = 0;
};

// Replaces a -1 and checks that the number of elements stays.
Shape CompleteShape(std::span<const Index> shape, Index size) {
  Shape complete(shape.begin(), shape.end());
  const auto unknown = std::find(complete.begin(), complete.end(), Index{-1});
  const auto fail = [&] {
    throw ShapeError("reshape: cannot reshape array of size " + std::to_string(size) +
                     " into shape " + ShapeText(shape));
  };
  if (unknown != complete.end()) {
    *unknown = 1;
    if (std::find(complete.begin(), complete.end(), Index{-1}) != complete.end()) {
      throw ShapeError("reshape: can only specify one unknown dimension");
    }
    const Index known = CheckedSize(complete, 1, "reshape");
    if (known == 0 || size % known != 0) fail();
    *unknown = size / known;
  }
  if (CheckedSize(complete, 1, "reshape") != size) fail();
  return complete;
}

// Strides that show the same elements under another shape, without moving any: both shapes are cut
// into groups of axes of equal product, and the old axes of a group must follow each other in
// memory. Returns false where they do not. No axis is empty.
bool ReshapedStrides(const Array& array, const Shape& shape, Shape& strides) {
  Shape old_shape;
  Shape old_strides;
  for (std::size_t axis = 0; axis < array.ndim(); ++axis) {
    if (array.shape()[axis] == 1) continue;
    old_shape.push_back(array.shape()[axis]);
    old_strides.push_back(array.strides()[axis]);
  }
  strides.assign(shape.size(), static_cast<Index>(array.itemsize()));
  std::size_t old_end = 0;
  std::size_t new_end = 0;
  while (old_end < old_shape.size()) {
    const std::size_t old_begin = old_end;
    const std::size_t new_begin = new_end;
    Index old_product = old_shape[old_end++];
    Index new_product = shape[new_end++];
    while (old_product != new_product) {
      if (old_product < new_product) {
        old_product *= old_shape[old_end++];
      } else {
        new_product *= shape[new_end++];
      }
    }
    for (std::size_t axis = old_begin; axis + 1 < old_end; ++axis) {
      if (old_strides[axis] != old_shape[axis + 1] * old_strides[axis + 1]) return false;
    }
    Index stride = old_strides[old_end - 1];
    for (std::size_t axis = new_end; axis-- > new_begin;) {
      strides[axis] = stride;
      stride *= shape[axis];
    }
  }
  return true;
}

}  // namespace

Array Array::index(std::span<const Subscript> items) const {
  const Geometry geometry = Subscripter(*this).Apply(items);
  return ArrayAccess::View(*this, geometry.data, geometry.shape, geometry.strides, writeable_);
}

Array Array::transpose() const {
  Shape axes(ndim());
  std::iota(axes.rbegin(), axes.rend(), Index{0});
  return transpose(axes);
}

Array Array::transpose(std::initializer_list<Index> axes) const {
  return transpose(std::span<const Index>(axes.begin(), axes.size()));
}

Array Array::transpose(std::span<const Index> axes) const {
  if (axes.size() != ndim()) {
    throw ValueError("transpose: " + std::to_string(axes.size()) +
                     " axes given for an array of dimension " + std::to_string(ndim()));
  }
  Shape new_shape;
  Shape new_strides;
  std::vector<bool> seen(ndim(), false);
  for (Index given : axes) {
    const std::size_t axis = NormalizeAxis(given, ndim(), "transpose");
    if (seen[axis]) throw ValueError("transpose: repeated axis " + std::to_string(given));
    seen[axis] = true;
    new_shape.push_back(shape()[axis]);
    new_strides.push_back(strides()[axis]);
  }
  return ArrayAccess::View(*this, data_, new_shape, new_strides, writeable_);
}

Array Array::squeeze() const {
  Shape new_shape;
  Shape new_strides;
  for (std::size_t axis = 0; axis < ndim(); ++axis) {
    if (shape()[axis] == 1) continue;
    new_shape.push_back(shape()[axis]);
    new_strides.push_back(strides()[axis]);
  }
  return ArrayAccess::View(*this, data_, new_shape, new_strides, writeable_);
}

Array Array::broadcast_to(std::initializer_list<Index> shape) const {
  return broadcast_to(std::span<const Index>(shape.begin(), shape.size()));
}

Array Array::broadcast_to(std::span<const Index> target) const {
  CheckedSize(target, 1, "broadcast_to");
  bool fits = target.size() >= ndim();
  Shape new_strides(target.size(), 0);
  for (std::size_t i = 0; fits && i < ndim(); ++i) {
    const std::size_t axis = target.size() - ndim() + i;
    if (shape()[i] == target[axis]) {
      new_strides[axis] = strides()[i];
    } else {
      fits = shape()[i] == 1;
    }
  }
  if (!fits) {
    throw ShapeError("broadcast_to: shape " + ShapeText(shape()) +
                     " does not broadcast to shape " + ShapeText(target));
  }
  return ArrayAccess::View(*this, data_, target, new_strides, false);
}

Array Array::reshape(std::initializer_list<Index> shape) const {
  return reshape(std::span<const Index>(shape.begin(), shape.size()));
}

Array Array::reshape(std::span<const Index> wanted) const {
  const Shape new_shape = CompleteShape(wanted, size_);
  Shape new_strides(new_shape.size());
  if (size_ == 0) {
    DenseStrides(new_shape, itemsize(), false, new_strides);
    return ArrayAccess::View(*this, data_, new_shape, new_strides, writeable_);
  }
  if (!ReshapedStrides(*this, new_shape, new_strides)) return copy().reshape(new_shape);
  return ArrayAccess::View(*this, data_, new_shape, new_strides, writeable_);
}

Array Array::ravel() const { return reshape({-1}); }

Array Array::real() const {
  return ArrayAccess::Make(owner_, data_, dtype_.part(), shape(), strides(), writeable_);
}

Array Array::imag() const {
  const DType part = dtype_.part();
  if (part == dtype_) return Array::scalar(false).astype(dtype_).broadcast_to(shape());
  return ArrayAccess::Make(owner_, data_ + part.size(), part, shape(), strides(), writeable_);
}

Array Array::view_as(DType dtype) const {
  if (dtype.size() != itemsize()) {
    throw TypeError("view_as: " + std::string(dtype.name()) + " has " +
                    std::to_string(dtype.size()) + "-byte elements, the array's " +
                    std::string(dtype_.name()) + " has " + std::to_string(itemsize()));
  }
  return ArrayAccess::Make(owner_, data_, dtype, shape(), strides(), writeable_);
}

}  // namespace quern
