// The cache of freed blocks: reuse, limits, statistics, trim, threads.
#include "arrays.h"

#include <atomic>
#include <cstdlib>
#include <thread>

#include "memory/buffer.h"

namespace quern {
namespace {

constexpr std::size_t kDefaultLimit = std::size_t{256} << 20;

class Memory : public ::testing::Test {
 protected:
  void SetUp() override { trim_memory(); }
  void TearDown() override { set_memory_cache_limit(kDefaultLimit); }
};

TEST_F(Memory, BlocksAreReused) {
  const void* first = nullptr;
  {
    const Array array = empty({1000});
    first = array.data();
  }
  const MemoryStatistics before = memory_statistics();
  const Array array = empty({1000});
  EXPECT_EQ(static_cast<const void*>(array.data()), first);
  const MemoryStatistics after = memory_statistics();
  EXPECT_EQ(after.allocations, before.allocations + 1);
  EXPECT_EQ(after.cache_hits, before.cache_hits + 1);
  EXPECT_LT(after.bytes_cached, before.bytes_cached);
}

TEST_F(Memory, BytesMoveBetweenUseAndCache) {
  const MemoryStatistics before = memory_statistics();
  EXPECT_EQ(before.bytes_cached, 0u);
  std::size_t taken = 0;
  {
    const Array array = empty({100000});
    const MemoryStatistics during = memory_statistics();
    taken = during.bytes_in_use - before.bytes_in_use;
    EXPECT_GE(taken, 800000u);
    EXPECT_LE(taken, 1200000u) << "at most a third unused";
    EXPECT_EQ(during.bytes_cached, 0u);
  }
  const MemoryStatistics after = memory_statistics();
  EXPECT_EQ(after.bytes_in_use, before.bytes_in_use);
  EXPECT_EQ(after.bytes_cached, taken);
  EXPECT_EQ(trim_memory(), taken);
  EXPECT_EQ(memory_statistics().bytes_cached, 0u);
  EXPECT_EQ(trim_memory(), 0u);
}

TEST_F(Memory, SizeClassesWasteAtMostAThird) {
  for (std::size_t bytes : {1u, 63u, 64u, 65u, 96u, 97u, 128u, 129u, 192u, 193u, 1000u, 4096u,
                            4097u, 100000u, (2u << 20) - 1, 2u << 20, (2u << 20) + 1, 5000000u}) {
    const std::size_t before = memory_statistics().bytes_in_use;
    const std::shared_ptr<void> block = AllocateBuffer(bytes);
    const std::size_t taken = memory_statistics().bytes_in_use - before;
    EXPECT_GE(taken, bytes);
    EXPECT_LE(taken, std::max<std::size_t>(128, bytes + bytes / 2 + 64)) << bytes;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.get()) % kBufferAlignment, 0u);
    std::memset(block.get(), 1, bytes);
  }
}

TEST_F(Memory, ZeroBytesAreAValidBlock) { EXPECT_NE(AllocateBuffer(0).get(), nullptr); }

TEST_F(Memory, TheLimitBoundsTheCache) {
  set_memory_cache_limit(100000);
  { const Array large = empty({100000}); }
  EXPECT_EQ(memory_statistics().bytes_cached, 0u) << "too large to be kept";
  {
    std::vector<Array> many;
    for (int i = 0; i < 50; ++i) many.push_back(empty({1000}));
  }
  const std::size_t kept = memory_statistics().bytes_cached;
  EXPECT_GT(kept, 0u);
  EXPECT_LE(kept, 100000u);
  set_memory_cache_limit(kept - 1);
  EXPECT_LT(memory_statistics().bytes_cached, kept) << "a lower limit takes effect at once";
  set_memory_cache_limit(0);
  { const Array array = empty({1000}); }
  EXPECT_EQ(memory_statistics().bytes_cached, 0u);
}

TEST_F(Memory, FailuresLeaveTheCountsAlone) {
  const MemoryStatistics before = memory_statistics();
  EXPECT_THROW(AllocateBuffer(std::size_t{1} << 59), std::bad_alloc);
  EXPECT_THROW(AllocateBuffer(~std::size_t{0}), std::bad_alloc);
  EXPECT_EQ(memory_statistics().bytes_in_use, before.bytes_in_use);
}

