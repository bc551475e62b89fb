// A call, in numbered steps: 1 resolve types, 2 check or make outputs and settle overlap, 3 plan,
// 4 one kernel call if it covers everything, 5 else tile by tile, 6 collect floating-point flags,
// 7 report them per the error state.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "call/checked.h"
#include "call/gufunc.h"
#include "call/overlap.h"
#include "call/resolve.h"
#include "core/array_access.h"
#include "errors/error_state.h"
#include "iterate/copy.h"
#include "iterate/one_tile.h"
#include "iterate/plan.h"
#include "iterate/tiles.h"
#include "quern/errors.hpp"
#include "quern/ufunc.hpp"
#include "threads/threads.h"

namespace quern {
namespace {

// Calls up to this many elements try the path of step 4 before any planning; larger ones may be
// worth threads.
constexpr std::size_t kSmallCall = std::size_t{1} << 16;

// A call that one kernel call covers: arrays of one shape, each a single run of the loop's dtype.
struct RunCall {
  const Array* like;  // one of them
  const LoopInfo* loop;
  TimeUnit unit;  // of all operands that count one
  const void* in[kMaxInputs];

  DType dtype(std::size_t operand) const {
    return NativeDType(loop->types[operand]).with_unit(unit);
  }

  std::size_t size() const { return static_cast<std::size_t>(like->size()); }
};

// False also for what is no level.
bool AllowsSameKind(CastingLevel level) {
  constexpr unsigned kFirst = static_cast<unsigned>(CastingLevel::same_kind);
  return static_cast<unsigned>(level) - kFirst <=
         static_cast<unsigned>(CastingLevel::unsafe) - kFirst;
}

// True if nothing but inputs and perhaps `out` is given, and there is one output, element by element.
bool IsPlain(const UfuncInfo& ufunc, std::size_t inputs, const CallOptions& options) {
  return options.where == nullptr && !options.dtype && options.signature.empty() &&
         options.outs.empty() && options.order != Order::F &&
         AllowsSameKind(options.casting) && ufunc.outputs == 1 &&
         inputs == ufunc.inputs && ufunc.core == nullptr && options.axes.empty() &&
         !options.axis && !options.keepdims;
}

// True if a kernel may write to `out`, a run of the result's dtype, while it reads input i. Inlined
// by order, as RunKernel: the registers that a function saves cost a small call as much as what it
// does.
[[gnu::always_inline]] inline bool MayMeet(const Array& out, const RunCall& run, std::size_t i,
                                           DTypeId result) {
  const Registry& registry = Registry::Get();
  return RunsMayMeet(out.data(), registry.dtype(result).size,
                     static_cast<const std::byte*>(run.in[i]),
                     registry.dtype(run.loop->types[i]).size, run.size());
}

// True if no two arrays count different units of time; `unit` receives the one.
bool ShareUnit(const Array* const* arrays, std::size_t count, TimeUnit& unit) {
  bool found = false;
  for (std::size_t i = 0; i < count; ++i) {
    const DType dtype = arrays[i]->dtype();
    if (!dtype.has_unit()) continue;
    if (found && dtype.unit() != unit) return false;
    unit = dtype.unit();
    found = true;
  }
  return true;
}

// The number of inputs is a constant, so that nothing is a loop. `out` may be null.
template <std::size_t... I>
bool BindArrays(const UfuncInfo& ufunc, const Operand* inputs, const Array* out, RunCall& run,
                std::index_sequence<I...>) {
  const Array* const arrays[] = {inputs[I].array()...};
  if (!((arrays[I] != nullptr && ArrayAccess::one_run(*arrays[I])) && ...)) return false;
  run.like = arrays[0];
  if (!((I == 0 || SameShape(*arrays[I], *arrays[0])) && ...)) return false;
  if (run.size() - 1 >= kSmallCall) return false;
  const DTypeId types[] = {arrays[I]->dtype().id()...};
  run.loop = Registry::Get().Resolve(ufunc, types).loop;
  if (run.loop == nullptr || !((types[I] == run.loop->types[I]) && ...)) return false;
  run.unit = TimeUnit();
  if ((NativeDType(types[I]).has_unit() || ...) && !ShareUnit(arrays, sizeof...(I), run.unit)) {
    return false;
  }
  ((run.in[I] = arrays[I]->data()), ...);
  if (out == nullptr) return true;
  const DTypeId result = run.loop->types[sizeof...(I)];
  return run.loop->refusal == nullptr && out->writeable() &&
         out->dtype().native() == run.dtype(sizeof...(I)) && ArrayAccess::one_run(*out) &&
         SameShape(*out, *run.like) && (MayMeet(*out, run, I, result) && ...);
}

// False if the operands are of another kind, or so many that a plan pays off.
bool BindRun(const UfuncInfo& ufunc, std::span<const Operand> inputs, const Array* out,
             RunCall& run) {
  if (inputs.size() == 1) {
    return BindArrays(ufunc, inputs.data(), out, run, std::make_index_sequence<1>());
  }
  if (inputs.size() == 2) {
    return BindArrays(ufunc, inputs.data(), out, run, std::make_index_sequence<2>());
  }
  if (inputs.size() == 3) {
    return BindArrays(ufunc, inputs.data(), out, run, std::make_index_sequence<3>());
  }
  return false;
}

// Steps 4, 6 and 7.
[[gnu::always_inline]] inline void RunKernel(const UfuncInfo& ufunc, const RunCall& run,
                                             std::byte* result) {
  void* const out[] = {result};
  FlagCollector flags(run.loop->hardware_flags);
  flags.Add(ElementwiseOf(*run.loop)(run.in, out, run.size()));
  flags.Harvest();
  if (flags.flags() == 0) return;
  CheckRefusal(ufunc, *run.loop, flags.flags());
  ReportFlags(flags.flags(), ufunc.name);
}

// The handle that the caller gets is made between looking and running: in a process with threads
// its count waits for what comes before it and holds up what comes after.
Array RunInto(const UfuncInfo& ufunc, const RunCall& run, const Array& out) {
  Array result(out);
  RunKernel(ufunc, run, out.data());
  return result;
}

Array MakeRun(const UfuncInfo& ufunc, const RunCall& run) {
  Array made(run.like->shape(), run.dtype(ufunc.inputs));
  RunKernel(ufunc, run, made.data());
  return made;
}

OperandFormat NumberFormat(DTypeId dtype) {
  OperandFormat format;
  format.storage_size = format.loop_size = Registry::Get().dtype(dtype).size;
  return format;
}

// A call whose result is one row of few elements: arrays of one shape whose elements follow each
// other at equal steps, in any dtype and byte order, and beside them single elements and numbers.
// It needs no search for a common geometry, and one tile covers it.
class RowCall {
 public:
  RowCall(const UfuncInfo& ufunc, std::span<const Operand> inputs, const CallOptions& options)
      : ufunc_(ufunc), inputs_(inputs), options_(options) {}

