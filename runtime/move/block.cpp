#include "move/block.h"

#include <algorithm>
#include <cstring>

#include "memory/buffer.h"
#include "move/movers.h"

namespace quern {
namespace {

// Calls body(offset) for the start of every innermost run, in C order.
template <class Body>
void ForEachRun(const Block& block, const Body& body) {
  const std::size_t outer = block.ndim - 1;
  Index position[kMaxRank];  // set as far as it is used: most blocks are a single run
  std::fill_n(position, outer, Index{0});
  Index offset = 0;
  for (;;) {
    body(offset);
    std::size_t axis = outer;
    for (;;) {
      if (axis == 0) return;
      --axis;
      offset += block.strides[axis];
      if (++position[axis] < block.shape[axis]) break;
      offset -= block.shape[axis] * block.strides[axis];
      position[axis] = 0;
    }
  }
}

}  // namespace

void Block::Append(Index extent, Index stride) {
  if (extent == 1) return;
  if (ndim > 0 && strides[ndim - 1] == extent * stride) {
    shape[ndim - 1] *= extent;
    strides[ndim - 1] = stride;
    return;
  }
  shape[ndim] = extent;
  strides[ndim] = stride;
  ++ndim;
}

Index Block::size() const {
  Index size = 1;
  for (std::size_t axis = 0; axis < ndim; ++axis) size *= shape[axis];
  return size;
}

std::size_t PackShift(const Block& block, std::size_t itemsize, const std::byte* source) {
  if (block.ndim != 1) return 0;
  const std::size_t lead = LineLead(source, block.strides[0], itemsize);
  return lead == 0 ? 0 : kBufferAlignment - lead * itemsize;
}

void Pack(const Block& block, std::size_t itemsize, const std::byte* source,
          std::byte* destination) {
  if (block.ndim == 0) {
    std::memcpy(destination, source, itemsize);
    return;
  }
  const std::size_t inner = block.ndim - 1;
  const Index stride = block.strides[inner];
  const std::size_t count = static_cast<std::size_t>(block.shape[inner]);
  if (stride == static_cast<Index>(itemsize)) {
    ForEachRun(block, [&](Index offset) {
      std::memcpy(destination, source + offset, count * itemsize);
      destination += count * itemsize;
    });
    return;
  }
  const auto pack = CurrentMovers().pack[SizeIndex(itemsize)];
  ForEachRun(block, [&](Index offset) {
    pack(source + offset, stride, count, destination);
    destination += count * itemsize;
  });
}

void Unpack(const Block& block, std::size_t itemsize, const std::byte* source,
            std::byte* destination) {
  if (block.ndim == 0) {
    std::memcpy(destination, source, itemsize);
    return;
  }
  const std::size_t inner = block.ndim - 1;
  const Index stride = block.strides[inner];
  const std::size_t count = static_cast<std::size_t>(block.shape[inner]);
  if (stride == static_cast<Index>(itemsize)) {
    ForEachRun(block, [&](Index offset) {
      std::memcpy(destination + offset, source, count * itemsize);
      source += count * itemsize;
    });
    return;
  }
  const auto unpack = CurrentMovers().unpack[SizeIndex(itemsize)];
  ForEachRun(block, [&](Index offset) {
    unpack(source, count, destination + offset, stride);
    source += count * itemsize;
  });
}

}  // namespace quern
