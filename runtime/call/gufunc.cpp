// A call of a generalised ufunc: 1 which axes are core axes, 2 resolve types, 3 bring inputs into
// the loop's dtype and out of the way of outputs, 4 make outputs, 5 plan the loop over stacks, 6
// run the core kernel on as many threads as the work is worth, 7 convert outputs and report flags.
//
// Core kernels take any strides, so only dtype, byte order and alignment call for a copy, and then
// of the whole operand: core operations read elements more than once, so that the copy is small
// beside them. Operands of a loop that computes in another dtype are copied into it, and results
// rounded once.
#include "call/gufunc.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>

#include "call/core_axes.h"
#include "call/resolve.h"
#include "core/array_access.h"
#include "errors/error_state.h"
#include "iterate/copy.h"
#include "iterate/plan.h"
#include "quern/errors.hpp"
#include "quern/runtime.hpp"
#include "threads/threads.h"

namespace quern {
namespace {

// Elements of all core dimensions multiplied, over all stacks, that make a thread worth starting.
constexpr std::size_t kGrain = std::size_t{1} << 20;
// Core dimensions are cut for threads at multiples of this.
constexpr Index kCut = 48;

// What one thread runs: part of the outermost loop axis, or of one core dimension.
struct Share {
  std::array<std::byte*, kMaxOperands> data;
  Index outer;  // extent of the outermost loop axis
  std::array<std::size_t, kMaxCoreDimensions> extents;
};

class CoreCall {
 public:
  CoreCall(const UfuncInfo& ufunc, std::span<const Operand> inputs, const CallOptions& options)
      : ufunc_(ufunc), core_(*ufunc.core), options_(options) {
    ReadOutputs();
    SettleAxes(inputs);
    Resolve(ufunc, inputs, options, bound_);
    computing_ = &ComputeLoop(*bound_.loop);
    for (std::size_t i = 0; i < ufunc_.outputs; ++i) {
      if (given_[i] == nullptr) continue;
      CheckCast(ufunc_, -1, DType::from_id(OutputType(i)), given_[i]->dtype(), options_.casting);
    }
  }

  std::vector<Array> Run() {
    copies_.reserve(std::size_t{2} * ufunc_.inputs);
    results_.reserve(ufunc_.outputs);
    for (std::size_t i = 0; i < ufunc_.inputs; ++i) PrepareInput(i);
    for (std::size_t i = 0; i < ufunc_.outputs; ++i) PrepareOutput(i);
    BuildStacks();
    Add(RunShares());
    for (std::size_t i = 0; i < ufunc_.outputs; ++i) Deliver(i);
    ReportFlags(flags_, ufunc_.name);
    return std::move(results_);
  }

 private:
  std::size_t operands() const { return std::size_t{ufunc_.inputs} + ufunc_.outputs; }
  DTypeId OutputType(std::size_t i) const { return bound_.loop->types[ufunc_.inputs + i]; }
  bool converts() const { return computing_ != bound_.loop; }
  void Add(unsigned flags) { flags_ = static_cast<FpFlags>(flags_ | flags); }

  void ReadOutputs() {
    CheckGivenOutputs(ufunc_, options_);
    for (std::size_t i = 0; i < ufunc_.outputs; ++i) given_[i] = GivenOutput(options_, i);
  }

  void SettleAxes(std::span<const Operand> inputs) {
    if (inputs.size() != ufunc_.inputs) {
      throw TypeError(std::string(ufunc_.name) + "() takes " + std::to_string(ufunc_.inputs) +
                      " inputs but " + std::to_string(inputs.size()) + " were given");
    }
    std::array<std::span<const Index>, kMaxInputs> shapes;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (const Array* array = inputs[i].array()) shapes[i] = array->shape();
    }
    axes_ = SettleCoreAxes(ufunc_, {shapes.data(), inputs.size()},
                           {given_.data(), std::size_t{ufunc_.outputs}}, options_);
  }

  // True if the kernel can use the array's elements where they lie.
  static bool Direct(const Array& array, DTypeId wanted) {
    return array.dtype() == DType::from_id(wanted) && array.aligned();
  }

