// Kernels that report integer overflow, where this thread's error state asks for it.
#ifndef QUERN_CALL_CHECKED_H_
#define QUERN_CALL_CHECKED_H_

#include "core/registry.h"
#include "errors/error_state.h"

namespace quern {

// True if integer overflow of the loop is to be reported.
inline bool ChecksOverflow(const LoopInfo& loop) {
  return loop.checked >= 0 && AsksForIntegerOverflow();
}

// The elementwise kernel that the loop runs for this thread's error state. The results are the
// same.
inline ElementwiseKernel ElementwiseOf(const LoopInfo& loop) {
  const KernelSet* const kernels = *loop.family->active;
  return kernels[ChecksOverflow(loop) ? loop.checked : loop.kernel].elementwise;
}

// As a scan of `scan`, which it runs, reporting the steps that overflow: those that `checked`, the
// elementwise kernel of the same loop, reports. `size`, at most 8, is that of an element.
FpFlags CheckedScan(ScanKernel scan, ElementwiseKernel checked, std::size_t size, const void* in,
                    std::ptrdiff_t in_step, void* out, std::ptrdiff_t out_step, std::size_t n,
                    void* accumulator);

}  // namespace quern

#endif  // QUERN_CALL_CHECKED_H_
