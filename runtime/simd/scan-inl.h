// Scan: the sequential left fold behind accumulate and reduceat.
//
// Each value needs the one before, so the loop runs at the latency of the body. It works on 128-bit
// vectors whose lanes all hold the same value: the body is written for vectors, and equal lanes
// raise no flag that one would not.
#if defined(QUERN_SIMD_SCAN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_SCAN_INL_H_
#undef QUERN_SIMD_SCAN_INL_H_
#else
#define QUERN_SIMD_SCAN_INL_H_
#endif

#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/fp_flags.h"
#include "hwy/highway.h"
#include "simd/flags-inl.h"
#include "simd/lane.h"
#include "simd/reduce-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class Signature>
struct ScanLoop;

template <class A>
struct ScanLoop<A(A, A)> {
  using T = Lane<A>;

  template <class Body>
  static HWY_INLINE FpFlags Run(const Body& body, const char* in, std::ptrdiff_t in_step, char* out,
                                std::ptrdiff_t out_step, std::size_t n, void* accumulator) {
    const hn::FixedTag<T, 16 / sizeof(T)> d;
    FlagSet flags;
    T value;
    std::memcpy(&value, accumulator, sizeof(T));
    auto folded = hn::Set(d, value);
    for (std::size_t i = 0; i < n; ++i, in += in_step, out += out_step) {
      T next;
      std::memcpy(&next, in, sizeof(T));
      folded = Fold(body, d, flags, folded, hn::Set(d, next));
      value = hn::GetLane(folded);
      std::memcpy(out, &value, sizeof(T));
    }
    std::memcpy(accumulator, &value, sizeof(T));
    return flags.bits();
  }
};

template <class T>
struct ScanLoop<std::complex<T>(std::complex<T>, std::complex<T>)> {
  template <class Body>
  static HWY_INLINE FpFlags Run(const Body& body, const char* in, std::ptrdiff_t in_step, char* out,
                                std::ptrdiff_t out_step, std::size_t n, void* accumulator) {
    const hn::FixedTag<T, 16 / sizeof(T)> d;
    FlagSet flags;
    T value[2];
    std::memcpy(value, accumulator, sizeof(value));
    auto real = hn::Set(d, value[0]);
    auto imag = hn::Set(d, value[1]);
    const auto keep = [&](auto new_real, auto new_imag) HWY_ATTR {
      real = new_real;
      imag = new_imag;
    };
    for (std::size_t i = 0; i < n; ++i, in += in_step, out += out_step) {
      T next[2];
      std::memcpy(next, in, sizeof(next));
      body(d, flags, real, imag, hn::Set(d, next[0]), hn::Set(d, next[1]), keep);
      value[0] = hn::GetLane(real);
      value[1] = hn::GetLane(imag);
      std::memcpy(out, value, sizeof(value));
    }
    std::memcpy(accumulator, value, sizeof(value));
    return flags.bits();
  }
};

// The body of a complex loop whose parts do not meet, from that of either part.
template <class Body>
struct BothParts {
  template <class D, class V, class Store>
  HWY_INLINE void operator()(D d, FlagSet& flags, V a_real, V a_imag, V b_real, V b_imag,
                             const Store& store) const {
    store(Body()(d, flags, a_real, b_real), Body()(d, flags, a_imag, b_imag));
  }
};

// For i in [0, n): accumulator = body(accumulator, in[i]); out[i] = accumulator. Steps are in bytes
// and may be anything, 0 and unaligned included; out may coincide with in. Signature is A(A, A).
template <class Signature, class Body>
HWY_INLINE FpFlags Scan(const Body& body, const void* in, std::ptrdiff_t in_step, void* out,
                        std::ptrdiff_t out_step, std::size_t n, void* accumulator) {
  return ScanLoop<Signature>::Run(body, static_cast<const char*>(in), in_step,
                                  static_cast<char*>(out), out_step, n, accumulator);
}

// The same for complex elements whose parts do not meet; the body is that of either part.
template <class Signature, class Body>
HWY_INLINE FpFlags ScanParts(const Body& /*body*/, const void* in, std::ptrdiff_t in_step,
                             void* out, std::ptrdiff_t out_step, std::size_t n, void* accumulator) {
  return Scan<Signature>(BothParts<Body>(), in, in_step, out, out_step, n, accumulator);
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_SCAN_INL_H_