TEST_F(Memory, ThreadsShareTheCache) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      Random random(static_cast<std::uint64_t>(t));
      std::vector<Array> held;
      for (int i = 0; i < 2000; ++i) {
        const Index n = RandomIndex(random, 1, 5000);
        const Array array = full({n}, t, DType::of<std::int32_t>());
        held.push_back(array);
        if (held.size() > 16) held.erase(held.begin());
        const Array& oldest = held.front();
        ASSERT_EQ(oldest(0).item<int>(), t) << "no block is handed out twice";
        ASSERT_EQ(oldest(-1).item<int>(), t);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(Memory, ABlockMayBeFreedOnAnotherThread) {
  const std::size_t before = memory_statistics().bytes_in_use;
  Array array = empty({5000});
  std::thread([moved = std::move(array)]() mutable { moved = Array(); }).join();
  EXPECT_EQ(memory_statistics().bytes_in_use, before);
}

// ---- Small blocks, of which each thread keeps some
// ------------------------------------------------

TEST_F(Memory, SmallBlocksAreReusedByTheirThread) {
  const void* first = nullptr;
  {
    const Array array = empty({4});
    first = array.data();
  }
  const MemoryStatistics before = memory_statistics();
  EXPECT_EQ(before.bytes_cached, 64u);
  const Array array = empty({8});
  EXPECT_EQ(static_cast<const void*>(array.data()), first) << "32 and 64 bytes are of one class";
  const MemoryStatistics after = memory_statistics();
  EXPECT_EQ(after.allocations, before.allocations + 1);
  EXPECT_EQ(after.cache_hits, before.cache_hits + 1);
  EXPECT_EQ(after.bytes_in_use, before.bytes_in_use + 64);
  EXPECT_EQ(after.bytes_cached, 0u);
}

TEST_F(Memory, TrimFreesWhatThisThreadKeeps) {
  for (Index n : {1, 20, 100, 128}) const Array array = empty({n});
  EXPECT_EQ(memory_statistics().bytes_cached, 64u + 192 + 1024) << "the last reuses the third";
  EXPECT_EQ(trim_memory(), 64u + 192 + 1024);
  EXPECT_EQ(memory_statistics().bytes_cached, 0u);
  EXPECT_EQ(trim_memory(), 0u);
}

TEST_F(Memory, AThreadKeepsAShareAndTheRestIsShared) {
  {
    std::vector<Array> many;
    for (int i = 0; i < 5000; ++i) many.push_back(empty({4}));
  }
  EXPECT_EQ(memory_statistics().bytes_cached, 5000u * 64);
  const std::size_t hits = memory_statistics().cache_hits;
  std::vector<Array> again;
  for (int i = 0; i < 5000; ++i) again.push_back(empty({4}));
  EXPECT_EQ(memory_statistics().cache_hits, hits + 5000);
  EXPECT_EQ(memory_statistics().bytes_cached, 0u);
}

TEST_F(Memory, SmallBlocksMayBeFreedOnAnotherThread) {
  const MemoryStatistics before = memory_statistics();
  std::vector<Array> many;
  for (int i = 0; i < 3000; ++i) many.push_back(empty({3}));
  std::thread([&many, in_use = before.bytes_in_use] {
    for (Array& array : many) array = Array();
    EXPECT_EQ(memory_statistics().bytes_in_use, in_use);
  }).join();
  const MemoryStatistics after = memory_statistics();
  EXPECT_EQ(after.bytes_in_use, before.bytes_in_use);
  EXPECT_EQ(after.allocations, before.allocations + 3000);
}

TEST_F(Memory, WhatAThreadKeepsGoesWithIt) {
  std::thread([] {
    { const Array array = empty({4}); }
    EXPECT_EQ(memory_statistics().bytes_cached, 64u);
  }).join();
  EXPECT_EQ(memory_statistics().bytes_cached, 0u);
}

TEST_F(Memory, ThreadsFreeWhatTheyKeepAfterATrimElsewhere) {
  std::atomic<int> stage{0};
  const auto wait = [&stage](int wanted) {
    while (stage.load() < wanted) std::this_thread::yield();
  };
  std::thread other([&] {
    { const Array array = empty({4}); }
    stage = 1;
    wait(2);
    const std::size_t hits = memory_statistics().cache_hits;
    const Array array = empty({4});
    EXPECT_EQ(memory_statistics().cache_hits, hits) << "it was freed";
  });
  wait(1);
  EXPECT_EQ(memory_statistics().bytes_cached, 64u);
  trim_memory();
  EXPECT_EQ(memory_statistics().bytes_cached, 0u) << "no longer kept for reuse";
  stage = 2;
  other.join();
}

TEST_F(Memory, ALowLimitKeepsNothingInThreads) {
  { const Array array = empty({4}); }
  set_memory_cache_limit(1000);
  EXPECT_EQ(memory_statistics().bytes_cached, 0u);
  { const Array array = empty({4}); }
  EXPECT_LE(memory_statistics().bytes_cached, 1000u);
  {
    std::vector<Array> many;
    for (int i = 0; i < 100; ++i) many.push_back(empty({4}));
  }
  EXPECT_LE(memory_statistics().bytes_cached, 1000u);
  set_memory_cache_limit(0);
  { const Array array = empty({4}); }
  EXPECT_EQ(memory_statistics().bytes_cached, 0u);
}

// An array that outlives the library's own end of the thread.
TEST_F(Memory, ArraysOfThreadStorageMayEndLast) {
  const std::size_t before = memory_statistics().bytes_in_use;
  std::thread([] {
    thread_local Array kept = empty({4});
    thread_local Array later;
    later = empty({4});
    EXPECT_EQ(kept.size(), later.size());
  }).join();
  EXPECT_EQ(memory_statistics().bytes_in_use, before);
}

// The environment is read once per process, so each case runs in one of its own.
TEST(MemoryDeathTest, EnvironmentSetsTheLimit) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto kept_after_freeing = [](const char* setting) {
    setenv("QUERN_MEMORY_CACHE", setting, 1);
    { const Array array = empty({1000}); }
    return memory_statistics().bytes_cached;
  };
  EXPECT_EXIT(std::exit(kept_after_freeing("0") == 0 ? 0 : 1), ::testing::ExitedWithCode(0), "");
  EXPECT_EXIT(std::exit(kept_after_freeing("100000") > 0 ? 0 : 1), ::testing::ExitedWithCode(0),
              "");
  EXPECT_EXIT(std::exit(kept_after_freeing("some") > 0 ? 0 : 1), ::testing::ExitedWithCode(0), "")
      << "what is no number counts as unset";
}

}  // namespace
}  // namespace quern
