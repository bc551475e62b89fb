// Blocks: the part of an operand that one tile covers, and moving it to and from contiguous memory.
#ifndef QUERN_MOVE_BLOCK_H_
#define QUERN_MOVE_BLOCK_H_

#include <cstddef>
#include <span>

#include "quern/array.hpp"

namespace quern {

// A rectangular part of an operand: extents and byte strides, innermost axis last, axes that follow
// each other in memory merged and unit axes dropped. No axes means a single element. An axis of
// stride 0 repeats the same elements.
struct Block {
  std::size_t ndim = 0;
  Index shape[kMaxRank];
  Index strides[kMaxRank];

  // Appends an axis inside the present ones, merging it if it continues the last.
  void Append(Index extent, Index stride);
  Index size() const;
  // True if the elements follow each other without gaps.
  bool contiguous(std::size_t itemsize) const {
    return ndim == 0 || (ndim == 1 && strides[0] == static_cast<Index>(itemsize));
  }
};

// The number of bytes, less than 64 and a multiple of itemsize, after the start of a 64-byte-aligned
// buffer at which Pack runs fastest.
std::size_t PackShift(const Block& block, std::size_t itemsize, const std::byte* source);

// Copies the elements at `source` into contiguous `destination`; itemsize is 1, 2, 4, 8 or 16 and
// nothing needs to be aligned but `destination`. The two do not overlap.
void Pack(const Block& block, std::size_t itemsize, const std::byte* source,
          std::byte* destination);
// The opposite. Where an axis has stride 0 the last element in C order stays.
void Unpack(const Block& block, std::size_t itemsize, const std::byte* source,
            std::byte* destination);

}  // namespace quern

#endif  // QUERN_MOVE_BLOCK_H_
