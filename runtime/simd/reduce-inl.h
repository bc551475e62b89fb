// Reduce and ReduceColumns: folds by a tree whose shape depends on the number of elements alone.
//
// Problem: sums that are fast and accurate, with the same bits for every vector width, axis, stride
// and thread count. Method: with accumulators of s bytes there are L = 256 / s virtual lanes. A
// block is 32 groups of L elements; element i of a block joins lane i mod L, in order, starting
// from a neutral value. Lanes are combined by halving: l with l + L/2, then l with l + L/4, down to
// one. Block results are combined by a binary counter: two subtrees of 2^k blocks join as soon as
// both exist, left operand first; at the end the subtrees left over join from the right, smallest
// first: for sizes 4, 2, 1 that is op(s4, op(s2, s1)). The neutral value changes nothing (-0 for
// sums), so it may also stand in for lanes without elements.
//
// Error: a term passes through at most 32 + log2(L) additions inside a block and log2(blocks) + 1
// outside, against n - 1 for a running sum.
//
// Vectors: a pass folds 64 bytes each of kChains places in the group, L / kChains lanes apart, over
// all groups. Whole cache lines, because with many columns groups lie a power of two apart and a
// line would not survive in its set until a later pass; several places, because that keeps enough
// independent operations in flight and makes the first halvings vector operations inside registers.
// `columns` adjacent columns without gaps are the same computation with lanes `columns` elements
// wide; wide columns go lane by lane over tiles instead, several rows per pass. Complex elements
// whose parts do not meet are two columns of parts, with the L of complex elements.
#if defined(QUERN_SIMD_REDUCE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_REDUCE_INL_H_
#undef QUERN_SIMD_REDUCE_INL_H_
#else
#define QUERN_SIMD_REDUCE_INL_H_
#endif

