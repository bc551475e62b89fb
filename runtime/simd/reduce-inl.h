// Reduce and ReduceColumns: folds by a tree whose shape depends on the number of elements alone.
//
// Problem: sums that are fast and accurate, with the same bits for every vector width, axis, stride
// and thread count. Method: with accumulators of s bytes there are L = 256 / s virtual lanes. A block
// is 32 groups of L elements; element i of a block joins lane i mod L, in order, starting from a
// neutral value. Lanes are combined by halving: l with l + L/2, then l with l + L/4, down to one.
// Block results are combined by a binary counter: two subtrees of 2^k blocks join as soon as both
// exist, left operand first; at the end the subtrees left over join from the right, smallest first:
// for sizes 4, 2, 1 that is op(s4, op(s2, s1)). The neutral value changes nothing (-0 for sums), so it
// may also stand in for lanes without elements.
//
// Error: a term passes through at most 32 + log2(L) additions inside a block and log2(blocks) + 1
// outside, against n - 1 for a running sum.
//
// Vectors: the L lanes of a group are L/N vectors of N lanes. They are taken kChains at a time, L /
// kChains lanes apart, which keeps kChains independent operations in flight and makes the first
// halvings vector operations inside registers. `columns` adjacent columns without gaps are the same
// computation with lanes `columns` elements wide; wide columns go lane by lane over tiles instead,
// several rows per pass.
#if defined(QUERN_SIMD_REDUCE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_REDUCE_INL_H_
#undef QUERN_SIMD_REDUCE_INL_H_
#else
#define QUERN_SIMD_REDUCE_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "core/bool.h"
#include "core/fp_flags.h"
#include "hwy/highway.h"
#include "simd/flags-inl.h"
#include "simd/lane.h"
#include "simd/transform-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The body as a function of two vectors that returns a vector: a mask becomes 0 or 1.
template <class Body, class D, class V>
HWY_INLINE V Fold(const Body& body, D d, FlagSet& flags, V a, V b) {
  const auto result = body(d, flags, a, b);
  if constexpr (std::is_same_v<decltype(result), const V>) {
    return result;
  } else {
    return hn::IfThenElseZero(hn::RebindMask(d, result), hn::Set(d, hn::TFromD<D>{1}));
  }
}

template <class A>
struct ReduceTree {
  using T = Lane<A>;
  static constexpr std::size_t kLanes = 256 / sizeof(T);
  static constexpr std::size_t kGroups = 32;
  static constexpr std::size_t kBlock = kGroups * kLanes;
  // Enough chains to hide the latency of an addition, as far as registers go.
  static constexpr std::size_t kChains = HWY_MAX_BYTES >= 64 ? 4 : 8;
  // Lanes left after the halvings among chains.
  static constexpr std::size_t kSegment = kLanes / kChains;
  using D = hn::CappedTag<T, kSegment>;
  using D128 = hn::FixedTag<T, 16 / sizeof(T)>;
  using V = hn::Vec<D>;
  // Columns that ReduceFlat takes; its scratch memory is kSegment times as many elements.
  static constexpr std::size_t kFlatColumns = 64;
  // Column tile of ReduceTall in elements, and rows per pass over it.
  static constexpr std::size_t kTile = 4096 / sizeof(T);
  static constexpr std::size_t kRowsPerPass = 8;

  // The next elements of a chain: all, some (the rest neutral) or none of a vector.
  static HWY_INLINE V LoadRest(const T* p, std::ptrdiff_t count, V neutral) {
    const D d;
    if (count >= static_cast<std::ptrdiff_t>(hn::Lanes(d))) return hn::LoadU(d, p);
    if (count <= 0) return neutral;
    return hn::LoadNOr(neutral, d, p, static_cast<std::size_t>(count));
  }

