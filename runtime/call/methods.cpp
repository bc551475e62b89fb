// The methods of a ufunc beside the call: reduce, accumulate, reduceat, outer, at.
#include <algorithm>
#include <cstring>
#include <memory>

#include "call/checked.h"
#include "call/exact_fold.h"
#include "call/overlap.h"
#include "call/reduction.h"
#include "call/resolve.h"
#include "core/array_access.h"
#include "errors/error_state.h"
#include "iterate/copy.h"
#include "iterate/plan.h"
#include "iterate/tiles.h"
#include "move/operand.h"
#include "quern/errors.hpp"
#include "quern/ufunc.hpp"

namespace quern {
namespace {

void CheckReducible(const UfuncInfo& ufunc, const char* method) {
  if (*ufunc.signature != '\0') {
    throw NotSupportedError("Reduction not defined on ufunc with signature (" +
                            std::string(ufunc.name) + "." + method + ")");
  }
  if (ufunc.inputs != 2 || ufunc.parameters != 0) {
    throw ValueError(std::string(ufunc.name) + "." + method +
                     ": only supported for binary functions");
  }
  if (ufunc.outputs != 1) {
    throw ValueError(std::string(ufunc.name) + "." + method +
                     ": only supported for functions returning a single value");
  }
}

// The dtype in which an array's elements are folded: spans and points of time keep their unit.
DType InUnitOf(const Array& array, DTypeId dtype) {
  return NativeDType(dtype).with_unit(array.dtype().unit());
}

bool FoldsInOneType(const LoopInfo& loop) {
  return loop.types[0] == loop.types[1] && loop.types[1] == loop.types[2];
}

// The loop that folds elements of `input`: one of the wanted dtype throughout, or the one that the
// dtype of a given output leads to, or the ufunc's own choice.
const LoopInfo& ReductionLoop(const UfuncInfo& ufunc, DTypeId input, std::optional<DType> dtype,
                              const Array* out) {
  const Registry& registry = Registry::Get();
  if (dtype) {
    RefuseUnit(ufunc, *dtype);
    const bool times = NativeDType(input).has_unit();
    if (times && !dtype->has_unit() && *dtype != DType::of<bool>()) {
      throw TypeError(std::string(ufunc.name) + ": spans and points of time are not folded as " +
                      std::string(dtype->name()) + "; give no dtype, or cast them first");
    }
    for (const LoopInfo* loop : registry.Loops(ufunc)) {
      if (FoldsInOneType(*loop) && loop->types[2] == dtype->id()) return *loop;
    }
    throw TypeError(
        "No loop matching the specified signature and casting was found for ufunc " +
        std::string(ufunc.name));
  }
  if (out != nullptr) {
    const DTypeId types[] = {out->dtype().id(), input};
    const LoopChoice choice = registry.Resolve(ufunc, types);
    if (choice.loop != nullptr && FoldsInOneType(*choice.loop)) return *choice.loop;
  }
  const LoopChoice choice = registry.ResolveReduction(ufunc, input);
  const DTypeId types[] = {input, input};
  if (choice.loop == nullptr) ThrowNoLoop(ufunc, types, choice.refusal);
  return *choice.loop;
}

void CheckOut(const std::string& what, const Array* out, std::span<const Index> shape) {
  if (out == nullptr) return;
  if (!out->writeable()) throw ReadOnlyError(what + ": output array is read-only");
  if (!std::ranges::equal(out->shape(), shape)) {
    throw ShapeError(what + ": output has shape " + ShapeText(out->shape()) + "; the result has " +
                     ShapeText(shape));
  }
}

// One call of reduce.
class ReduceCall {
 public:
  ReduceCall(const UfuncInfo& ufunc, const Array& array, const ReduceOptions& options)
      : ufunc_(ufunc), array_(array), options_(options), what_(std::string(ufunc.name) + ".reduce") {
    CheckReducible(ufunc, "reduce");
    ReadAxes();
    loop_ = &ReductionLoop(ufunc, array.dtype().id(), options.dtype, options.out);
    job_.ufunc = &ufunc;
    job_.array = &array;
    job_.loop = &ComputeLoop(*loop_);
    ReadInitial();
    // A fold in sequence starts from the identity, which may change the first element: gcd's takes its
    // sign.
    if (job_.initial == nullptr && HasStart() && KernelsOf(*job_.loop).reduce == nullptr) {
      UseIdentity();
    }
    ReadMask();
    ReadArray();
    ReadShape();
    CheckOut(what_, options.out, shape_);
  }