  // False, having done nothing, if the call is of another kind. Throws what Resolve throws.
  bool Bind() {
    if (options_.where != nullptr || !options_.outs.empty() || options_.order == Order::F ||
        ufunc_.outputs != 1 || !FindShape()) {
      return false;
    }
    Resolve(ufunc_, inputs_, options_, bound_);
    return options_.out == nullptr || TakesRow(*options_.out);
  }

  Array Make() const {
    Array made(like_->shape(), bound_.dtype(ufunc_.inputs));
    RunInto(made);
    return made;
  }

  void RunInto(const Array& out) const {
    if (out.size() == 0) return;
    const LoopInfo& loop = *bound_.loop;
    OneTile tile(static_cast<std::size_t>(out.size()), loop.hardware_flags);
    for (std::size_t i = 0; i < ufunc_.inputs; ++i) {
      const BoundInput& input = bound_.inputs[i];
      Block block;
      SetBlock(steps_[i], block);
      if (input.array == nullptr) {
        tile.AddInput(NumberFormat(loop.types[i]), block, input.value);
      } else {
        tile.AddInput(InputFormat(*input.array, bound_.dtype(i)), block, input.array->data());
      }
    }
    const OperandFormat format = OutputFormat(out, bound_.dtype(ufunc_.inputs));
    Block block;
    SetBlock(StepOf(out), block);
    tile.AddOutput(format, block, out.data());
    tile.Compute(ElementwiseOf(loop));
    tile.Store(0, format, block, out.data());
    CheckRefusal(ufunc_, loop, tile.flags());
    ReportFlags(tile.flags(), ufunc_.name);
  }

