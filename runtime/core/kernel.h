// The binary interface between generated kernels and the hand-written runtime.
//
// A kernel works on contiguous operands only; strides, casts, byte order, broadcasting and masks are
// the business of the movers (runtime/move). One KernelSet exists per (ufunc, loop, target).
#ifndef QUERN_CORE_KERNEL_H_
#define QUERN_CORE_KERNEL_H_

#include <cstddef>
#include <cstdint>

#include "core/fp_flags.h"

namespace quern {

// Applies the ufunc to n >= 0 elements. Operands are contiguous, in native byte order and aligned to
// their element size. An output may coincide exactly with an input of the same element size;
// otherwise outputs overlap nothing. Returns the flags that the body computes itself; flags that the
// hardware raises are left pending for the caller, who keeps those that the spec names.
using ElementwiseKernel = FpFlags (*)(const void* const* in, void* const* out, std::size_t n);

// Reduces n >= 0 contiguous elements by the fixed tree of docs/decisions/0003, the first element at
// a block boundary, and writes one element to *result; n == 0 gives the neutral value.
using ReduceKernel = FpFlags (*)(const void* in, std::size_t n, void* result);

// One block of that tree (rows <= ReductionBlock(size)) for each of `columns` adjacent columns:
// element (r, c) lies at in + r * row_stride bytes + c * size. Writes `columns` block results to out,
// which does not overlap the input. The caller joins blocks with the elementwise kernel.
using ReduceColumnsKernel = FpFlags (*)(const void* in, std::ptrdiff_t row_stride, std::size_t rows,
                                        std::size_t columns, void* out);

// Sequential fold: for i in [0, n): accumulator = op(accumulator, in[i]); out[i] = accumulator.
// Steps are in bytes; out_step 0 with out == accumulator leaves only the final value. out may
// coincide with in.
using ScanKernel = FpFlags (*)(const void* in, std::ptrdiff_t in_step, void* out,
                               std::ptrdiff_t out_step, std::size_t n, void* accumulator);

// Converts n >= 0 contiguous elements. in and out may coincide if the element sizes are equal.
using CastKernel = FpFlags (*)(const void* in, void* out, std::size_t n);

// A stack of core operations of a ufunc with a signature, one after another along a loop axis. Extents
// are those of the core dimensions in the order in which the signature first names them; absent
// optional dimensions have extent 1.
struct CoreGeometry {
  std::size_t count;              // operations
  const std::ptrdiff_t* steps;    // bytes from one operation's operand to the next's: inputs, then outputs
  const std::size_t* extents;     // of the core dimensions
  const std::ptrdiff_t* strides;  // bytes along each operand's core axes, one operand after another
  bool reproducible;  // sums of floating-point numbers follow the tree of docs/decisions/0003
};

// Applies a ufunc with a signature to whole core operands, on the calling thread. Elements are aligned
// and in native byte order; strides are any, 0 and negative ones included. Outputs overlap nothing and
// need not be initialised. Flags as for ElementwiseKernel.
using CoreKernel = FpFlags (*)(const void* const* in, void* const* out,
                               const CoreGeometry& geometry);

// The kernels of one loop on one target. Null where the loop has no such form.
struct KernelSet {
  ElementwiseKernel elementwise;
  ReduceKernel reduce;
  ReduceColumnsKernel reduce_columns;
  ScanKernel scan;
  CoreKernel core = nullptr;  // of a ufunc with a signature, which has no other form
};

// The lanes of the reduction tree for an accumulator of `size` bytes, and the elements of a block: 32
// groups of them.
constexpr std::size_t ReductionLanes(std::size_t size) { return 256 / size; }
constexpr std::size_t ReductionBlock(std::size_t size) { return 32 * ReductionLanes(size); }

}  // namespace quern

#endif  // QUERN_CORE_KERNEL_H_
