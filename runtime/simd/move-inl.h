// Movers between strided or masked memory and contiguous buffers, by element size (see movers.h).
//
// Problem: every kernel is contiguous, so these loops carry all other layouts. Method and figures
// (ns per 8-byte element, Sapphire Rapids): single element moves unrolled by four take 0.20 from the
// first-level cache for any stride, and neither hardware gathers (0.14-0.26), nor pairing loads into
// vectors beat them by enough to be worth their code; so the general loop is scalar. Vectors are used
// where they win: step 1 backwards, steps 2 and 3, and narrow elements. They start at a cache line,
// since loads from the second-level cache that cross two take much longer: 30,000 double additions at
// step 3 take 0.60 ns each against 0.71, of which the sum itself is 0.25. Strided stores ask for the
// lines of elements to come, which saves 10 to 15 percent where these lie in that cache: between two
// tiles the kernel leaves it idle. Compression and expansion use vectors for 4 and 8-byte elements
// where the target's permutations are good enough; elsewhere branch-free scalar loops take one to two
// cycles per element.
#if defined(QUERN_SIMD_MOVE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_MOVE_INL_H_
#undef QUERN_SIMD_MOVE_INL_H_
#else
#define QUERN_SIMD_MOVE_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "simd/lane.h"
#include "simd/movers.h"

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

// How far ahead of their use strided stores ask for cache lines: in bytes where they use every line,
// in elements where they skip some. Strides beyond kFarStride would ask for too many pages.
inline constexpr std::ptrdiff_t kAheadBytes = 1024;
inline constexpr std::ptrdiff_t kAheadElements = 16;
inline constexpr std::ptrdiff_t kFarStride = 2048;
// Reductions gather more elements at a time than a tile has, in one stream from beyond the
// second-level cache. Such long runs ask for lines further ahead (step 2, 64 MB: 0.60 ns per element
// against 0.82); shorter ones, from operands that may lie in that cache, would lose 5 to 10 percent.
inline constexpr std::size_t kLongPack = 4096;
inline constexpr std::ptrdiff_t kFarAheadBytes = 1024;

// The cache lines of `bytes` bytes at p, further on in the direction of travel.
template <bool kBack>
HWY_INLINE void PrefetchFarAhead(const void* p, std::size_t bytes) {
  const char* ahead = static_cast<const char*>(p) + (kBack ? -kFarAheadBytes : kFarAheadBytes);
  for (std::size_t line = 0; line < bytes; line += 64) hwy::Prefetch(ahead + line);
}

// Contiguous elements to places `step` bytes apart, asking for the cache lines of elements to come:
// all of kPrefetched, 2 or 4, of every four.
template <std::size_t kSize, int kPrefetched>
HWY_INLINE void Scatter(const char* from, std::size_t n, char* to, std::ptrdiff_t step) {
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const char* ahead = to + kAheadElements * step;
    for (int k = 0; k < 4; k += 4 / kPrefetched) hwy::Prefetch(ahead + k * step);
    MoveStrided<kSize>(from, kSize, to, step, 4);
    from += 4 * kSize;
    to += 4 * step;
  }
  MoveStrided<kSize>(from, kSize, to, step, n - i);
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

// What a reversing loop asks for ahead of its use: nothing, input, or output.
enum class Ahead { kNothing, kInput, kOutput };

// to[i] = from[-i] for i in [begin, n), as whole vectors; returns the first i that is left.
template <std::size_t kSize, Ahead kAhead>
HWY_INLINE std::size_t ReverseVectors(const char* from, std::size_t begin, std::size_t n,
                                      char* to) {
  const hn::ScalableTag<Unsigned<kSize>> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = begin;
  for (; i + lanes <= n; i += lanes) {
    const char* first = from - (i + lanes - 1) * kSize;
    char* const place = to + i * kSize;
    if constexpr (kAhead == Ahead::kInput) PrefetchFarAhead<true>(first, lanes * kSize);
    if constexpr (kAhead == Ahead::kOutput) hwy::Prefetch(place + kAheadBytes);
    const auto v = hn::LoadU(d, reinterpret_cast<const Unsigned<kSize>*>(first));
    hn::StoreU(hn::Reverse(d, v), d, reinterpret_cast<Unsigned<kSize>*>(place));
  }
  return i;
}

