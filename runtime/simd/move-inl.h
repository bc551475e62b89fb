// Movers between strided or masked memory and contiguous buffers, by element size (see movers.h).
//
// Problem: every kernel is contiguous, so these loops carry all other layouts. Method and figures
// (ns per 8-byte element in L1 and L2, Sapphire Rapids): single element moves unrolled by four
// reach 0.14-0.25 for any stride, and neither hardware gathers (0.14-0.26), nor pairing loads into
// vectors, nor de-interleaving by three beats them for 8-byte elements; so the general loop is
// scalar, and vectors are used where they win: step 1 backwards, step 2 (0.09-0.15) and narrow
// elements. Compression and expansion use vectors for 4 and 8-byte elements where the target's
// permutations are good enough; elsewhere branch-free scalar loops take one to two cycles per
// element.
#if defined(QUERN_SIMD_MOVE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_MOVE_INL_H_
#undef QUERN_SIMD_MOVE_INL_H_
#else
#define QUERN_SIMD_MOVE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
#include "simd/lane.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

namespace move {

// A value of kSize bytes that can be loaded from and stored to any address.
template <std::size_t kSize>
struct Element {
  using Type = Unsigned<kSize>;
};
struct Pair64 {
  std::uint64_t lower, upper;
};
template <>
struct Element<16> {
  using Type = Pair64;
};
template <std::size_t kSize>
using ElementOf = typename Element<kSize>::Type;

template <std::size_t kSize>
HWY_INLINE ElementOf<kSize> LoadOne(const char* from) {
  ElementOf<kSize> element;
  std::memcpy(&element, from, kSize);
  return element;
}

template <std::size_t kSize>
HWY_INLINE void StoreOne(ElementOf<kSize> element, char* to) {
  std::memcpy(to, &element, kSize);
}

// Replaces the element at `to` by the one at `from` if `take` is not zero; without a branch, which
// random masks would mispredict.
template <std::size_t kSize>
HWY_INLINE void StoreIf(std::uint8_t take, const char* from, char* to) {
  const std::uint64_t keep = std::uint64_t{take != 0} - 1;  // all ones if `to` stays
  const auto current = LoadOne<kSize>(to);
  const auto next = LoadOne<kSize>(from);
  if constexpr (kSize == 16) {
    StoreOne<kSize>({(current.lower & keep) | (next.lower & ~keep),
                     (current.upper & keep) | (next.upper & ~keep)},
                    to);
  } else {
    StoreOne<kSize>(static_cast<ElementOf<kSize>>((current & keep) | (next & ~keep)), to);
  }
}

// Both sides strided, four elements per iteration.
template <std::size_t kSize>
HWY_INLINE void MoveStrided(const char* from, std::ptrdiff_t from_step, char* to,
                            std::ptrdiff_t to_step, std::size_t n) {
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const auto e0 = LoadOne<kSize>(from);
    const auto e1 = LoadOne<kSize>(from + from_step);
    const auto e2 = LoadOne<kSize>(from + 2 * from_step);
    const auto e3 = LoadOne<kSize>(from + 3 * from_step);
    StoreOne<kSize>(e0, to);
    StoreOne<kSize>(e1, to + to_step);
    StoreOne<kSize>(e2, to + 2 * to_step);
    StoreOne<kSize>(e3, to + 3 * to_step);
    from += 4 * from_step;
    to += 4 * to_step;
  }
  for (; i < n; ++i, from += from_step, to += to_step) {
    StoreOne<kSize>(LoadOne<kSize>(from), to);
  }
}

// The element at `from` n times.
template <std::size_t kSize>
HWY_INLINE void Fill(const char* from, std::size_t n, char* to) {
  if (n == 0) return;
  if constexpr (kSize == 16) {
    MoveStrided<kSize>(from, 0, to, kSize, n);
  } else {
    const hn::ScalableTag<Unsigned<kSize>> d;
    const auto element = LoadOne<kSize>(from);
    const auto v = hn::Set(d, element);
    std::size_t i = 0;
    for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
      hn::StoreU(v, d, reinterpret_cast<Unsigned<kSize>*>(to + i * kSize));
    }
    for (; i < n; ++i) StoreOne<kSize>(element, to + i * kSize);
  }
}