  // Folds the vectors at p + j * spacing, j < kChains, over groups `group` elements apart, then the
  // rest of an incomplete group, then the chains by halving. `rest` counts from p and may be negative.
  template <class Body>
  static HWY_INLINE V FoldChains(const Body& body, FlagSet& flags, V neutral, const T* p,
                                 std::size_t spacing, std::size_t group, std::size_t groups,
                                 std::ptrdiff_t rest) {
    const D d;
    const auto fold = [&](V a, V b) HWY_ATTR { return Fold(body, d, flags, a, b); };
    V a0 = neutral, a1 = neutral, a2 = neutral, a3 = neutral;
    V a4 = neutral, a5 = neutral, a6 = neutral, a7 = neutral;
    for (; groups != 0; --groups, p += group) {
      a0 = fold(a0, hn::LoadU(d, p));
      a1 = fold(a1, hn::LoadU(d, p + spacing));
      a2 = fold(a2, hn::LoadU(d, p + 2 * spacing));
      a3 = fold(a3, hn::LoadU(d, p + 3 * spacing));
      if constexpr (kChains == 8) {
        a4 = fold(a4, hn::LoadU(d, p + 4 * spacing));
        a5 = fold(a5, hn::LoadU(d, p + 5 * spacing));
        a6 = fold(a6, hn::LoadU(d, p + 6 * spacing));
        a7 = fold(a7, hn::LoadU(d, p + 7 * spacing));
      }
    }
    if (rest > 0) {
      const std::ptrdiff_t step = static_cast<std::ptrdiff_t>(spacing);
      a0 = fold(a0, LoadRest(p, rest, neutral));
      a1 = fold(a1, LoadRest(p + spacing, rest - step, neutral));
      a2 = fold(a2, LoadRest(p + 2 * spacing, rest - 2 * step, neutral));
      a3 = fold(a3, LoadRest(p + 3 * spacing, rest - 3 * step, neutral));
      if constexpr (kChains == 8) {
        a4 = fold(a4, LoadRest(p + 4 * spacing, rest - 4 * step, neutral));
        a5 = fold(a5, LoadRest(p + 5 * spacing, rest - 5 * step, neutral));
        a6 = fold(a6, LoadRest(p + 6 * spacing, rest - 6 * step, neutral));
        a7 = fold(a7, LoadRest(p + 7 * spacing, rest - 7 * step, neutral));
      }
    }
    if constexpr (kChains == 8) {
      a0 = fold(a0, a4);
      a1 = fold(a1, a5);
      a2 = fold(a2, a6);
      a3 = fold(a3, a7);
    }
    return fold(fold(a0, a2), fold(a1, a3));
  }

  // Halves a 128-bit vector down to one lane. Lanes that do not matter repeat those that do, so that
  // they raise no flags of their own; integers raise none and are simply shifted.
  template <class Body>
  static HWY_INLINE T HalveVector(const Body& body, FlagSet& flags, hn::Vec<D128> v) {
    const D128 d;
    v = Fold(body, d, flags, hn::ConcatLowerLower(d, v, v), hn::ConcatUpperUpper(d, v, v));
    if constexpr (sizeof(T) <= 4) {
      const hn::Repartition<std::uint32_t, D128> d32;
      const auto v32 = hn::BitCast(d32, v);
      v = Fold(body, d, flags, hn::BitCast(d, hn::DupEven(v32)), hn::BitCast(d, hn::DupOdd(v32)));
    }
    if constexpr (sizeof(T) <= 2) {
      const hn::Repartition<std::uint32_t, D128> d32;
      v = Fold(body, d, flags, v, hn::BitCast(d, hn::ShiftRight<16>(hn::BitCast(d32, v))));
    }
    if constexpr (sizeof(T) == 1) {
      const hn::Repartition<std::uint16_t, D128> d16;
      v = Fold(body, d, flags, v, hn::BitCast(d, hn::ShiftRight<8>(hn::BitCast(d16, v))));
    }
    return hn::GetLane(v);
  }