// to[i] = from[-i]. One side is a tile in the first-level cache, `to` if kPack; the other one is walked
// along its cache lines.
template <std::size_t kSize, bool kPack>
HWY_INLINE void Reverse(const char* from, std::size_t n, char* to) {
  constexpr std::ptrdiff_t kStep = kSize;
  std::size_t i = 0;
  if constexpr (kSize < 16) {
    i = std::min(kPack ? LineLead(from, -kStep, kSize) : LineLead(to, kStep, kSize), n);
    MoveStrided<kSize>(from, -kStep, to, kStep, i);
    if (!kPack) {
      i = ReverseVectors<kSize, Ahead::kOutput>(from, i, n, to);
    } else if (n * kSize > kLongPack) {
      i = ReverseVectors<kSize, Ahead::kInput>(from, i, n, to);
    } else {
      i = ReverseVectors<kSize, Ahead::kNothing>(from, i, n, to);
    }
  }
  MoveStrided<kSize>(from - i * kSize, -kStep, to + i * kSize, kStep, n - i);
}

// Lane indices that pick every kStep-th element, forwards or backwards, out of kStep vectors of
// kLanes lanes read together: by `first` from the first two, then by `second` from those and the third.
template <class T, std::size_t kLanes, int kStep, bool kBack>
struct StepIndices {
  alignas(64) T first[kLanes] = {};
  alignas(64) T second[kLanes] = {};
  constexpr StepIndices() {
    for (std::size_t i = 0; i < kLanes; ++i) {
      const std::size_t lane = kBack ? (kLanes - i) * kStep - 1 : i * kStep;
      const bool in_two = lane < 2 * kLanes;
      first[i] = static_cast<T>(in_two ? lane : 0);
      second[i] = static_cast<T>(in_two ? i : lane - kLanes);
    }
  }
};

// One vector of every kStep-th element of the kStep vectors at p; backwards from the last one if
// kBack.
template <int kStep, bool kBack, class D>
HWY_INLINE hn::Vec<D> LoadStep(D d, const hn::TFromD<D>* p) {
  using T = hn::TFromD<D>;
  constexpr std::size_t kLanes = hn::MaxLanes(D());
  const auto v0 = hn::LoadU(d, p);
  const auto v1 = hn::LoadU(d, p + kLanes);
  if constexpr (kStep == 2) {
    if constexpr (kBack) return hn::Reverse(d, hn::ConcatOdd(d, v1, v0));
    return hn::ConcatEven(d, v1, v0);
  } else if constexpr (sizeof(T) >= 4) {
    static constexpr StepIndices<T, kLanes, kStep, kBack> kIndices;
    const auto two = hn::TwoTablesLookupLanes(d, v0, v1, hn::SetTableIndices(d, kIndices.first));
    const auto v2 = hn::LoadU(d, p + 2 * kLanes);
    return hn::TwoTablesLookupLanes(d, two, v2, hn::SetTableIndices(d, kIndices.second));
  } else {
    hn::Vec<D> w0, w1, w2, w3;
    if constexpr (kStep == 3) hn::LoadInterleaved3(d, p, w0, w1, w2);
    if constexpr (kStep == 4) hn::LoadInterleaved4(d, p, w0, w1, w2, w3);
    return w0;
  }
}

// Every kStep-th element, backwards if kBack, as vectors. A vector of results reads kStep - 1
// elements past its own last one, so a further element must follow; returns how many elements were
// moved.
template <std::size_t kSize, int kStep, bool kBack, bool kLong>
HWY_INLINE std::size_t PackInterleaved(const char* from, std::size_t n, char* to) {
  using T = Unsigned<kSize>;
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const T* source = reinterpret_cast<const T*>(from);
  T* target = reinterpret_cast<T*>(to);
  std::size_t i = 0;
  for (; i + lanes < n; i += lanes) {
    const T* p = kBack ? source - (i + lanes) * kStep + 1 : source + i * kStep;
    if constexpr (kLong) PrefetchFarAhead<kBack>(p, lanes * kStep * kSize);
    hn::StoreU(LoadStep<kStep, kBack>(d, p), d, target + i);
  }
  return i;
}

