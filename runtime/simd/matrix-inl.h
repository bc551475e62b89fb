// Matrix products on core operands of any strides, on one thread.
//
// Problem: c = a b for every type, from stacks of 2 x 2 to operands beyond every cache. Method: by
// size. A few dozen products are three plain loops. Small operands of plain arithmetic are
// multiplied where they lie, tile by tile. Everything else is cut into blocks that stay in the
// caches and packed into panels in the order in which tiles read them: a block of the right operand
// of kInnerBlock steps for the last level, one of the left for the second, a panel of the right for
// the first.
//
// Padding repeats real elements, so that it raises no floating-point flag of its own; along the
// inner axis, where it would count, there is none but in integers.
#if defined(QUERN_SIMD_MATRIX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_MATRIX_INL_H_
#undef QUERN_SIMD_MATRIX_INL_H_
#else
#define QUERN_SIMD_MATRIX_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "core/bool.h"
#include "core/kernel.h"
#include "hwy/highway.h"
#include "linalg/blis.h"
#include "linalg/matrix.h"
#include "simd/lane.h"
#include "simd/matrix_tile-inl.h"
#include "simd/matrix_tree-inl.h"
#include "simd/matrix_vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// One element of the product joins what is there: truth values by or, integers modulo their range.
template <class T>
HWY_INLINE T JoinSums(T so_far, T more) {
  if constexpr (std::is_same_v<T, Bool>) {
    return so_far == Bool::kTrue ? so_far : more;
  } else if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<U>(so_far) + static_cast<U>(more));
  } else {
    return so_far + more;
  }
}

template <class T, class Sum>
HWY_INLINE T FromSum(Sum sum) {
  if constexpr (std::is_same_v<T, Bool>) {
    return sum != 0 ? Bool::kTrue : Bool::kFalse;
  } else if constexpr (kParts<T> == 2) {
    return T(sum.real, sum.imag);
  } else {
    return static_cast<T>(sum);
  }
}

// c[j] = sum over i of x[i] * rows[i][j], or of the conjugate of x[i].
template <class T, bool kConjugate = false>
HWY_NOINLINE void TimesRows(const std::byte* x, std::ptrdiff_t x_step, const std::byte* rows,
                            std::ptrdiff_t row_step, std::ptrdiff_t column_step, std::byte* c,
                            std::ptrdiff_t c_step, std::size_t inner, std::size_t columns) {
  if constexpr (std::is_floating_point_v<Lane<T>>) {
    // Lanes of the tree visit rows far apart, which only caches forgive.
    constexpr std::size_t kCached = (std::size_t{1} << 18) / sizeof(T);
    const bool adjoin = column_step == static_cast<std::ptrdiff_t>(sizeof(T)) &&
                        (row_step != column_step || columns >= inner);
    if (adjoin && inner != 0 && inner <= VectorLoop<T>::kBlock && inner * columns <= kCached) {
      return TreeMatrixLoop<T, kConjugate>::VectorTimesRows(x, x_step, rows, row_step, c, c_step,
                                                            inner, columns);
    }
  }
  VectorLoop<T, kConjugate>::VectorTimesRows(x, x_step, rows, row_step, column_step, c, c_step,
                                             inner, columns);
}

// MultiplyTile as a function: tiles are most of the code, and types that share an arithmetic share
// them.
template <class Arithmetic, std::size_t kRows, std::size_t kVectors, bool kPartial = false>
HWY_NOINLINE void Tile(const std::byte* left, UnitSteps left_steps, const std::byte* right,
                       std::ptrdiff_t right_step, std::size_t inner, typename Arithmetic::Sum* sums,
                       std::ptrdiff_t width, std::size_t last = 0) {
  MultiplyTile<Arithmetic, kRows, kVectors, kPartial>(left, left_steps, right, right_step, inner,
                                                      sums, width, last);
}