  // Combines the kSegment lanes left in memory.
  template <class Body>
  static HWY_INLINE T HalveSegment(const Body& body, FlagSet& flags, const T* lanes) {
    const D128 d;
    constexpr std::size_t kStep = 16 / sizeof(T);
    auto v0 = hn::Load(d, lanes);
    auto v1 = hn::Load(d, lanes + kStep);
    if constexpr (kSegment * sizeof(T) == 64) {
      v0 = Fold(body, d, flags, v0, hn::Load(d, lanes + 2 * kStep));
      v1 = Fold(body, d, flags, v1, hn::Load(d, lanes + 3 * kStep));
    }
    return HalveVector(body, flags, Fold(body, d, flags, v0, v1));
  }

  // One block of n <= kBlock contiguous elements.
  template <class Body>
  static HWY_INLINE T Block(const Body& body, FlagSet& flags, T neutral, const T* in,
                            std::size_t n) {
    const D d;
    HWY_ALIGN T lanes[kSegment];
    const V start = hn::Set(d, neutral);
    const std::size_t groups = n / kLanes;
    const std::ptrdiff_t rest = static_cast<std::ptrdiff_t>(n % kLanes);
    for (std::size_t i = 0; i < kSegment; i += hn::Lanes(d)) {
      const V folded = FoldChains(body, flags, start, in + i, kSegment, kLanes, groups,
                                  rest - static_cast<std::ptrdiff_t>(i));
      hn::Store(folded, d, lanes + i);
    }
    return HalveSegment(body, flags, lanes);
  }

  template <class Body>
  static HWY_INLINE T Join(const Body& body, FlagSet& flags, T left, T right) {
    const D128 d;
    return hn::GetLane(Fold(body, d, flags, hn::Set(d, left), hn::Set(d, right)));
  }

  template <class Body>
  static HWY_INLINE T All(const Body& body, FlagSet& flags, T neutral, const T* in,
                          std::size_t n) {
    if (n <= kBlock) return Block(body, flags, neutral, in, n);
    // subtree[k] holds the join of 2^k blocks while bit k of `blocks` is set.
    T subtree[64];
    std::size_t blocks = 0;
    for (std::size_t i = 0; i < n; i += kBlock) {
      T value = Block(body, flags, neutral, in + i, std::min(kBlock, n - i));
      std::size_t k = 0;
      for (; (blocks >> k) & 1; ++k) value = Join(body, flags, subtree[k], value);
      subtree[k] = value;
      ++blocks;
    }
    std::size_t k = hwy::Num0BitsBelowLS1Bit_Nonzero64(blocks);
    T value = subtree[k];
    for (++k; (blocks >> k) != 0; ++k) {
      if ((blocks >> k) & 1) value = Join(body, flags, subtree[k], value);
    }
    return value;
  }

  // a[i] = fold(a[i], b[i]) for i in [0, n). A vector that reaches past n folds neutral values there,
  // which leaves a as it is and raises nothing; a and b are readable that far.
  template <class Body>
  static HWY_INLINE void FoldArrays(const Body& body, FlagSet& flags, V neutral, T* a, const T* b,
                                    std::size_t n) {
    const D d;
    const std::size_t lanes = hn::Lanes(d);
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
      hn::StoreU(Fold(body, d, flags, hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, a + i);
    }
    if (i < n) {
      const V rest = hn::IfThenElse(hn::FirstN(d, n - i), hn::LoadU(d, b + i), neutral);
      hn::StoreU(Fold(body, d, flags, hn::LoadU(d, a + i), rest), d, a + i);
    }
  }

