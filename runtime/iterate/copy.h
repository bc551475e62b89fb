// Copying elements between arrays of any layout and dtype.
#ifndef QUERN_ITERATE_COPY_H_
#define QUERN_ITERATE_COPY_H_

#include "core/fp_flags.h"
#include "iterate/plan.h"
#include "quern/array.hpp"

namespace quern {

// Writes the converted, broadcast elements of `source` into `destination`, whose shape source's
// must broadcast to (ShapeError). The two may overlap. Any cast is made. Returns the conditions met.
FpFlags CopyElements(const Array& source, const Array& destination);

// The same for the elements at which `mask`, bool and of destination's shape, is true; the others are
// neither read nor written. The two arrays do not overlap.
FpFlags CopySelected(const Array& source, const Array& mask, const Array& destination);

// Writes several arrays to others of the same shapes and dtypes that may share memory with each
// other: one element of each after another, the last array's first, so that the first one's stays
// where they meet. False, having done nothing, if their elements do not lie along one axis. At most
// kMaxPlanOperands / 2 arrays.
bool CopyInTurn(std::span<const Array* const> sources,
                std::span<const Array* const> destinations);

// A dense array whose axes lie in memory in the order that a visit of `operands` would take them.
Array DenseInOrder(std::span<const Index> shape, std::span<const PlanOperand> operands,
                   DType dtype);

// A dense array of the shape whose axes lie in memory as `order` says; K follows `like`.
Array NewLike(const Array& like, DType dtype, Order order);

}  // namespace quern

#endif  // QUERN_ITERATE_COPY_H_
