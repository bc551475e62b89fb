#include "move/movers.h"

#include <atomic>
#include <cstring>

#include "core/registry.h"

namespace quern {

const MoverTable& CurrentMovers() {
  // set_target does not run beside calculations, so the two words need no joint update.
  static std::atomic<std::int64_t> chosen{0};
  static std::atomic<const MoverTable*> table{nullptr};
  const std::int64_t target = Registry::Get().current_target().bit;
  if (chosen.load(std::memory_order_acquire) != target) {
    table.store(&MoversFor(target), std::memory_order_relaxed);
    chosen.store(target, std::memory_order_release);
  }
  return *table.load(std::memory_order_relaxed);
}

std::size_t CountMask(const std::byte* mask, std::size_t n) {
  constexpr std::uint64_t kLowSeven = 0x7f7f7f7f7f7f7f7fu;
  constexpr std::uint64_t kOnes = 0x0101010101010101u;
  std::size_t count = 0;
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    std::uint64_t bytes;
    std::memcpy(&bytes, mask + i, 8);
    // The top bit of each byte that is not 0; multiplying sums the eight bits into the top byte.
    const std::uint64_t set = ((((bytes & kLowSeven) + kLowSeven) | bytes) & ~kLowSeven) >> 7;
    count += static_cast<std::size_t>((set * kOnes) >> 56);
  }
  for (; i < n; ++i) count += mask[i] != std::byte{0};
  return count;
}

}  // namespace quern
