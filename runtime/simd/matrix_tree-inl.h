// Reproducible matrix products of floating-point numbers: every element of the result is the sum of
// its products, each rounded, along the tree of reduce-inl.h.
//
// Method: a tile's sums are those of one lane of the tree at a time, in registers; lanes are halved
// in a small stack of tiles, depth first, and blocks of the inner axis joined as a binary counter
// does. Panels are packed lane by lane, so that a lane reads one run of memory.
#if defined(QUERN_SIMD_MATRIX_TREE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_MATRIX_TREE_INL_H_
#undef QUERN_SIMD_MATRIX_TREE_INL_H_
#else
#define QUERN_SIMD_MATRIX_TREE_INL_H_
#endif

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

#include "hwy/highway.h"
#include "linalg/matrix.h"
#include "simd/matrix_tile-inl.h"
#include "simd/matrix_vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Products rounded before they are added, from a start that changes nothing.
template <class T>
struct TreeArithmetic : PlainArithmetic<T> {
  using typename PlainArithmetic<T>::D;
  using typename PlainArithmetic<T>::V;
  static HWY_INLINE V Start() { return hn::Set(D(), static_cast<T>(-0.0)); }
  static HWY_INLINE V Second(V sum, V left, V right) { return hn::Add(sum, hn::Mul(left, right)); }
};

// The same of complex numbers; kConjugate: of the left ones' conjugates.
template <class R, bool kConjugate>
struct TreeComplexArithmetic : ComplexArithmetic<R> {
  using typename ComplexArithmetic<R>::D;
  using typename ComplexArithmetic<R>::Unit;
  using typename ComplexArithmetic<R>::V;
  static HWY_INLINE V Start() { return hn::Set(D(), static_cast<R>(-0.0)); }
  static HWY_INLINE R Imag(const Unit& left) { return kConjugate ? -left.imag : left.imag; }
  static HWY_INLINE V Join(V sum, V real, V imag, V right, V turned) {
    return hn::Add(sum, hn::Add(hn::Mul(real, right), hn::Mul(imag, turned)));
  }
};
template <class T, bool kConjugate>
struct TreeArithmeticOf {
  using type = TreeArithmetic<T>;
};
template <class R, bool kConjugate>
struct TreeArithmeticOf<std::complex<R>, kConjugate> {
  using type = TreeComplexArithmetic<R, kConjugate>;
};

// Products of elements stored as Element; kConjugate: of the conjugates of those on the left.
template <class Element, bool kConjugate = false>
struct TreeMatrixLoop {
  using T = Number<Element>;
  using Arithmetic = typename TreeArithmeticOf<Element, kConjugate>::type;
  static constexpr std::size_t kTileRows = Arithmetic::kRows;
  static constexpr std::size_t kTileVectors = Arithmetic::kVectors;
  static constexpr std::size_t kTreeLanes = VectorLoop<Element>::kTreeLanes;
  static constexpr std::size_t kBlock = VectorLoop<Element>::kBlock;
  static constexpr std::size_t kLevels = VectorLoop<Element>::kLevels;
  static constexpr std::size_t kLanes = HWY_MAX_BYTES / sizeof(T);
  static constexpr std::size_t kWidth = kTileVectors * kLanes;
  static constexpr std::size_t kRowBlock = 8 * kTileRows;
  static constexpr std::size_t kTile = kTileRows * kWidth;

  // Steps of a lane in a block of n, and of all lanes before it.
  static HWY_INLINE std::size_t Count(std::size_t lane, std::size_t n) {
    return lane < n ? (n - lane - 1) / kTreeLanes + 1 : 0;
  }
  static HWY_INLINE std::size_t Offset(std::size_t lane, std::size_t n) {
    return lane * (n / kTreeLanes) + std::min(lane, n % kTreeLanes);
  }

  // `width` rows or columns over n <= kBlock steps, lane by lane; the last valid one repeats.
  static HWY_INLINE void Pack(const std::byte* from, std::ptrdiff_t inner_step, std::ptrdiff_t step,
                              std::size_t valid, std::size_t width, std::size_t n, T* to) {
    for (std::size_t lane = 0; lane < std::min(kTreeLanes, n); ++lane) {
      for (std::size_t k = lane; k < n; k += kTreeLanes, to += width) {
        const std::byte* element = from + static_cast<std::ptrdiff_t>(k) * inner_step;
        if (step == static_cast<std::ptrdiff_t>(sizeof(T))) {
          std::memcpy(to, element, valid * sizeof(T));
        } else {
          for (std::size_t i = 0; i < valid; ++i, element += step) {
            to[i] = *reinterpret_cast<const T*>(element);
          }
        }
        for (std::size_t i = valid; i < width; ++i) to[i] = to[valid - 1];
      }
    }
  }

  // Panels of one tile over one block.
  struct Panels {
    const T* left;
    const T* right;
    std::size_t inner;
    std::size_t width;

