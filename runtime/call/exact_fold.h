// Integer overflow of reductions by the tree: whether their exact results are values of their
// dtype.
#ifndef QUERN_CALL_EXACT_FOLD_H_
#define QUERN_CALL_EXACT_FOLD_H_

#include "call/reduction.h"

namespace quern {

// kIntegerOverflow if this thread's error state asks for it and the exact sum or product that an
// element of the reduction stands for, `initial` included, lies beyond the accumulator's range;
// else 0. The order of elements does not matter: what overflows on the way and comes back is no
// overflow.
FpFlags OverflowOfReduction(const ReductionJob& job);

}  // namespace quern

#endif  // QUERN_CALL_EXACT_FOLD_H_
