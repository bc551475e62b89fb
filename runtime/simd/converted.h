// Loops over small floats, computed by the float32 kernel of the same ufunc.
//
// Problem: every ufunc for dtypes that no hardware computes in, with the bits that one correct
// rounding gives, and without a kernel more per ufunc and dtype. Method: chunks of about a thousand
// elements are widened into buffers on the stack, computed by the float32 kernel, and rounded back.
// Conversions and kernel are called through pointers, so that all such loops share the code in
// converted.cpp: what is made for each of them is a jump. float32 has more than twice the digits and
// a wider range, so that rounding its sums, products, quotients and square roots once more is
// rounding once (see docs/decisions/0010-compute-dtypes.md for bfloat16 below 2^-126).
#ifndef QUERN_SIMD_CONVERTED_H_
#define QUERN_SIMD_CONVERTED_H_

#include <cstddef>
#include <cstdint>

#include "core/kernel.h"
#include "quern/dtype.hpp"
#include "quern/export.hpp"
#include "simd/lane.h"
#include "simd/small_format.h"

namespace quern {

// The most operands of a loop.
inline constexpr std::size_t kConvertedOperands = 6;

struct ConvertedOperand {
  std::uint8_t size;   // of a stored element, in bytes
  bool converted;      // the kernel has it in float32, else as it is stored
  std::uint8_t dtype;  // where it is converted
};

// The operands of a loop: inputs, then outputs.
struct ConvertedSignature {
  std::uint8_t inputs;
  std::uint8_t outputs;
  ConvertedOperand operands[kConvertedOperands];
};

// Applies `kernel` as an ElementwiseKernel of the stored operands. Outputs may coincide exactly with
// an input of the same element size. Each result is rounded once, from what the kernel gives. Of the
// flags of rounding, those in `declared` are returned, and all that the kernel returns.
QUERN_EXPORT FpFlags ComputeConverted(const void* const* in, void* const* out, std::size_t n,
                                      ElementwiseKernel kernel, FpFlags declared,
                                      const ConvertedSignature& signature);

// How running results are rounded to a small float without leaving float32. Magnitudes outside
// [min_normal, overflow), as bits, are converted there and back.
struct RoundedStep {
  int dropped;
  std::int32_t min_normal;
  std::int32_t overflow;
  CastKernel widen;
  CastKernel narrow;
};

// For i in [0, n): folded = round(body(folded, values[i])); values[i] = folded. All in float32, so
// that the small floats share the code.
using RoundedScan = FpFlags (*)(const RoundedStep& step, float* values, std::size_t n,
                                float& folded);

// A small float whose running results are rounded.
struct ScannedFormat {
  std::uint8_t size;
  std::uint8_t dtype;
  int dropped;
  std::int32_t min_normal;
  std::int32_t overflow;
};

// A ScanKernel by way of `scan`; of its flags those in `declared` are returned.
QUERN_EXPORT FpFlags ScanStored(const void* in, std::ptrdiff_t in_step, void* out,
                                std::ptrdiff_t out_step, std::size_t n, void* accumulator,
                                RoundedScan scan, FpFlags declared, const ScannedFormat& format);

template <class T>
constexpr ConvertedOperand ConvertedOperandOf() {
  if constexpr (is_small_float<T>) {
    return {sizeof(T), true, DType::of<T>().id()};
  } else {
    return {sizeof(T), false, 0};
  }
}

template <class Signature>
struct ConvertedLoop;
template <class Out, class... In>
struct ConvertedLoop<Out(In...)> {
  static constexpr ConvertedSignature kSignature = {
      sizeof...(In), 1, {ConvertedOperandOf<In>()..., ConvertedOperandOf<Out>()}};
};
template <class... Out, class... In>
struct ConvertedLoop<Results<Out...>(In...)> {
  static constexpr ConvertedSignature kSignature = {
      sizeof...(In),
      sizeof...(Out),
      {ConvertedOperandOf<In>()..., ConvertedOperandOf<Out>()...}};
};

// out[0][i] = kernel(in[0][i], in[1][i], ...) for i in [0, n), small floats by way of float32, as
// ComputeConverted says. Signature is as Transform's.
template <class Signature>
inline FpFlags Converted(ElementwiseKernel kernel, FpFlags declared, const void* const* in,
                         void* const* out, std::size_t n) {
  return ComputeConverted(in, out, n, kernel, declared, ConvertedLoop<Signature>::kSignature);
}

template <class F>
inline constexpr ScannedFormat kScannedFormat = {
    sizeof(F), DType::of<F>().id(), SmallFormat<F>::kDropped,
    static_cast<std::int32_t>(SmallFormat<F>::kMinNormal),
    static_cast<std::int32_t>(SmallFormat<F>::kOverflow)};

}  // namespace quern

#endif  // QUERN_SIMD_CONVERTED_H_