// How a vector of kLanes elements spreads over kStep vectors of places of which every kStep-th is
// taken: the lane that comes to each place, and all ones where it is taken.
template <class T, std::size_t kLanes, int kStep>
struct SpreadTables {
  alignas(64) T lane[kStep][kLanes] = {};
  alignas(64) T taken[kStep][kLanes] = {};
  constexpr SpreadTables() {
    for (std::size_t place = 0; place < kStep * kLanes; ++place) {
      lane[place / kLanes][place % kLanes] = static_cast<T>(place / kStep);
      taken[place / kLanes][place % kLanes] = static_cast<T>(place % kStep == 0 ? -1 : 0);
    }
  }
};

// Stores the elements of v that come to part kPart of such places.
template <int kStep, int kPart, class D>
HWY_INLINE void StoreSpread(D d, hn::Vec<D> v, hn::TFromD<D>* places) {
  using T = hn::TFromD<D>;
  constexpr std::size_t kLanes = hn::MaxLanes(D());
  static constexpr SpreadTables<T, kLanes, kStep> kTables;
  T* const to = places + kPart * kLanes;
  hwy::Prefetch(reinterpret_cast<const char*>(to) + kAheadBytes);
  hn::Vec<D> spread;
  if constexpr (kStep == 2) {
    spread = kPart == 0 ? hn::InterleaveWholeLower(d, v, v) : hn::InterleaveWholeUpper(d, v, v);
  } else {
    spread = hn::TableLookupLanes(v, hn::SetTableIndices(d, kTables.lane[kPart]));
  }
  hn::BlendedStore(spread, hn::MaskFromVec(hn::Load(d, kTables.taken[kPart])), d, to);
}

// Contiguous elements to every kStep-th place as vectors, by stores that leave the places between
// untouched. The last place of a vector is such a one and need not exist, so a further element must
// follow; returns how many elements were moved.
template <std::size_t kSize, int kStep>
HWY_INLINE std::size_t UnpackInterleaved(const char* from, std::size_t n, char* to) {
  using T = Unsigned<kSize>;
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const T* source = reinterpret_cast<const T*>(from);
  T* target = reinterpret_cast<T*>(to);
  std::size_t i = 0;
  for (; i + lanes < n; i += lanes) {
    const auto v = hn::LoadU(d, source + i);
    StoreSpread<kStep, 0>(d, v, target + i * kStep);
    StoreSpread<kStep, 1>(d, v, target + i * kStep);
    if constexpr (kStep == 3) StoreSpread<kStep, 2>(d, v, target + i * kStep);
  }
  return i;
}

// Where vectors beat single moves, by size, step and vector bytes (measured on x86).
template <std::size_t kSize, int kStep, bool kBack>
constexpr bool InterleavedPays() {
  if (HWY_HAVE_SCALABLE || kSize == 16 || HWY_MAX_BYTES / kSize < 4) return false;
  if (kStep == 2) return true;
  if (kSize >= 4) return kStep == 3 && HWY_MAX_BYTES / kSize >= 8;
  return !kBack && (kStep == 4 || HWY_MAX_BYTES >= 32);
}
// Where a blended store is a load and a store, it would touch other threads' elements.
template <std::size_t kSize, int kStep>
constexpr bool SpreadPays() {
  return HWY_TARGET <= HWY_AVX3 && kSize < 16 && (kStep == 2 || kSize >= 4);
}
template <std::size_t kSize>
inline constexpr bool kVectorCompressPays = (kSize == 4 || kSize == 8) && HWY_MAX_BYTES >= 32;
template <std::size_t kSize>
inline constexpr bool kVectorExpandPays = (kSize == 8 && HWY_MAX_BYTES >= 32) ||
                                          (kSize == 4 && HWY_MAX_BYTES >= 64);