  Array Run() {
    FpFlags flags = 0;
    Array result = RunReduction(job_, flags);
    CheckRefusal(ufunc_, *job_.loop, flags);
    flags = static_cast<FpFlags>(flags | converted_flags_ | OverflowOfReduction(job_));
    if (job_.loop != loop_) result = Rounded(result, flags);
    if (result.ndim() != shape_.size()) result = WithReducedAxes(result);
    if (options_.out != nullptr) {
      flags = static_cast<FpFlags>(flags | CopyElements(result, *options_.out));
      result = *options_.out;
    }
    ReportFlags(flags, "reduce");
    return result;
  }

 private:
  void ReadAxes() {
    const std::size_t ndim = array_.ndim();
    job_.reduced.assign(ndim, options_.axis.is_all());
    std::size_t count = options_.axis.is_all() ? ndim : 0;
    std::vector<Index> axes = options_.axis.list();
    if (options_.axis.is_default() && ndim > 0) axes = {0};
    // Axis 0 and -1 of a 0-d array name its only element.
    const bool single = ndim == 0 && axes.size() == 1 && (axes[0] == 0 || axes[0] == -1);
    for (Index given : axes) {
      if (single) break;
      const std::size_t axis = NormalizeAxis(given, ndim, what_.c_str());
      if (job_.reduced[axis]) throw ValueError(what_ + ": duplicate value in 'axis'");
      job_.reduced[axis] = true;
      ++count;
    }
    if (count > 1 && !ufunc_.reorderable) {
      throw ValueError("reduction operation '" + std::string(ufunc_.name) +
                       "' is not reorderable, so at most one axis may be specified");
    }
  }

  void ReadInitial() {
    if (!options_.initial) return;
    const DTypeId dtype = loop_->types[0];
    if (const WeakScalar* scalar = options_.initial->scalar()) {
      WriteScalar(*scalar, dtype, what_.c_str(), initial_);
    } else {
      detail::check_single(*options_.initial->array());
      detail::read_elements(*options_.initial->array(), OfArray(dtype), initial_);
    }
    if (job_.loop != loop_) {
      alignas(16) std::byte stored[16];
      std::memcpy(stored, initial_, sizeof stored);
      Registry::Get().cast_kernel(dtype, job_.loop->types[0])(stored, initial_, 1);
    }
    job_.initial = initial_;
  }

  DType OfArray(DTypeId dtype) const { return InUnitOf(array_, dtype); }

  // Elements are values of the loop's own dtype, also where it computes in another one.
  void ReadArray() {
    const DType dtype = OfArray(loop_->types[0]);
    if (job_.loop == loop_ || array_.dtype().native() == dtype) return;
    converted_ = NewLike(array_, dtype, Order::K);
    converted_flags_ = job_.mask == nullptr ? CopyElements(array_, converted_)
                                            : CopySelected(array_, mask_, converted_);
    job_.array = &converted_;
  }

  // The result of the computing dtype in the loop's own.
  Array Rounded(const Array& result, FpFlags& flags) const {
    const Array rounded = NewLike(result, OfArray(loop_->types[2]), Order::K);
    flags = static_cast<FpFlags>(flags | (CopyElements(result, rounded) & loop_->declared_flags));
    return rounded;
  }

  void ReadMask() {
    if (options_.where == nullptr) return;
    if (options_.where->dtype() != DType::of<bool>()) {
      throw CastError(what_ + ": where= must be bool (got " +
                      std::string(options_.where->dtype().name()) + ")");
    }
    if (!HasStart()) {
      throw ValueError("reduction operation '" + std::string(ufunc_.name) +
                       "' does not have an identity, so to use a where mask one has to specify "
                       "'initial'");
    }
    mask_ = options_.where->broadcast_to(array_.shape());
    job_.mask = &mask_;
  }

