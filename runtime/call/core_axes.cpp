#include "call/core_axes.h"

#include <algorithm>
#include <string>

#include "core/array_access.h"
#include "iterate/plan.h"
#include "quern/errors.hpp"

namespace quern {
namespace {

class Settling {
 public:
  Settling(const UfuncInfo& ufunc, std::span<const std::span<const Index>> inputs,
           std::span<const Array* const> outputs, const CallOptions& options)
      : ufunc_(ufunc), core_(*ufunc.core), inputs_(inputs), outputs_(outputs), options_(options) {}

  CoreAxes Settle() {
    CheckOptions();
    ReadDimensions();
    FindAbsent();
    KeepFolded();
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      result_.operands[i].ndim = inputs_[i].size();
      PlaceAxes(i);
    }
    FindLoopShape();
    for (std::size_t i = inputs_.size(); i < operands(); ++i) {
      const Array* out = OutputAt(i);
      result_.operands[i].ndim =
          out != nullptr ? out->ndim() : result_.loop_ndim + result_.operands[i].count;
      PlaceAxes(i);
    }
    FindExtents();
    CheckOutputs();
    return result_;
  }

 private:
  std::size_t operands() const { return inputs_.size() + outputs_.size(); }
  const Array* OutputAt(std::size_t operand) const { return outputs_[operand - inputs_.size()]; }
  bool is_output(std::size_t operand) const { return operand >= inputs_.size(); }
  std::span<const Index> ShapeOf(std::size_t operand) const {
    return is_output(operand) ? OutputAt(operand)->shape() : inputs_[operand];
  }

  std::string name() const { return ufunc_.name; }
  std::string Role(std::size_t operand) const {
    return is_output(operand) ? "Output operand " + std::to_string(operand - inputs_.size())
                              : "Input operand " + std::to_string(operand);
  }

  bool OutputsHaveCores() const {
    for (std::size_t i = inputs_.size(); i < operands(); ++i) {
      if (core_.counts[i] != 0) return true;
    }
    return false;
  }

  void CheckOptions() const {
    if (options_.where != nullptr) {
      throw TypeError(name() + "() got an unexpected keyword argument 'where'");
    }
    if (options_.axis && !options_.axes.empty()) {
      throw TypeError("cannot specify both 'axis' and 'axes'");
    }
    if (options_.keepdims) CheckKeepdims();
    if (options_.axis) CheckAxis();
    const std::size_t entries = options_.axes.size();
    const bool complete =
        entries == operands() || (entries == inputs_.size() && !OutputsHaveCores());
    if (entries != 0 && !complete) {
      throw ValueError("axes should be a list with an entry for all " + std::to_string(operands()) +
                       " inputs and outputs; entries for outputs can only be omitted if none of "
                       "them has core axes.");
    }
  }

  void CheckKeepdims() const {
    for (std::size_t i = 0; i < operands(); ++i) {
      const std::size_t wanted = is_output(i) ? 0 : core_.counts[0];
      if (core_.counts[i] == wanted) continue;
      throw TypeError(name() + " does not support keepdims: its signature " + ufunc_.signature +
                      " requires " + (is_output(i) ? "output " : "input ") +
                      std::to_string(is_output(i) ? i - inputs_.size() : i) + " to have " +
                      std::to_string(core_.counts[i]) +
                      " core dimensions, but keepdims can only be used when all inputs have the "
                      "same number of core dimensions and all outputs have no core dimensions.");
    }
  }

  void CheckAxis() const {
    if (core_.dimensions.size() != 1) {
      throw TypeError(name() +
                      ": axis can only be used with a single shared core dimension, not with the " +
                      std::to_string(core_.dimensions.size()) +
                      " distinct ones implied by signature " + ufunc_.signature + ".");
    }
    for (std::size_t i = 0; i < operands(); ++i) {
      if (core_.counts[i] > 1) {
        throw TypeError(name() + ": operand " + std::to_string(i) + " has " +
                        std::to_string(core_.counts[i]) + " core dimensions, axis names one.");
      }
    }
  }

