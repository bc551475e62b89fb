// Products with a vector: dot products, and sums of rows times factors. One thread, any strides.
//
// Floating-point sums follow the tree of reduce-inl.h over the products, each rounded: the same
// bits on every target, in every layout and by either of the two methods here.
//
//   dot    both operands contiguous: the lanes of the tree are vectors
//   rows   one operand is a stack of contiguous rows, the other a factor for each row: the result's
//          elements are vectors, and a lane of the tree is a pass over every kTreeLanes-th row
//
// Of complex numbers the lanes of the tree are pairs of parts: it has half as many, and the vectors
// are the same.
//
// Operands that are neither are gathered block by block. Integers and truth values have no order to
// keep; they take the same two roads.
#if defined(QUERN_SIMD_MATRIX_VECTOR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_MATRIX_VECTOR_INL_H_
#undef QUERN_SIMD_MATRIX_VECTOR_INL_H_
#else
#define QUERN_SIMD_MATRIX_VECTOR_INL_H_
#endif

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "core/bool.h"
#include "hwy/highway.h"
#include "linalg/matrix.h"
#include "simd/flags-inl.h"
#include "simd/lane.h"
#include "simd/matrix_tile-inl.h"
#include "simd/reduce-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Joins subtrees of 2^k blocks each as a binary counter does: two of equal size as soon as both
// exist, and at the end what is left, smallest first. `join(level)` replaces the value at `level`
// by itself joined with the incoming one; `keep(level)` puts the incoming one there.
class BlockCounter {
 public:
  // Call with each block's value as the incoming one: joins, then keeps.
  template <class Join, class Keep>
  HWY_INLINE void Add(const Join& join, const Keep& keep) {
    std::size_t level = 0;
    for (; ((blocks_ >> level) & 1) != 0; ++level) join(level);
    keep(level);
    ++blocks_;
  }
  // Afterwards the incoming value is the whole. `take(level)` makes it the first one.
  template <class Take, class Join>
  HWY_INLINE void Finish(const Take& take, const Join& join) const {
    std::size_t level = static_cast<std::size_t>(std::countr_zero(blocks_));
    take(level);
    for (++level; (blocks_ >> level) != 0; ++level) {
      if (((blocks_ >> level) & 1) != 0) join(level);
    }
  }

 private:
  std::size_t blocks_ = 0;
};

// Products and sums of one type: elements, and what to start from. kConjugate: the first factor of
// every product is conjugated.
template <class T, bool kConjugate = false>
struct VectorLoop {
  using L = Number<T>;
  using Part = Lane<T>;
  using D = hn::ScalableTag<Part>;
  using V = hn::Vec<D>;
  static constexpr bool kTree = std::is_floating_point_v<Part>;
  static constexpr bool kComplex = kParts<T> == 2;
  static constexpr std::size_t kTreeLanes = 256 / sizeof(L);
  static constexpr std::size_t kBlock = 32 * kTreeLanes;
  static constexpr Part kStartPart = kTree ? static_cast<Part>(-0.0) : Part{0};
  // Columns of a tile in the method of rows, and rows of a pass over it.
  static constexpr std::size_t kTile = 8192 / sizeof(L);
  static constexpr std::size_t kRowsPerPass = 8;
  static constexpr std::size_t kLevels = hwy::FloorLog2(kTreeLanes) + 1;

  static HWY_INLINE L Start() {
    if constexpr (kComplex) {
      return {kStartPart, kStartPart};
    } else {
      return kStartPart;
    }
  }
  static HWY_INLINE L Times(L x, L y) {
    if constexpr (kComplex) {
      // As vectors: of plain products and differences some compilers make fused ones, told not to
      // contract or not.
      const hn::CappedTag<Part, 2> d;
      const auto parts = [](const L& number) {
        return reinterpret_cast<const Part*>(&number);
      };
      L product;
      hn::StoreU(Product(d, hn::LoadU(d, parts(x)), hn::LoadU(d, parts(y))), d,
                 reinterpret_cast<Part*>(&product));
      return product;
    } else if constexpr (kTree) {
      return x * y;
    } else {
      return static_cast<L>(static_cast<std::uint64_t>(x) * static_cast<std::uint64_t>(y));
    }
  }
  // Truth values are 0 or 1, so that their products and ors are bitwise.
  static HWY_INLINE L Plus(L x, L y) {
    if constexpr (std::is_same_v<T, Bool>) {
      return static_cast<L>(x | y);
    } else if constexpr (kComplex) {
      return {x.real + y.real, x.imag + y.imag};
    } else if constexpr (kTree) {
      return x + y;
    } else {
      return static_cast<L>(static_cast<std::uint64_t>(x) + static_cast<std::uint64_t>(y));
    }
  }

  // Dots.