  void UseIdentity() {
    WriteIdentity(ufunc_, job_.loop->types[0], initial_);
    job_.initial = initial_;
  }

  bool HasStart() const {
    const bool identity = ufunc_.identity.kind != IdentityKind::kNone && !options_.no_identity;
    return job_.initial != nullptr || identity;
  }

  void ReadShape() {
    Index rows = 1;
    for (std::size_t axis = 0; axis < array_.ndim(); ++axis) {
      const Index extent = array_.shape()[axis];
      if (job_.reduced[axis]) rows *= extent;
      if (!job_.reduced[axis]) shape_.push_back(extent);
      if (job_.reduced[axis] && options_.keepdims) shape_.push_back(1);
    }
    if (rows == 0 && !HasStart()) {
      throw ValueError("zero-size array to reduction operation " + std::string(ufunc_.name) +
                       " which has no identity");
    }
  }

  // Puts the reduced axes back with extent 1.
  Array WithReducedAxes(const Array& result) const {
    std::vector<Subscript> items;
    for (bool reduced : job_.reduced) items.push_back(reduced ? Subscript(newaxis) : Slice{});
    return result.index(items);
  }

  const UfuncInfo& ufunc_;
  const Array& array_;
  const ReduceOptions& options_;
  const std::string what_;
  const LoopInfo* loop_ = nullptr;  // whose dtype goes in and comes out; job_.loop does the folding
  ReductionJob job_{};
  Shape shape_;
  Array mask_;
  Array converted_;
  FpFlags converted_flags_ = 0;
  alignas(16) std::byte initial_[16] = {};
};

// The array in a form whose elements kernels can read one by one.
Array AsAccumulator(const Array& array, DType dtype, FpFlags& flags) {
  if (array.dtype() == dtype && array.aligned()) return array;
  Array converted = NewLike(array, dtype, Order::K);
  flags = static_cast<FpFlags>(flags | CopyElements(array, converted));
  return converted;
}

// Array of rank ndim - 1 at one position of an axis.
Array At(const Array& array, std::size_t axis, Index position) {
  std::vector<Subscript> items(axis, Slice{});
  items.push_back(position);
  return array.index(items);
}

Array Between(const Array& array, std::size_t axis, Index begin, Index end) {
  std::vector<Subscript> items(axis, Slice{});
  items.push_back(Slice{begin, end, {}});
  return array.index(items);
}

// Running folds of one line of elements after another.
void AccumulateLines(const LoopInfo& loop, const Array& from, const Array& to, std::size_t axis,
                     FlagCollector& flags) {
  const ScanKernel scan = KernelsOf(loop).scan;
  const ElementwiseKernel checked = ChecksOverflow(loop) ? ElementwiseOf(loop) : nullptr;
  const Array first_from = At(from, axis, 0);
  const Array first_to = At(to, axis, 0);
  const PlanOperand operands[] = {{first_from.data(), first_from.shape(), first_from.strides()},
                                  {first_to.data(), first_to.shape(), first_to.strides()}};
  Plan plan;
  BuildPlan(first_from.shape(), operands, plan);
  const Index n = from.shape()[axis];
  const Index in_step = from.strides()[axis];
  const Index out_step = to.strides()[axis];
  const std::size_t size = from.itemsize();
  Index position[kMaxRank] = {};
  const std::byte* source = plan.data[0];
  std::byte* target = plan.data[1];
  for (Index line = 0; line < plan.size; ++line) {
    alignas(16) std::byte accumulator[16];
    std::memcpy(accumulator, source, size);
    std::memcpy(target, source, size);
    const std::size_t steps = static_cast<std::size_t>(n - 1);
    flags.Add(checked == nullptr ? scan(source + in_step, in_step, target + out_step, out_step,
                                        steps, accumulator)
                                 : CheckedScan(scan, checked, size, source + in_step, in_step,
                                               target + out_step, out_step, steps, accumulator));
    for (std::size_t i = plan.ndim; i-- > 0;) {
      source += plan.strides[0][i];
      target += plan.strides[1][i];
      if (++position[i] < plan.shape[i]) break;
      source -= plan.shape[i] * plan.strides[0][i];
      target -= plan.shape[i] * plan.strides[1][i];
      position[i] = 0;
    }
  }
}

// Running folds of whole rows: row i of the result is row i - 1 folded with row i of the array.
FpFlags AccumulateRows(const LoopInfo& loop, const Array& from, const Array& to,
                       std::size_t axis) {
  CopyElements(At(from, axis, 0), At(to, axis, 0));
  if (from.shape()[axis] == 1) return 0;
  const Array rows[] = {At(to, axis, 0), At(from, axis, 1), At(to, axis, 1)};
  const Index steps[] = {to.strides()[axis], from.strides()[axis], to.strides()[axis]};
  std::vector<PlanOperand> operands;
  for (const Array& row : rows) operands.push_back({row.data(), row.shape(), row.strides()});
  const DType dtype = InUnitOf(from, loop.types[0]);
  const OperandFormat formats[] = {InputFormat(rows[0], dtype), InputFormat(rows[1], dtype),
                                   OutputFormat(rows[2], dtype)};
  const std::span<const OperandFormat> all(formats);
  Plan plan;
  BuildPlan(rows[0].shape(), operands, plan);
  const TileJob job{&plan, all.first(2), all.subspan(2), false, ElementwiseOf(loop),
                    loop.hardware_flags};
  FpFlags flags = 0;
  for (Index row = 1; row < from.shape()[axis]; ++row) {
    flags = static_cast<FpFlags>(flags | RunTiles(job));
    for (std::size_t i = 0; i < plan.operands; ++i) plan.data[i] += steps[i];
  }
  return flags;
}

Array RunAccumulate(const Array& array, const LoopInfo& loop, std::size_t axis, FpFlags& met) {
  const Array from = AsAccumulator(array, InUnitOf(array, loop.types[0]), met);
  const Array to = NewLike(from, InUnitOf(array, loop.types[2]), Order::K);
  if (from.size() == 0) return to;
  // Rows pay off where elements of a row lie closer than elements of a line.
  bool by_rows = false;
  for (std::size_t i = 0; i < from.ndim(); ++i) {
    by_rows |= i != axis && from.shape()[i] >= 64 &&
               std::abs(from.strides()[i]) < std::abs(from.strides()[axis]);
  }
  if (by_rows) {
    met = static_cast<FpFlags>(met | AccumulateRows(loop, from, to, axis));
    return to;
  }
  FlagCollector flags(loop.hardware_flags);
  AccumulateLines(loop, from, to, axis, flags);
  flags.Harvest();
  met = static_cast<FpFlags>(met | flags.flags());
  return to;
}

Array Deliver(const Array& result, Array* out, FpFlags flags, const char* what) {
  if (out != nullptr) flags = static_cast<FpFlags>(flags | CopyElements(result, *out));
  ReportFlags(flags, what);
  return out != nullptr ? *out : result;
}

}  // namespace

Array Ufunc::reduce(const Array& array, const ReduceOptions& options) const {
  return ReduceCall(*info_, array, options).Run();
}

Array Ufunc::accumulate(const Array& array, const AccumulateOptions& options) const {
  const std::string what = std::string(info_->name) + ".accumulate";
  CheckReducible(*info_, "accumulate");
  if (array.ndim() == 0) throw TypeError(what + ": cannot accumulate on a scalar");
  const std::size_t axis = NormalizeAxis(options.axis, array.ndim(), what.c_str());
  const LoopInfo& loop = ReductionLoop(*info_, array.dtype().id(), options.dtype, options.out);
  CheckOut(what, options.out, array.shape());
  FpFlags flags = 0;
  const Array result = RunAccumulate(array, loop, axis, flags);
  CheckRefusal(*info_, loop, flags);
  return Deliver(result, options.out, flags, "accumulate");
}

Array Ufunc::reduceat(const Array& array, std::span<const Index> indices,
                      const AccumulateOptions& options) const {
  const std::string what = std::string(info_->name) + ".reduceat";
  CheckReducible(*info_, "reduceat");
  if (array.ndim() == 0) throw TypeError(what + ": cannot reduceat on a scalar");
  const std::size_t axis = NormalizeAxis(options.axis, array.ndim(), what.c_str());
  const Index extent = array.shape()[axis];
  for (Index index : indices) {
    if (index < 0 || index >= extent) {
      throw IndexError("index " + std::to_string(index) + " out-of-bounds in " + what + " [0, " +
                       std::to_string(extent) + ")");
    }
  }
  const LoopInfo& loop = ReductionLoop(*info_, array.dtype().id(), options.dtype, options.out);
  Shape shape(array.shape().begin(), array.shape().end());
  shape[axis] = static_cast<Index>(indices.size());
  CheckOut(what, options.out, shape);
  const Array result(shape, InUnitOf(array, loop.types[2]));
  FpFlags flags = 0;
  const LoopInfo& computing = ComputeLoop(loop);
  const Array from =
      &computing == &loop ? array : AsAccumulator(array, InUnitOf(array, loop.types[0]), flags);
  ReductionJob job{info_, &computing, nullptr, std::vector<bool>(array.ndim(), false)};
  job.reduced[axis] = true;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const Index begin = indices[i];
    const Index next = i + 1 < indices.size() ? indices[i + 1] : extent;
    const Array part = Between(from, axis, begin, std::max(next, begin + 1));
    job.array = &part;
    FpFlags met = 0;
    const Array folded = RunReduction(job, met);
    const FpFlags rounding = CopyElements(folded, At(result, axis, static_cast<Index>(i)));
    flags = static_cast<FpFlags>(flags | met | (rounding & loop.declared_flags) |
                                 OverflowOfReduction(job));
  }
  CheckRefusal(*info_, loop, flags);
  return Deliver(result, options.out, flags, "reduceat");
}

