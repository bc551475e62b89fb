// The engine of reductions: folding an array over some axes into a dense result.
#ifndef QUERN_CALL_REDUCTION_H_
#define QUERN_CALL_REDUCTION_H_

#include <vector>

#include "core/registry.h"
#include "quern/array.hpp"

namespace quern {

// One reduction, checked and resolved. The loop's two inputs and its output share one dtype, the
// accumulator's.
struct ReductionJob {
  const UfuncInfo* ufunc;
  const LoopInfo* loop;
  const Array* array;
  std::vector<bool> reduced;        // by axis of the array
  const Array* mask = nullptr;      // bool, of the array's shape; null if every element takes part
  const std::byte* initial = nullptr;  // one accumulator element, or null
  // Kernels over elements of 16 bytes that fold in the place of the loop's, and what makes such elements
  // of those of the array, which are of the loop's dtype; null for the loop's own. The result has
  // elements of 16 bytes, of a dtype that says nothing, in one run, and `initial` is one of them.
  const KernelSet* wide = nullptr;
  CastKernel widen = nullptr;
};

// The accumulator's dtype; spans and points of time are folded in the array's unit.
DType FoldedDType(const ReductionJob& job);

// The reduction with the reduced axes gone. `flags` receives the conditions met. If nothing is left
// to fold, elements are `initial`, or else the identity; the caller has checked that one exists.
Array RunReduction(const ReductionJob& job, FpFlags& flags);

// The identity as an accumulator element; false if there is none.
bool WriteIdentity(const UfuncInfo& ufunc, DTypeId dtype, std::byte* out);

}  // namespace quern

#endif  // QUERN_CALL_REDUCTION_H_