template <std::size_t kSize, int kStep, bool kBack>
HWY_INLINE void PackStep(const char* from, std::size_t n, char* to) {
  constexpr std::ptrdiff_t kStride = (kBack ? -kStep : kStep) * static_cast<std::ptrdiff_t>(kSize);
  const auto at = [=](std::size_t i) { return from + static_cast<std::ptrdiff_t>(i) * kStride; };
  std::size_t moved = 0;
  if constexpr (InterleavedPays<kSize, kStep, kBack>()) {
    moved = std::min(LineLead(from, kStride, kSize), n);
    MoveStrided<kSize>(from, kStride, to, kSize, moved);
    const char* const first = at(moved);
    char* const place = to + moved * kSize;
    if (n * kSize <= kLongPack) {
      moved += PackInterleaved<kSize, kStep, kBack, false>(first, n - moved, place);
    } else {
      moved += PackInterleaved<kSize, kStep, kBack, true>(first, n - moved, place);
    }
  }
  MoveStrided<kSize>(at(moved), kStride, to + moved * kSize, kSize, n - moved);
}

template <std::size_t kSize>
HWY_INLINE void UnpackAny(const char* from, std::size_t n, char* to, std::ptrdiff_t stride) {
  const std::ptrdiff_t distance = stride < 0 ? -stride : stride;
  if (distance <= 32) {
    Scatter<kSize, 2>(from, n, to, stride);
  } else if (distance <= kFarStride) {
    Scatter<kSize, 4>(from, n, to, stride);
  } else {
    MoveStrided<kSize>(from, kSize, to, stride, n);
  }
}

template <std::size_t kSize, int kStep>
HWY_INLINE void UnpackStep(const char* from, std::size_t n, char* to) {
  constexpr std::ptrdiff_t kStride = kStep * static_cast<std::ptrdiff_t>(kSize);
  std::size_t moved = 0;
  if constexpr (SpreadPays<kSize, kStep>()) {
    moved = std::min(LineLead(to, kStride, kSize), n);
    MoveStrided<kSize>(from, kSize, to, kStride, moved);
    moved += UnpackInterleaved<kSize, kStep>(from + moved * kSize, n - moved, to + moved * kStride);
  }
  UnpackAny<kSize>(from + moved * kSize, n - moved, to + moved * kStride, kStride);
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
      return move::Reverse<kSize, true>(from, n, to);
    case 2 * kStep:
      return move::PackStep<kSize, 2, false>(from, n, to);
    case -2 * kStep:
      return move::PackStep<kSize, 2, true>(from, n, to);
    case 3 * kStep:
      return move::PackStep<kSize, 3, false>(from, n, to);
    case -3 * kStep:
      return move::PackStep<kSize, 3, true>(from, n, to);
    case 4 * kStep:
      return move::PackStep<kSize, 4, false>(from, n, to);
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
  const std::size_t last = (n - 1) * kSize;
  switch (stride) {
    case kStep:
      std::memcpy(to, from, n * kSize);
      return;
    case -kStep:
      return move::Reverse<kSize, false>(from + last, n, to - last);
    case 2 * kStep:
      return move::UnpackStep<kSize, 2>(from, n, to);
    case 3 * kStep:
      return move::UnpackStep<kSize, 3>(from, n, to);
    default:
      return move::UnpackAny<kSize>(from, n, to, stride);
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

template <class T>
bool AnyOutsideOf(const void* src, std::size_t n, std::int64_t low, std::uint64_t high) {
  const T* from = static_cast<const T*>(src);
  const hn::ScalableTag<T> d;
  const auto least = hn::Set(d, static_cast<T>(low));
  const auto most = hn::Set(d, static_cast<T>(high));
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    const auto v = hn::LoadU(d, from + i);
    if (!hn::AllFalse(d, hn::Or(hn::Lt(v, least), hn::Gt(v, most)))) return true;
  }
  for (; i < n; ++i) {
    if (from[i] < static_cast<T>(low) || from[i] > static_cast<T>(high)) return true;
  }
  return false;
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_MOVE_INL_H_
