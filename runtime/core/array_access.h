// Building arrays from parts: the way by which the library's own code makes views.
#ifndef QUERN_CORE_ARRAY_ACCESS_H_
#define QUERN_CORE_ARRAY_ACCESS_H_

#include <memory>
#include <span>
#include <string>

#include "quern/array.hpp"

namespace quern {

class ArrayAccess {
 public:
  // An array over `data` kept alive by `owner`; strides in bytes. Nothing is checked.
  static Array Make(std::shared_ptr<void> owner, std::byte* data, DType dtype,
                    std::span<const Index> shape, std::span<const Index> strides, bool writeable);
  // A view into `base` with another geometry.
  static Array View(const Array& base, std::byte* data, std::span<const Index> shape,
                    std::span<const Index> strides, bool writeable) {
    return Make(base.owner_, data, base.dtype_, shape, strides, writeable);
  }
  static const std::shared_ptr<void>& owner(const Array& array) { return array.owner_; }
  // True if a kernel can take the elements, in C order, as they lie. Known without looking at axes.
  static bool one_run(const Array& array) { return array.one_run_; }
};

// True if the extents agree. Written out, because a library call costs more than the comparison.
inline bool SameShape(const Array& a, const Array& b) {
  if (a.ndim() != b.ndim() || a.size() != b.size()) return false;
  if (a.ndim() <= 1) return true;
  const Index* extents = a.shape().data();
  const Index* others = b.shape().data();
  for (std::size_t axis = 0; axis < a.ndim(); ++axis) {
    if (extents[axis] != others[axis]) return false;
  }
  return true;
}

// True if a kernel may write n elements of `size` bytes at `out` while it reads n at `in`: they lie
// apart, or exactly on each other.
inline bool RunsMayMeet(const std::byte* out, std::size_t size, const std::byte* in,
                        std::size_t in_size, std::size_t n) {
  if (out == in) return size == in_size;
  return out + n * size <= in || in + n * in_size <= out;
}

// Product of extents; throws ShapeError for negative extents, a rank above kMaxRank, or a size in
// bytes beyond the address space. `what` begins the message.
Index CheckedSize(std::span<const Index> shape, std::size_t itemsize, const char* what);

// Byte strides of a dense array in C order (or, with `columns_first`, in Fortran order).
void DenseStrides(std::span<const Index> shape, std::size_t itemsize, bool columns_first,
                  std::span<Index> strides);

// "(2, 3)", "(2,)", "()".
std::string ShapeText(std::span<const Index> shape);

// Maps a possibly negative axis to [0, ndim); throws AxisError.
std::size_t NormalizeAxis(Index axis, std::size_t ndim, const char* what);

// The bytes an array reaches: [first, last). Both are the data pointer for an empty array.
struct MemoryExtent {
  const std::byte* first;
  const std::byte* last;
};
MemoryExtent ExtentOf(const Array& array);

}  // namespace quern

#endif  // QUERN_CORE_ARRAY_ACCESS_H_