template <class T>
struct MatrixLoop {
  using Arithmetic = typename ArithmeticOf<T>::type;
  using Unit = typename Arithmetic::Unit;
  using Sum = typename Arithmetic::Sum;
  using D = typename Arithmetic::D;
  static constexpr std::size_t kTileRows = Arithmetic::kRows;
  static constexpr std::size_t kTileVectors = Arithmetic::kVectors;
  static constexpr std::size_t kLanes = HWY_MAX_BYTES / sizeof(Sum);
  static constexpr std::size_t kWidth = kTileVectors * kLanes;  // columns of a tile
  // Blocks: steps of the inner axis, rows, columns. The columns' panels are kInnerBlock *
  // kColumnBlock units for the last-level cache, the rows' half of a second-level one.
  static constexpr std::size_t kInnerBlock = 256;
  static constexpr std::size_t kRowBlock = 16 * kTileRows;
  static constexpr std::size_t kColumnBlock = 24 * kWidth;
  // Up to so many products of elements three plain loops are fastest.
  static constexpr std::size_t kPlainLoops = 27;
  // And up to so many, panels cost more than they gain.
  static constexpr std::size_t kUnpacked = (std::size_t{1} << 18) / kParts<T>;
  // Beyond it the library is worth its start.
  static constexpr std::size_t kOwnPanels = (std::size_t{1} << 19) / kParts<T>;

  static constexpr std::size_t Units(std::size_t inner) {
    return Arithmetic::FirstUnits(inner) + Arithmetic::SecondUnits(inner);
  }

  // c[0, n) = sums, or joined with what is there.
  static HWY_INLINE void MergeRow(const Sum* sums, std::size_t n, bool first, std::byte* c,
                                  std::ptrdiff_t step) {
    if (step == static_cast<std::ptrdiff_t>(sizeof(T))) {
      T* const out = reinterpret_cast<T*>(c);
      if (first) {
        for (std::size_t i = 0; i < n; ++i) out[i] = FromSum<T>(sums[i]);
      } else {
        for (std::size_t i = 0; i < n; ++i) out[i] = JoinSums(out[i], FromSum<T>(sums[i]));
      }
      return;
    }
    for (std::size_t i = 0; i < n; ++i, c += step) {
      T& out = *reinterpret_cast<T*>(c);
      out = first ? FromSum<T>(sums[i]) : JoinSums(out, FromSum<T>(sums[i]));
    }
  }

  // to[k * width + i] = element i of step k, for i < valid; repeats an element of the step after
  // it.
  static HWY_INLINE void Gather(const std::byte* from, std::ptrdiff_t inner_step,
                                std::ptrdiff_t step, std::size_t valid, std::size_t width,
                                std::size_t inner, Sum* to) {
    for (std::size_t k = 0; k < inner; ++k, from += inner_step, to += width) {
      if (step == static_cast<std::ptrdiff_t>(sizeof(T))) {
        const Number<T>* const elements = reinterpret_cast<const Number<T>*>(from);
        for (std::size_t i = 0; i < valid; ++i) to[i] = static_cast<Sum>(elements[i]);
      } else {
        const std::byte* element = from;
        for (std::size_t i = 0; i < valid; ++i, element += step) {
          to[i] = static_cast<Sum>(*reinterpret_cast<const Number<T>*>(element));
        }
      }
      for (std::size_t i = valid; i < width; ++i) to[i] = to[0];
    }
  }

  // One panel: `width` rows (of the left operand) or columns over `inner` <= kInnerBlock steps.
  template <bool kLeft>
  static HWY_INLINE void PackPanel(const std::byte* from, std::ptrdiff_t inner_step,
                                   std::ptrdiff_t step, std::size_t valid, std::size_t width,
                                   std::size_t inner, Unit* to) {
    if constexpr (Arithmetic::kPlain) {
      Gather(from, inner_step, step, valid, width, inner, to);
    } else {
      // Rows do not fill vectors: what is written past the end of a phase has to be overwritten
      // after it, so a panel of the left is made at once.
      constexpr std::size_t kSteps = kLeft ? kInnerBlock : 16;
      HWY_ALIGN Sum values[kSteps * (kLeft ? kTileRows : kWidth) + kLanes];
      Unit* const second = to + Arithmetic::FirstUnits(inner) * width;
      for (std::size_t k = 0; k < inner; k += kSteps) {
        const std::size_t steps = std::min(kSteps, inner - k);
        Gather(from + static_cast<std::ptrdiff_t>(k) * inner_step, inner_step, step, valid, width,
               steps, values);
        Arithmetic::template MakeUnits<kLeft>(values, width, steps,
                                              to + Arithmetic::FirstUnits(k) * width,
                                              second + Arithmetic::SecondUnits(k) * width);
      }
    }
  }