  // One block of n <= kBlock products of contiguous elements.
  static HWY_INLINE L DotBlock(const L* x, const L* y, std::size_t n) {
    if constexpr (!kTree) {
      L sum = 0;
      for (std::size_t i = 0; i < n; ++i) sum = Plus(sum, Times(x[i], y[i]));
      return sum;
    } else if (n <= 8) {
      return ShortDot(x, y, n);
    } else {
      return TreeDot(reinterpret_cast<const Part*>(x), reinterpret_cast<const Part*>(y),
                     n * kParts<T>);
    }
  }

  // Up to 8 products: each is a lane, and lanes without one change nothing.
  static HWY_INLINE L ShortDot(const L* x, const L* y, std::size_t n) {
    if (n == 0) return Start();
    L lanes[8];
    for (std::size_t i = 0; i < n; ++i) lanes[i] = Times(x[i], y[i]);
    for (std::size_t half = std::bit_ceil(n) / 2; half != 0; half /= 2) {
      for (std::size_t i = 0; i + half < n && i < half; ++i) {
        lanes[i] = Plus(lanes[i], lanes[i + half]);
      }
      n = std::min(n, half);
    }
    return lanes[0];
  }

  // Products of vectors of parts.
  template <class D2, class V2>
  static HWY_INLINE V2 Product(D2 d, V2 x, V2 y) {
    if constexpr (kComplex) {
      V2 imag = hn::DupOdd(x);
      if constexpr (kConjugate) imag = hn::Neg(imag);
      return hn::Add(hn::Mul(hn::DupEven(x), y), hn::Mul(imag, TimesI(d, y)));
    } else {
      return hn::Mul(x, y);
    }
  }

  // n parts of vectors.
  static HWY_INLINE L TreeDot(const Part* x, const Part* y, std::size_t n) {
    const D d;
    constexpr std::size_t kVector = HWY_MAX_BYTES / sizeof(Part);
    constexpr std::size_t kTogether = std::min<std::size_t>(kTreeParts / kVector, 8);
    V sum[kTogether];
    DotLanes<kTogether>(x, y, n, 0, sum);
    if constexpr (kTogether * kVector != kTreeParts) {
      // Twice as many lanes as registers hold: the first halving joins the two.
      V more[kTogether];
      DotLanes<kTogether>(x, y, n, kTogether * kVector, more);
      HWY_UNROLL(8)
      for (std::size_t v = 0; v < kTogether; ++v) sum[v] = hn::Add(sum[v], more[v]);
    }
    if constexpr (kTogether == 8) {
      HWY_UNROLL(4)
      for (std::size_t v = 0; v < 4; ++v) sum[v] = hn::Add(sum[v], sum[v + 4]);
    }
    const V left = hn::Add(sum[0], sum[2]);
    const V right = hn::Add(sum[1], sum[3]);
    return HalveDown(d, hn::Add(left, right));
  }

