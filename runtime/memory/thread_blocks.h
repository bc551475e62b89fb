// Small blocks that a thread has freed and keeps for itself: taking one needs no lock.
#ifndef QUERN_MEMORY_THREAD_BLOCKS_H_
#define QUERN_MEMORY_THREAD_BLOCKS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

#include "memory/buffer.h"

namespace quern {

// Sizes of small blocks are multiples of the first, up to the second.
inline constexpr std::size_t kSmallestBlock = 64;
inline constexpr std::size_t kLargestSmallBlock = 1024;

// A number that one thread changes and others may read.
class OwnNumber {
 public:
  std::size_t get() const { return value_.load(std::memory_order_relaxed); }
  void set(std::size_t value) { value_.store(value, std::memory_order_relaxed); }
  void operator+=(std::size_t amount) { set(get() + amount); }
  void operator-=(std::size_t amount) { set(get() - amount); }

 private:
  std::atomic<std::size_t> value_{0};
};

// What all threads are told. A thread learns of it when it next takes or gives a block.
struct ThreadRules {
  std::atomic<std::size_t> share{0};  // the most bytes that a thread keeps
  std::atomic<std::size_t> epoch{0};  // raised to have threads free what they keep
};

// The blocks of one thread, which alone calls anything but Count. Blocks come from malloc.
class ThreadBlocks {
 public:
  explicit ThreadBlocks(const ThreadRules& rules) : rules_(rules) {
    epoch_.set(rules.epoch.load());
  }
  ~ThreadBlocks() { Drop(); }
  ThreadBlocks(const ThreadBlocks&) = delete;
  ThreadBlocks& operator=(const ThreadBlocks&) = delete;

  // A kept block of this size, or null.
  void* Take(std::size_t bytes) {
    Follow();
    Link*& first = free_[Slot(bytes)];
    if (first == nullptr) return nullptr;
    taken_ += 1;
    bytes_in_use_ += bytes;
    bytes_kept_ -= bytes;
    return std::exchange(first, first->next);
  }

  // False if the thread keeps enough.
  bool Give(void* block, std::size_t bytes) noexcept {
    Follow();
    if (bytes_kept_.get() + bytes > rules_.share.load(std::memory_order_relaxed)) return false;
    Link*& first = free_[Slot(bytes)];
    first = new (block) Link{first};
    bytes_in_use_ -= bytes;
    bytes_kept_ += bytes;
    return true;
  }

  // Frees what is kept; returns the number of bytes.
  std::size_t Drop() noexcept {
    for (Link*& first : free_) {
      while (first != nullptr) std::free(std::exchange(first, first->next));
    }
    const std::size_t bytes = bytes_kept_.get();
    bytes_kept_.set(0);
    return bytes;
  }

  // Adds what this thread did. A block counts where it was taken and where it was given back, which
  // may be on different threads: only the sum over all of them means something. What is to be freed
  // is no longer kept.
  void Count(MemoryStatistics& sum) const {
    const bool current = epoch_.get() == rules_.epoch.load(std::memory_order_relaxed);
    sum.bytes_in_use += bytes_in_use_.get();
    sum.bytes_cached += current ? bytes_kept_.get() : 0;
    sum.allocations += taken_.get();
    sum.cache_hits += taken_.get();
  }

 private:
  struct Link {
    Link* next;
  };

  static std::size_t Slot(std::size_t bytes) { return bytes / kSmallestBlock - 1; }

  void Follow() noexcept {
    const std::size_t epoch = rules_.epoch.load(std::memory_order_relaxed);
    if (epoch == epoch_.get()) [[likely]]
      return;
    epoch_.set(epoch);
    Drop();
  }

  const ThreadRules& rules_;
  std::array<Link*, kLargestSmallBlock / kSmallestBlock> free_{};
  OwnNumber epoch_;
  OwnNumber bytes_kept_;
  OwnNumber bytes_in_use_;  // wraps below 0
  OwnNumber taken_;
};

}  // namespace quern

#endif  // QUERN_MEMORY_THREAD_BLOCKS_H_
