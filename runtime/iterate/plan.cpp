#include "iterate/plan.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "core/array_access.h"

namespace quern {
namespace {

// The operand's stride along an axis of the common shape.
Index StrideAlong(const PlanOperand& operand, std::size_t axis, std::size_t ndim) {
  const std::size_t missing = ndim - operand.shape.size();
  if (axis < missing || operand.shape[axis - missing] == 1) return 0;
  return operand.strides[axis - missing];
}

// True if axis `a` of the plan, which lies outside `b` now, should stay there: NumPy's rule, by which
// it stays unless every operand that moves along both has its larger step along `b`.
bool StaysOutside(const Plan& plan, std::size_t a, std::size_t b) {
  bool swap = false;
  for (std::size_t i = 0; i < plan.operands; ++i) {
    const Index step_a = std::abs(plan.strides[i][a]);
    const Index step_b = std::abs(plan.strides[i][b]);
    if (step_a == 0 || step_b == 0) continue;
    if (step_b <= step_a) return true;
    swap = true;
  }
  return !swap;
}

void SwapAxes(Plan& plan, std::size_t a, std::size_t b) {
  std::swap(plan.shape[a], plan.shape[b]);
  for (std::size_t i = 0; i < plan.operands; ++i) std::swap(plan.strides[i][a], plan.strides[i][b]);
}

void SortAxes(Plan& plan) {
  for (std::size_t axis = 1; axis < plan.ndim; ++axis) {
    for (std::size_t at = axis; at > 0 && !StaysOutside(plan, at - 1, at); --at) {
      SwapAxes(plan, at - 1, at);
    }
  }
}

// Turns round an axis along which no operand steps forwards and some operand steps back.
void TurnAxes(Plan& plan) {
  for (std::size_t axis = 0; axis < plan.ndim; ++axis) {
    bool forwards = false;
    bool backwards = false;
    for (std::size_t i = 0; i < plan.operands; ++i) {
      forwards |= plan.strides[i][axis] > 0;
      backwards |= plan.strides[i][axis] < 0;
    }
    if (backwards && !forwards) TurnAxis(plan, axis);
  }
}

bool Mergeable(const Plan& plan, std::size_t outer, std::size_t inner) {
  for (std::size_t i = 0; i < plan.operands; ++i) {
    if (plan.strides[i][outer] != plan.strides[i][inner] * plan.shape[inner]) return false;
  }
  return true;
}

void MergeAxes(Plan& plan) {
  if (plan.ndim == 0) return;
  std::size_t last = 0;
  for (std::size_t axis = 1; axis < plan.ndim; ++axis) {
    if (Mergeable(plan, last, axis)) {
      plan.shape[last] *= plan.shape[axis];
    } else {
      ++last;
      plan.shape[last] = plan.shape[axis];
    }
    for (std::size_t i = 0; i < plan.operands; ++i) plan.strides[i][last] = plan.strides[i][axis];
  }
  plan.ndim = last + 1;
}

}  // namespace

void TurnAxis(Plan& plan, std::size_t axis) {
  for (std::size_t i = 0; i < plan.operands; ++i) {
    plan.data[i] += plan.strides[i][axis] * (plan.shape[axis] - 1);
    plan.strides[i][axis] = -plan.strides[i][axis];
  }
}

void BuildPlan(std::span<const Index> shape, std::span<const PlanOperand> operands, Plan& plan) {
  plan.ndim = 0;
  plan.size = 1;
  plan.operands = operands.size();
  for (std::size_t i = 0; i < operands.size(); ++i) plan.data[i] = operands[i].data;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    plan.size *= shape[axis];
    if (shape[axis] == 1) continue;
    plan.shape[plan.ndim] = shape[axis];
    for (std::size_t i = 0; i < operands.size(); ++i) {
      plan.strides[i][plan.ndim] = StrideAlong(operands[i], axis, shape.size());
    }
    ++plan.ndim;
  }
  if (plan.size == 0) return;
  TurnAxes(plan);
  SortAxes(plan);
  MergeAxes(plan);
}

void KeepOrder(std::span<const Index> shape, std::span<const PlanOperand> operands,
               std::span<std::size_t> axes) {
  Plan plan;
  plan.ndim = shape.size();
  plan.operands = operands.size();
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    axes[axis] = axis;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      plan.strides[i][axis] = StrideAlong(operands[i], axis, shape.size());
    }
  }
  for (std::size_t axis = 1; axis < shape.size(); ++axis) {
    for (std::size_t at = axis; at > 0 && !StaysOutside(plan, axes[at - 1], axes[at]); --at) {
      std::swap(axes[at - 1], axes[at]);
    }
  }
}

std::size_t BroadcastShapes(std::span<const std::span<const Index>> shapes, const char* what,
                            Index* out) {
  std::size_t ndim = 0;
  for (const auto& shape : shapes) ndim = std::max(ndim, shape.size());
  std::fill_n(out, ndim, Index{1});
  bool fits = true;
  for (const auto& shape : shapes) {
    const std::size_t missing = ndim - shape.size();
    for (std::size_t i = 0; i < shape.size(); ++i) {
      Index& extent = out[missing + i];
      if (extent == 1) {
        extent = shape[i];
      } else {
        fits &= shape[i] == 1 || shape[i] == extent;
      }
    }
  }
  if (fits) return ndim;
  std::string names;
  for (const auto& shape : shapes) names += " " + ShapeText(shape);
  throw ShapeError(std::string(what) +
                   ": operands could not be broadcast together with shapes" + names);
}

Shape broadcast_shapes(std::span<const Shape> shapes) {
  std::vector<std::span<const Index>> spans(shapes.begin(), shapes.end());
  for (const Shape& shape : shapes) CheckedSize(shape, 1, "broadcast_shapes");
  Index common[kMaxRank];
  const std::size_t ndim = BroadcastShapes(spans, "broadcast_shapes", common);
  CheckedSize({common, ndim}, 1, "broadcast_shapes");
  return Shape(common, common + ndim);
}

}  // namespace quern
