// How many threads a call may use, and running a loop on them.
#ifndef QUERN_THREADS_THREADS_H_
#define QUERN_THREADS_THREADS_H_

#include <cstddef>
#include <functional>

#include "quern/runtime.hpp"

namespace quern {

// The number of threads for `work` units of which `grain` make a thread worth starting: at least 1,
// at most the limit in force; 1 inside a parallel region.
int ThreadsFor(std::size_t work, std::size_t grain);

// What this thread works for: null, or what the owner of the call put there. Whoever changes it puts
// back what was there.
void*& CallContext();

// Runs body(thread) for thread in [0, threads) at once, all with the CallContext of the calling thread.
// The first exception is rethrown here.
void RunOnThreads(int threads, const std::function<void(int thread)>& body);

}  // namespace quern

#endif  // QUERN_THREADS_THREADS_H_
