// Iteration plans: the common geometry of several operands, with as few axes as possible.
#ifndef QUERN_ITERATE_PLAN_H_
#define QUERN_ITERATE_PLAN_H_

#include <array>
#include <cstddef>
#include <span>

#include "quern/array.hpp"

namespace quern {

// Operands of one plan, a where= mask included.
inline constexpr std::size_t kMaxPlanOperands = 8;

// One operand before planning: where it lies, and its shape, which must broadcast to the plan's.
struct PlanOperand {
  std::byte* data;
  std::span<const Index> shape;
  std::span<const Index> strides;
};

// Axes shared by all operands, outermost first, none of extent 1, none that could be merged with
// its neighbour. Every element position is visited exactly once; the order is free.
struct Plan {
  std::size_t ndim = 0;
  std::size_t operands = 0;
  Index size = 1;  // elements; 0 if any axis is empty
  Index shape[kMaxRank];
  Index strides[kMaxPlanOperands][kMaxRank];  // bytes; 0 where an operand is broadcast
  std::byte* data[kMaxPlanOperands];
};

// Visits an axis from its other end.
void TurnAxis(Plan& plan, std::size_t axis);

// Plans a visit of `shape`. Axes are sorted so that the operands' smallest steps come last where they
// agree, axes that all operands walk backwards are turned round, neighbours are merged.
void BuildPlan(std::span<const Index> shape, std::span<const PlanOperand> operands, Plan& plan);

// The order, outermost first, in which an array made to hold the result of visiting `operands`
// would have its axes in memory (NumPy's order 'K').
void KeepOrder(std::span<const Index> shape, std::span<const PlanOperand> operands,
               std::span<std::size_t> axes);

// The common shape of the operands' shapes into `out` (room for kMaxRank); returns its rank. Throws
// ShapeError beginning with `what` and naming all shapes.
std::size_t BroadcastShapes(std::span<const std::span<const Index>> shapes, const char* what,
                            Index* out);

}  // namespace quern

#endif  // QUERN_ITERATE_PLAN_H_
