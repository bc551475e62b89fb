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
  const Array* array = nullptr;         // null for a scalar
  DTypeId dtype = 0;                    // of the array, or of the loop for a scalar
  alignas(16) std::byte value[16] = {};
  std::span<const Index> shape() const {
    return array == nullptr ? std::span<const Index>() : array->shape();
  }
};

struct BoundCall {
  const LoopInfo* loop = nullptr;
  std::array<BoundInput, kMaxInputs> inputs;
};

// Chooses the loop and converts weak scalars to its dtypes. Throws TypeError (no loop), CastError
// (an input may not be cast) or OverflowError (a weak integer out of bounds).
BoundCall Resolve(const UfuncInfo& ufunc, std::span<const Operand> inputs,
                  const CallOptions& options);

// Throws the TypeError for inputs without a loop.
[[noreturn]] void ThrowNoLoop(const UfuncInfo& ufunc, std::span<const DTypeId> inputs,
                              const char* refusal);

// Throws CastError unless the cast is allowed. `input` is the input's position, or -1 for an output.
void CheckCast(const UfuncInfo& ufunc, int input, DTypeId from, DTypeId to, CastingLevel level);

// Writes a weak scalar as a value of `dtype` to out (16 bytes). Throws OverflowError if an integer
// does not fit; a real out of range becomes infinite and reports overflow in "cast".
void WriteScalar(const WeakScalar& scalar, DTypeId dtype, const char* what, std::byte* out);

}  // namespace quern

#endif  // QUERN_CALL_RESOLVE_H_