  // Columns of a tile that starts `left` columns before the end: whole vectors, and rather two
  // tiles of two vectors than three and one, which would wait for its few sums.
  static HWY_INLINE std::size_t TileWidth(std::size_t left) {
    const std::size_t vectors = (left + kLanes - 1) / kLanes;
    return std::min(vectors == kTileVectors + 1 ? std::size_t{2} : vectors, kTileVectors) * kLanes;
  }

  // Three plain loops.
  static HWY_INLINE void Loops(const MatrixOperands& m) {
    for (std::size_t i = 0; i < m.rows; ++i) {
      for (std::size_t j = 0; j < m.columns; ++j) {
        const std::byte* a = m.a + static_cast<std::ptrdiff_t>(i) * m.a_row;
        const std::byte* b = m.b + static_cast<std::ptrdiff_t>(j) * m.b_column;
        using Loop = VectorLoop<T>;
        Number<T> sum{};
        for (std::size_t k = 0; k < m.inner; ++k, a += m.a_inner, b += m.b_inner) {
          const Number<T> product = Loop::Times(*reinterpret_cast<const Number<T>*>(a),
                                                *reinterpret_cast<const Number<T>*>(b));
          sum = k == 0 ? product : Loop::Plus(sum, product);
        }
        std::byte* c = m.c + static_cast<std::ptrdiff_t>(i) * m.c_row +
                       static_cast<std::ptrdiff_t>(j) * m.c_column;
        std::memcpy(c, &sum, sizeof(T));
      }
    }
  }

  // True if elements of rows on the right, or of the result, adjoin.
  static HWY_INLINE bool RightHasRows(const MatrixOperands& m) {
    return m.b_column == static_cast<std::ptrdiff_t>(sizeof(T));
  }
  static HWY_INLINE bool ResultHasRows(const MatrixOperands& m) {
    constexpr auto kSize = static_cast<std::ptrdiff_t>(sizeof(T));
    return m.c_column == kSize && m.c_row % kSize == 0;
  }

  // Plain arithmetic from operands where they lie into the result, if both have rows; of what has
  // none a copy stands in.
  static HWY_NOINLINE void InPlace(const MatrixOperands& m) {
    MatrixOperands rows = m;
    const std::size_t right = RightHasRows(m) ? 0 : m.inner * m.columns;
    const std::size_t result = ResultHasRows(m) ? 0 : m.rows * m.columns;
    Sum* copies = nullptr;
    if (right + result != 0) {
      copies = static_cast<Sum*>(PackScratch((right + result) * sizeof(Sum)));
    }
    const auto row = static_cast<std::ptrdiff_t>(m.columns * sizeof(T));
    if (right != 0) {
      Gather(m.b, m.b_inner, m.b_column, m.columns, m.columns, m.inner, copies);
      rows.b = reinterpret_cast<const std::byte*>(copies);
      rows.b_inner = row;
    }
    if (result != 0) {
      rows.c = reinterpret_cast<std::byte*>(copies + right);
      rows.c_row = row;
    }
    InRegisters(rows);
    for (std::size_t i = 0; result != 0 && i < m.rows; ++i) {
      MergeRow(copies + right + i * m.columns, m.columns, true,
               m.c + static_cast<std::ptrdiff_t>(i) * m.c_row, m.c_column);
    }
  }

  static HWY_INLINE void InRegisters(const MatrixOperands& m) {
    std::size_t width = 0;
    for (std::size_t j = 0; j < m.columns; j += width) {
      width = TileWidth(m.columns - j);
      const std::size_t last = std::min(width, m.columns - j) - (width - kLanes);
      if (width == 3 * kLanes && kTileVectors >= 3) {
        ColumnsInRegisters<kTileVectors>(m, j, last);
      } else if (width == 2 * kLanes) {
        ColumnsInRegisters<2>(m, j, last);
      } else {
        ColumnsInRegisters<1>(m, j, last);
      }
    }
  }

