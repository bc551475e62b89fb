// The library's own state: instruction-set targets, threads and memory.
#ifndef QUERN_RUNTIME_HPP_
#define QUERN_RUNTIME_HPP_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "quern/export.hpp"

namespace quern {

QUERN_EXPORT std::string_view version();

// Targets that kernels were built for, best first, and those of them that this CPU runs.
QUERN_EXPORT std::vector<std::string_view> built_targets();
QUERN_EXPORT std::vector<std::string_view> supported_targets();
// The target in use: QUERN_TARGET from the environment, else the best supported one.
QUERN_EXPORT std::string_view current_target();
// Process-wide; not to be called while other threads compute. ValueError for a target that is
// unknown or that this CPU lacks.
QUERN_EXPORT void set_target(std::string_view name);

// The most threads one call may use: QUERN_NUM_THREADS, else OMP_NUM_THREADS, else the CPUs that
// affinity and cgroup leave to the process. Calls made inside an OpenMP parallel region, or in a
// child of fork, run on one thread. Results do not depend on it.
QUERN_EXPORT int thread_limit();
QUERN_EXPORT void set_thread_limit(int threads);  // of the process; ValueError below 1

// Lowers or raises the limit of this thread's calls for a scope.
class QUERN_EXPORT ThreadLimitScope {
 public:
  explicit ThreadLimitScope(int threads);
  ~ThreadLimitScope();
  ThreadLimitScope(const ThreadLimitScope&) = delete;
  ThreadLimitScope& operator=(const ThreadLimitScope&) = delete;

 private:
  int saved_;
};

// Whether products of floating-point matrices add up along the fixed tree that reductions follow, and
// so have the same bits on every target, with any number of threads and any BLIS; at a third of the
// speed. QUERN_REPRODUCIBLE_PRODUCTS=1 from the environment, else false. Products with a vector are
// reproducible always.
QUERN_EXPORT bool reproducible_products();
QUERN_EXPORT void set_reproducible_products(bool reproducible);  // of the process

// Sets it for this thread's calls within a scope.
class QUERN_EXPORT ReproducibleProductsScope {
 public:
  explicit ReproducibleProductsScope(bool reproducible);
  ~ReproducibleProductsScope();
  ReproducibleProductsScope(const ReproducibleProductsScope&) = delete;
  ReproducibleProductsScope& operator=(const ReproducibleProductsScope&) = delete;

 private:
  int saved_;
};

struct MemoryStatistics {
  std::size_t bytes_in_use;     // held by live arrays
  std::size_t bytes_cached;     // freed blocks kept for reuse
  std::size_t allocations;      // blocks handed out so far
  std::size_t cache_hits;       // of them, taken from the cache
};
QUERN_EXPORT MemoryStatistics memory_statistics();
// Gives cached blocks back to the system; returns the number of bytes. The few small blocks that
// other threads keep for themselves (at most 64 KiB each) go when these next use memory.
QUERN_EXPORT std::size_t trim_memory();
// The most bytes the cache keeps (default 256 MiB; QUERN_MEMORY_CACHE in the environment, bytes).
QUERN_EXPORT void set_memory_cache_limit(std::size_t bytes);

}  // namespace quern

#endif  // QUERN_RUNTIME_HPP_