Array Ufunc::outer(const Operand& first, const Operand& second, const CallOptions& options) const {
  if (*info_->signature != '\0') {
    throw TypeError("method outer is not allowed in ufunc with non-trivial signature (" +
                    std::string(info_->name) + ")");
  }
  if (info_->inputs != 2) {
    throw ValueError(std::string(info_->name) +
                     ".outer: outer product only supported for binary functions");
  }
  if (first.array() == nullptr || second.array() == nullptr) {
    const Operand inputs[] = {first, second};
    return call(inputs, options);
  }
  std::vector<Subscript> items{ellipsis};
  items.insert(items.end(), second.array()->ndim(), newaxis);
  const Array spread = first.array()->index(items);
  const Operand inputs[] = {spread, second};
  return call(inputs, options);
}

namespace {

// Positions along axis 0, checked.
std::vector<Index> CheckedPositions(const Array& array, const Array& indices, const char* what) {
  const char kind = indices.dtype().kind();
  if (kind != 'i' && kind != 'u') {
    throw IndexError(std::string(what) + ": indices must be integers (got " +
                     std::string(indices.dtype().name()) + ")");
  }
  if (array.ndim() == 0) throw IndexError(std::string(what) + ": a 0-d array has no axis to index");
  std::vector<std::int64_t> given = indices.to_vector<std::int64_t>();
  const Index extent = array.shape()[0];
  for (std::int64_t& position : given) {
    if (position < -extent || position >= extent) {
      throw IndexError("index " + std::to_string(position) +
                       " is out of bounds for axis 0 with size " + std::to_string(extent));
    }
    if (position < 0) position += extent;
  }
  return {given.begin(), given.end()};
}

void CheckAt(const UfuncInfo& ufunc, const Array& array, const Operand* values,
             const std::string& what) {
  if (*ufunc.signature != '\0') {
    throw TypeError(what + " does not support ufunc with non-trivial signature: " + ufunc.name +
                    " has signature " + ufunc.signature + ".");
  }
  if (ufunc.inputs > 2) {
    throw TypeError(what + ": only unary and binary ufuncs are supported");
  }
  if (ufunc.outputs != 1) throw ValueError(what + ": only single output ufuncs are supported");
  if (!array.writeable()) throw ReadOnlyError(what + ": the array is read-only");
  if ((ufunc.inputs == 2) != (values != nullptr)) {
    throw ValueError(what + (values == nullptr ? ": second operand needed for ufunc"
                                               : ": second operand provided when ufunc is unary"));
  }
}

// Values spread to one row per position, apart from the array's memory.
Array SpreadValues(const Array& array, const Array& indices, const Array& values,
                   std::size_t positions) {
  // Values take the shape of the selection: that of the indices, then the array's further axes.
  Shape selection(indices.shape().begin(), indices.shape().end());
  selection.insert(selection.end(), array.shape().begin() + 1, array.shape().end());
  Array separate = values;
  if (separate.may_share_memory(array)) separate = separate.copy();
  Shape rows{static_cast<Index>(positions)};
  rows.insert(rows.end(), array.shape().begin() + 1, array.shape().end());
  return separate.broadcast_to(selection).reshape(rows);
}

// Single elements that the loop takes as they lie: one kernel call each, nothing else. Returns false,
// having done nothing, where something has to be converted.
bool AtElements(const UfuncInfo& ufunc, const BoundCall& bound, const Array& array,
                std::span<const Index> positions) {
  const DType dtype = bound.dtype(0);
  const bool direct = array.ndim() == 1 && array.dtype() == dtype && array.aligned() &&
                      bound.dtype(ufunc.inputs) == dtype;
  if (!direct) return false;
  FlagCollector flags(bound.loop->hardware_flags);
  Array second;
  std::ptrdiff_t step = 0;
  const std::byte* value = bound.inputs[1].value;
  if (ufunc.inputs == 2 && bound.inputs[1].array != nullptr) {
    FpFlags met = 0;
    second = AsAccumulator(*bound.inputs[1].array, bound.dtype(1), met);
    flags.Add(met);
    value = second.data();
    step = second.strides()[0];
  }
  const ElementwiseKernel kernel = ElementwiseOf(*bound.loop);
  for (Index position : positions) {
    std::byte* element = array.data() + position * array.strides()[0];
    const void* in[] = {element, value};
    void* out[] = {element};
    flags.Add(kernel(in, out, 1));
    value += step;
  }
  flags.Harvest();
  CheckRefusal(ufunc, *bound.loop, flags.flags());
  ReportFlags(flags.flags(), ufunc.name);
  return true;
}

}  // namespace