  // A block of few columns without gaps between rows: lanes are `columns` elements wide.
  template <class Body>
  static HWY_INLINE void Flat(const Body& body, FlagSet& flags, T neutral, const T* in,
                              std::size_t rows, std::size_t columns, T* out) {
    const D d;
    HWY_ALIGN T lanes[kSegment * (kFlatColumns + 1)];  // FoldArrays reads a vector past the end
    const std::size_t segment = kSegment * columns;
    const V start = hn::Set(d, neutral);
    const std::size_t groups = rows / kLanes;
    const std::ptrdiff_t rest = static_cast<std::ptrdiff_t>((rows % kLanes) * columns);
    for (std::size_t i = 0; i < segment; i += hn::Lanes(d)) {
      const V folded = FoldChains(body, flags, start, in + i, segment, kLanes * columns, groups,
                                  rest - static_cast<std::ptrdiff_t>(i));
      hn::Store(folded, d, lanes + i);
    }
    hn::Store(start, d, lanes + segment);
    for (std::size_t half = kSegment / 2; half != 0; half /= 2) {
      FoldArrays(body, flags, start, lanes, lanes + half * columns, half * columns);
    }
    std::memcpy(out, lanes, columns * sizeof(T));
  }

  // Part of a column block: `columns` <= kTile adjacent columns of `rows` rows, `stride` bytes apart.
  struct Tile {
    const char* in;
    std::ptrdiff_t stride;
    std::size_t rows;
    std::size_t columns;
    T neutral;

    HWY_INLINE const T* Row(std::size_t row) const {
      return reinterpret_cast<const T*>(in + static_cast<std::ptrdiff_t>(row) * stride);
    }
  };
  // Levels of LaneTree: a lane and the halvings above it.
  static constexpr std::size_t kLevels = hwy::FloorLog2(kLanes) + 1;
  static constexpr std::size_t kTileRoom = kTile + HWY_MAX_BYTES / sizeof(T);

  // Folds onto acc[0, columns) rows `row`, row + kLanes ... `count` in all; starts from the neutral
  // value if `first`. acc has room for whole vectors.
  template <class Body>
  static HWY_INLINE void FoldRows(const Body& body, FlagSet& flags, const Tile& tile,
                                  std::size_t row, std::size_t count, bool first, T* acc) {
    const D d;
    const std::size_t lanes = hn::Lanes(d);
    const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(kLanes) * tile.stride;
    const V neutral = hn::Set(d, tile.neutral);
    const auto fold = [&](V a, V b) HWY_ATTR { return Fold(body, d, flags, a, b); };
    const char* start = reinterpret_cast<const char*>(tile.Row(row));
    std::size_t c = 0;
    for (; c + 4 * lanes <= tile.columns; c += 4 * lanes) {
      V a0 = first ? neutral : hn::LoadU(d, acc + c);
      V a1 = first ? neutral : hn::LoadU(d, acc + c + lanes);
      V a2 = first ? neutral : hn::LoadU(d, acc + c + 2 * lanes);
      V a3 = first ? neutral : hn::LoadU(d, acc + c + 3 * lanes);
      const char* next = start;
      for (std::size_t r = 0; r < count; ++r, next += stride) {
        const T* p = reinterpret_cast<const T*>(next) + c;
        a0 = fold(a0, hn::LoadU(d, p));
        a1 = fold(a1, hn::LoadU(d, p + lanes));
        a2 = fold(a2, hn::LoadU(d, p + 2 * lanes));
        a3 = fold(a3, hn::LoadU(d, p + 3 * lanes));
      }
      hn::StoreU(a0, d, acc + c);
      hn::StoreU(a1, d, acc + c + lanes);
      hn::StoreU(a2, d, acc + c + 2 * lanes);
      hn::StoreU(a3, d, acc + c + 3 * lanes);
    }
    for (; c < tile.columns; c += lanes) {
      V a = first ? neutral : hn::LoadU(d, acc + c);
      const std::ptrdiff_t rest = static_cast<std::ptrdiff_t>(tile.columns - c);
      const char* next = start;
      for (std::size_t r = 0; r < count; ++r, next += stride) {
        a = fold(a, LoadRest(reinterpret_cast<const T*>(next) + c, rest, neutral));
      }
      hn::StoreU(a, d, acc + c);
    }
  }

