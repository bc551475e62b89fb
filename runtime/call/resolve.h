// Step 1 of a call: from operands to a loop.
#ifndef QUERN_CALL_RESOLVE_H_
#define QUERN_CALL_RESOLVE_H_

#include <array>
#include <span>
#include <string>

#include "core/registry.h"
#include "quern/ufunc.hpp"

namespace quern {

// An input with its dtype settled. A weak scalar has become a value of the loop's dtype.
struct BoundInput {
  const Array* array;               // null for a scalar
  DTypeId dtype;                    // of the array, or of the loop for a scalar
  alignas(16) std::byte value[16];  // of a scalar
  std::span<const Index> shape() const {
    return array == nullptr ? std::span<const Index>() : array->shape();
  }
};

// Filled in place, as far as there are inputs: to clear and to copy it would cost a small call more
// than to resolve its types.
struct BoundCall {
  const LoopInfo* loop;
  TimeUnit unit;  // of all operands that count one
  std::array<BoundInput, kMaxInputs> inputs;

  // What the loop takes or gives: inputs first, then outputs.
  DType dtype(std::size_t operand) const {
    return NativeDType(loop->types[operand]).with_unit(unit);
  }
};

// The unit in which a loop computes: that to which the units of its `inputs` promote, as far as the
// loop's own types count a unit. Whole numbers beside a time have the generic unit, and so take the
// time's. Throws what PromoteUnits throws.
TimeUnit SettleUnit(const LoopInfo& loop, std::span<const DType> inputs);

// Throws TypeError if a dtype that is to choose a loop (dtype=, signature=) names a unit: loops
// compute in any.
void RefuseUnit(const UfuncInfo& ufunc, DType dtype);

// Chooses the loop and its unit of time, and converts weak scalars to its dtypes. Throws TypeError
// (no loop, or units that do not go together), CastError (an input may not be cast) or
// OverflowError (a weak integer out of bounds, units too far apart).
void Resolve(const UfuncInfo& ufunc, std::span<const Operand> inputs, const CallOptions& options,
             BoundCall& call);

// Throws ValueError if both `out` and `outs` are given, or a wrong number of `outs`.
void CheckGivenOutputs(const UfuncInfo& ufunc, const CallOptions& options);

// The output that the caller gave, or null.
inline const Array* GivenOutput(const CallOptions& options, std::size_t output) {
  if (!options.outs.empty()) return options.outs[output];
  return output == 0 ? options.out : nullptr;
}

// Throws ValueError if the loop's kernels reported that they refuse a value.
void CheckRefusal(const UfuncInfo& ufunc, const LoopInfo& loop, FpFlags flags);

// Throws the TypeError for inputs without a loop.
[[noreturn]] void ThrowNoLoop(const UfuncInfo& ufunc, std::span<const DTypeId> inputs,
                              const char* refusal);

// Throws CastError unless the cast is allowed. `input` is the input's position, or -1 for an
// output.
void CheckCast(const UfuncInfo& ufunc, int input, DType from, DType to, CastingLevel level);

// Writes a weak scalar as a value of `dtype` to out (16 bytes). Throws OverflowError if an integer
// does not fit, CastError if a complex number is to become a real one; a real out of range becomes
// infinite and reports overflow in "cast".
void WriteScalar(const WeakScalar& scalar, DTypeId dtype, const char* what, std::byte* out);

}  // namespace quern

#endif  // QUERN_CALL_RESOLVE_H_
