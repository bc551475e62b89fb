// FlagSet: the floating-point flags that a body computes, gathered over a kernel call.
//
// Problem: some bodies must report flags that the hardware cannot (integer division) or that
// internal steps would blur (exp). Method: the body names the offending lanes by a mask; testing it
// for "none" and branching costs two instructions per vector, and the branch is almost never taken.
// Masks are reduced to a word at once because vectors of unknown size cannot be members of a class.
#if defined(QUERN_SIMD_FLAGS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_FLAGS_INL_H_
#undef QUERN_SIMD_FLAGS_INL_H_
#else
#define QUERN_SIMD_FLAGS_INL_H_
#endif

#include "core/fp_flags.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

class FlagSet {
 public:
  // Raises `flags` if any lane of `mask` is true. Lanes past the end of the data repeat a real
  // element, so they add nothing.
  template <class D, class M>
  HWY_INLINE void RaiseIf(D d, M mask, FpFlags flags) {
    if (HWY_UNLIKELY(!hn::AllFalse(d, mask))) bits_ |= flags;
  }

  // Raises `flags`.
  HWY_INLINE void Raise(FpFlags flags) { bits_ |= flags; }

  HWY_INLINE FpFlags bits() const { return static_cast<FpFlags>(bits_); }

 private:
  unsigned bits_ = 0;
};

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_FLAGS_INL_H_
