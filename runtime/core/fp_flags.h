// Floating-point exception flags, as the library reports them, and the hardware's pending ones.
//
// A kernel's flags come from two places: a body that raises them itself (exp, integer division,
// casts to integers) returns them; plain arithmetic leaves them pending in the hardware. The caller
// clears what is pending before a kernel, reads it after, and keeps what the spec names.
#ifndef QUERN_CORE_FP_FLAGS_H_
#define QUERN_CORE_FP_FLAGS_H_

#include <cstdint>

#include "core/fp_register.h"

#if !QUERN_HAS_FP_REGISTER
#include <cfenv>
#endif

namespace quern {

// A set of the bits below.
using FpFlags = std::uint8_t;

enum FpFlag : FpFlags {
  kDivideByZero = 1,  // divide_by_zero in the spec
  kOverflow = 2,      // overflow
  kUnderflow = 4,     // underflow
  kInvalid = 8,       // invalid
  kRefused = 16,      // no flag of arithmetic: the body refuses a value, and the call fails
  kIntegerOverflow = 32,  // integer_overflow; only kernels that are asked to look report it
};

inline constexpr FpFlags kAllFpFlags = kDivideByZero | kOverflow | kUnderflow | kInvalid;

#if QUERN_HAS_FP_REGISTER

// The flags that this thread's hardware holds since they were last cleared. The inexact flag is not
// watched.
inline FpFlags PendingFpFlags() {
  static_assert(fp_register::kDivideByZero >> 2 == kDivideByZero &&
                fp_register::kOverflow >> 2 == kOverflow &&
                fp_register::kUnderflow >> 2 == kUnderflow &&
                fp_register::kInvalid << 3 == kInvalid);
  const unsigned value = fp_register::Read();
  return static_cast<FpFlags>((value >> 2 & (kDivideByZero | kOverflow | kUnderflow)) |
                              (value << 3 & kInvalid));
}

// Clears this thread's hardware flags; writing the register costs more than reading it.
inline void ClearFpFlags() {
  const unsigned value = fp_register::Read();
  if ((value & fp_register::kWatched) != 0) fp_register::Write(value & ~fp_register::kWatched);
}

#else

namespace detail {
inline constexpr int kWatchedFpExceptions = FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW | FE_INVALID;
}

inline FpFlags PendingFpFlags() {
  const int pending = std::fetestexcept(detail::kWatchedFpExceptions);
  if (pending == 0) return 0;
  unsigned flags = 0;
  if (pending & FE_DIVBYZERO) flags |= kDivideByZero;
  if (pending & FE_OVERFLOW) flags |= kOverflow;
  if (pending & FE_UNDERFLOW) flags |= kUnderflow;
  if (pending & FE_INVALID) flags |= kInvalid;
  return static_cast<FpFlags>(flags);
}

inline void ClearFpFlags() {
  if (std::fetestexcept(detail::kWatchedFpExceptions) != 0) {
    std::feclearexcept(detail::kWatchedFpExceptions);
  }
}

#endif

}  // namespace quern

#endif  // QUERN_CORE_FP_FLAGS_H_
