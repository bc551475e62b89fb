// A call, in numbered steps: 1 resolve types, 2 check or make outputs and settle overlap, 3 plan,
// 4 one kernel call if it covers everything, 5 else tile by tile, 6 collect floating-point flags,
// 7 report them per the error state.
#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "call/overlap.h"
#include "call/resolve.h"
#include "core/array_access.h"
#include "errors/error_state.h"
#include "iterate/copy.h"
#include "iterate/plan.h"
#include "iterate/tiles.h"
#include "quern/errors.hpp"
#include "quern/ufunc.hpp"
#include "threads/threads.h"

namespace quern {
namespace {

// Calls up to this many elements try the path of step 4 before any planning; larger ones may be
// worth threads.
constexpr Index kSmallCall = Index{1} << 16;

// Written out, because a library call costs more than the comparison of a few extents.
bool SameShape(const Array& a, const Array& b) {
  if (a.ndim() != b.ndim()) return false;
  for (std::size_t axis = 0; axis < a.ndim(); ++axis) {
    if (a.shape()[axis] != b.shape()[axis]) return false;
  }
  return true;
}

// True if an output of `size` bytes per element that starts at `out` may be written while n elements
// of `in` are read: it lies apart, or exactly on them.
bool RunsAreSafe(const std::byte* out, std::size_t size, const Array& in, std::size_t in_size) {
  const std::size_t n = static_cast<std::size_t>(in.size());
  if (out == in.data()) return size == in_size;
  return out + n * size <= in.data() || in.data() + n * in_size <= out;
}

// The inputs of a call that needs no plan: arrays of one shape, each a single run, and numbers.
struct RunInputs {
  const Array* first = nullptr;  // an array; all have its shape
  bool numbers = false;          // there are numbers, too
};

// Fills `found`; false if the inputs are of another kind, or so many that a plan pays off.
bool FindRunInputs(std::span<const Operand> inputs, RunInputs& found) {
  for (const Operand& input : inputs) {
    const Array* array = input.array();
    if (array == nullptr) {
      found.numbers = true;
      continue;
    }
    if (!ArrayAccess::one_run(*array)) return false;
    if (found.first == nullptr) found.first = array;
    if (!SameShape(*array, *found.first)) return false;
  }
  return found.first != nullptr && found.first->size() > 0 && found.first->size() <= kSmallCall;
}

// The loop, and where its inputs lie: arrays as they are, numbers spread over scratch memory. Null if
// an input has to be converted or a number has no room.
const LoopInfo* BindRun(const UfuncInfo& ufunc, std::span<const Operand> inputs,
                        const RunInputs& found, const void** in) {
  const Registry& registry = Registry::Get();
  const LoopInfo* loop = nullptr;
  BoundCall bound;
  if (found.numbers) {
    bound = Resolve(ufunc, inputs, {});
    loop = bound.loop;
  } else {
    DTypeId types[kMaxInputs];
    for (std::size_t i = 0; i < inputs.size(); ++i) types[i] = inputs[i].array()->dtype().id();
    loop = registry.Resolve(ufunc, {types, inputs.size()}).loop;
    if (loop == nullptr) return nullptr;
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (const Array* array = inputs[i].array()) {
      if (array->dtype().id() != loop->types[i]) return nullptr;
      in[i] = array->data();
      continue;
    }
    const std::size_t size = registry.dtype(loop->types[i]).size;
    if (static_cast<std::size_t>(found.first->size()) * size > kTileBytes) return nullptr;
    std::byte* spread = TileScratch(kMaxInputs) + i * kScratchPerOperand;
    Block block;
    block.Append(found.first->size(), 0);
    Pack(block, size, bound.inputs[i].value, spread);
    in[i] = spread;
  }
  return loop;
}

// True if `out` can take the loop's result as one run beside its inputs.
bool TakesRun(const Array& out, const RunInputs& found, const LoopInfo& loop,
              std::span<const Operand> inputs) {
  const Registry& registry = Registry::Get();
  const DTypeId dtype = loop.types[inputs.size()];
  if (!out.writeable() || out.dtype().id() != dtype || !SameShape(out, *found.first) ||
      !ArrayAccess::one_run(out)) {
    return false;
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Array* array = inputs[i].array();
    if (array != nullptr && !RunsAreSafe(out.data(), registry.dtype(dtype).size, *array,
                                         registry.dtype(loop.types[i]).size)) {
      return false;
    }
  }
  return true;
}

// Step 4: one kernel call for runs and numbers, with one output. Returns false, having done nothing,
// where that does not fit. The result is in options.out, or else in `made`.
bool CallAsOneRun(const UfuncInfo& ufunc, std::span<const Operand> inputs,
                  const CallOptions& options, Array& made) {
  if (options.where != nullptr || options.dtype || !options.signature.empty() ||
      !options.outs.empty() || options.order == Order::F || ufunc.outputs != 1 ||
      inputs.size() != ufunc.inputs || options.casting < CastingLevel::same_kind) {
    return false;
  }
  RunInputs found;
  const void* in[kMaxInputs];
  if (!FindRunInputs(inputs, found)) return false;
  const LoopInfo* loop = BindRun(ufunc, inputs, found, in);
  if (loop == nullptr) return false;
  void* out[1];
  if (options.out != nullptr) {
    if (!TakesRun(*options.out, found, *loop, inputs)) return false;
    out[0] = options.out->data();
  } else {
    made = Array(found.first->shape(), DType::from_id(loop->types[inputs.size()]));
    out[0] = made.data();
  }
  FlagCollector flags(loop->hardware_flags);
  flags.Add(
      KernelsOf(*loop).elementwise(in, out, static_cast<std::size_t>(found.first->size())));
  flags.Harvest();
  if (flags.flags() != 0) ReportFlags(flags.flags(), ufunc.name);
  return true;
}

// One call on the general path.
class GeneralCall {
 public:
  GeneralCall(const UfuncInfo& ufunc, std::span<const Operand> inputs, const CallOptions& options)
      : ufunc_(ufunc), options_(options), bound_(Resolve(ufunc, inputs, options)) {
    ReadOutputs();
    CheckMask();
    FindShape();
    CheckOutputs();
  }

