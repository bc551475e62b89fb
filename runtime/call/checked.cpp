#include "call/checked.h"

#include <algorithm>
#include <cstring>

#include "move/block.h"

namespace quern {
namespace {

// Elements whose steps are looked at together.
constexpr std::size_t kSteps = 256;

Block Row(std::size_t n, std::ptrdiff_t step) {
  Block block;
  block.Append(static_cast<Index>(n), step);
  return block;
}

}  // namespace

// A step's operands are the fold up to it and the next element, so that the folds of a piece, moved
// by one, are the operands of an elementwise call.
FpFlags CheckedScan(ScanKernel scan, ElementwiseKernel checked, std::size_t size, const void* in,
                    std::ptrdiff_t in_step, void* out, std::ptrdiff_t out_step, std::size_t n,
                    void* accumulator) {
  alignas(64) std::byte folds[(kSteps + 1) * 8];
  alignas(64) std::byte elements[kSteps * 8];
  alignas(64) std::byte again[kSteps * 8];
  const auto* source = static_cast<const std::byte*>(in);
  auto* target = static_cast<std::byte*>(out);
  unsigned flags = 0;
  while (n != 0) {
    const std::size_t count = std::min(n, kSteps);
    std::memcpy(folds, accumulator, size);
    Pack(Row(count, in_step), size, source, elements);
    const auto step = static_cast<std::ptrdiff_t>(size);
    flags |= scan(elements, step, folds + size, step, count, accumulator);
    const void* const operands[] = {folds, elements};
    void* const results[] = {again};
    flags |= checked(operands, results, count);
    Unpack(Row(count, out_step), size, folds + size, target);
    source += static_cast<std::ptrdiff_t>(count) * in_step;
    target += static_cast<std::ptrdiff_t>(count) * out_step;
    n -= count;
  }
  return static_cast<FpFlags>(flags);
}

}  // namespace quern