void Ufunc::at(const Array& array, const Array& indices, const Operand* values) const {
  const std::string what = std::string(info_->name) + ".at";
  CheckAt(*info_, array, values, what);
  const std::vector<Index> positions = CheckedPositions(array, indices, what.c_str());
  const bool spreads = values != nullptr && values->array() != nullptr;
  const Array spread =
      spreads ? SpreadValues(array, indices, *values->array(), positions.size()) : Array();
  std::vector<Operand> operands{array};
  if (values != nullptr) operands.push_back(spreads ? Operand(spread) : *values);
  // Dtypes without a loop are refused even where there is nothing to do.
  BoundCall bound;
  Resolve(*info_, operands, {.casting = CastingLevel::unsafe}, bound);
  if (positions.empty()) return;
  // A loop that may refuse a value works on a copy, so that the array keeps its values if it does.
  const bool aside = bound.loop->refusal != nullptr;
  const Array changed = aside ? array.copy(Order::K) : array;
  const bool done = AtElements(*info_, bound, changed, positions);
  for (std::size_t i = 0; i < positions.size() && !done; ++i) {
    Array target = At(changed, 0, positions[i]);
    const Array value = spreads ? At(spread, 0, static_cast<Index>(i)) : Array();
    operands[0] = Operand(target);
    if (spreads) operands[1] = Operand(value);
    call(operands, {.out = &target, .casting = CastingLevel::unsafe});
  }
  if (aside) CopyElements(changed, array);
}

}  // namespace quern
