// Moving tiles of elements between strided, byte-swapped or masked memory and contiguous buffers.
//
// Movers know element sizes, not types: 1, 2, 4, 8 and 16 bytes, indexed by the size's binary
// logarithm. Every function takes n >= 0 elements, accepts any alignment on its strided side, and
// requires that source and destination do not overlap unless it says otherwise.
#ifndef QUERN_SIMD_MOVERS_H_
#define QUERN_SIMD_MOVERS_H_

#include <cstddef>
#include <cstdint>

namespace quern {

inline constexpr std::size_t kMoverSizes = 5;

// The number of elements at `address`, `stride` bytes apart, after which the next ones, in the
// direction of travel, start a cache line; 0 if none of them does. Only for the sizes and strides
// where that matters: 4 and 8 bytes, up to three elements apart; else 0.
inline std::size_t LineLead(const void* address, std::ptrdiff_t stride, std::size_t size) {
  constexpr std::uintptr_t kLine = 64;
  const std::ptrdiff_t element = static_cast<std::ptrdiff_t>(size);
  const std::ptrdiff_t distance = stride < 0 ? -stride : stride;
  if (size < 4 || size > 8 || distance < element || distance > 3 * element) return 0;
  // Backwards, a line starts where the element before ended.
  std::uintptr_t at = reinterpret_cast<std::uintptr_t>(address) + (stride < 0 ? size : 0);
  for (std::size_t lead = 0; lead < kLine / size; ++lead, at += static_cast<std::uintptr_t>(stride)) {
    if (at % kLine == 0) return lead;
  }
  return 0;
}

// dst[i] = element at src + i * stride bytes, for i in [0, n). Any stride: negative, 0 (repeats one
// element), not a multiple of the size. dst may be unaligned; where dst[LineLead(src, stride, size)]
// is 64-byte aligned, vectors neither load nor store across cache lines.
using PackStrided = void (*)(const void* src, std::ptrdiff_t stride, std::size_t n, void* dst);

// Element at dst + i * stride bytes = src[i], in rising order of i.
using UnpackStrided = void (*)(const void* src, std::size_t n, void* dst, std::ptrdiff_t stride);

// Moves src[i] with mask[i] != 0 to the front of dst and returns their number. mask bytes are 0
// or 1. dst must have room for n elements; those past the returned number may be overwritten.
using CompressByMask = std::size_t (*)(const void* src, const std::uint8_t* mask, std::size_t n,
                                       void* dst);

// The inverse: dst[i] = the next element of src wherever mask[i] != 0; other elements of dst keep
// their value. src must be readable for n elements. Returns how many were used.
using ExpandByMask = std::size_t (*)(const void* src, const std::uint8_t* mask, std::size_t n,
                                     void* dst);

// dst[i] = src[i] with its bytes reversed. src may equal dst.
using SwapBytes = void (*)(const void* src, std::size_t n, void* dst);

// Whether any of n contiguous integers lies below `low`, at most 0, or above `high`. Both are values of
// the integers' type.
using AnyOutside = bool (*)(const void* src, std::size_t n, std::int64_t low, std::uint64_t high);

// The movers of one target. Entry k serves elements of 2^k bytes.
struct MoverTable {
  PackStrided pack[kMoverSizes];
  UnpackStrided unpack[kMoverSizes];
  CompressByMask compress[kMoverSizes];
  ExpandByMask expand[kMoverSizes];
  SwapBytes swap[kMoverSizes];  // [0] copies
  AnyOutside outside[2][kMoverSizes - 1];  // of integers: [0] unsigned, [1] signed
};

// The movers for a Highway target (HWY_AVX2 ...): of the best target at or below it for which they
// are compiled.
const MoverTable& MoversFor(std::int64_t target);

}  // namespace quern

#endif  // QUERN_SIMD_MOVERS_H_