  void ReadDimensions() {
    std::size_t at = 0;
    for (std::size_t i = 0; i < operands(); ++i) {
      CoreOperand& operand = result_.operands[i];
      operand.count = core_.counts[i];
      for (std::size_t axis = 0; axis < operand.count; ++axis) {
        operand.dimensions[axis] = core_.axes[at++];
      }
    }
  }

  // An input with too few axes lacks its optional dimensions, and with it every operand.
  void FindAbsent() {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const std::size_t ndim = inputs_[i].size();
      for (std::size_t axis = 0; axis < result_.operands[i].count && Present(i) > ndim; ++axis) {
        const std::uint32_t bit = std::uint32_t{1} << result_.operands[i].dimensions[axis];
        if ((core_.optional & bit) != 0) result_.absent |= bit;
      }
      if (Present(i) > ndim) TooFewAxes(i, ndim, Present(i));
    }
    for (std::size_t i = 0; i < operands(); ++i) {
      CoreOperand& operand = result_.operands[i];
      std::size_t kept = 0;
      for (std::size_t axis = 0; axis < operand.count; ++axis) {
        if (IsPresent(operand.dimensions[axis])) {
          operand.dimensions[kept++] = operand.dimensions[axis];
        }
      }
      operand.count = kept;
      const Array* out = is_output(i) ? OutputAt(i) : nullptr;
      if (out != nullptr && out->ndim() < kept) TooFewAxes(i, out->ndim(), kept);
    }
  }

  bool IsPresent(int dimension) const { return ((result_.absent >> dimension) & 1) == 0; }
  std::size_t Present(std::size_t operand) const {
    std::size_t present = 0;
    for (std::size_t axis = 0; axis < result_.operands[operand].count; ++axis) {
      present += IsPresent(result_.operands[operand].dimensions[axis]);
    }
    return present;
  }

  [[noreturn]] void TooFewAxes(std::size_t operand, std::size_t has, std::size_t needs) const {
    throw ShapeError(name() + ": " + Role(operand) + " does not have enough dimensions (has " +
                     std::to_string(has) + ", gufunc core with signature " + ufunc_.signature +
                     " requires " + std::to_string(needs) + ")");
  }

  // With keepdims= outputs have as many core axes as the inputs, of extent 1.
  void KeepFolded() {
    if (!options_.keepdims) return;
    for (std::size_t i = inputs_.size(); i < operands(); ++i) {
      result_.operands[i].count = result_.operands[0].count;
      result_.operands[i].dimensions.fill(-1);
    }
  }

  void PlaceAxes(std::size_t i) {
    CoreOperand& operand = result_.operands[i];
    if (operand.ndim < operand.count) TooFewAxes(i, operand.ndim, operand.count);
    for (std::size_t axis = 0; axis < operand.count; ++axis) {
      operand.axes[axis] = operand.ndim - operand.count + axis;
    }
    if (options_.axis && operand.count == 1) {
      operand.axes[0] = NormalizeAxis(*options_.axis, operand.ndim, ufunc_.name);
    }
    if (i < options_.axes.size()) ReadAxes(i, options_.axes[i]);
  }

  void ReadAxes(std::size_t i, const Axes& given) {
    CoreOperand& operand = result_.operands[i];
    if (given.is_single() && operand.count != 1) {
      throw AxisError(name() + ": operand " + std::to_string(i) + " has " +
                      std::to_string(operand.count) +
                      " core dimensions, but the axes item is a single integer.");
    }
    if (given.list().size() != operand.count) {
      throw AxisError(name() + ": operand " + std::to_string(i) + " has " +
                      std::to_string(operand.count) + " core dimensions, but " +
                      std::to_string(given.list().size()) +
                      " dimensions are specified by axes tuple.");
    }
    for (std::size_t axis = 0; axis < operand.count; ++axis) {
      operand.axes[axis] = NormalizeAxis(given.list()[axis], operand.ndim, ufunc_.name);
      for (std::size_t before = 0; before < axis; ++before) {
        if (operand.axes[before] == operand.axes[axis]) {
          throw ValueError("axes item " + std::to_string(i) + " has value " +
                           std::to_string(operand.axes[axis]) + " repeated");
        }
      }
    }
  }

