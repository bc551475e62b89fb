// Working through long operands by way of small buffers in another dtype: what casts by two steps
// and loops that compute in another dtype share. Nothing here depends on the target, so that all
// kernels share one copy.
#ifndef QUERN_SIMD_CHUNKS_H_
#define QUERN_SIMD_CHUNKS_H_

#include <algorithm>
#include <cstddef>

#include "core/kernel.h"
#include "core/tables.h"
#include "quern/export.hpp"

namespace quern {

// Elements that a buffer holds, of 4 bytes each. Three operands, stored and computed, take 18 KiB of
// a first-level cache; with half as many elements, calls through pointers would weigh twice as much.
inline constexpr std::size_t kChunk = 1024;
inline constexpr std::size_t kChunkBytes = kChunk * sizeof(float);

struct alignas(64) ChunkBuffer {
  std::byte bytes[kChunkBytes];
};

// The kernel that converts between two registered dtypes on the current target.
QUERN_EXPORT CastKernel CurrentCast(DTypeId from, DTypeId to);

// A cast of n elements in two steps, with float32 or something of its size in between.
inline FpFlags CastInSteps(CastKernel first, std::size_t in_size, CastKernel second,
                           std::size_t out_size, const void* in, void* out, std::size_t n) {
  ChunkBuffer between;
  const auto* source = static_cast<const std::byte*>(in);
  auto* target = static_cast<std::byte*>(out);
  unsigned flags = 0;
  while (n != 0) {
    const std::size_t count = std::min(n, kChunk);
    flags |= first(source, between.bytes, count);
    flags |= second(between.bytes, target, count);
    source += count * in_size;
    target += count * out_size;
    n -= count;
  }
  return static_cast<FpFlags>(flags);
}

}  // namespace quern

#endif  // QUERN_SIMD_CHUNKS_H_
