// A fresh large block costs a page fault every 4 KiB on first touch, several milliseconds for
// 80 MB; a block that a temporary has just given back costs none. So freed blocks are kept, by size
// class, up to a limit.
//
// Size classes are powers of two and their halves (at most a third of a block is unused). Large
// blocks are advised to huge pages before first use; they never go back to malloc with the advice
// on, because the cache owns them until trim, which frees them through the same path that made
// them.
//
// Small arrays come and go by the million, and a lock would cost them more than their arithmetic.
// So each thread keeps some small blocks for itself, and a small block has room in front for the
// count of its owners, which then needs no allocation of its own. What threads may keep counts
// against the limit; where the limit is too low for that, they keep nothing.
#include "memory/buffer.h"

#include <sys/mman.h>

#include <bit>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "memory/thread_blocks.h"

namespace quern {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kDefaultLimit = std::size_t{256} << 20;
// Bytes in front of a small block.
constexpr std::size_t kHeader = kBufferAlignment;
// The most bytes that a thread keeps for itself, and the part of the limit that all threads may.
constexpr std::size_t kThreadShare = std::size_t{64} << 10;
constexpr std::size_t kThreadsPart = 4;

std::size_t RoundUp(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

std::size_t SizeClass(std::size_t bytes) {
  if (bytes <= kSmallestBlock) return kSmallestBlock;
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
bool IsSmall(std::size_t bytes) { return bytes <= kLargestSmallBlock; }

void* NewBlock(std::size_t bytes) {
  if (IsLarge(bytes)) return MapLarge(bytes);
  void* block = std::aligned_alloc(kBufferAlignment, IsSmall(bytes) ? kHeader + bytes : bytes);
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
      if (statistics_.bytes_cached + bytes + OfThreads() <= limit_) {
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

  // Has other threads free what they keep, too, when they next need memory.
  std::size_t Trim() {
    std::map<std::size_t, std::vector<void*>> dropped;
    std::size_t bytes = 0;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      rules_.epoch.fetch_add(1);
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
    MemoryStatistics sum = statistics_;
    for (const ThreadBlocks* thread : threads_) thread->Count(sum);
    return sum;
  }

  // True if blocks have to go.
  bool SetLimit(std::size_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    limit_ = bytes;
    rules_.share = threads_.size() <= MostThreads() ? kThreadShare : 0;
    return rules_.share == 0 || statistics_.bytes_cached + OfThreads() > limit_;
  }

  // A place for a thread's own blocks, or null if the limit has no room for one more.
  ThreadBlocks* Join() noexcept {
    try {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (threads_.size() >= MostThreads()) return nullptr;
      threads_.reserve(threads_.size() + 1);
      threads_.push_back(new ThreadBlocks(rules_));
      return threads_.back();
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }
  void Leave(ThreadBlocks* thread) noexcept {
    thread->Drop();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      std::erase(threads_, thread);
      thread->Count(statistics_);
    }
    delete thread;
  }

 private:
  BufferCache() {
    if (const char* text = std::getenv("QUERN_MEMORY_CACHE"); text != nullptr && *text != '\0') {
      char* end = nullptr;
      const unsigned long long bytes = std::strtoull(text, &end, 10);
      if (*end == '\0') limit_ = static_cast<std::size_t>(bytes);
    }
    rules_.share = kThreadShare;
  }

  std::size_t MostThreads() const { return limit_ / kThreadsPart / kThreadShare; }
  std::size_t OfThreads() const { return threads_.size() * rules_.share.load(); }

  std::mutex mutex_;
  std::map<std::size_t, std::vector<void*>> free_;  // by exact block size
  std::size_t limit_ = kDefaultLimit;
  MemoryStatistics statistics_{};
  ThreadRules rules_;
  std::vector<ThreadBlocks*> threads_;  // on the heap: after a fork, the stacks of threads are gone
};

// Without a destructor, so that using it needs no check whether it has been made.
struct ThisThread {
  ThreadBlocks* blocks = nullptr;
  bool without = false;  // there is no room, or the thread is ending
};
constinit thread_local ThisThread t_thread;

class ThreadEnd {
 public:
  void Expect() {}  // makes the object, and with that its destruction, happen
  ~ThreadEnd() {
    t_thread.without = true;
    if (t_thread.blocks != nullptr) {
      BufferCache::Get().Leave(std::exchange(t_thread.blocks, nullptr));
    }
  }
};
thread_local ThreadEnd t_end;

[[gnu::noinline]] ThreadBlocks* JoinThisThread() {
  if (t_thread.without) return nullptr;
  t_end.Expect();
  t_thread.blocks = BufferCache::Get().Join();
  t_thread.without = t_thread.blocks == nullptr;
  return t_thread.blocks;
}

ThreadBlocks* BlocksOfThisThread() {
  ThreadBlocks* blocks = t_thread.blocks;
  return blocks != nullptr ? blocks : JoinThisThread();
}

void* TakeSmall(std::size_t bytes) {
  if (ThreadBlocks* mine = BlocksOfThisThread()) {
    if (void* block = mine->Take(bytes)) return block;
  }
  return BufferCache::Get().Take(bytes);
}

void GiveSmall(void* block, std::size_t bytes) noexcept {
  ThreadBlocks* mine = BlocksOfThisThread();
  if (mine == nullptr || !mine->Give(block, bytes)) BufferCache::Get().Give(block, bytes);
}

// Lays the owners' count of a small block into its header; frees both together.
template <class T>
class HeaderAllocator {
 public:
  using value_type = T;
  HeaderAllocator(void* block, std::size_t bytes) : block_(block), bytes_(bytes) {}
  template <class U>
  HeaderAllocator(const HeaderAllocator<U>& other)  // NOLINT(google-explicit-constructor)
      : block_(other.block_), bytes_(other.bytes_) {}

  T* allocate(std::size_t) {
    static_assert(sizeof(T) <= kHeader && alignof(T) <= kBufferAlignment);
    return static_cast<T*>(block_);
  }
  void deallocate(T*, std::size_t) noexcept { GiveSmall(block_, bytes_); }

  friend bool operator==(const HeaderAllocator&, const HeaderAllocator&) = default;

 private:
  template <class U>
  friend class HeaderAllocator;
  void* block_;
  std::size_t bytes_;
};

std::shared_ptr<void> AllocateSmall(std::size_t bytes) {
  void* block = TakeSmall(bytes);
  void* data = static_cast<std::byte*>(block) + kHeader;
  return std::shared_ptr<void>(
      data, [](void*) {}, HeaderAllocator<std::byte>(block, bytes));
}

}  // namespace

std::shared_ptr<void> AllocateBuffer(std::size_t bytes) {
  // Above this the size classes themselves would overflow; no machine has as much.
  if (bytes > (std::size_t{1} << 60)) throw std::bad_alloc();
  const std::size_t size = SizeClass(bytes);
  if (IsSmall(size)) return AllocateSmall(size);
  void* block = BufferCache::Get().Take(size);
  return std::shared_ptr<void>(block, [size](void* p) { BufferCache::Get().Give(p, size); });
}

MemoryStatistics memory_statistics() { return BufferCache::Get().Statistics(); }

std::size_t trim_memory() {
  const std::size_t own = t_thread.blocks == nullptr ? 0 : t_thread.blocks->Drop();
  return own + BufferCache::Get().Trim();
}

void set_memory_cache_limit(std::size_t bytes) {
  if (BufferCache::Get().SetLimit(bytes)) trim_memory();
}

}  // namespace quern