    HWY_INLINE std::size_t size() const { return kTileRows * width; }
    HWY_INLINE void Lane(std::size_t lane, T* sums) const {
      using A = Arithmetic;
      const std::size_t offset = Offset(lane, inner);
      const std::byte* a = reinterpret_cast<const std::byte*>(left + offset * kTileRows);
      const std::byte* b = reinterpret_cast<const std::byte*>(right + offset * width);
      const UnitSteps steps = {sizeof(T), kTileRows * sizeof(T)};
      const auto step = static_cast<std::ptrdiff_t>(width * sizeof(T));
      const auto row = static_cast<std::ptrdiff_t>(width);
      const std::size_t count = Count(lane, inner);
      if (width == 3 * kLanes && kTileVectors >= 3) {
        MultiplyTile<A, kTileRows, kTileVectors>(a, steps, b, step, count, sums, row);
      } else if (width == 2 * kLanes) {
        MultiplyTile<A, kTileRows, 2>(a, steps, b, step, count, sums, row);
      } else {
        MultiplyTile<A, kTileRows, 1>(a, steps, b, step, count, sums, row);
      }
    }
  };

  // Factors and rows of kVectors vectors where they lie; the last vector has `last` lanes.
  template <std::size_t kVectors, bool kPartial>
  struct InPlace {
    const std::byte* factors;
    std::ptrdiff_t factor_step;
    const std::byte* rows;
    std::ptrdiff_t row_step;
    std::size_t inner;
    std::size_t last;

    HWY_INLINE std::size_t size() const { return (kVectors - 1) * kLanes + last; }
    HWY_INLINE void Lane(std::size_t lane, T* sums) const {
      const auto at = static_cast<std::ptrdiff_t>(lane);
      constexpr auto kStep = static_cast<std::ptrdiff_t>(kTreeLanes);
      MultiplyTile<Arithmetic, 1, kVectors, kPartial>(
          factors + at * factor_step, {0, kStep * factor_step}, rows + at * row_step,
          kStep * row_step, Count(lane, inner), sums, 0, last);
    }
  };

