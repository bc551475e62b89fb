// Calls of generalised ufuncs: those with a signature.
#ifndef QUERN_CALL_GUFUNC_H_
#define QUERN_CALL_GUFUNC_H_

#include <span>
#include <vector>

#include "core/tables.h"
#include "quern/ufunc.hpp"

namespace quern {

// Every output of one call; ufunc.core is not null.
std::vector<Array> CallOnCores(const UfuncInfo& ufunc, std::span<const Operand> inputs,
                               const CallOptions& options);

}  // namespace quern

#endif  // QUERN_CALL_GUFUNC_H_