  void PrepareInput(std::size_t i) {
    BoundInput& input = bound_.inputs[i];
    const DTypeId wanted = bound_.loop->types[i];
    const DTypeId computed = computing_->types[i];
    if (input.array == nullptr) {
      data_[i] = input.value;
      if (wanted == computed) return;
      alignas(16) std::byte stored[16];
      std::memcpy(stored, input.value, sizeof stored);
      Registry::Get().cast_kernel(wanted, computed)(stored, input.value, 1);
      return;
    }
    bool clashes = false;
    for (const Array* out : given_)
      clashes |= out != nullptr && out->may_share_memory(*input.array);
    const Array* used = input.array;
    // Elements are values of the loop's own dtype, also where it computes in another one.
    if (converts() && used->dtype().id() != wanted) used = &Copied(*used, wanted);
    if (clashes || !Direct(*used, computed)) used = &Copied(*used, computed);
    data_[i] = used->data();
    Split(i, *used);
  }

  const Array& Copied(const Array& array, DTypeId dtype) {
    copies_.push_back(NewLike(array, DType::from_id(dtype), Order::K));
    Add(CopyElements(array, copies_.back()));
    return copies_.back();
  }

  void PrepareOutput(std::size_t i) {
    const std::size_t operand = ufunc_.inputs + i;
    if (given_[i] != nullptr && !converts() && Direct(*given_[i], OutputType(i))) {
      results_.push_back(*given_[i]);
    } else {
      results_.push_back(NewOutput(i));
    }
    data_[operand] = results_[i].data();
    Split(operand, results_[i]);
  }

  // The result in the loop's own dtype, in the array that was given for it if there is one.
  void Deliver(std::size_t i) {
    Array& result = results_[i];
    if (converts()) {
      const Array rounded = NewLike(result, DType::from_id(OutputType(i)), Order::K);
      Add(CopyElements(result, rounded) & bound_.loop->declared_flags);
      result = rounded;
    }
    if (given_[i] == nullptr || result.data() == given_[i]->data()) return;
    Add(CopyElements(result, *given_[i]));
    result = *given_[i];
  }

  // A new output with its core axes where they belong. In memory core axes come last; in Fortran
  // order the array as a whole is dense.
  Array NewOutput(std::size_t i) const {
    const CoreOperand& operand = axes_.operands[ufunc_.inputs + i];
    const DType dtype = DType::from_id(computing_->types[ufunc_.inputs + i]);
    Shape dense(axes_.loop_shape, axes_.loop_shape + axes_.loop_ndim);
    for (std::size_t c = 0; c < operand.count; ++c) {
      const int dimension = operand.dimensions[c];
      dense.push_back(dimension < 0 ? 1 : axes_.extents[static_cast<std::size_t>(dimension)]);
    }
    // Where each axis of the result lies in the dense form.
    std::vector<Index> order(dense.size());
    std::size_t loop = 0;
    for (std::size_t axis = 0; axis < dense.size(); ++axis) {
      if (!operand.is_core(axis)) order[axis] = static_cast<Index>(loop++);
    }
    for (std::size_t c = 0; c < operand.count; ++c) {
      order[operand.axes[c]] = static_cast<Index>(axes_.loop_ndim + c);
    }
    CheckedSize(dense, dtype.size(), ufunc_.name);
    if (FortranOrder()) {
      Shape shape(dense.size());
      for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        shape[axis] = dense[static_cast<std::size_t>(order[axis])];
      }
      return Array(shape, dtype, Order::F);
    }
    const Array made = options_.order == Order::K ? InLoopOrder(dense, dtype) : Array(dense, dtype);
    return std::ranges::is_sorted(order) ? made : made.transpose(order);
  }

  bool FortranOrder() const {
    if (options_.order != Order::A) return options_.order == Order::F;
    bool columns_first = true;
    for (std::size_t i = 0; i < ufunc_.inputs; ++i) {
      const Array* array = bound_.inputs[i].array;
      columns_first &= array == nullptr || (array->f_contiguous() && !array->c_contiguous());
    }
    return columns_first;
  }

