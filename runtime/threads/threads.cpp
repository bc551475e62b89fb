#include "threads/threads.h"

#include <omp.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>
#include <utility>

#include "quern/errors.hpp"

namespace quern {
namespace {

// A cgroup's share of CPU time in whole CPUs, or 0 where none is set.
int CgroupCpus() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  long period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return 0;
  const long microseconds = std::strtol(quota.c_str(), nullptr, 10);
  return static_cast<int>(std::max(1L, (microseconds + period - 1) / period));
}

int InitialLimit() {
  if (const char* text = std::getenv("QUERN_NUM_THREADS"); text != nullptr && *text != '\0') {
    char* end = nullptr;
    const long threads = std::strtol(text, &end, 10);
    if (*end == '\0' && threads >= 1 && threads <= 1 << 16) return static_cast<int>(threads);
  }
  // OpenMP reads OMP_NUM_THREADS and the affinity mask.
  const int threads = omp_get_max_threads();
  const int cgroup = CgroupCpus();
  return cgroup > 0 ? std::min(threads, cgroup) : threads;
}

// GNU OpenMP's worker threads do not survive a fork, and a parallel region in the child would wait
// for them for ever.
std::atomic<bool> g_forked{false};

// Registered when the library is loaded: the threads left behind may be the host's own.
[[maybe_unused]] const int g_watching_forks =
    pthread_atfork(nullptr, nullptr, [] { g_forked.store(true); });

std::atomic<int>& ProcessLimit() {
  static std::atomic<int> limit = InitialLimit();
  return limit;
}

thread_local int t_scope_limit = 0;  // 0: the process's limit holds

}  // namespace

int thread_limit() {
  return t_scope_limit > 0 ? t_scope_limit : ProcessLimit().load(std::memory_order_relaxed);
}

namespace {
void CheckThreads(int threads, const char* what) {
  if (threads < 1) {
    throw ValueError(std::string(what) + ": the number of threads must be at least 1 (got " +
                     std::to_string(threads) + ")");
  }
}
}  // namespace

void set_thread_limit(int threads) {
  CheckThreads(threads, "set_thread_limit");
  ProcessLimit().store(threads, std::memory_order_relaxed);
}

ThreadLimitScope::ThreadLimitScope(int threads) : saved_(t_scope_limit) {
  CheckThreads(threads, "ThreadLimitScope");
  t_scope_limit = threads;
}
ThreadLimitScope::~ThreadLimitScope() { t_scope_limit = saved_; }

void*& CallContext() {
  thread_local void* context = nullptr;
  return context;
}

int ThreadsFor(std::size_t work, std::size_t grain) {
  if (work < 2 * grain) return 1;
  const int limit = thread_limit();
  if (limit <= 1 || omp_in_parallel() != 0 || g_forked.load(std::memory_order_relaxed)) return 1;
  return static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(limit), work / grain));
}

void RunOnThreads(int threads, const std::function<void(int)>& body) {
  if (threads <= 1) return body(0);
  std::exception_ptr error;
  void* const context = CallContext();
#pragma omp parallel num_threads(threads)
  {
    void* const own = std::exchange(CallContext(), context);
    // The runtime may start fewer threads than asked: the others' shares are taken over in turn.
    for (int share = omp_get_thread_num(); share < threads; share += omp_get_num_threads()) {
      try {
        body(share);
      } catch (...) {
#pragma omp critical(quern_error)
        if (!error) error = std::current_exception();
      }
    }
    CallContext() = own;
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace quern
