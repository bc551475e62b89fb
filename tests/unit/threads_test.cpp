// Threads: limits, nesting, exceptions, fork.
#include "threads/threads.h"

#include <omp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "arrays.h"

namespace quern {
namespace {

constexpr std::size_t kMuch = std::size_t{1} << 30;

// Restores the process's limit.
class Threads : public ::testing::Test {
 protected:
  ~Threads() override { set_thread_limit(saved_); }

 private:
  int saved_ = thread_limit();
};

TEST_F(Threads, LimitsAreChecked) {
  EXPECT_GE(thread_limit(), 1);
  EXPECT_EQ(MessageOf<ValueError>([] { set_thread_limit(0); }),
            "set_thread_limit: the number of threads must be at least 1 (got 0)");
  EXPECT_THROW(set_thread_limit(-3), ValueError);
  EXPECT_THROW(ThreadLimitScope(0), ValueError);
}

TEST_F(Threads, ScopesNestAndBelongToTheirThread) {
  set_thread_limit(5);
  EXPECT_EQ(thread_limit(), 5);
  {
    const ThreadLimitScope outer(3);
    EXPECT_EQ(thread_limit(), 3);
    {
      const ThreadLimitScope inner(7);
      EXPECT_EQ(thread_limit(), 7) << "a scope may raise the limit";
      std::thread([] { EXPECT_EQ(thread_limit(), 5); }).join();
    }
    set_thread_limit(2);
    EXPECT_EQ(thread_limit(), 3) << "the scope's limit stays";
  }
  EXPECT_EQ(thread_limit(), 2);
}

TEST_F(Threads, WorkDecidesHowMany) {
  set_thread_limit(4);
  EXPECT_EQ(ThreadsFor(0, 1000), 1);
  EXPECT_EQ(ThreadsFor(1999, 1000), 1);
  EXPECT_EQ(ThreadsFor(2000, 1000), 2);
  EXPECT_EQ(ThreadsFor(3500, 1000), 3);
  EXPECT_EQ(ThreadsFor(kMuch, 1000), 4);
  const ThreadLimitScope one(1);
  EXPECT_EQ(ThreadsFor(kMuch, 1000), 1);
}

TEST_F(Threads, ParallelRegionsOfTheCallerStaySerial) {
  set_thread_limit(4);
  std::atomic<int> wrong{0};
#pragma omp parallel num_threads(2)
  {
    if (ThreadsFor(kMuch, 1) != 1) ++wrong;
  }
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_EQ(ThreadsFor(kMuch, 1), 4);
}

TEST_F(Threads, CallsInsideAParallelRegionGiveTheSame) {
  set_thread_limit(4);
  const Array array = arange(300000);
  const double expected = sum(array).item<double>();
  std::atomic<int> right{0};
#pragma omp parallel num_threads(3)
  {
    if (sum(array).item<double>() == expected) ++right;
  }
  EXPECT_EQ(right.load(), 3);
}

TEST_F(Threads, EveryShareRunsOnce) {
  for (int threads : {1, 2, 3, 9}) {
    std::mutex mutex;
    std::multiset<int> shares;
    RunOnThreads(threads, [&](int share) {
      const std::lock_guard<std::mutex> lock(mutex);
      shares.insert(share);
    });
    std::multiset<int> expected;
    for (int share = 0; share < threads; ++share) expected.insert(share);
    EXPECT_EQ(shares, expected);
  }
}

TEST_F(Threads, ExceptionsReachTheCaller) {
  for (int threads : {1, 3}) {
    EXPECT_THROW(RunOnThreads(threads,
                              [](int share) {
                                if (share == 0) throw std::runtime_error("share 0");
                              }),
                 std::runtime_error);
  }
  EXPECT_NO_THROW(RunOnThreads(3, [](int) {}));
}

TEST_F(Threads, ManyHostThreadsMayCallAtOnce) {
  set_thread_limit(2);
  const Array array = arange(200000);
  const double expected = sum(add(array, 1.0)).item<double>();
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) right += sum(add(array, 1.0)).item<double>() == expected;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right.load(), 40);
}

// Runs `body` in a child of fork; 0 if it returned true, before a minute passed.
template <class Body>
int InChild(const Body& body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    _exit(body() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

TEST_F(Threads, ChildrenOfForkCompute) {
  set_thread_limit(4);
  const Array array = arange(1 << 19);
  const double expected = sum(multiply(array, array)).item<double>();
  ASSERT_EQ(ThreadsFor(1 << 19, 1 << 16), 4);
  EXPECT_EQ(InChild([&] {
              return ThreadsFor(kMuch, 1) == 1 &&
                     sum(multiply(array, array)).item<double>() == expected;
            }),
            0);
  EXPECT_EQ(
      InChild([&] {
        // And so does a grandchild.
        return InChild([&] { return sum(multiply(array, array)).item<double>() == expected; }) == 0;
      }),
      0);
  EXPECT_EQ(sum(multiply(array, array)).item<double>(), expected) << "the parent goes on";
  EXPECT_EQ(ThreadsFor(kMuch, 1), 4);
}

TEST(ThreadsDeathTest, EnvironmentSetsTheLimit) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto limit_with = [](const char* ours, const char* openmp) {
    if (ours != nullptr) setenv("QUERN_NUM_THREADS", ours, 1);
    if (openmp != nullptr) omp_set_num_threads(std::atoi(openmp));
    return thread_limit();
  };
  unsetenv("QUERN_NUM_THREADS");
  EXPECT_EXIT(std::exit(limit_with("3", nullptr)), ::testing::ExitedWithCode(3), "");
  EXPECT_EXIT(std::exit(limit_with("3", "1")), ::testing::ExitedWithCode(3), "");
  EXPECT_EXIT(std::exit(limit_with(nullptr, "1")), ::testing::ExitedWithCode(1), "");
  EXPECT_EXIT(std::exit(limit_with("0", "1")), ::testing::ExitedWithCode(1), "") << "0 is none";
  EXPECT_EXIT(std::exit(limit_with("two", "1")), ::testing::ExitedWithCode(1), "");
}

// Three OpenMP threads of the host's own.
int HostThreads() {
  std::atomic<int> ran{0};
#pragma omp parallel num_threads(3)
  ++ran;
  return ran;
}

// A process whose own OpenMP threads ran before it first called this library.
TEST(ThreadsDeathTest, ForkAfterTheHostsOwnThreads) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto child_computes = [] {
    setenv("QUERN_NUM_THREADS", "4", 1);
    return HostThreads() == 3 &&
           InChild([] { return sum(ones({1 << 19})).item<double>() == 1 << 19; }) == 0;
  };
  EXPECT_EXIT(std::exit(child_computes() ? 0 : 1), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace quern