  // Lanes first, first + 1 ... of the tree over products of n parts, kTogether vectors of them.
  static constexpr std::size_t kTreeParts = kTreeLanes * kParts<T>;
  template <std::size_t kTogether>
  static HWY_INLINE void DotLanes(const Part* x, const Part* y, std::size_t n, std::size_t first,
                                  V (&sum)[kTogether]) {
    const D d;
    const std::size_t lanes = hn::Lanes(d);
    const std::size_t whole = n / kTreeParts * kTreeParts;
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kTogether; ++v) sum[v] = hn::Set(d, kStartPart);
    for (std::size_t i = first; i < whole; i += kTreeParts) {
      HWY_UNROLL(8)
      for (std::size_t v = 0; v < kTogether; ++v) {
        const std::size_t at = i + v * lanes;
        sum[v] = hn::Add(sum[v], Product(d, hn::LoadU(d, x + at), hn::LoadU(d, y + at)));
      }
    }
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kTogether; ++v) {
      const std::size_t at = whole + first + v * lanes;
      if (n > at) sum[v] = hn::Add(sum[v], RestProducts(x + at, y + at, n - at));
    }
  }

  struct Sum {
    template <class D2, class V2>
    HWY_INLINE V2 operator()(D2 d, FlagSet& flags, V2 a, V2 b) const {
      return hn::Add(a, b);
    }
  };

  // The halvings inside a vector.
  template <class D2>
  static HWY_INLINE L HalveDown(D2 d, hn::Vec<D2> v) {
    constexpr std::size_t kLast = kComplex ? sizeof(L) : 16;
    if constexpr (hn::MaxLanes(D2()) * sizeof(Part) > kLast) {
      const hn::Half<D2> half;
      return HalveDown(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
    } else if constexpr (kComplex) {
      L sum;
      hn::StoreU(v, d, reinterpret_cast<Part*>(&sum));
      return sum;
    } else {
      FlagSet none;
      return ReduceTree<T>::HalveVector(Sum(), none, v);
    }
  }

  // The products of the first `count` parts, and then values that change nothing.
  static HWY_INLINE V RestProducts(const Part* x, const Part* y, std::size_t count) {
    const D d;
    if (count >= hn::Lanes(d)) return Product(d, hn::LoadU(d, x), hn::LoadU(d, y));
    const V product = Product(d, hn::LoadN(d, x, count), hn::LoadN(d, y, count));
    return hn::IfThenElse(hn::FirstN(d, count), product, hn::Set(d, kStartPart));
  }

  // Elements [start, start + n) of a strided vector, contiguous: where they lie, or in `room`.
  static HWY_INLINE const L* Contiguous(const std::byte* from, std::ptrdiff_t step,
                                        std::size_t start, std::size_t n, L* room) {
    from += static_cast<std::ptrdiff_t>(start) * step;
    if (step == static_cast<std::ptrdiff_t>(sizeof(L))) return reinterpret_cast<const L*>(from);
    for (std::size_t i = 0; i < n; ++i, from += step) room[i] = *reinterpret_cast<const L*>(from);
    return room;
  }

  static HWY_INLINE L Dot(const std::byte* x, std::ptrdiff_t x_step, const std::byte* y,
                          std::ptrdiff_t y_step, std::size_t n) {
    HWY_ALIGN L x_room[kBlock];
    HWY_ALIGN L y_room[kBlock];
    const auto block = [&](std::size_t start) HWY_ATTR {
      const std::size_t count = std::min(kBlock, n - start);
      return DotBlock(Contiguous(x, x_step, start, count, x_room),
                      Contiguous(y, y_step, start, count, y_room), count);
    };
    if (n == 0) return L{};
    if (n <= kBlock) return block(0);
    L subtree[64];
    L value{};
    BlockCounter counter;
    const auto join = [&](std::size_t level) {
      value = Plus(subtree[level], value);
    };
    for (std::size_t start = 0; start < n; start += kBlock) {
      value = block(start);
      counter.Add(join, [&](std::size_t level) { subtree[level] = value; });
    }
    counter.Finish([&](std::size_t level) { value = subtree[level]; }, join);
    return value;
  }

  // Rows.

  // Rows start, start + step ... `count` in all of `columns` contiguous elements, each with a
  // factor.
  struct Rows {
    const std::byte* factors;
    std::ptrdiff_t factor_step;
    const std::byte* rows;
    std::ptrdiff_t row_step;
    std::size_t count;
    std::size_t columns;

    HWY_INLINE L Factor(std::size_t i) const {
      return *reinterpret_cast<const L*>(factors + static_cast<std::ptrdiff_t>(i) * factor_step);
    }
    HWY_INLINE const L* Row(std::size_t i) const {
      return reinterpret_cast<const L*>(rows + static_cast<std::ptrdiff_t>(i) * row_step);
    }
  };

  // sums[j] = sums[j] + factor * row[j] for `count` rows, `step` apart from row `first`.
  static HWY_INLINE void AddRows(const Rows& m, std::size_t first, std::size_t step,
                                 std::size_t count, L* HWY_RESTRICT sums) {
    std::size_t done = 0;
    for (; done + kRowsPerPass <= count; done += kRowsPerPass) {
      AddSome<kRowsPerPass>(m, first + done * step, step, sums);
    }
    for (; done < count; ++done) AddSome<1>(m, first + done * step, step, sums);
  }

  template <std::size_t kCount>
  static HWY_INLINE void AddSome(const Rows& m, std::size_t first, std::size_t step,
                                 L* HWY_RESTRICT sums) {
    const L* row[kCount];
    L factor[kCount];
    for (std::size_t i = 0; i < kCount; ++i) {
      row[i] = m.Row(first + i * step);
      factor[i] = m.Factor(first + i * step);
    }
    std::size_t j = 0;
    if constexpr (kComplex) j = AddVectors<kCount>(factor, row, m.columns, sums);
    for (; j < m.columns; ++j) {
      L sum = sums[j];
      HWY_UNROLL(8)
      for (std::size_t i = 0; i < kCount; ++i) sum = Plus(sum, Times(factor[i], row[i][j]));
      sums[j] = sum;
    }
  }

  // The same for the complex columns that fill vectors; returns how many they are.
  template <std::size_t kCount>
  static HWY_INLINE std::size_t AddVectors(const L (&factor)[kCount], const L* const (&row)[kCount],
                                           std::size_t columns, L* HWY_RESTRICT sums) {
    const D d;
    const std::size_t step = hn::Lanes(d) / 2;
    std::size_t j = 0;
    for (; j + step <= columns; j += step) {
      Part* const to = reinterpret_cast<Part*>(sums + j);
      V sum = hn::LoadU(d, to);
      HWY_UNROLL(8)
      for (std::size_t i = 0; i < kCount; ++i) {
        const V y = hn::LoadU(d, reinterpret_cast<const Part*>(row[i] + j));
        const V real = hn::Set(d, factor[i].real);
        const V imag = hn::Set(d, kConjugate ? -factor[i].imag : factor[i].imag);
        sum = hn::Add(sum, hn::Add(hn::Mul(real, y), hn::Mul(imag, TimesI(d, y))));
      }
      hn::StoreU(sum, d, to);
    }
    return j;
  }

  // The halving tree over lanes lane, lane + step ... of a block: result in scratch[0].
  static HWY_INLINE void AddArrays(const L* HWY_RESTRICT more, std::size_t n,
                                   L* HWY_RESTRICT sums) {
    for (std::size_t j = 0; j < n; ++j) sums[j] = Plus(sums[j], more[j]);
  }
  static void LaneTree(const Rows& m, std::size_t lane, std::size_t step, L (*scratch)[kTile]) {
    if (step == kTreeLanes) {
      std::fill_n(scratch[0], m.columns, Start());
      return AddRows(m, lane, kTreeLanes, (m.count - lane - 1) / kTreeLanes + 1, scratch[0]);
    }
    LaneTree(m, lane, 2 * step, scratch);
    if (lane + step >= m.count) return;
    LaneTree(m, lane + step, 2 * step, scratch + 1);
    AddArrays(scratch[1], m.columns, scratch[0]);
  }

  // c[j] = sum over i of factors[i] * rows[i][j], for at most kTile columns.
  static HWY_NOINLINE void SumTile(const Rows& all, std::byte* c, std::ptrdiff_t c_step) {
    HWY_ALIGN L scratch[kLevels][kTile];
    if constexpr (!kTree) {
      std::fill_n(scratch[0], all.columns, Start());
      AddRows(all, 0, 1, all.count, scratch[0]);
    } else {
      SumBlocks(all, scratch);
    }
    for (std::size_t j = 0; j < all.columns; ++j, c += c_step)
      std::memcpy(c, &scratch[0][j], sizeof(L));
  }

  static HWY_INLINE void SumBlocks(const Rows& all, L (*scratch)[kTile]) {
    if (all.count <= kBlock) return LaneTree(all, 0, 1, scratch);
    const std::size_t blocks = (all.count + kBlock - 1) / kBlock;
    const std::size_t levels = static_cast<std::size_t>(std::bit_width(blocks));
    L* const subtrees = static_cast<L*>(PackScratch(levels * kTile * sizeof(L)));
    BlockCounter counter;
    const auto join = [&](std::size_t level) HWY_ATTR {
      AddArrays(scratch[0], all.columns, subtrees + level * kTile);
      std::copy_n(subtrees + level * kTile, all.columns, scratch[0]);
    };
    for (std::size_t start = 0; start < all.count; start += kBlock) {
      Rows block = all;
      block.factors += static_cast<std::ptrdiff_t>(start) * all.factor_step;
      block.rows += static_cast<std::ptrdiff_t>(start) * all.row_step;
      block.count = std::min(kBlock, all.count - start);
      LaneTree(block, 0, 1, scratch);
      counter.Add(join, [&](std::size_t level) {
        std::copy_n(scratch[0], all.columns, subtrees + level * kTile);
      });
    }
    counter.Finish(
        [&](std::size_t level) { std::copy_n(subtrees + level * kTile, all.columns, scratch[0]); },
        join);
  }

  // c[j] = sum over i of x[i] * rows[i][j]; rows are any strided elements.
  static HWY_INLINE void VectorTimesRows(const std::byte* x, std::ptrdiff_t x_step,
                                         const std::byte* rows, std::ptrdiff_t row_step,
                                         std::ptrdiff_t column_step, std::byte* c,
                                         std::ptrdiff_t c_step, std::size_t inner,
                                         std::size_t columns) {
    constexpr auto kUnit = static_cast<std::ptrdiff_t>(sizeof(L));
    const bool dots = column_step != kUnit || (row_step == kUnit && inner > columns);
    if (inner == 0 || dots) {
      for (std::size_t j = 0; j < columns; ++j, rows += column_step, c += c_step) {
        const L sum = Dot(x, x_step, rows, row_step, inner);
        std::memcpy(c, &sum, sizeof(L));
      }
      return;
    }
    for (std::size_t j = 0; j < columns; j += kTile) {
      const auto at = static_cast<std::ptrdiff_t>(j);
      SumTile({x, x_step, rows + at * column_step, row_step, inner, std::min(kTile, columns - j)},
              c + at * c_step, c_step);
    }
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_MATRIX_VECTOR_INL_H_