  // A dense array whose loop axes lie in memory as the inputs' do.
  Array InLoopOrder(const Shape& shape, DType dtype) const {
    if (axes_.loop_ndim < 2) return Array(shape, dtype);
    // The core axes of the result are the innermost: the inputs do not move along them.
    std::array<std::array<Index, kMaxRank>, kMaxInputs> extents;
    std::array<std::array<Index, kMaxRank>, kMaxInputs> strides;
    std::vector<PlanOperand> inputs;
    for (std::size_t i = 0; i < ufunc_.inputs; ++i) {
      if (bound_.inputs[i].array == nullptr) continue;
      const std::size_t loops = axes_.operands[i].loops();
      const std::size_t ndim = loops + shape.size() - axes_.loop_ndim;
      extents[i].fill(1);
      strides[i].fill(0);
      std::copy_n(loop_shapes_[i], loops, extents[i].begin());
      std::copy_n(loop_strides_[i], loops, strides[i].begin());
      inputs.push_back({nullptr, {extents[i].data(), ndim}, {strides[i].data(), ndim}});
    }
    return DenseInOrder(shape, inputs, dtype);
  }

  // Tells the array's loop axes from its core axes. Kernels expect a stride for every core axis of
  // the signature, absent ones included.
  void Split(std::size_t i, const Array& array) {
    const CoreOperand& operand = axes_.operands[i];
    std::size_t loop = 0;
    for (std::size_t axis = 0; axis < array.ndim() && operand.loops() != 0; ++axis) {
      if (operand.is_core(axis)) continue;
      loop_shapes_[i][loop] = array.shape()[axis];
      loop_strides_[i][loop++] = array.strides()[axis];
    }
    std::size_t first = 0;
    for (std::size_t before = 0; before < i; ++before) first += core_.counts[before];
    for (std::size_t c = 0; c < core_.counts[i]; ++c) {
      core_strides_[first + c] = 0;
      for (std::size_t present = 0; present < operand.count; ++present) {
        if (operand.dimensions[present] == core_.axes[first + c]) {
          core_strides_[first + c] = array.strides()[operand.axes[present]];
        }
      }
    }
  }

  void BuildStacks() {
    std::array<PlanOperand, kMaxOperands> plan_operands;
    for (std::size_t i = 0; i < operands(); ++i) {
      const std::size_t loops = axes_.operands[i].loops();
      plan_operands[i] = {data_[i], {loop_shapes_[i], loops}, {loop_strides_[i], loops}};
    }
    BuildPlan({axes_.loop_shape, axes_.loop_ndim}, {plan_operands.data(), operands()}, plan_);
  }

  // The whole work in one share.
  Share Everything() const {
    Share share;
    for (std::size_t i = 0; i < operands(); ++i) share.data[i] = plan_.data[i];
    share.outer = plan_.ndim == 0 ? 1 : plan_.shape[0];
    for (std::size_t i = 0; i < core_.dimensions.size(); ++i) {
      share.extents[i] = static_cast<std::size_t>(axes_.extents[i]);
    }
    return share;
  }

  FpFlags RunShares() {
    bool empty = plan_.size == 0;
    std::size_t work = static_cast<std::size_t>(plan_.size);
    for (std::size_t i = 0; i < ufunc_.outputs; ++i) empty |= results_[i].size() == 0;
    for (std::size_t i = 0; i < core_.dimensions.size(); ++i) {
      work *= static_cast<std::size_t>(axes_.extents[i]);
    }
    if (empty) return 0;
    const int threads = ThreadsFor(work, kGrain);
    if (threads <= 1) return RunShare(Everything());
    const std::vector<Share> shares = Shares(threads);
    std::vector<FpFlags> met(shares.size());
    RunOnThreads(static_cast<int>(shares.size()), [&](int thread) {
      met[static_cast<std::size_t>(thread)] = RunShare(shares[static_cast<std::size_t>(thread)]);
    });
    FpFlags flags = 0;
    for (FpFlags more : met) flags = static_cast<FpFlags>(flags | more);
    return flags;
  }

  // Cuts the outermost loop axis where it is long enough, else the longest core dimension that may
  // be cut: one that results have.
  std::vector<Share> Shares(int threads) const {
    const Share all = Everything();
    const Index count = threads;
    if (plan_.ndim > 0 && plan_.shape[0] >= 4 * count) return CutLoop(all, count);
    int longest = -1;
    for (std::size_t i = 0; i < core_.dimensions.size(); ++i) {
      const bool longer =
          longest < 0 || all.extents[i] > all.extents[static_cast<std::size_t>(longest)];
      if (((core_.separable >> i) & 1) != 0 && longer) longest = static_cast<int>(i);
    }
    if (longest < 0 || axes_.extents[static_cast<std::size_t>(longest)] < 2 * kCut) return {all};
    return CutCore(all, count, static_cast<std::size_t>(longest));
  }

