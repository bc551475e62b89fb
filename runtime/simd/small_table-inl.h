// Look-up of 16 doubles, or 16 pairs of doubles, by lane.
//
// Problem: table-driven functions stand or fall with this step, and no method wins everywhere.
// Method, by lanes per vector: eight or more, both halves of the table sit in registers and a
// two-register permutation looks up (hardware gathers take two to three times as long); four or
// two, rows are loaded one by one at scalar indices, pairs as 16-byte rows that interleaving turns
// into vectors of first and second members (half the time of gathers on AVX2). Vectors of unknown
// size gather.
#if defined(QUERN_SIMD_SMALL_TABLE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_SMALL_TABLE_INL_H_
#undef QUERN_SIMD_SMALL_TABLE_INL_H_
#else
#define QUERN_SIMD_SMALL_TABLE_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// A table of 16 pairs in both layouts: rows[2 j] and rows[2 j + 1] equal first[j] and second[j].
struct PairTable16 {
  const double* first;
  const double* second;
  const double* rows;
};

namespace small_table {

inline constexpr bool kFixedSize = !HWY_HAVE_SCALABLE;

// Two registers as one table of 16.
template <class D, class VI>
HWY_INLINE hn::Vec<D> Permute16(D d, const double* table, VI index) {
  const auto indices = hn::IndicesFromVec(d, index);
  return hn::TwoTablesLookupLanes(d, hn::LoadU(d, table), hn::LoadU(d, table + 8), indices);
}

template <class D, class VI>
HWY_INLINE hn::Vec<D> Gather16(D d, const double* table, VI index) {
  return hn::GatherIndex(d, table, index);
}

}  // namespace small_table

// first[index] and second[index] of each lane; 0 <= index < 16, as int64 lanes.
template <class D, class VI>
HWY_INLINE void LookupPair16(D d, const PairTable16& table, VI index, hn::Vec<D>& first,
                             hn::Vec<D>& second) {
  constexpr std::size_t kLanes = HWY_MAX_LANES_D(D);
  if constexpr (small_table::kFixedSize && kLanes == 8) {
    first = small_table::Permute16(d, table.first, index);
    second = small_table::Permute16(d, table.second, index);
  } else if constexpr (small_table::kFixedSize && (kLanes == 4 || kLanes == 2)) {
    const hn::FixedTag<double, 2> row;
    const hn::RebindToSigned<D> di;
    HWY_ALIGN std::int64_t at[kLanes];
    hn::Store(index, di, at);
    const auto row0 = hn::LoadU(row, table.rows + 2 * at[0]);
    const auto row1 = hn::LoadU(row, table.rows + 2 * at[1]);
    if constexpr (kLanes == 2) {
      first = hn::InterleaveLower(d, row0, row1);
      second = hn::InterleaveUpper(d, row0, row1);
    } else {
      const auto row2 = hn::LoadU(row, table.rows + 2 * at[2]);
      const auto row3 = hn::LoadU(row, table.rows + 2 * at[3]);
      const auto even = hn::Combine(d, row2, row0);
      const auto odd = hn::Combine(d, row3, row1);
      first = hn::InterleaveLower(d, even, odd);
      second = hn::InterleaveUpper(d, even, odd);
    }
  } else {
    first = small_table::Gather16(d, table.first, index);
    second = small_table::Gather16(d, table.second, index);
  }
}

// table[index] of each lane; 0 <= index < 16, as int64 lanes.
template <class D, class VI>
HWY_INLINE hn::Vec<D> Lookup16(D d, const double* table, VI index) {
  constexpr std::size_t kLanes = HWY_MAX_LANES_D(D);
  if constexpr (small_table::kFixedSize && kLanes == 8) {
    return small_table::Permute16(d, table, index);
  } else if constexpr (small_table::kFixedSize && (kLanes == 4 || kLanes == 2)) {
    const hn::RebindToSigned<D> di;
    HWY_ALIGN std::int64_t at[kLanes];
    hn::Store(index, di, at);
    const hn::FixedTag<double, 2> pair;
    const hn::FixedTag<double, 1> one;
    const auto lower =
        hn::Combine(pair, hn::Load(one, table + at[1]), hn::Load(one, table + at[0]));
    if constexpr (kLanes == 2) {
      return lower;
    } else {
      const auto upper =
          hn::Combine(pair, hn::Load(one, table + at[3]), hn::Load(one, table + at[2]));
      return hn::Combine(d, upper, lower);
    }
  } else {
    return small_table::Gather16(d, table, index);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_SMALL_TABLE_INL_H_