 private:
  // The shape is that of the array with the most axes; every other array has it, too, or one
  // element.
  bool FindShape() {
    for (const Operand& input : inputs_) {
      const Array* array = input.array();
      if (array == nullptr) continue;
      if (like_ == nullptr || array->ndim() > like_->ndim() ||
          (array->ndim() == like_->ndim() && array->size() > like_->size())) {
        like_ = array;
      }
    }
    if (like_ == nullptr || like_->size() > kOneTile || inputs_.size() > kMaxInputs) return false;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const Array* array = inputs_[i].array();
      steps_[i] = 0;
      if (array == nullptr || array->size() == 1) continue;
      if (!SameShape(*array, *like_) || !IsRow(*array)) return false;
      steps_[i] = StepOf(*array);
    }
    return true;
  }

  static bool IsRow(const Array& array) {
    return array.ndim() <= 1 || ArrayAccess::one_run(array) || array.c_contiguous();
  }
  static Index StepOf(const Array& row) {
    return row.ndim() == 1 ? row.strides()[0] : static_cast<Index>(row.itemsize());
  }

  // Refusals are left to the general path, which explains them.
  bool TakesRow(const Array& out) const {
    return bound_.loop->refusal == nullptr && out.writeable() && SameShape(out, *like_) &&
           IsRow(out) &&
           can_cast(bound_.dtype(ufunc_.inputs), out.dtype().native(), options_.casting);
  }

  void SetBlock(Index step, Block& block) const {
    if (like_->size() == 1) return;
    block.ndim = 1;
    block.shape[0] = like_->size();
    block.strides[0] = step;
  }

  const UfuncInfo& ufunc_;
  const std::span<const Operand> inputs_;
  const CallOptions& options_;
  const Array* like_ = nullptr;
  Index steps_[kMaxInputs];  // bytes from element to element; 0 for a single one
  BoundCall bound_;
};

// One call on the general path.
class GeneralCall {
 public:
  GeneralCall(const UfuncInfo& ufunc, std::span<const Operand> inputs, const CallOptions& options)
      : ufunc_(ufunc), options_(options), mask_(options.where) {
    Resolve(ufunc, inputs, options, bound_);
    ReadOutputs();
    CheckMask();
    FindShape();
    CheckOutputs();
  }

  // The output that the caller gave, or null.
  const Array* given(std::size_t output) const { return GivenOutput(options_, output); }

  // Makes the outputs that were not given in `made`, which has a place for each output, and fills
  // all of them.
  void Run(Array* made) {
    // A single tile reads all of its inputs before it writes.
    if (mask_ != nullptr || size_ > kOneTile) SeparateOverlaps();
    MakeOutputs(made);
    if (size_ == 0) return;
    const std::size_t arity = std::size_t{ufunc_.inputs} + ufunc_.outputs;
    OperandFormat formats[kMaxOperands];
    PlanOperand operands[kMaxPlanOperands];
    for (std::size_t i = 0; i < ufunc_.inputs; ++i) {
      formats[i] = FormatOfInput(i);
      operands[i] = InputOperand(i);
    }
    for (std::size_t i = 0; i < ufunc_.outputs; ++i) {
      const Array& output = *outputs_[i];
      formats[ufunc_.inputs + i] = OutputFormat(output, bound_.dtype(ufunc_.inputs + i));
      operands[ufunc_.inputs + i] = {output.data(), output.shape(), output.strides()};
    }
    if (mask_ != nullptr) operands[arity] = {mask_->data(), mask_->shape(), mask_->strides()};
    Plan plan;
    BuildPlan({shape_, ndim_}, {operands, arity + (mask_ != nullptr ? 1 : 0)}, plan);
    const std::span<const OperandFormat> all(formats, arity);
    const TileJob job{&plan,
                      all.first(ufunc_.inputs),
                      all.subspan(ufunc_.inputs),
                      mask_ != nullptr,
                      ElementwiseOf(*bound_.loop),
                      bound_.loop->hardware_flags};
    const FpFlags flags = RunTiles(job);
    CheckRefusal(ufunc_, *bound_.loop, flags);
    FillGiven();
    ReportFlags(flags, ufunc_.name);
  }

 private:
  void ReadOutputs() {
    CheckGivenOutputs(ufunc_, options_);
    for (std::size_t i = 0; i < ufunc_.outputs; ++i) outputs_[i] = given(i);
  }

