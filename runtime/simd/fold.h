// The tree of docs/decisions/0003-reduction-tree.md for loops without kernels of their own for it:
// groups of elements are folded by the loop's elementwise kernel, on accumulators in memory. A
// group is 256 bytes, so that a call's cost is small beside its work.
#ifndef QUERN_SIMD_FOLD_H_
#define QUERN_SIMD_FOLD_H_

#include <cstddef>

#include "core/kernel.h"

namespace quern {

// A loop that joins two elements of `size` bytes, a divisor of 256, into one.
struct FoldLoop {
  ElementwiseKernel join;
  const void* neutral;  // an element that changes nothing
  std::size_t size;
};

// As ReduceKernel. The neutral element is the result for n == 0 and takes part in nothing else.
FpFlags FoldElements(const FoldLoop& loop, const void* in, std::size_t n, void* result);

// As ReduceColumnsKernel.
FpFlags FoldColumns(const FoldLoop& loop, const void* in, std::ptrdiff_t row_stride,
                    std::size_t rows, std::size_t columns, void* out);

}  // namespace quern

#endif  // QUERN_SIMD_FOLD_H_
