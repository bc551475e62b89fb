// The movers of the target in use.
#ifndef QUERN_MOVE_MOVERS_H_
#define QUERN_MOVE_MOVERS_H_

#include <bit>
#include <cstddef>

#include "simd/movers.h"

namespace quern {

const MoverTable& CurrentMovers();

// The index of an element size (a power of two up to 16) in a MoverTable.
constexpr std::size_t SizeIndex(std::size_t itemsize) {
  return static_cast<std::size_t>(std::countr_zero(itemsize));
}

// The number of bytes in mask[0, n) that are not 0.
std::size_t CountMask(const std::byte* mask, std::size_t n);

}  // namespace quern

#endif  // QUERN_MOVE_MOVERS_H_
