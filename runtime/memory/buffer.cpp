// A fresh large block costs a page fault every 4 KiB on first touch, several milliseconds for
// 80 MB; a block that a temporary has just given back costs none. So freed blocks are kept, by size
// class, up to a limit.
//
// Size classes are powers of two and their halves (at most a third of a block is unused). Large
// blocks are advised to huge pages before first use; they never go back to malloc with the advice
// on, because the cache owns them until trim, which frees them through the same path that made them.
#include "memory/buffer.h"

#include <sys/mman.h>

#include <bit>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace quern {
namespace {

constexpr std::size_t kSmallest = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kDefaultLimit = std::size_t{256} << 20;

std::size_t RoundUp(std::size_t bytes, std::size_t unit) { return (bytes + unit - 1) / unit * unit; }

std::size_t SizeClass(std::size_t bytes) {
  if (bytes <= kSmallest) return kSmallest;
  const std::size_t power = std::bit_floor(bytes - 1);  // power < bytes <= 2 * power
  return bytes <= power + power / 2 ? RoundUp(power + power / 2, kBufferAlignment) : 2 * power;
}

void* MapLarge(std::size_t bytes) {
  void* block = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) throw std::bad_alloc();
  madvise(block, bytes, MADV_HUGEPAGE);  // advice: failure leaves small pages
  return block;
}

bool IsLarge(std::size_t bytes) { return bytes >= kHugePage; }

void* NewBlock(std::size_t bytes) {
  if (IsLarge(bytes)) return MapLarge(bytes);
  void* block = std::aligned_alloc(kBufferAlignment, bytes);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void DropBlock(void* block, std::size_t bytes) {
  if (IsLarge(bytes)) {
    munmap(block, bytes);
  } else {
    std::free(block);
  }
}

class BufferCache {
 public:
  // Never destroyed: arrays of static storage may outlive any order of destruction.
  static BufferCache& Get() {
    static BufferCache* cache = new BufferCache();
    return *cache;
  }

  void* Take(std::size_t bytes) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ++statistics_.allocations;
      statistics_.bytes_in_use += bytes;
      const auto found = free_.find(bytes);
      if (found != free_.end() && !found->second.empty()) {
        void* block = found->second.back();
        found->second.pop_back();
        statistics_.bytes_cached -= bytes;
        ++statistics_.cache_hits;
        return block;
      }
    }
    try {
      return NewBlock(bytes);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex_);
      statistics_.bytes_in_use -= bytes;
      throw;
    }
  }

  void Give(void* block, std::size_t bytes) noexcept {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      statistics_.bytes_in_use -= bytes;
      if (statistics_.bytes_cached + bytes <= limit_) {
        try {
          free_[bytes].push_back(block);
          statistics_.bytes_cached += bytes;
          return;
        } catch (const std::bad_alloc&) {
          // No room to remember the block: it is freed below.
        }
      }
    }
    DropBlock(block, bytes);
  }

  std::size_t Trim() {
    std::map<std::size_t, std::vector<void*>> dropped;
    std::size_t bytes = 0;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      dropped.swap(free_);
      bytes = std::exchange(statistics_.bytes_cached, 0);
    }
    for (const auto& [size, blocks] : dropped) {
      for (void* block : blocks) DropBlock(block, size);
    }
    return bytes;
  }

  MemoryStatistics Statistics() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return statistics_;
  }

  void SetLimit(std::size_t bytes) {
    bool over = false;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      limit_ = bytes;
      over = statistics_.bytes_cached > limit_;
    }
    if (over) Trim();
  }

 private:
  BufferCache() {
    if (const char* text = std::getenv("QUERN_MEMORY_CACHE"); text != nullptr && *text != '\0') {
      char* end = nullptr;
      const unsigned long long bytes = std::strtoull(text, &end, 10);
      if (*end == '\0') limit_ = static_cast<std::size_t>(bytes);
    }
  }

  std::mutex mutex_;
  std::map<std::size_t, std::vector<void*>> free_;  // by exact block size
  std::size_t limit_ = kDefaultLimit;
  MemoryStatistics statistics_{};
};

}  // namespace

std::shared_ptr<void> AllocateBuffer(std::size_t bytes) {
  // Above this the size classes themselves would overflow; no machine has as much.
  if (bytes > (std::size_t{1} << 60)) throw std::bad_alloc();
  const std::size_t size = SizeClass(bytes);
  void* block = BufferCache::Get().Take(size);
  return std::shared_ptr<void>(block, [size](void* p) { BufferCache::Get().Give(p, size); });
}

MemoryStatistics memory_statistics() { return BufferCache::Get().Statistics(); }
std::size_t trim_memory() { return BufferCache::Get().Trim(); }
void set_memory_cache_limit(std::size_t bytes) { BufferCache::Get().SetLimit(bytes); }

}  // namespace quern
