// The register of the vector unit that holds its floating-point exception flags, its rounding mode
// and its treatment of subnormals, where there is one to read in a few cycles. Kernels compute in
// that unit alone; the functions of <cfenv> are calls that look at the x87 unit as well.
#ifndef QUERN_CORE_FP_REGISTER_H_
#define QUERN_CORE_FP_REGISTER_H_

#if defined(__x86_64__)
#define QUERN_HAS_FP_REGISTER 1

#include <xmmintrin.h>

namespace quern::fp_register {

// Bits of the register.
inline constexpr unsigned kInvalid = 0x01;
inline constexpr unsigned kDivideByZero = 0x04;
inline constexpr unsigned kOverflow = 0x08;
inline constexpr unsigned kUnderflow = 0x10;
inline constexpr unsigned kWatched = kInvalid | kDivideByZero | kOverflow | kUnderflow;
inline constexpr unsigned kControl = 0xffc0;  // trap masks, rounding, subnormals
// The control bits as a program finds them: nothing traps, to nearest, subnormals kept.
inline constexpr unsigned kDefaultControl = 0x1f80;

inline unsigned Read() { return _mm_getcsr(); }
inline void Write(unsigned value) { _mm_setcsr(value); }

}  // namespace quern::fp_register

#else
#define QUERN_HAS_FP_REGISTER 0
#endif

#endif  // QUERN_CORE_FP_REGISTER_H_