  template <std::size_t kVectors>
  static HWY_INLINE void ColumnsInRegisters(const MatrixOperands& m, std::size_t j,
                                            std::size_t last) {
    if (last == kLanes) {
      TilesInRegisters<kVectors, false>(m, j, last);
    } else {
      TilesInRegisters<kVectors, true>(m, j, last);
    }
  }

  // All rows, at least two. Tiles of three heights: rows that are left over take the lowest one
  // that holds them, together with rows above that are computed twice.
  template <std::size_t kVectors, bool kPartial>
  static HWY_INLINE void TilesInRegisters(const MatrixOperands& m, std::size_t j,
                                          std::size_t last) {
    std::size_t i = 0;
    RowsInRegisters<kTileRows, kVectors, kPartial>(m, i, j, last, kTileRows / 2);
    RowsInRegisters<4, kVectors, kPartial>(m, i, j, last, 2);
    RowsInRegisters<2, kVectors, kPartial>(m, i, j, last, 0);
  }

  // Tiles of kRows rows from row i on, while more than `fewer` rows are left.
  template <std::size_t kRows, std::size_t kVectors, bool kPartial>
  static HWY_INLINE void RowsInRegisters(const MatrixOperands& m, std::size_t& i, std::size_t j,
                                         std::size_t last, std::size_t fewer) {
    constexpr auto kSize = static_cast<std::ptrdiff_t>(sizeof(T));
    const std::ptrdiff_t column = static_cast<std::ptrdiff_t>(j) * kSize;
    if (m.rows < kRows) return;
    for (; i + fewer < m.rows; i += kRows) {
      const auto row = static_cast<std::ptrdiff_t>(std::min(i, m.rows - kRows));
      Tile<Arithmetic, kRows, kVectors, kPartial>(
          m.a + row * m.a_row, {m.a_row, m.a_inner}, m.b + column, m.b_inner, m.inner,
          reinterpret_cast<Sum*>(m.c + row * m.c_row + column), m.c_row / kSize, last);
    }
  }

  // A tile of packed operands.
  static HWY_INLINE void PackedTile(const Unit* left, const Unit* right, std::size_t inner,
                                    Sum* sums, std::size_t width) {
    const auto* const a = reinterpret_cast<const std::byte*>(left);
    const auto* const b = reinterpret_cast<const std::byte*>(right);
    const UnitSteps steps = {sizeof(Unit), kTileRows * sizeof(Unit)};
    const auto b_step = static_cast<std::ptrdiff_t>(width * sizeof(Unit));
    const auto row = static_cast<std::ptrdiff_t>(width);
    if (width == 3 * kLanes && kTileVectors >= 3) {
      Tile<Arithmetic, kTileRows, kTileVectors>(a, steps, b, b_step, inner, sums, row);
    } else if (width == 2 * kLanes) {
      Tile<Arithmetic, kTileRows, 2>(a, steps, b, b_step, inner, sums, row);
    } else {
      Tile<Arithmetic, kTileRows, 1>(a, steps, b, b_step, inner, sums, row);
    }
  }

  // One block of packed rows times one of packed columns.
  struct Block {
    std::size_t start, inner;  // of the inner axis
    std::size_t column, columns;
    std::size_t row, rows;
  };
  static HWY_INLINE void PackedBlock(const MatrixOperands& m, const Block& block, const Unit* left,
                                     const Unit* right) {
    HWY_ALIGN Sum sums[kTileRows * kWidth];
    const std::size_t units = Units(block.inner);
    std::size_t width = 0;
    for (std::size_t j = 0; j < block.columns; j += width) {
      width = TileWidth(block.columns - j);
      const std::size_t columns = std::min(width, block.columns - j);
      for (std::size_t i = 0; i < block.rows; i += kTileRows) {
        PackedTile(left + i * units, right + j * units, block.inner, sums, width);
        const std::size_t rows = std::min(kTileRows, block.rows - i);
        for (std::size_t r = 0; r < rows; ++r) {
          MergeRow(sums + r * width, columns, block.start == 0,
                   m.c + static_cast<std::ptrdiff_t>(block.row + i + r) * m.c_row +
                       static_cast<std::ptrdiff_t>(block.column + j) * m.c_column,
                   m.c_column);
        }
      }
    }
  }