  void CheckMask() const {
    if (mask_ == nullptr || mask_->dtype() == DType::of<bool>()) return;
    throw CastError(std::string(ufunc_.name) + ": cannot cast where= from dtype('" +
                    std::string(mask_->dtype().name()) + "') to dtype('" +
                    std::string(DType::of<bool>().name()) + "') according to the rule 'safe'");
  }

  void FindShape() {
    std::span<const Index> shapes[kMaxPlanOperands];
    std::size_t count = 0;
    for (std::size_t i = 0; i < ufunc_.inputs; ++i) shapes[count++] = bound_.inputs[i].shape();
    if (mask_ != nullptr) shapes[count++] = mask_->shape();
    for (std::size_t i = 0; i < ufunc_.outputs; ++i) {
      if (outputs_[i] != nullptr) shapes[count++] = outputs_[i]->shape();
    }
    ndim_ = BroadcastShapes({shapes, count}, ufunc_.name, shape_);
    size_ = CheckedSize({shape_, ndim_}, 1, ufunc_.name);
  }

  void CheckOutputs() const {
    const std::span<const Index> shape(shape_, ndim_);
    for (std::size_t i = 0; i < ufunc_.outputs; ++i) {
      const Array* out = outputs_[i];
      if (out == nullptr) continue;
      if (!out->writeable()) {
        throw ReadOnlyError(std::string(ufunc_.name) + ": output array is read-only");
      }
      if (!std::ranges::equal(out->shape(), shape)) {
        throw ShapeError(
            std::string(ufunc_.name) + ": non-broadcastable output operand with shape " +
            ShapeText(out->shape()) + " doesn't match the broadcast shape " + ShapeText(shape));
      }
      CheckCast(ufunc_, -1, bound_.dtype(ufunc_.inputs + i), out->dtype(), options_.casting);
    }
  }

  // An input, or the mask, that a given output would overwrite before it is read is copied first.
  void SeparateOverlaps() {
    for (std::size_t i = 0; i < ufunc_.outputs; ++i) {
      const Array* out = outputs_[i];
      if (out == nullptr) continue;
      for (std::size_t k = 0; k < ufunc_.inputs; ++k) {
        BoundInput& input = bound_.inputs[k];
        if (input.array != nullptr && WritesClash(*out, *input.array)) {
          input.array = KeepCopy(*input.array);
        }
      }
      if (mask_ != nullptr && out->may_share_memory(*mask_)) mask_ = KeepCopy(*mask_);
    }
  }
  const Array* KeepCopy(const Array& array) {
    copies_.push_back(std::make_unique<Array>(array.copy(Order::K)));
    return copies_.back().get();
  }

  void MakeOutputs(Array* made) {
    for (std::size_t i = 0; i < ufunc_.outputs; ++i) {
      if (outputs_[i] != nullptr) {
        if (WritesAside()) outputs_[i] = KeepCopy(*outputs_[i]);
        continue;
      }
      made[i] = NewOutput(bound_.dtype(ufunc_.inputs + i));
      // Elements that the mask leaves out have no value to keep; they are zero.
      if (mask_ != nullptr) std::memset(made[i].data(), 0, made[i].nbytes());
      outputs_[i] = &made[i];
    }
  }

  // Kernels that may refuse a value write beside the arrays given, which keep theirs if one does. So
  // do all where two of the arrays share memory: what is in it at the end depends on the order of
  // writing, which kernels do not keep.
  bool WritesAside() const { return bound_.loop->refusal != nullptr || OutputsMeet(); }

  bool OutputsMeet() const {
    for (std::size_t i = 0; i < ufunc_.outputs; ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        if (given(i) != nullptr && given(k) != nullptr && WritesMeet(*given(i), *given(k))) {
          return true;
        }
      }
    }
    return false;
  }

  void FillGiven() const {
    if (!WritesAside()) return;
    if (OutputsMeet()) return FillInTurn();
    for (std::size_t i = 0; i < ufunc_.outputs; ++i) {
      if (given(i) != nullptr) CopyElements(*outputs_[i], *given(i));
    }
  }

