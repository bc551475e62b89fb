// Which axes of each operand of a generalised ufunc are core axes, and their extents.
#ifndef QUERN_CALL_CORE_AXES_H_
#define QUERN_CALL_CORE_AXES_H_

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "core/registry.h"
#include "quern/array.hpp"
#include "quern/ufunc.hpp"

namespace quern {

// The most core dimensions of one operand, and of a signature.
inline constexpr std::size_t kMaxCoreAxes = 4;
inline constexpr std::size_t kMaxCoreDimensions = 8;

// One operand: the axes of its array, which for an output may not exist yet.
struct CoreOperand {
  std::size_t ndim = 0;                        // of the array
  std::size_t count = 0;                       // core axes, those that are absent left out
  std::array<int, kMaxCoreAxes> dimensions;    // of each core axis; -1 for one that keepdims= keeps
  std::array<std::size_t, kMaxCoreAxes> axes;  // where it lies in the array

  std::size_t loops() const { return ndim - count; }
  bool is_core(std::size_t axis) const {
    for (std::size_t i = 0; i < count; ++i) {
      if (axes[i] == axis) return true;
    }
    return false;
  }
};

// The geometry of a call: operands are the inputs, then the outputs.
struct CoreAxes {
  std::array<CoreOperand, kMaxOperands> operands;
  std::array<Index, kMaxCoreDimensions> extents;  // 1 where a dimension is absent
  std::uint32_t absent = 0;                       // bit i: no operand has dimension i
  std::size_t loop_ndim = 0;
  Index loop_shape[kMaxRank];
};

// Settles everything that follows from the operands' shapes and the options axes, axis, keepdims
// and out; `outputs` has null for an output to be made. Throws ShapeError, AxisError, ValueError or
// TypeError with NumPy's messages.
CoreAxes SettleCoreAxes(const UfuncInfo& ufunc, std::span<const std::span<const Index>> inputs,
                        std::span<const Array* const> outputs, const CallOptions& options);

}  // namespace quern

#endif  // QUERN_CALL_CORE_AXES_H_