  static HWY_INLINE void PackColumns(const MatrixOperands& m, const Block& block, Unit* to) {
    std::size_t width = 0;
    for (std::size_t j = 0; j < block.columns; j += width) {
      width = TileWidth(block.columns - j);
      PackPanel<false>(m.b + static_cast<std::ptrdiff_t>(block.start) * m.b_inner +
                           static_cast<std::ptrdiff_t>(block.column + j) * m.b_column,
                       m.b_inner, m.b_column, std::min(width, block.columns - j), width,
                       block.inner, to + j * Units(block.inner));
    }
  }

  static HWY_INLINE void PackRows(const MatrixOperands& m, const Block& block, Unit* to) {
    for (std::size_t i = 0; i < block.rows; i += kTileRows) {
      PackPanel<true>(m.a + static_cast<std::ptrdiff_t>(block.start) * m.a_inner +
                          static_cast<std::ptrdiff_t>(block.row + i) * m.a_row,
                      m.a_inner, m.a_row, std::min(kTileRows, block.rows - i), kTileRows,
                      block.inner, to + i * Units(block.inner));
    }
  }

  // Blocks of panels.
  static HWY_NOINLINE void Packed(const MatrixOperands& m) {
    const std::size_t units = Units(std::min(kInnerBlock, m.inner + m.inner % 2));
    const std::size_t most_columns =
        std::min(kColumnBlock, (m.columns + kWidth - 1) / kWidth * kWidth);
    const std::size_t most_rows =
        std::min(kRowBlock, (m.rows + kTileRows - 1) / kTileRows * kTileRows);
    Unit* const right = static_cast<Unit*>(
        PackScratch((units * (most_columns + most_rows) + 2 * kLanes) * sizeof(Unit)));
    Unit* const left = right + units * most_columns + kLanes;
    Block block;
    for (block.column = 0; block.column < m.columns; block.column += kColumnBlock) {
      block.columns = std::min(kColumnBlock, m.columns - block.column);
      for (block.start = 0; block.start < m.inner; block.start += kInnerBlock) {
        block.inner = std::min(kInnerBlock, m.inner - block.start);
        PackColumns(m, block, right);
        for (block.row = 0; block.row < m.rows; block.row += kRowBlock) {
          block.rows = std::min(kRowBlock, m.rows - block.row);
          PackRows(m, block, left);
          PackedBlock(m, block, left, right);
        }
      }
    }
  }

  static HWY_INLINE void Run(const MatrixOperands& m, bool reproducible) {
    const std::size_t products = m.rows * m.columns * m.inner;
    if (m.rows == 1) {
      TimesRows<T>(m.a, m.a_inner, m.b, m.b_inner, m.b_column, m.c, m.c_column, m.inner, m.columns);
    } else if (m.columns == 1) {
      TimesRows<T>(m.b, m.b_inner, m.a, m.a_inner, m.a_row, m.c, m.c_row, m.inner, m.rows);
    } else if (std::is_floating_point_v<Lane<T>> && reproducible && m.inner != 0) {
      RunTree(m);
    } else if (products > kOwnPanels && RunLibrary(m)) {
      return;
    } else if (products <= kPlainLoops) {
      Loops(m);  // an empty inner axis gives zeros
    } else if (Arithmetic::kPlain && products <= kUnpacked) {
      RunInPlace(m);
    } else {
      Packed(m);
    }
  }

  static HWY_INLINE void RunInPlace(const MatrixOperands& m) {
    if constexpr (Arithmetic::kPlain) InPlace(m);
  }

  // False where the library does not take the type or the operands.
  static HWY_INLINE bool RunLibrary(const MatrixOperands& m) {
    if constexpr (std::is_floating_point_v<Lane<T>>) {
      if (!TakenByBlis(m, sizeof(T))) return false;
      MultiplyByBlis(m, T{});
      return true;
    } else {
      return false;
    }
  }