  // True if no operand has axes beside its core axes, as most have not.
  bool OnlyCores() const {
    for (std::size_t i = 0; i < operands(); ++i) {
      const bool known = !is_output(i) || OutputAt(i) != nullptr;
      if (known && ShapeOf(i).size() != result_.operands[i].count) return false;
    }
    return true;
  }

  // The extents of the axes that are not core axes.
  Shape LoopShapeOf(std::size_t i) const {
    Shape shape;
    const std::span<const Index> all = ShapeOf(i);
    for (std::size_t axis = 0; axis < all.size(); ++axis) {
      if (!result_.operands[i].is_core(axis)) shape.push_back(all[axis]);
    }
    return shape;
  }

  void FindLoopShape() {
    if (OnlyCores()) return;
    std::vector<Shape> shapes;
    for (std::size_t i = 0; i < inputs_.size(); ++i) shapes.push_back(LoopShapeOf(i));
    // A given output may add leading axes. Its own core axes are known from its rank alone.
    for (std::size_t i = inputs_.size(); i < operands(); ++i) {
      const Array* out = OutputAt(i);
      if (out == nullptr) continue;
      result_.operands[i].ndim = out->ndim();
      PlaceAxes(i);
      shapes.push_back(LoopShapeOf(i));
    }
    const std::vector<std::span<const Index>> spans(shapes.begin(), shapes.end());
    result_.loop_ndim = BroadcastShapes(spans, ufunc_.name, result_.loop_shape);
  }

  void FindExtents() {
    result_.extents.fill(-1);
    for (std::size_t i = 0; i < operands(); ++i) {
      if (is_output(i) && OutputAt(i) == nullptr) continue;
      const CoreOperand& operand = result_.operands[i];
      for (std::size_t axis = 0; axis < operand.count; ++axis) {
        const Index extent = ShapeOf(i)[operand.axes[axis]];
        const int dimension = operand.dimensions[axis];
        const Index wanted =
            dimension < 0 ? 1 : result_.extents[static_cast<std::size_t>(dimension)];
        if (wanted < 0) {
          result_.extents[static_cast<std::size_t>(dimension)] = extent;
        } else if (wanted != extent) {
          throw ShapeError(name() + ": " + Role(i) + " has a mismatch in its core dimension " +
                           std::to_string(axis) + ", with gufunc signature " + ufunc_.signature +
                           " (size " + std::to_string(extent) + " is different from " +
                           std::to_string(wanted) + ")");
        }
      }
    }
    for (Index& extent : result_.extents) {
      if (extent < 0) extent = 1;
    }
  }

  void CheckOutputs() const {
    for (std::size_t i = inputs_.size(); i < operands(); ++i) {
      const Array* out = OutputAt(i);
      if (out == nullptr) continue;
      if (result_.loop_ndim == 0 && out->ndim() == result_.operands[i].count && out->writeable()) {
        continue;
      }
      if (!out->writeable()) throw ReadOnlyError(name() + ": output array is read-only");
      const Shape loops = LoopShapeOf(i);
      const std::span<const Index> wanted(result_.loop_shape, result_.loop_ndim);
      if (!std::ranges::equal(loops, wanted)) {
        throw ShapeError(name() + ": non-broadcastable output operand with shape " +
                         ShapeText(out->shape()) + ", of which " + ShapeText(loops) +
                         " are no core axes, doesn't match the broadcast shape " +
                         ShapeText(wanted));
      }
    }
  }

  const UfuncInfo& ufunc_;
  const CoreInfo& core_;
  std::span<const std::span<const Index>> inputs_;
  std::span<const Array* const> outputs_;
  const CallOptions& options_;
  CoreAxes result_{};
};

}  // namespace

CoreAxes SettleCoreAxes(const UfuncInfo& ufunc, std::span<const std::span<const Index>> inputs,
                        std::span<const Array* const> outputs, const CallOptions& options) {
  return Settling(ufunc, inputs, outputs, options).Settle();
}

}  // namespace quern