  // Lane `lane` of the tile: rows lane, lane + kLanes ...; lane < rows.
  template <class Body>
  static HWY_INLINE void FoldLane(const Body& body, FlagSet& flags, const Tile& tile,
                                  std::size_t lane, T* acc) {
    const std::size_t count = (tile.rows - lane - 1) / kLanes + 1;
    for (std::size_t done = 0; done < count; done += kRowsPerPass) {
      FoldRows(body, flags, tile, lane + done * kLanes, std::min(kRowsPerPass, count - done),
               done == 0, acc);
    }
  }

  // The halving tree over lanes lane, lane + step, lane + 2 step ..., depth first: result in
  // scratch[0], with deeper levels in the following rows. Lanes without rows hold neutral values and
  // are left out.
  template <class Body>
  static void LaneTree(const Body& body, FlagSet& flags, const Tile& tile, std::size_t lane,
                       std::size_t step, T (*scratch)[kTileRoom]) {
    if (step == kLanes) return FoldLane(body, flags, tile, lane, scratch[0]);
    LaneTree(body, flags, tile, lane, 2 * step, scratch);
    if (lane + step >= tile.rows) return;
    LaneTree(body, flags, tile, lane + step, 2 * step, scratch + 1);
    FoldArrays(body, flags, hn::Set(D(), tile.neutral), scratch[0], scratch[1], tile.columns);
  }

  // A block of any number of columns.
  template <class Body>
  static HWY_INLINE void Tall(const Body& body, FlagSet& flags, T neutral, const char* in,
                              std::ptrdiff_t stride, std::size_t rows, std::size_t columns,
                              T* out) {
    HWY_ALIGN T scratch[kLevels][kTileRoom];
    for (std::size_t c = 0; c < columns; c += kTile) {
      const Tile tile = {in + c * sizeof(T), stride, rows, std::min(kTile, columns - c), neutral};
      LaneTree(body, flags, tile, 0, 1, scratch);
      std::memcpy(out + c, scratch[0], tile.columns * sizeof(T));
    }
  }
};

// Folds n contiguous elements of A by the tree above, the first at a block boundary, into one element
// at `result`; the neutral value if n is 0. The body may return a vector or a mask.
template <class A, class Body, class Neutral>
HWY_INLINE FpFlags Reduce(const Body& body, Neutral neutral, const void* in, std::size_t n,
                          void* result) {
  using T = Lane<A>;
  FlagSet flags;
  const T value = ReduceTree<A>::All(body, flags, static_cast<T>(neutral),
                                     static_cast<const T*>(in), n);
  std::memcpy(result, &value, sizeof(T));
  return flags.bits();
}

// One block of the tree for each of `columns` adjacent columns: element (r, c) lies at in + r *
// row_stride bytes + c elements, for r < rows <= ReduceTree<A>::kBlock. Writes `columns` elements.
template <class A, class Body, class Neutral>
HWY_INLINE FpFlags ReduceColumns(const Body& body, Neutral neutral, const void* in,
                                 std::ptrdiff_t row_stride, std::size_t rows, std::size_t columns,
                                 void* out) {
  using T = Lane<A>;
  using Tree = ReduceTree<A>;
  FlagSet flags;
  T* const target = static_cast<T*>(out);
  const T start = static_cast<T>(neutral);
  const bool gapless = row_stride == static_cast<std::ptrdiff_t>(columns * sizeof(T));
  if (rows == 0) {
    std::fill_n(target, columns, start);
  } else if (gapless && columns <= Tree::kFlatColumns) {
    Tree::Flat(body, flags, start, static_cast<const T*>(in), rows, columns, target);
  } else {
    Tree::Tall(body, flags, start, static_cast<const char*>(in), row_stride, rows, columns, target);
  }
  return flags.bits();
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_REDUCE_INL_H_
