// ByteSwap: reverses the bytes of every element of 2, 4, 8 or 16 bytes.
//
// Full vectors of bytes, then single elements. src may equal dst: every load comes before the store
// to its place.
#if defined(QUERN_SIMD_BYTESWAP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_BYTESWAP_INL_H_
#undef QUERN_SIMD_BYTESWAP_INL_H_
#else
#define QUERN_SIMD_BYTESWAP_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
#include "simd/lane.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Vector of bytes with the bytes of each kSize-byte element reversed.
template <std::size_t kSize, class D8, class V>
HWY_INLINE V ReverseElementBytes(D8 d8, V bytes) {
  if constexpr (kSize == 16) {
    const hn::Repartition<std::uint64_t, D8> d64;
    const auto halves = hn::ReverseLaneBytes(hn::BitCast(d64, bytes));
    return hn::BitCast(d8, hn::Reverse2(d64, halves));
  } else {
    const hn::Repartition<Unsigned<kSize>, D8> d;
    return hn::BitCast(d8, hn::ReverseLaneBytes(hn::BitCast(d, bytes)));
  }
}

// dst[i] = src[i] with its bytes reversed, for i in [0, n).
template <std::size_t kSize>
void ByteSwap(const void* src, std::size_t n, void* dst) {
  const hn::ScalableTag<std::uint8_t> d8;
  const std::uint8_t* from = static_cast<const std::uint8_t*>(src);
  std::uint8_t* to = static_cast<std::uint8_t*>(dst);
  const std::size_t bytes = n * kSize;
  const std::size_t step = hn::Lanes(d8);
  std::size_t i = 0;
  for (; i + step <= bytes; i += step) {
    hn::StoreU(ReverseElementBytes<kSize>(d8, hn::LoadU(d8, from + i)), d8, to + i);
  }
  for (; i < bytes; i += kSize) {
    std::uint8_t element[kSize];
    std::memcpy(element, from + i, kSize);
    std::reverse(element, element + kSize);
    std::memcpy(to + i, element, kSize);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_BYTESWAP_INL_H_