  std::vector<Share> CutLoop(const Share& all, Index count) const {
    std::vector<Share> shares;
    const Index extent = plan_.shape[0];
    for (Index thread = 0; thread < count; ++thread) {
      const Index begin = extent * thread / count;
      Share share = all;
      share.outer = extent * (thread + 1) / count - begin;
      for (std::size_t i = 0; i < operands(); ++i) share.data[i] += begin * plan_.strides[i][0];
      shares.push_back(share);
    }
    return shares;
  }

  std::vector<Share> CutCore(const Share& all, Index count, std::size_t dimension) const {
    std::vector<Share> shares;
    const Index extent = axes_.extents[dimension];
    const Index piece = ((extent + count - 1) / count + kCut - 1) / kCut * kCut;
    for (Index begin = 0; begin < extent; begin += piece) {
      Share share = all;
      share.extents[dimension] = static_cast<std::size_t>(std::min(piece, extent - begin));
      std::size_t at = 0;
      for (std::size_t i = 0; i < operands(); ++i) {
        for (std::size_t axis = 0; axis < core_.counts[i]; ++axis, ++at) {
          if (core_.axes[at] == dimension) share.data[i] += begin * core_strides_[at];
        }
      }
      shares.push_back(share);
    }
    return shares;
  }

  // All stacks of a share: the innermost loop axis is the kernel's, the others are counted here.
  FpFlags RunShare(const Share& share) const {
    FlagCollector flags(computing_->hardware_flags);
    const CoreKernel kernel = KernelsOf(*computing_).core;
    const std::size_t inner = plan_.ndim == 0 ? 0 : plan_.ndim - 1;
    std::array<std::ptrdiff_t, kMaxOperands> steps{};
    std::array<const void*, kMaxOperands> in;
    std::array<void*, kMaxOperands> out;
    for (std::size_t i = 0; i < operands() && plan_.ndim != 0; ++i)
      steps[i] = plan_.strides[i][inner];
    const auto extent = [&](std::size_t axis) {
      return axis == 0 ? share.outer : plan_.shape[axis];
    };
    const CoreGeometry geometry{plan_.ndim == 0 ? 1 : static_cast<std::size_t>(extent(inner)),
                                steps.data(), share.extents.data(), core_strides_.data(),
                                reproducible_};
    Index position[kMaxRank] = {};
    std::array<std::byte*, kMaxOperands> data = share.data;
    for (bool more = true; more;) {
      for (std::size_t i = 0; i < ufunc_.inputs; ++i) in[i] = data[i];
      for (std::size_t i = 0; i < ufunc_.outputs; ++i) out[i] = data[ufunc_.inputs + i];
      flags.Add(kernel(in.data(), out.data(), geometry));
      more = false;
      for (std::size_t axis = inner; axis-- > 0 && !more;) {
        for (std::size_t i = 0; i < operands(); ++i) data[i] += plan_.strides[i][axis];
        more = ++position[axis] < extent(axis);
        if (more) break;
        for (std::size_t i = 0; i < operands(); ++i)
          data[i] -= extent(axis) * plan_.strides[i][axis];
        position[axis] = 0;
      }
    }
    flags.Harvest();
    return flags.flags();
  }

  const UfuncInfo& ufunc_;
  const CoreInfo& core_;
  const CallOptions& options_;
  BoundCall bound_;
  const LoopInfo* computing_ = nullptr;  // the loop whose kernel runs, in its own dtype
  CoreAxes axes_;
  std::array<const Array*, kMaxOperands> given_{};  // null where an output is to be made
  std::vector<Array> copies_;   // inputs that had to be converted or moved out of the way
  std::vector<Array> results_;  // outputs; in the computing loop's dtype until they are delivered
  std::array<std::byte*, kMaxOperands> data_{};
  // Of the axes that are not core axes; a scalar has none.
  Index loop_shapes_[kMaxOperands][kMaxRank];
  Index loop_strides_[kMaxOperands][kMaxRank];
  std::array<std::ptrdiff_t, kMaxOperands * kMaxCoreAxes> core_strides_{};
  Plan plan_;
  const bool reproducible_ = reproducible_products();
  FpFlags flags_ = 0;
};

}  // namespace

std::vector<Array> CallOnCores(const UfuncInfo& ufunc, std::span<const Operand> inputs,
                               const CallOptions& options) {
  return CoreCall(ufunc, inputs, options).Run();
}

}  // namespace quern