  // In NumPy's order: rows that need no conversion element by element, other arrays as a whole, the
  // last output last; with a mask, which leaves elements as they are, the first.
  void FillInTurn() const {
    std::vector<const Array*> from;
    std::vector<const Array*> to;
    bool direct = mask_ == nullptr;
    for (std::size_t i = 0; i < ufunc_.outputs; ++i) {
      if (given(i) == nullptr) continue;
      from.push_back(outputs_[i]);
      to.push_back(given(i));
      direct &= OutputFormat(*given(i), bound_.dtype(ufunc_.inputs + i)).direct();
    }
    if (direct && CopyInTurn(from, to)) return;
    for (std::size_t i = 0; i < to.size(); ++i) {
      const std::size_t next = mask_ == nullptr ? i : to.size() - 1 - i;
      CopyElements(*from[next], *to[next]);
    }
  }

  Array NewOutput(DType dtype) const {
    const std::span<const Index> shape(shape_, ndim_);
    if (options_.order == Order::C || ndim_ < 2) return Array(shape, dtype);
    if (options_.order == Order::F) return Array(shape, dtype, Order::F);
    bool all_rows_first = true;
    bool all_columns_first = true;
    PlanOperand operands[kMaxInputs];
    std::size_t count = 0;
    for (std::size_t i = 0; i < ufunc_.inputs; ++i) {
      if (bound_.inputs[i].array == nullptr) continue;
      operands[count++] = InputOperand(i);
      const Array& array = *bound_.inputs[i].array;
      const bool rows_first = ArrayAccess::one_run(array) || array.c_contiguous();
      all_rows_first &= rows_first;
      all_columns_first &= !rows_first && array.f_contiguous();
    }
    if (all_rows_first) return Array(shape, dtype);
    if (options_.order == Order::A) {
      return Array(shape, dtype, all_columns_first ? Order::F : Order::C);
    }
    return DenseInOrder(shape, {operands, count}, dtype);
  }

  OperandFormat FormatOfInput(std::size_t i) const {
    const Array* array = bound_.inputs[i].array;
    return array != nullptr ? InputFormat(*array, bound_.dtype(i))
                            : NumberFormat(bound_.loop->types[i]);
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
  const Array* mask_;  // null without where=
  BoundCall bound_;
  const Array* outputs_[kMaxOperands] = {};  // null where an output is still to be made
  std::vector<std::unique_ptr<Array>> copies_;
  Index shape_[kMaxRank];
  std::size_t ndim_ = 0;
  Index size_ = 0;
};

Array MakeResult(GeneralCall& call) {
  Array made;
  call.Run(&made);
  return made;
}

void RefuseCoreOptions(const UfuncInfo& ufunc, const CallOptions& options) {
  if (options.axes.empty() && !options.axis && !options.keepdims) return;
  const char* name = !options.axes.empty() ? "axes" : options.axis ? "axis" : "keepdims";
  throw TypeError(std::string(ufunc.name) + "() got an unexpected keyword argument '" + name + "'");
}

// What one run does not cover, for ufuncs with one output. Apart from the short path, whose frame
// and registers it would take.
[[gnu::noinline]] Array CallPlanned(const UfuncInfo& ufunc, std::span<const Operand> inputs,
                                    const CallOptions& options) {
  if (ufunc.core != nullptr) return std::move(CallOnCores(ufunc, inputs, options).front());
  RefuseCoreOptions(ufunc, options);
  if (RowCall row(ufunc, inputs, options); row.Bind()) {
    if (options.out == nullptr) return row.Make();
    row.RunInto(*options.out);
    return *options.out;
  }
  GeneralCall call(ufunc, inputs, options);
  const Array* given = call.given(0);
  if (given == nullptr) return MakeResult(call);
  call.Run(nullptr);
  return *given;
}

}  // namespace

std::vector<Array> Ufunc::call_all(std::span<const Operand> inputs,
                                   const CallOptions& options) const {
  if (info_->core != nullptr) return CallOnCores(*info_, inputs, options);
  RefuseCoreOptions(*info_, options);
  GeneralCall call(*info_, inputs, options);
  std::vector<Array> results(info_->outputs);
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (const Array* given = call.given(i)) results[i] = *given;
  }
  call.Run(results.data());
  return results;
}

Array Ufunc::call(std::span<const Operand> inputs, const CallOptions& options) const {
  if (RunCall run;
      IsPlain(*info_, inputs.size(), options) && BindRun(*info_, inputs, options.out, run)) {
    return options.out == nullptr ? MakeRun(*info_, run) : RunInto(*info_, run, *options.out);
  }
  if (info_->outputs != 1) return std::move(call_all(inputs, options).front());
  return CallPlanned(*info_, inputs, options);
}

}  // namespace quern