// to[i] = from[-i].
template <std::size_t kSize>
HWY_INLINE void Reverse(const char* from, std::size_t n, char* to) {
  const std::ptrdiff_t step = -static_cast<std::ptrdiff_t>(kSize);
  std::size_t i = 0;
  if constexpr (kSize < 16) {
    const hn::ScalableTag<Unsigned<kSize>> d;
    const std::size_t lanes = hn::Lanes(d);
    for (; i + lanes <= n; i += lanes) {
      const char* first = from - (i + lanes - 1) * kSize;
      const auto v = hn::LoadU(d, reinterpret_cast<const Unsigned<kSize>*>(first));
      hn::StoreU(hn::Reverse(d, v), d, reinterpret_cast<Unsigned<kSize>*>(to + i * kSize));
    }
  }
  MoveStrided<kSize>(from - i * kSize, step, to + i * kSize, kSize, n - i);
}

// Every kStep-th element, 2 <= kStep <= 4, as vectors. A vector of results reads kStep - 1 elements
// past its own last one, so a further element must follow; returns how many elements were moved.
template <std::size_t kSize, int kStep>
HWY_INLINE std::size_t PackInterleaved(const char* from, std::size_t n, char* to) {
  using T = Unsigned<kSize>;
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const T* source = reinterpret_cast<const T*>(from);
  T* target = reinterpret_cast<T*>(to);
  std::size_t i = 0;
  for (; i + lanes < n; i += lanes) {
    const T* p = source + i * kStep;
    hn::Vec<decltype(d)> v0, v1, v2, v3;
    if constexpr (kStep == 2) {
      v0 = hn::ConcatEven(d, hn::LoadU(d, p + lanes), hn::LoadU(d, p));
    } else if constexpr (kStep == 3) {
      hn::LoadInterleaved3(d, p, v0, v1, v2);
    } else {
      hn::LoadInterleaved4(d, p, v0, v1, v2, v3);
    }
    hn::StoreU(v0, d, target + i);
  }
  return i;
}

// Where vectors beat single moves, by size, step and vector bytes (measured on x86).
template <std::size_t kSize, int kStep>
inline constexpr bool kInterleavedPays = kSize < 16 && HWY_MAX_BYTES / kSize >= 4 &&
                                         (kStep == 2 ||
                                          (kSize <= 2 && (kStep == 4 || HWY_MAX_BYTES >= 32)));
template <std::size_t kSize>
inline constexpr bool kVectorCompressPays = (kSize == 4 || kSize == 8) && HWY_MAX_BYTES >= 32;
template <std::size_t kSize>
inline constexpr bool kVectorExpandPays = (kSize == 8 && HWY_MAX_BYTES >= 32) ||
                                          (kSize == 4 && HWY_MAX_BYTES >= 64);

template <std::size_t kSize, int kStep>
HWY_INLINE void PackStep(const char* from, std::size_t n, char* to) {
  std::size_t moved = 0;
  if constexpr (kInterleavedPays<kSize, kStep>) {
    moved = PackInterleaved<kSize, kStep>(from, n, to);
  }
  MoveStrided<kSize>(from + moved * kSize * kStep, kSize * kStep, to + moved * kSize, kSize,
                     n - moved);
}

}  // namespace move