  static HWY_INLINE void AddTo(T* sums, const T* more, std::size_t n) {
    AddParts(reinterpret_cast<Lane<Element>*>(sums), reinterpret_cast<const Lane<Element>*>(more),
             n * kParts<Element>);
  }
  static HWY_INLINE void AddParts(Lane<Element>* HWY_RESTRICT sums,
                                  const Lane<Element>* HWY_RESTRICT more, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) sums[i] += more[i];
  }

  // The halving tree over lanes lane, lane + step ...: result in scratch[0].
  template <class Source, std::size_t kSize>
  static void LaneTree(const Source& source, std::size_t lane, std::size_t step,
                       T (*scratch)[kSize]) {
    if (step == kTreeLanes) return source.Lane(lane, scratch[0]);
    LaneTree(source, lane, 2 * step, scratch);
    if (lane + step >= source.inner) return;
    LaneTree(source, lane + step, 2 * step, scratch + 1);
    AddTo(scratch[0], scratch[1], source.size());
  }

  // Columns of a product with a vector, kVectors vectors of them, over at most one block.
  static constexpr std::size_t kMostVectors = HWY_MAX_BYTES >= 32 ? 8 : 4;
  template <std::size_t kVectors>
  static HWY_INLINE void Columns(const std::byte* factors, std::ptrdiff_t factor_step,
                                 const std::byte* rows, std::ptrdiff_t row_step, std::size_t inner,
                                 std::size_t columns, std::byte* c, std::ptrdiff_t c_step) {
    HWY_ALIGN T scratch[kLevels][kVectors * kLanes];
    const std::size_t last = columns - (kVectors - 1) * kLanes;
    if (last == kLanes) {
      LaneTree(InPlace<kVectors, false>{factors, factor_step, rows, row_step, inner, last}, 0, 1,
               scratch);
    } else {
      LaneTree(InPlace<kVectors, true>{factors, factor_step, rows, row_step, inner, last}, 0, 1,
               scratch);
    }
    for (std::size_t j = 0; j < columns; ++j, c += c_step) {
      std::memcpy(c, &scratch[0][j], sizeof(T));
    }
  }

  // c[j] = sum over i < inner <= kBlock of factors[i] * rows[i][j], of adjacent elements.
  static HWY_INLINE void VectorTimesRows(const std::byte* factors, std::ptrdiff_t factor_step,
                                         const std::byte* rows, std::ptrdiff_t row_step,
                                         std::byte* c, std::ptrdiff_t c_step, std::size_t inner,
                                         std::size_t columns) {
    std::size_t count = 0;
    for (std::size_t j = 0; j < columns; j += count) {
      const std::size_t left = columns - j;
      const std::byte* const from = rows + j * sizeof(T);
      std::byte* const to = c + static_cast<std::ptrdiff_t>(j) * c_step;
      if (left > (kMostVectors - 1) * kLanes) {
        count = std::min(left, kMostVectors * kLanes);
        Columns<kMostVectors>(factors, factor_step, from, row_step, inner, count, to, c_step);
      } else if (left > 3 * kLanes) {
        count = std::min(left, 4 * kLanes);
        Columns<4>(factors, factor_step, from, row_step, inner, count, to, c_step);
      } else if (left > kLanes) {
        count = std::min(left, 2 * kLanes);
        Columns<2>(factors, factor_step, from, row_step, inner, count, to, c_step);
      } else {
        count = left;
        Columns<1>(factors, factor_step, from, row_step, inner, count, to, c_step);
      }
    }
  }

  // Part of the result: some rows of one tile's columns.
  struct Part {
    std::size_t row, rows;
    std::size_t column, columns;
    std::size_t width;
    std::size_t tiles() const { return (rows + kTileRows - 1) / kTileRows; }
  };

  // Tiles of a part over one block, from `start`, into `sums`.
  static HWY_INLINE void BlockSums(const MatrixOperands& m, const Part& part, std::size_t start,
                                   T* right, T* left, T* sums) {
    HWY_ALIGN T scratch[kLevels][kTile];
    const std::size_t inner = std::min(kBlock, m.inner - start);
    const auto first = static_cast<std::ptrdiff_t>(start);
    Pack(m.b + first * m.b_inner + static_cast<std::ptrdiff_t>(part.column) * m.b_column, m.b_inner,
         m.b_column, part.columns, part.width, inner, right);
    for (std::size_t t = 0; t < part.tiles(); ++t) {
      const std::size_t row = part.row + t * kTileRows;
      Pack(m.a + first * m.a_inner + static_cast<std::ptrdiff_t>(row) * m.a_row, m.a_inner, m.a_row,
           std::min(kTileRows, part.row + part.rows - row), kTileRows, inner, left);
      LaneTree(Panels{left, right, inner, part.width}, 0, 1, scratch);
      std::memcpy(sums + t * kTile, scratch[0], kTile * sizeof(T));
    }
  }

  static HWY_INLINE void Store(const MatrixOperands& m, const Part& part, const T* sums) {
    for (std::size_t i = 0; i < part.rows; ++i) {
      std::byte* c = m.c + static_cast<std::ptrdiff_t>(part.row + i) * m.c_row +
                     static_cast<std::ptrdiff_t>(part.column) * m.c_column;
      const T* row = sums + i / kTileRows * kTile + i % kTileRows * part.width;
      for (std::size_t j = 0; j < part.columns; ++j, c += m.c_column) {
        std::memcpy(c, row + j, sizeof(T));
      }
    }
  }

  static HWY_INLINE void RunPart(const MatrixOperands& m, const Part& part, T* memory) {
    const std::size_t size = part.tiles() * kTile;
    const std::size_t inner = std::min(kBlock, m.inner);
    T* const right = memory;
    T* const left = right + inner * kWidth;
    T* const sums = left + inner * kTileRows;
    T* const subtrees = sums + size;
    BlockCounter counter;
    const auto join = [&](std::size_t level) HWY_ATTR {
      AddTo(subtrees + level * size, sums, size);
      std::memcpy(sums, subtrees + level * size, size * sizeof(T));
    };
    for (std::size_t start = 0; start < m.inner; start += kBlock) {
      BlockSums(m, part, start, right, left, sums);
      if (m.inner <= kBlock) break;
      counter.Add(join, [&](std::size_t level) {
        std::memcpy(subtrees + level * size, sums, size * sizeof(T));
      });
    }
    if (m.inner > kBlock) {
      counter.Finish(
          [&](std::size_t level) { std::memcpy(sums, subtrees + level * size, size * sizeof(T)); },
          join);
    }
    Store(m, part, sums);
  }

  // The inner axis is not empty.
  static HWY_NOINLINE void Run(const MatrixOperands& m) {
    const std::size_t blocks = (m.inner + kBlock - 1) / kBlock;
    const std::size_t levels = blocks == 1 ? 0 : static_cast<std::size_t>(std::bit_width(blocks));
    const std::size_t panels = std::min(kBlock, m.inner) * (kWidth + kTileRows);
    T* const memory =
        static_cast<T*>(PackScratch((panels + (levels + 1) * kRowBlock * kWidth) * sizeof(T)));
    Part part;
    for (part.column = 0; part.column < m.columns; part.column += kWidth) {
      part.columns = std::min(kWidth, m.columns - part.column);
      part.width = (part.columns + kLanes - 1) / kLanes * kLanes;
      for (part.row = 0; part.row < m.rows; part.row += kRowBlock) {
        part.rows = std::min(kRowBlock, m.rows - part.row);
        RunPart(m, part, memory);
      }
    }
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_MATRIX_TREE_INL_H_