#include <algorithm>
#include <complex>
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
  static constexpr std::size_t kLanes = 256 / sizeof(A);
  static constexpr std::size_t kGroups = 32;
  static constexpr std::size_t kBlock = kGroups * kLanes;
  // Vectors that make up 64 bytes; 1 where their size is not known.
  static constexpr std::size_t kAdjacent =
      HWY_HAVE_SCALABLE || HWY_MAX_BYTES >= 64 ? 1 : 64 / HWY_MAX_BYTES;
  static constexpr std::size_t kChains = kAdjacent <= 2 ? 4 : 2;
  static constexpr std::size_t kAccumulators = kAdjacent * kChains;  // 4 or 8
  // Lanes left after the halvings among chains.
  static constexpr std::size_t kSegment = kLanes / kChains;
  using D = hn::CappedTag<T, 64 / sizeof(T)>;
  using D128 = hn::FixedTag<T, 16 / sizeof(T)>;
  using V = hn::Vec<D>;
  // Columns that ReduceFlat takes; its scratch memory is kSegment times as many elements.
  static constexpr std::size_t kFlatColumns = 64;
  // Column tile of Tall in elements, and rows per pass over it. Long tiles follow rows further
  // before they leave for the next one, which the prefetcher rewards (2000 x 2000 double: 0.285 ns
  // per element against 0.298 with 4 KiB); the scratch memory of all levels still fits a
  // second-level cache. With few rows to a lane that memory is what takes time, so its tile fits
  // the first level (100 x 10,000 double: 0.270 against 0.300).
  static constexpr std::size_t kTile = 16384 / sizeof(T);
  static constexpr std::size_t kShortTile = 4096 / sizeof(T);
  static constexpr std::size_t kShortLane = 4;
  static constexpr std::size_t kRowsPerPass = 8;

  // The first `count` elements at p, 0 < count, neutral values after them if they do not fill a
  // vector.
  static HWY_INLINE V LoadRest(const T* p, std::size_t count, V neutral) {
    const D d;
    if (count >= hn::Lanes(d)) return hn::LoadU(d, p);
    if constexpr (sizeof(T) < 8) {
      return LoadRestShared(p, count, neutral);
    } else {
      return hn::LoadNOr(neutral, d, p, count);
    }
  }
  // One copy for all chains of all kernels: partial loads of narrow lanes take much code.
  static HWY_NOINLINE V LoadRestShared(const T* p, std::size_t count, V neutral) {
    return hn::LoadNOr(neutral, D(), p, count);
  }

  // Where accumulator j reads: vector j mod kAdjacent of chain j / kAdjacent.
  static HWY_INLINE std::size_t Offset(std::size_t j, std::size_t spacing) {
    return (j / kAdjacent) * spacing + (j % kAdjacent) * hn::Lanes(D());
  }

  // Accumulator j's share of an incomplete group of `count` elements from p.
  template <std::size_t kAccumulator, class FoldTwo>
  static HWY_INLINE void FoldRest(const FoldTwo& fold, V& a, const T* p, std::size_t spacing,
                                  std::size_t count, V neutral) {
    const std::size_t offset = Offset(kAccumulator, spacing);
    if (count > offset) a = fold(a, LoadRest(p + offset, count - offset, neutral));
  }

  // Folds the 64 bytes (kAdjacent vectors) at p and at each chain, `spacing` elements apart, over
  // groups `group` elements apart, then the rest of an incomplete group, then the chains by
  // halving. `rest` counts elements from p and may be negative. Writes kAdjacent vectors to
  // `lanes`.
  template <class Body>
  static HWY_NOINLINE void FoldChains(const Body& body, FlagSet& flags, T start, const T* p,
                                      std::size_t spacing, std::size_t group, std::size_t groups,
                                      std::ptrdiff_t rest, T* lanes) {
    const D d;
    const V neutral = hn::Set(d, start);
    const auto fold = [&](V a, V b) HWY_ATTR {
      return Fold(body, d, flags, a, b);
    };
    const auto load = [&](std::size_t j) HWY_ATTR {
      return hn::LoadU(d, p + Offset(j, spacing));
    };
    V a0 = neutral, a1 = neutral, a2 = neutral, a3 = neutral;
    V a4 = neutral, a5 = neutral, a6 = neutral, a7 = neutral;
    for (; groups != 0; --groups, p += group) {
      a0 = fold(a0, load(0));
      a1 = fold(a1, load(1));
      a2 = fold(a2, load(2));
      a3 = fold(a3, load(3));
      if constexpr (kAccumulators == 8) {
        a4 = fold(a4, load(4));
        a5 = fold(a5, load(5));
        a6 = fold(a6, load(6));
        a7 = fold(a7, load(7));
      }
    }
    if (rest > 0) {
      const std::size_t count = static_cast<std::size_t>(rest);
      FoldRest<0>(fold, a0, p, spacing, count, neutral);
      FoldRest<1>(fold, a1, p, spacing, count, neutral);
      FoldRest<2>(fold, a2, p, spacing, count, neutral);
      FoldRest<3>(fold, a3, p, spacing, count, neutral);
      if constexpr (kAccumulators == 8) {
        FoldRest<4>(fold, a4, p, spacing, count, neutral);
        FoldRest<5>(fold, a5, p, spacing, count, neutral);
        FoldRest<6>(fold, a6, p, spacing, count, neutral);
        FoldRest<7>(fold, a7, p, spacing, count, neutral);
      }
    }
    if constexpr (kAccumulators == 8) {
      a0 = fold(a0, a4);
      a1 = fold(a1, a5);
      a2 = fold(a2, a6);
      a3 = fold(a3, a7);
    }
    const std::size_t step = hn::Lanes(d);
    if constexpr (kAdjacent == 4) {
      hn::Store(a0, d, lanes);
      hn::Store(a1, d, lanes + step);
      hn::Store(a2, d, lanes + 2 * step);
      hn::Store(a3, d, lanes + 3 * step);
    } else if constexpr (kAdjacent == 2) {
      hn::Store(fold(a0, a2), d, lanes);
      hn::Store(fold(a1, a3), d, lanes + step);
    } else {
      hn::Store(fold(fold(a0, a2), fold(a1, a3)), d, lanes);
    }
  }

  // Halves a 128-bit vector down to one lane. Lanes that do not matter repeat those that do, so
  // that they raise no flags of their own; integers raise none and are simply shifted.
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

  // Combines the kSegment lanes left in memory, 64 or 128 bytes; overwrites them.
  template <class Body>
  static HWY_INLINE T HalveSegment(const Body& body, FlagSet& flags, T* lanes) {
    const D128 d;
    constexpr std::size_t kStep = 16 / sizeof(T);
    if constexpr (kSegment * sizeof(T) == 128) {
      for (std::size_t i = 0; i < 4 * kStep; i += kStep) {
        const auto upper = hn::Load(d, lanes + 4 * kStep + i);
        hn::Store(Fold(body, d, flags, hn::Load(d, lanes + i), upper), d, lanes + i);
      }
    }
    const auto v0 = Fold(body, d, flags, hn::Load(d, lanes), hn::Load(d, lanes + 2 * kStep));
    const auto v1 =
        Fold(body, d, flags, hn::Load(d, lanes + kStep), hn::Load(d, lanes + 3 * kStep));
    return HalveVector(body, flags, Fold(body, d, flags, v0, v1));
  }

  // One block of n <= kBlock contiguous elements.
  template <class Body>
  static HWY_INLINE T Block(const Body& body, FlagSet& flags, T neutral, const T* in,
                            std::size_t n) {
    const D d;
    HWY_ALIGN T lanes[kSegment];
    const std::size_t groups = n / kLanes;
    const std::ptrdiff_t rest = static_cast<std::ptrdiff_t>(n % kLanes);
    for (std::size_t i = 0; i < kSegment; i += kAdjacent * hn::Lanes(d)) {
      FoldChains(body, flags, neutral, in + i, kSegment, kLanes, groups,
                 rest - static_cast<std::ptrdiff_t>(i), lanes + i);
    }
    return HalveSegment(body, flags, lanes);
  }

  // One block of n <= kBlock contiguous elements of two parts each.
  template <class Body>
  static HWY_INLINE A PairBlock(const Body& body, FlagSet& flags, T neutral, const T* in,
                                std::size_t n) {
    A value;
    Flat(body, flags, neutral, in, n, 2, reinterpret_cast<T*>(&value));
    return value;
  }

  template <class Body>
  static HWY_INLINE T Join(const Body& body, FlagSet& flags, T left, T right) {
    const D128 d;
    return hn::GetLane(Fold(body, d, flags, hn::Set(d, left), hn::Set(d, right)));
  }
  template <class Body>
  static HWY_INLINE std::complex<T> Join(const Body& body, FlagSet& flags, std::complex<T> left,
                                         std::complex<T> right) {
    return {Join(body, flags, left.real(), right.real()),
            Join(body, flags, left.imag(), right.imag())};
  }

  // Lane<A>, or A itself where it has two parts.
  using Value = std::conditional_t<kParts<A> == 1, T, A>;

  template <class Body>
  static HWY_INLINE Value All(const Body& body, FlagSet& flags, T neutral, const T* in,
                              std::size_t n) {
    // subtree[k] holds the join of 2^k blocks while bit k of `blocks` is set.
    Value subtree[64];
    std::size_t blocks = 0;
    std::size_t i = 0;
    const auto block = [&](const T* p, std::size_t count) HWY_ATTR {
      if constexpr (kParts<A> == 1) {
        return Block(body, flags, neutral, p, count);
      } else {
        return PairBlock(body, flags, neutral, p, count);
      }
    };
    do {  // once even if n is 0
      Value value = block(in + kParts<A> * i, std::min(kBlock, n - i));
      std::size_t k = 0;
      for (; (blocks >> k) & 1; ++k) value = Join(body, flags, subtree[k], value);
      subtree[k] = value;
      ++blocks;
      i += kBlock;
    } while (i < n);
    std::size_t k = hwy::Num0BitsBelowLS1Bit_Nonzero64(blocks);
    Value value = subtree[k];
    for (++k; (blocks >> k) != 0; ++k) {
      if ((blocks >> k) & 1) value = Join(body, flags, subtree[k], value);
    }
    return value;
  }

  // a[i] = fold(a[i], b[i]) for i in [0, n). A vector that reaches past n folds neutral values
  // there, which leaves a as it is and raises nothing; a and b are readable that far.
  template <class Body>
  static HWY_NOINLINE void FoldArrays(const Body& body, FlagSet& flags, T start, T* a, const T* b,
                                      std::size_t n) {
    const D d;
    const V neutral = hn::Set(d, start);
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
    // FoldArrays reads a vector past the end.
    HWY_ALIGN T lanes[kSegment * kFlatColumns + 64 / sizeof(T)];
    const std::size_t segment = kSegment * columns;
    const std::size_t groups = rows / kLanes;
    const std::ptrdiff_t rest = static_cast<std::ptrdiff_t>((rows % kLanes) * columns);
    for (std::size_t i = 0; i < segment; i += kAdjacent * hn::Lanes(d)) {
      FoldChains(body, flags, neutral, in + i, segment, kLanes * columns, groups,
                 rest - static_cast<std::ptrdiff_t>(i), lanes + i);
    }
    hn::Store(hn::Set(d, neutral), d, lanes + segment);
    for (std::size_t half = kSegment / 2; half != 0; half /= 2) {
      FoldArrays(body, flags, neutral, lanes, lanes + half * columns, half * columns);
    }
    std::memcpy(out, lanes, columns * sizeof(T));
  }

  // Part of a column block: `columns` <= kTile adjacent columns of `rows` rows, `stride` bytes
  // apart.
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
  // Lanes whose subtrees are folded one after another, so that the prefetcher, which runs on into
  // the next row, is right (2000 x 2000 float: 0.136 ns per element against 0.140). Then the levels
  // of such a subtree: a lane and the halvings above it.
  static constexpr std::size_t kInOrder = 8;
  static constexpr std::size_t kLevels = hwy::FloorLog2(kLanes / kInOrder) + 1;
  static constexpr std::size_t kTileRoom = kTile + HWY_MAX_BYTES / sizeof(T);

  // What FoldRows starts from and where its result goes; each has room for whole vectors.
  struct Accumulators {
    const T* start;  // null for neutral values
    const T* left;   // values to fold with the result, as their right operand; or null
    T* result;
  };

  // Folds rows `row`, row + kLanes ... of the tile, `count` in all, onto its accumulators.
  template <class Body>
  static HWY_INLINE void FoldRows(const Body& body, FlagSet& flags, const Tile& tile,
                                  std::size_t row, std::size_t count, const Accumulators& acc) {
    const D d;
    const std::size_t lanes = hn::Lanes(d);
    const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(kLanes) * tile.stride;
    const V neutral = hn::Set(d, tile.neutral);
    const auto fold = [&](V a, V b) HWY_ATTR {
      return Fold(body, d, flags, a, b);
    };
    const auto begin = [&](std::size_t c) HWY_ATTR {
      return acc.start == nullptr ? neutral : hn::LoadU(d, acc.start + c);
    };
    const auto end = [&](V a, std::size_t c) HWY_ATTR {
      if (acc.left != nullptr) a = fold(hn::LoadU(d, acc.left + c), a);
      hn::StoreU(a, d, acc.result + c);
    };
    const char* first = reinterpret_cast<const char*>(tile.Row(row));
    std::size_t c = 0;
    for (; c + 4 * lanes <= tile.columns; c += 4 * lanes) {
      V a0 = begin(c);
      V a1 = begin(c + lanes);
      V a2 = begin(c + 2 * lanes);
      V a3 = begin(c + 3 * lanes);
      const char* next = first;
      for (std::size_t r = 0; r < count; ++r, next += stride) {
        const T* p = reinterpret_cast<const T*>(next) + c;
        a0 = fold(a0, hn::LoadU(d, p));
        a1 = fold(a1, hn::LoadU(d, p + lanes));
        a2 = fold(a2, hn::LoadU(d, p + 2 * lanes));
        a3 = fold(a3, hn::LoadU(d, p + 3 * lanes));
      }
      end(a0, c);
      end(a1, c + lanes);
      end(a2, c + 2 * lanes);
      end(a3, c + 3 * lanes);
    }
    for (; c < tile.columns; c += lanes) {
      V a = begin(c);
      const std::size_t rest = tile.columns - c;
      const char* next = first;
      for (std::size_t r = 0; r < count; ++r, next += stride) {
        a = fold(a, LoadRest(reinterpret_cast<const T*>(next) + c, rest, neutral));
      }
      end(a, c);
    }
  }

  // Lane `lane` of the tile: rows lane, lane + kLanes ...; lane < rows. The result goes to acc, or,
  // folded with them, to `left` unless that is null.
  template <class Body>
  static HWY_NOINLINE void FoldLane(const Body& body, FlagSet& flags, const Tile& tile,
                                    std::size_t lane, T* left, T* acc) {
    const std::size_t count = (tile.rows - lane - 1) / kLanes + 1;
    for (std::size_t done = 0; done < count; done += kRowsPerPass) {
      const bool joins = left != nullptr && done + kRowsPerPass >= count;
      FoldRows(body, flags, tile, lane + done * kLanes, std::min(kRowsPerPass, count - done),
               {done == 0 ? nullptr : acc, joins ? left : nullptr, joins ? left : acc});
    }
  }

  // The halving tree over lanes lane, lane + step, lane + 2 step ..., depth first: result in
  // scratch[0], with deeper levels in the following rows. Lanes without rows hold neutral values
  // and are left out.
  template <class Body>
  static HWY_NOINLINE void LaneTree(const Body& body, FlagSet& flags, const Tile& tile,
                                    std::size_t lane, std::size_t step, T (*scratch)[kTileRoom]) {
    if (step == kLanes) return FoldLane(body, flags, tile, lane, nullptr, scratch[0]);
    LaneTree(body, flags, tile, lane, 2 * step, scratch);
    if (lane + step >= tile.rows) return;
    if (2 * step == kLanes) {  // two single lanes join without going through memory
      return FoldLane(body, flags, tile, lane + step, scratch[0], scratch[1]);
    }
    LaneTree(body, flags, tile, lane + step, 2 * step, scratch + 1);
    FoldArrays(body, flags, tile.neutral, scratch[0], scratch[1], tile.columns);
  }

  // A block of any number of columns.
  template <class Body>
  static HWY_INLINE void Tall(const Body& body, FlagSet& flags, T neutral, const char* in,
                              std::ptrdiff_t stride, std::size_t rows, std::size_t columns,
                              T* out) {
    HWY_ALIGN T scratch[kInOrder + kLevels - 1][kTileRoom];
    const std::size_t width = rows <= kShortLane * kLanes ? kShortTile : kTile;
    for (std::size_t c = 0; c < columns; c += width) {
      const Tile tile = {in + c * sizeof(T), stride, rows, std::min(width, columns - c), neutral};
      for (std::size_t lane = 0; lane < std::min(kInOrder, rows); ++lane) {
        LaneTree(body, flags, tile, lane, kInOrder, scratch + lane);
      }
      for (std::size_t half = kInOrder / 2; half != 0; half /= 2) {
        for (std::size_t lane = 0; lane < half && lane + half < rows; ++lane) {
          FoldArrays(body, flags, neutral, scratch[lane], scratch[lane + half], tile.columns);
        }
      }
      std::memcpy(out + c, scratch[0], tile.columns * sizeof(T));
    }
  }
};

