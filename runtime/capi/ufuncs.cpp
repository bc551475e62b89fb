// Slots that find, apply and look into ufuncs.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capi/handle.h"
#include "capi/slots.h"
#include "capi/status.h"
#include "core/registry.h"

namespace quern::capi {
namespace {

CastingLevel LevelOf(const qn_call_options& options) {
  if (options.has_casting == 0) return CastingLevel::same_kind;
  if (options.casting < QN_CAST_NO || options.casting > QN_CAST_UNSAFE) {
    throw ValueError("qn_ufunc_call: there is no casting level " + std::to_string(options.casting) +
                     "; 0 (no) to 4 (unsafe) are accepted");
  }
  return static_cast<CastingLevel>(options.casting);
}

CallOptions ToCallOptions(const qn_call_options& from) {
  CallOptions options;
  if (from.where != nullptr) options.where = &from.where->array;
  if (from.has_dtype != 0) options.dtype = DTypeOf(from.dtype, "qn_ufunc_call: dtype");
  options.casting = LevelOf(from);
  return options;
}

Axes ToAxes(const qn_reduce_options& from) {
  if (from.axes == nullptr) return Axes::all();
  if (from.axis_count < 0) {
    throw ValueError("qn_ufunc_reduce: axis_count is " + std::to_string(from.axis_count));
  }
  return Axes(std::vector<Index>(from.axes, from.axes + from.axis_count));
}

ReduceOptions ToReduceOptions(const qn_reduce_options& from) {
  ReduceOptions options;
  options.axis = ToAxes(from);
  if (from.has_dtype != 0) options.dtype = DTypeOf(from.dtype, "qn_ufunc_reduce: dtype");
  options.keepdims = from.keepdims != 0;
  if (from.initial != nullptr) options.initial = Operand(from.initial->array);
  if (from.where != nullptr) options.where = &from.where->array;
  return options;
}

// Handles for the outputs that the caller left null. All are made before any is handed over, so
// that a failure leaves nothing behind.
void HandOver(std::vector<Array> results, qn_array** outputs) {
  std::vector<std::unique_ptr<qn_array>> made;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const bool is_new = outputs[i] == nullptr;
    made.push_back(is_new ? std::make_unique<qn_array>(std::move(results[i])) : nullptr);
  }
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (made[i] != nullptr) outputs[i] = made[i].release();
  }
}

const LoopInfo* FindLoop(const Ufunc& ufunc, const int32_t* dtypes) {
  const std::size_t arity = ufunc.inputs() + ufunc.outputs();
  for (const LoopInfo* loop : Registry::Get().Loops(ufunc.info())) {
    if (std::equal(loop->types, loop->types + arity, dtypes)) return loop;
  }
  return nullptr;
}

[[noreturn]] void FailLookup(const Ufunc& ufunc, const int32_t* dtypes) {
  std::string text;
  for (std::size_t i = 0; i < ufunc.inputs() + ufunc.outputs(); ++i) {
    if (i > 0) text += i == ufunc.inputs() ? " -> " : ", ";
    text += DTypeOf(dtypes[i], "qn_kernel_lookup").str();
  }
  throw TypeError("qn_kernel_lookup: " + std::string(ufunc.name()) + " has no loop of exactly " +
                  text);
}

}  // namespace

qn_status ufunc_by_name(const char* name, const qn_ufunc** result) noexcept {
  return Guard([&] {
    NotNull(name, "qn_ufunc_by_name: name");
    *NotNull(result, "qn_ufunc_by_name: result") = HandleOf(Ufunc::find(name));
  });
}

void ufunc_arity(const qn_ufunc* ufunc, int32_t* inputs, int32_t* outputs) noexcept {
  GuardValue(0, [&] {
    const Ufunc& found = UfuncOf(NotNull(ufunc, "qn_ufunc_arity: ufunc"));
    if (inputs != nullptr) *inputs = static_cast<int32_t>(found.inputs());
    if (outputs != nullptr) *outputs = static_cast<int32_t>(found.outputs());
    return 0;
  });
}

qn_status ufunc_call(const qn_ufunc* ufunc, qn_array* const* inputs, qn_array** outputs,
                     const qn_call_options* options) noexcept {
  return Guard([&] {
    const Ufunc& found = UfuncOf(NotNull(ufunc, "qn_ufunc_call: ufunc"));
    NotNull(inputs, "qn_ufunc_call: inputs");
    NotNull(outputs, "qn_ufunc_call: outputs");
    std::vector<Operand> operands;
    for (std::size_t i = 0; i < found.inputs(); ++i) {
      operands.emplace_back(NotNull(inputs[i], "qn_ufunc_call: an input")->array);
    }
    std::vector<Array*> outs;
    for (std::size_t i = 0; i < found.outputs(); ++i) {
      outs.push_back(outputs[i] == nullptr ? nullptr : &outputs[i]->array);
    }
    CallOptions call = ToCallOptions(ReadOptions(options, "qn_ufunc_call: options"));
    call.outs = outs;
    HandOver(found.call_all(operands, call), outputs);
  });
}

qn_status ufunc_reduce(const qn_ufunc* ufunc, qn_array* input, qn_array** result,
                       const qn_reduce_options* options) noexcept {
  return Guard([&] {
    const Ufunc& found = UfuncOf(NotNull(ufunc, "qn_ufunc_reduce: ufunc"));
    NotNull(input, "qn_ufunc_reduce: input");
    NotNull(result, "qn_ufunc_reduce: result");
    ReduceOptions reduce = ToReduceOptions(ReadOptions(options, "qn_ufunc_reduce: options"));
    if (*result != nullptr) reduce.out = &(*result)->array;
    HandOver({found.reduce(input->array, reduce)}, result);
  });
}

qn_status kernel_lookup(const qn_ufunc* ufunc, const int32_t* dtypes, qn_kernel* result) noexcept {
  return Guard([&] {
    const Ufunc& found = UfuncOf(NotNull(ufunc, "qn_kernel_lookup: ufunc"));
    NotNull(dtypes, "qn_kernel_lookup: dtypes");
    NotNull(result, "qn_kernel_lookup: result");
    const LoopInfo* const loop = FindLoop(found, dtypes);
    if (loop == nullptr) FailLookup(found, dtypes);
    *result = KernelsOf(*loop).elementwise;
  });
}

}  // namespace quern::capi