  std::vector<Array> Run() {
    SeparateOverlaps();
    MakeOutputs();
    const std::size_t arity = std::size_t{ufunc_.inputs} + ufunc_.outputs;
    std::array<OperandFormat, kMaxOperands> formats;
    std::array<PlanOperand, kMaxPlanOperands> operands;
    for (std::size_t i = 0; i < ufunc_.inputs; ++i) {
      formats[i] = FormatOfInput(i);
      operands[i] = InputOperand(i);
    }
    for (std::size_t i = 0; i < ufunc_.outputs; ++i) {
      const Array& output = outputs_[i];
      formats[ufunc_.inputs + i] = OutputFormat(output, bound_.loop->types[ufunc_.inputs + i]);
      operands[ufunc_.inputs + i] = {output.data(), output.shape(), output.strides()};
    }
    const bool masked = options_.where != nullptr;
    if (masked) operands[arity] = {mask_.data(), mask_.shape(), mask_.strides()};
    Plan plan;
    BuildPlan({shape_, ndim_}, {operands.data(), arity + (masked ? 1 : 0)}, plan);
    const std::span<const OperandFormat> all(formats.data(), arity);
    const TileJob job{&plan,
                      all.first(ufunc_.inputs),
                      all.subspan(ufunc_.inputs),
                      masked,
                      KernelsOf(*bound_.loop).elementwise,
                      bound_.loop->hardware_flags};
    ReportFlags(RunTiles(job), ufunc_.name);
    return std::move(outputs_);
  }

 private:
  void ReadOutputs() {
    if (!options_.outs.empty()) {
      if (options_.out != nullptr) {
        throw ValueError(std::string(ufunc_.name) + ": give out or outs, not both");
      }
      if (options_.outs.size() != ufunc_.outputs) {
        throw ValueError(std::string(ufunc_.name) + ": outs has " +
                         std::to_string(options_.outs.size()) + " entries; the ufunc has " +
                         std::to_string(ufunc_.outputs) + " outputs");
      }
      std::ranges::copy(options_.outs, given_.begin());
    } else {
      given_[0] = options_.out;
    }
  }

  void CheckMask() {
    if (options_.where == nullptr) return;
    const DType mask = options_.where->dtype();
    if (mask != DType::of<bool>()) {
      throw CastError(std::string(ufunc_.name) + ": cannot cast where= from dtype('" +
                      std::string(mask.name()) + "') to dtype('" +
                      std::string(DType::of<bool>().name()) + "') according to the rule 'safe'");
    }
    mask_ = *options_.where;
  }

  void FindShape() {
    std::array<std::span<const Index>, kMaxPlanOperands> shapes;
    std::size_t count = 0;
    for (std::size_t i = 0; i < ufunc_.inputs; ++i) shapes[count++] = bound_.inputs[i].shape();
    if (options_.where != nullptr) shapes[count++] = mask_.shape();
    for (const Array* out : given_) {
      if (out != nullptr) shapes[count++] = out->shape();
    }
    ndim_ = BroadcastShapes({shapes.data(), count}, ufunc_.name, shape_);
    CheckedSize({shape_, ndim_}, 1, ufunc_.name);
  }