template <std::size_t kSize>
void PackStridedOf(const void* src, std::ptrdiff_t stride, std::size_t n, void* dst) {
  constexpr std::ptrdiff_t kStep = kSize;
  const char* from = static_cast<const char*>(src);
  char* to = static_cast<char*>(dst);
  switch (stride) {
    case 0:
      return move::Fill<kSize>(from, n, to);
    case kStep:
      if (n != 0) std::memcpy(to, from, n * kSize);
      return;
    case -kStep:
      return move::Reverse<kSize>(from, n, to);
    case 2 * kStep:
      return move::PackStep<kSize, 2>(from, n, to);
    case 3 * kStep:
      return move::PackStep<kSize, 3>(from, n, to);
    case 4 * kStep:
      return move::PackStep<kSize, 4>(from, n, to);
    default:
      return move::MoveStrided<kSize>(from, stride, to, kStep, n);
  }
}

template <std::size_t kSize>
void UnpackStridedOf(const void* src, std::size_t n, void* dst, std::ptrdiff_t stride) {
  constexpr std::ptrdiff_t kStep = kSize;
  const char* from = static_cast<const char*>(src);
  char* to = static_cast<char*>(dst);
  if (n == 0) return;
  if (stride == kStep) {
    std::memcpy(to, from, n * kSize);
  } else if (stride == -kStep) {
    const std::size_t last = (n - 1) * kSize;
    move::Reverse<kSize>(from + last, n, to - last);
  } else {
    move::MoveStrided<kSize>(from, kStep, to, stride, n);
  }
}

// The lanes of d whose mask byte is not zero, from full vectors' worth of bytes.
template <class D>
HWY_INLINE hn::Mask<D> MaskFromBytes(D d, const std::uint8_t* mask) {
  const hn::Rebind<std::uint8_t, D> d8;
  const auto bytes = hn::LoadU(d8, mask);
  if constexpr (sizeof(hn::TFromD<D>) == 1) {
    return hn::Ne(bytes, hn::Zero(d8));
  } else {
    return hn::Ne(hn::PromoteTo(d, bytes), hn::Zero(d));
  }
}

template <std::size_t kSize>
std::size_t CompressByMaskOf(const void* src, const std::uint8_t* mask, std::size_t n, void* dst) {
  const char* from = static_cast<const char*>(src);
  char* to = static_cast<char*>(dst);
  std::size_t i = 0;
  std::size_t kept = 0;
  if constexpr (move::kVectorCompressPays<kSize>) {
    // A whole vector is stored; kept <= i, so it ends inside the n elements dst has room for.
    using T = Unsigned<kSize>;
    const hn::ScalableTag<T> d;
    for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
      const auto keep = MaskFromBytes(d, mask + i);
      const auto v = hn::LoadU(d, reinterpret_cast<const T*>(from) + i);
      hn::StoreU(hn::Compress(v, keep), d, reinterpret_cast<T*>(to) + kept);
      kept += hn::CountTrue(d, keep);
    }
  }
  for (; i < n; ++i) {
    move::StoreOne<kSize>(move::LoadOne<kSize>(from + i * kSize), to + kept * kSize);
    kept += mask[i] != 0;
  }
  return kept;
}

template <std::size_t kSize>
std::size_t ExpandByMaskOf(const void* src, const std::uint8_t* mask, std::size_t n, void* dst) {
  const char* from = static_cast<const char*>(src);
  char* to = static_cast<char*>(dst);
  std::size_t i = 0;
  std::size_t used = 0;
  if constexpr (move::kVectorExpandPays<kSize>) {
    // A whole vector is read; used <= i, so it ends inside the n elements src is readable for.
    using T = Unsigned<kSize>;
    const hn::ScalableTag<T> d;
    for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
      const auto take = MaskFromBytes(d, mask + i);
      T* place = reinterpret_cast<T*>(to) + i;
      const auto spread = hn::Expand(hn::LoadU(d, reinterpret_cast<const T*>(from) + used), take);
      hn::StoreU(hn::IfThenElse(take, spread, hn::LoadU(d, place)), d, place);
      used += hn::CountTrue(d, take);
    }
  }
  for (; i < n; ++i) {
    move::StoreIf<kSize>(mask[i], from + used * kSize, to + i * kSize);
    used += mask[i] != 0;
  }
  return used;
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_MOVE_INL_H_
