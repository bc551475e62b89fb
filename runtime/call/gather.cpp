#include "call/gather.h"

#include <algorithm>

#include "memory/buffer.h"
#include "move/movers.h"

namespace quern {
namespace {

// Contiguous elements that are worth a call of their own to convert, rather than a copy before it.
constexpr Index kLongRun = 64;

std::size_t RoundUp(std::size_t bytes) {
  return (bytes + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
}

}  // namespace

// Calls body(offset, repeats, run) for all of `rows`: `run` of them are a step of the innermost
// reduced axis apart from each other, and such runs, `repeats` times, a step of the axis outside it.
// `stride` picks the array's strides or the mask's.
template <class Body>
void RowGatherer::ForEachRun(Index ReductionAxis::*stride, const Rows& rows,
                             const Body& body) const {
  if (reduced_.empty()) return body(0, 1, rows.count);
  Index position[kMaxRank];
  Index offset = 0;
  Index rest = rows.first;
  for (std::size_t i = reduced_.size(); i-- > 0;) {
    position[i] = rest % reduced_[i].extent;
    rest /= reduced_[i].extent;
    offset += position[i] * (reduced_[i].*stride);
  }
  const std::size_t last = reduced_.size() - 1;
  const auto move = [&](std::size_t axis, Index steps) {
    position[axis] += steps;
    offset += steps * (reduced_[axis].*stride);
  };
  for (Index left = rows.count;;) {
    const Index run = std::min(left, reduced_[last].extent - position[last]);
    Index repeats = 1;
    if (last > 0 && run == reduced_[last].extent) {
      repeats = std::min(left / run, reduced_[last - 1].extent - position[last - 1]);
    }
    body(offset, repeats, run);
    left -= repeats * run;
    if (left == 0) return;
    move(last, -position[last]);
    move(last - 1, repeats);
    for (std::size_t i = last - 1; i > 0 && position[i] == reduced_[i].extent; --i) {
      move(i, -position[i]);
      move(i - 1, 1);
    }
  }
}

Index RowGatherer::Step(std::size_t from_last, Index ReductionAxis::*stride) const {
  return reduced_.size() > from_last ? reduced_[reduced_.size() - 1 - from_last].*stride : 0;
}

std::byte* RowGatherer::PackRows(const std::byte* from, Index ReductionAxis::*stride,
                                 std::size_t itemsize, const Rows& rows, std::byte* room) const {
  std::byte* out = nullptr;
  ForEachRun(stride, rows, [&](Index offset, Index repeats, Index run) {
    Block block;
    block.Append(repeats, Step(1, stride));
    block.Append(run, Step(0, stride));
    block.Append(rows.columns, columns_.*stride);
    if (out == nullptr) {
      room += PackShift(block, itemsize, from + offset);
      out = room;
    }
    Pack(block, itemsize, from + offset, out);
    out += static_cast<std::size_t>(repeats * run * rows.columns) * itemsize;
  });
  return room;
}

// True if the rows consist of contiguous parts that are long enough to be cast from where they lie.
bool RowGatherer::ConvertsInPlace(const Rows& rows) const {
  if (!format_.casts() || format_.swap_unit > 1 || !format_.aligned) return false;
  const Index size = format_.storage_size;
  if (rows.columns > 1) return columns_.stride == size && rows.columns >= kLongRun;
  return !reduced_.empty() && reduced_.back().stride == size && reduced_.back().extent >= kLongRun;
}

void RowGatherer::ConvertInPlace(const std::byte* from, const Rows& rows, FlagCollector& flags) {
  std::byte* out = values_;
  const auto cast = [&](const std::byte* part, Index n) {
    RunCast(format_, part, out, static_cast<std::size_t>(n), flags);
    out += static_cast<std::size_t>(n) * format_.loop_size;
  };
  constexpr auto kStride = &ReductionAxis::stride;
  ForEachRun(kStride, rows, [&](Index offset, Index repeats, Index run) {
    for (Index repeat = 0; repeat < repeats; ++repeat, offset += Step(1, kStride)) {
      if (rows.columns == 1) {
        cast(from + offset, run);
        continue;
      }
      for (Index row = 0; row < run; ++row) cast(from + offset + row * Step(0, kStride), rows.columns);
    }
  });
}

// Converts n packed elements; `out` is used if they are cast. Returns where the result lies.
const std::byte* RowGatherer::Convert(std::byte* packed, std::size_t n, std::byte* out,
                                      FlagCollector& flags) const {
  if (format_.swap_unit > 1) {
    CurrentMovers().swap[SizeIndex(format_.swap_unit)](
        packed, n * format_.storage_size / format_.swap_unit, packed);
  }
  if (!format_.casts()) return packed;
  RunCast(format_, packed, out, n, flags);
  return out;
}

void RowGatherer::Reserve(std::size_t elements, bool masked) {
  if (elements <= capacity_ && (!masked || mask_ != nullptr)) return;
  const std::size_t packed = RoundUp(elements * format_.storage_size) + kBufferAlignment;
  const std::size_t values = RoundUp(elements * format_.larger_size());
  const std::size_t blended = masked ? RoundUp(elements * format_.loop_size) : 0;
  memory_ = AllocateBuffer(packed + values + blended + (masked ? elements : 0));
  capacity_ = elements;
  packed_ = static_cast<std::byte*>(memory_.get());
  values_ = packed_ + packed;
  blended_ = masked ? values_ + values : nullptr;
  mask_ = masked ? blended_ + blended : nullptr;
}

const std::byte* RowGatherer::Values(const Source& source, const Rows& rows,
                                     FlagCollector& flags) {
  Reserve(rows.size(), source.mask != nullptr);
  if (ConvertsInPlace(rows)) {
    ConvertInPlace(source.data, rows, flags);
    return values_;
  }
  std::byte* const packed =
      PackRows(source.data, &ReductionAxis::stride, format_.storage_size, rows, packed_);
  return Convert(packed, rows.size(), values_, flags);
}

const std::byte* RowGatherer::Mask(const Source& source, const Rows& rows) {
  Reserve(rows.size(), true);
  return PackRows(source.mask, &ReductionAxis::mask_stride, 1, rows, mask_);
}

// Selected elements are converted compressed, so that the others raise nothing.
const std::byte* RowGatherer::Selected(const Source& source, const Rows& rows,
                                       const std::byte* neutral, FlagCollector& flags) {
  if (source.mask == nullptr) return Values(source, rows, flags);
  const auto* mask = reinterpret_cast<const std::uint8_t*>(Mask(source, rows));
  const std::size_t n = rows.size();
  const std::byte* const packed =
      PackRows(source.data, &ReductionAxis::stride, format_.storage_size, rows, packed_);
  const MoverTable& movers = CurrentMovers();
  const std::size_t selected =
      movers.compress[SizeIndex(format_.storage_size)](packed, mask, n, values_);
  const std::byte* converted = Convert(values_, selected, blended_, flags);
  std::byte* target = converted == values_ ? blended_ : values_;
  FillElements(neutral, format_.loop_size, n, target);
  movers.expand[SizeIndex(format_.loop_size)](converted, mask, n, target);
  return target;
}

void FillElements(const std::byte* element, std::size_t size, std::size_t n, std::byte* out) {
  Block block;
  block.Append(static_cast<Index>(n), 0);
  Pack(block, size, element, out);
}

}  // namespace quern