  void CheckOutputs() const {
    const std::span<const Index> shape(shape_, ndim_);
    for (std::size_t i = 0; i < given_.size(); ++i) {
      const Array* out = given_[i];
      if (out == nullptr) continue;
      if (!out->writeable()) {
        throw ReadOnlyError(std::string(ufunc_.name) + ": output array is read-only");
      }
      if (!std::ranges::equal(out->shape(), shape)) {
        throw ShapeError(std::string(ufunc_.name) +
                         ": non-broadcastable output operand with shape " +
                         ShapeText(out->shape()) + " doesn't match the broadcast shape " +
                         ShapeText(shape));
      }
      CheckCast(ufunc_, -1, bound_.loop->types[ufunc_.inputs + i], out->dtype().id(),
                options_.casting);
    }
  }

  // An input, or the mask, that a given output would overwrite before it is read is copied first.
  void SeparateOverlaps() {
    for (const Array* out : given_) {
      if (out == nullptr) continue;
      for (std::size_t i = 0; i < ufunc_.inputs; ++i) {
        BoundInput& input = bound_.inputs[i];
        if (input.array == nullptr || !WritesClash(*out, *input.array)) continue;
        copies_.push_back(std::make_unique<Array>(input.array->copy(Order::K)));
        input.array = copies_.back().get();
      }
      if (options_.where != nullptr && out->may_share_memory(mask_)) mask_ = mask_.copy();
    }
  }

  void MakeOutputs() {
    const std::span<const Index> shape(shape_, ndim_);
    for (std::size_t i = 0; i < ufunc_.outputs; ++i) {
      if (given_[i] != nullptr) {
        outputs_.push_back(*given_[i]);
        continue;
      }
      Array made = NewOutput(shape, DType::from_id(bound_.loop->types[ufunc_.inputs + i]));
      // Elements that the mask leaves out have no value to keep; they are zero.
      if (options_.where != nullptr) std::memset(made.data(), 0, made.nbytes());
      outputs_.push_back(std::move(made));
    }
  }

  Array NewOutput(std::span<const Index> shape, DType dtype) const {
    if (options_.order == Order::C || ndim_ < 2) return Array(shape, dtype);
    if (options_.order == Order::F) return Array(shape, dtype, Order::F);
    bool all_columns_first = true;
    std::vector<PlanOperand> operands;
    for (std::size_t i = 0; i < ufunc_.inputs; ++i) {
      if (bound_.inputs[i].array == nullptr) continue;
      operands.push_back(InputOperand(i));
      const Array& array = *bound_.inputs[i].array;
      all_columns_first &= array.f_contiguous() && !array.c_contiguous();
    }
    if (options_.order == Order::A) {
      return Array(shape, dtype, all_columns_first && !operands.empty() ? Order::F : Order::C);
    }
    return DenseInOrder(shape, operands, dtype);
  }

  OperandFormat FormatOfInput(std::size_t i) const {
    const DTypeId wanted = bound_.loop->types[i];
    if (bound_.inputs[i].array != nullptr) return InputFormat(*bound_.inputs[i].array, wanted);
    OperandFormat format;
    format.storage_size = format.loop_size = Registry::Get().dtype(wanted).size;
    return format;
  }

  PlanOperand InputOperand(std::size_t i) const {
    const BoundInput& input = bound_.inputs[i];
    if (input.array != nullptr) {
      return {input.array->data(), input.array->shape(), input.array->strides()};
    }
    return {const_cast<std::byte*>(input.value), {}, {}};  // inputs are only read
  }

  const UfuncInfo& ufunc_;
  const CallOptions& options_;
  BoundCall bound_;
  std::array<const Array*, kMaxOperands> given_{};  // null where an output is to be made
  std::vector<Array> outputs_;
  std::vector<std::unique_ptr<Array>> copies_;
  Array mask_;
  Index shape_[kMaxRank];
  std::size_t ndim_ = 0;
};

}  // namespace

std::vector<Array> Ufunc::call_all(std::span<const Operand> inputs,
                                   const CallOptions& options) const {
  return GeneralCall(*info_, inputs, options).Run();
}

Array Ufunc::call(std::span<const Operand> inputs, const CallOptions& options) const {
  Array made;
  if (CallAsOneRun(*info_, inputs, options, made)) return options.out ? *options.out : made;
  return std::move(GeneralCall(*info_, inputs, options).Run().front());
}

}  // namespace quern