// Folds n contiguous elements of A by the tree above, the first at a block boundary, into one
// element at `result`; the neutral value if n is 0. The body may return a vector or a mask.
template <class A, class Body, class Neutral>
HWY_INLINE FpFlags Reduce(const Body& body, Neutral neutral, const void* in, std::size_t n,
                          void* result) {
  using T = Lane<A>;
  FlagSet flags;
  const auto value =
      ReduceTree<A>::All(body, flags, static_cast<T>(neutral), static_cast<const T*>(in), n);
  std::memcpy(result, &value, sizeof(A));
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

// The same for complex elements whose parts do not meet; the body is that of either part, and both
// parts of `neutral` are alike.
template <class A, class Body>
HWY_INLINE FpFlags ReduceParts(const Body& body, A neutral, const void* in, std::size_t n,
                               void* result) {
  return Reduce<A>(body, neutral.real(), in, n, result);
}
template <class A, class Body>
HWY_INLINE FpFlags ReducePartsOfColumns(const Body& body, A neutral, const void* in,
                                        std::ptrdiff_t row_stride, std::size_t rows,
                                        std::size_t columns, void* out) {
  return ReduceColumns<A>(body, neutral.real(), in, row_stride, rows, 2 * columns, out);
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_REDUCE_INL_H_
