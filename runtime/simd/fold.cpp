#include "simd/fold.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

namespace quern {
namespace {

constexpr std::size_t kGroupBytes = 256;
// Columns are folded in tiles whose accumulators, one for each lane of a group, stay in a
// first-level cache.
constexpr std::size_t kTileBytes = 32 * kGroupBytes;

// Accumulators of one group's lanes, `columns` elements each; no lane has more than one
// accumulator.
class Lanes {
 public:
  Lanes(const FoldLoop& loop, std::size_t columns)
      : loop_(loop), count_(kGroupBytes / loop.size), row_(columns * loop.size) {}

  // Joins rows [first, first + rows) of contiguous elements to the lanes from `first` mod the
  // number of lanes on, without going round.
  void Add(std::size_t first, const std::byte* in, std::size_t rows) {
    const std::size_t lane = first % count_;
    std::byte* const target = room_ + lane * row_;
    if (first < count_) {
      std::memcpy(target, in, rows * row_);
    } else {
      Join(target, in, rows);
    }
    used_ = std::max(used_, std::min(count_, first + rows));
  }

  // Combines lane l with l + half for halves of the lanes; those without elements are left out.
  const std::byte* Halve() {
    for (std::size_t half = count_ / 2; half != 0; half /= 2) {
      if (used_ <= half) continue;
      Join(room_, room_ + half * row_, used_ - half);
      used_ = half;
    }
    return room_;
  }

  std::size_t count() const { return count_; }
  FpFlags flags() const { return flags_; }

 private:
  void Join(std::byte* target, const std::byte* in, std::size_t rows) {
    const void* inputs[] = {target, in};
    void* outputs[] = {target};
    flags_ = static_cast<FpFlags>(flags_ | loop_.join(inputs, outputs, rows * row_ / loop_.size));
  }

  const FoldLoop& loop_;
  const std::size_t count_;
  const std::size_t row_;  // bytes of a lane
  std::size_t used_ = 0;   // lanes that have elements
  FpFlags flags_ = 0;
  alignas(64) std::byte room_[kTileBytes];
};

}  // namespace

FpFlags FoldElements(const FoldLoop& loop, const void* in, std::size_t n, void* result) {
  if (n == 0) {
    std::memcpy(result, loop.neutral, loop.size);
    return 0;
  }
  // subtree[k] holds the join of 2^k blocks while bit k of `blocks` is set.
  alignas(16) std::byte subtree[64][16];
  alignas(16) std::byte value[16];
  FpFlags flags = 0;
  const auto join = [&](const std::byte* left) {
    const void* inputs[] = {left, value};
    void* outputs[] = {value};
    flags = static_cast<FpFlags>(flags | loop.join(inputs, outputs, 1));
  };
  const std::size_t block = ReductionBlock(loop.size);
  const auto* source = static_cast<const std::byte*>(in);
  std::size_t blocks = 0;
  for (std::size_t i = 0; i < n; i += block, ++blocks) {
    flags = static_cast<FpFlags>(flags | FoldColumns(loop, source + i * loop.size,
                                                     static_cast<std::ptrdiff_t>(loop.size),
                                                     std::min(block, n - i), 1, value));
    std::size_t k = 0;
    for (; ((blocks >> k) & 1) != 0; ++k) join(subtree[k]);
    std::memcpy(subtree[k], value, loop.size);
  }
  std::size_t k = static_cast<std::size_t>(std::countr_zero(blocks));
  std::memcpy(value, subtree[k], loop.size);
  for (++k; (blocks >> k) != 0; ++k) {
    if (((blocks >> k) & 1) != 0) join(subtree[k]);
  }
  std::memcpy(result, value, loop.size);
  return flags;
}

FpFlags FoldColumns(const FoldLoop& loop, const void* in, std::ptrdiff_t row_stride,
                    std::size_t rows, std::size_t columns, void* out) {
  FpFlags flags = 0;
  const auto* const source = static_cast<const std::byte*>(in);
  auto* const target = static_cast<std::byte*>(out);
  const std::size_t tile = kTileBytes / kGroupBytes;
  for (std::size_t c = 0; c < columns; c += tile) {
    const std::size_t width = std::min(tile, columns - c);
    const std::byte* row = source + c * loop.size;
    std::byte* const result = target + c * loop.size;
    if (rows == 0) {
      for (std::size_t i = 0; i < width; ++i) {
        std::memcpy(result + i * loop.size, loop.neutral, loop.size);
      }
      continue;
    }
    Lanes lanes(loop, width);
    const bool gapless = row_stride == static_cast<std::ptrdiff_t>(width * loop.size);
    const std::size_t step = gapless ? lanes.count() : 1;
    for (std::size_t r = 0; r < rows; r += step) {
      lanes.Add(r, row, std::min(step, rows - r));
      row += static_cast<std::ptrdiff_t>(step) * row_stride;
    }
    std::memcpy(result, lanes.Halve(), width * loop.size);
    flags = static_cast<FpFlags>(flags | lanes.flags());
  }
  return flags;
}

}  // namespace quern