  static HWY_INLINE void RunTree(const MatrixOperands& m) {
    if constexpr (std::is_floating_point_v<Lane<T>>) TreeMatrixLoop<T>::Run(m);
  }
};

// Core operation (m,k),(k,n)->(m,n): sums of products along k, of truth values whether any pair is
// true in both.
template <class T>
HWY_INLINE FpFlags MatrixProduct(const void* const* in, void* const* out,
                                 const CoreGeometry& geometry) {
  const std::ptrdiff_t* const strides = geometry.strides;
  MatrixOperands m;
  m.rows = geometry.extents[0];
  m.inner = geometry.extents[1];
  m.columns = geometry.extents[2];
  m.a = static_cast<const std::byte*>(in[0]);
  m.a_row = strides[0];
  m.a_inner = strides[1];
  m.b = static_cast<const std::byte*>(in[1]);
  m.b_inner = strides[2];
  m.b_column = strides[3];
  m.c = static_cast<std::byte*>(out[0]);
  m.c_row = strides[4];
  m.c_column = strides[5];
  for (std::size_t i = 0; i < geometry.count; ++i) {
    MatrixLoop<T>::Run(m, geometry.reproducible);
    m.a += geometry.steps[0];
    m.b += geometry.steps[1];
    m.c += geometry.steps[2];
  }
  return 0;
}

// Core operation (m,n),(n)->(m): the same with one column.
template <class T>
HWY_INLINE FpFlags MatrixVectorProduct(const void* const* in, void* const* out,
                                       const CoreGeometry& geometry) {
  const std::byte* a = static_cast<const std::byte*>(in[0]);
  const std::byte* x = static_cast<const std::byte*>(in[1]);
  std::byte* c = static_cast<std::byte*>(out[0]);
  const std::ptrdiff_t* const strides = geometry.strides;
  for (std::size_t i = 0; i < geometry.count; ++i) {
    TimesRows<T>(x, strides[2], a, strides[1], strides[0], c, strides[3], geometry.extents[1],
                 geometry.extents[0]);
    a += geometry.steps[0];
    x += geometry.steps[1];
    c += geometry.steps[2];
  }
  return 0;
}

// Core operation (n),(n,m)->(m): the same with one row, which is conjugated.
template <class T>
HWY_INLINE FpFlags VectorMatrixProduct(const void* const* in, void* const* out,
                                       const CoreGeometry& geometry) {
  const std::byte* x = static_cast<const std::byte*>(in[0]);
  const std::byte* b = static_cast<const std::byte*>(in[1]);
  std::byte* c = static_cast<std::byte*>(out[0]);
  const std::ptrdiff_t* const strides = geometry.strides;
  for (std::size_t i = 0; i < geometry.count; ++i) {
    TimesRows<T, kParts<T> == 2>(x, strides[0], b, strides[1], strides[2], c, strides[3],
                                 geometry.extents[0], geometry.extents[1]);
    x += geometry.steps[0];
    b += geometry.steps[1];
    c += geometry.steps[2];
  }
  return 0;
}

// Core operation (n),(n)->(): the same with one row, which is conjugated, and one column.
template <class T>
HWY_INLINE FpFlags DotProduct(const void* const* in, void* const* out,
                              const CoreGeometry& geometry) {
  const std::byte* x = static_cast<const std::byte*>(in[0]);
  const std::byte* y = static_cast<const std::byte*>(in[1]);
  std::byte* c = static_cast<std::byte*>(out[0]);
  const std::ptrdiff_t* const strides = geometry.strides;
  for (std::size_t i = 0; i < geometry.count; ++i) {
    using Loop = VectorLoop<T, kParts<T> == 2>;
    const Number<T> sum = Loop::Dot(x, strides[0], y, strides[1], geometry.extents[0]);
    std::memcpy(c, &sum, sizeof(sum));
    x += geometry.steps[0];
    y += geometry.steps[1];
    c += geometry.steps[2];
  }
  return 0;
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_MATRIX_INL_H_
