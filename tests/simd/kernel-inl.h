// The part of the harness that is compiled once per target: bodies as function objects, and kernels
// over them. To be included after harness.h, which declares where a file lists its kernels.
#if defined(QUERN_TESTS_SIMD_KERNEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_TESTS_SIMD_KERNEL_INL_H_
#undef QUERN_TESTS_SIMD_KERNEL_INL_H_
#else
#define QUERN_TESTS_SIMD_KERNEL_INL_H_
#endif

#include <cstddef>

#include "hwy/highway.h"
#include "simd/flags-inl.h"
#include "simd/transform-inl.h"

// A function object for a body, for a Highway operation, and for a body without arguments.
#undef QUERN_TEST_BODY
#define QUERN_TEST_BODY(Name)                                       \
  struct Name##Body {                                               \
    template <class D, class... V>                                  \
    HWY_INLINE auto operator()(D d, FlagSet& flags, V... v) const { \
      return Name(d, flags, v...);                                  \
    }                                                               \
  };
#undef QUERN_TEST_OPERATION
#define QUERN_TEST_OPERATION(Name)                                          \
  struct Name##Body {                                                       \
    template <class D, class... V>                                          \
    HWY_INLINE auto operator()(D /*d*/, FlagSet& /*flags*/, V... v) const { \
      return hn::Name(v...);                                                \
    }                                                                       \
  };
#undef QUERN_TEST_CONSTANT
#define QUERN_TEST_CONSTANT(Name)                                       \
  struct Name##Body {                                                   \
    template <class D, class... V>                                      \
    HWY_INLINE auto operator()(D d, FlagSet& flags, V... /*v*/) const { \
      return Name(d, flags);                                            \
    }                                                                   \
  };

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace {

template <class Signature, class Body>
FpFlags Kernel(const void* const* in, void* const* out, std::size_t n) {
  return Transform<Signature>(Body(), in, out, n);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_TESTS_SIMD_KERNEL_INL_H_
