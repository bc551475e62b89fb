// Elements are cast back, tile by tile, and compared with what they were. A cast that meets a
// condition lost the value: there is none without rounding, saturation or NaN. That tells apart
// what two roundings hide: the highest int64 becomes 2^63 in float64, which comes back saturated,
// as the highest int64.
#include "iterate/same_values.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "iterate/plan.h"
#include "iterate/tiles.h"

namespace quern {
namespace {

template <class T>
bool SameNumber(T a, T b) {
  return a == b || (a != a && b != b);
}

// The library's comparison of bytes decides all but zeros of both signs and NaN of several kinds.
template <class T, std::size_t kParts>
FpFlags CompareNumbers(const void* const* in, void* const*, std::size_t n) {
  constexpr std::size_t kStretch = 512;
  const T* const a = static_cast<const T*>(in[0]);
  const T* const b = static_cast<const T*>(in[1]);
  const std::size_t count = n * kParts;
  for (std::size_t start = 0; start < count; start += kStretch) {
    const std::size_t end = std::min(count, start + kStretch);
    if (std::memcmp(a + start, b + start, (end - start) * sizeof(T)) == 0) continue;
    for (std::size_t i = start; i < end; ++i) {
      if (!SameNumber(a[i], b[i])) return kRefused;
    }
  }
  return 0;
}

template <class T, bool kRefusesTopBit>
FpFlags CompareBits(const void* const* in, void* const*, std::size_t n) {
  if (std::memcmp(in[0], in[1], n * sizeof(T)) != 0) return kRefused;
  if constexpr (kRefusesTopBit) {
    constexpr std::size_t kStretch = 64;  // a known number, which compilers turn into vectors
    const T* a = static_cast<const T*>(in[0]);
    T all = 0;
    for (; n >= kStretch; n -= kStretch, a += kStretch) {
      for (std::size_t i = 0; i < kStretch; ++i) all = static_cast<T>(all | a[i]);
    }
    for (std::size_t i = 0; i < n; ++i) all = static_cast<T>(all | a[i]);
    if (all >> (8 * sizeof(T) - 1) != 0) return kRefused;
  }
  return 0;
}

template <bool kRefusesTopBit>
ElementwiseKernel ComparisonOfBits(std::size_t size) {
  if (size == 1) return &CompareBits<std::uint8_t, kRefusesTopBit>;
  if (size == 2) return &CompareBits<std::uint16_t, kRefusesTopBit>;
  if (size == 4) return &CompareBits<std::uint32_t, kRefusesTopBit>;
  return &CompareBits<std::uint64_t, kRefusesTopBit>;
}

// What compares elements of a dtype, which is no floating-point one of fewer than 4 bytes, with
// what they were converted to.
ElementwiseKernel ComparisonOf(DType dtype, DType converted) {
  const bool wide = dtype.part().size() == sizeof(double);
  if (dtype.kind() == 'c') return wide ? &CompareNumbers<double, 2> : &CompareNumbers<float, 2>;
  if (dtype.kind() == 'f') return wide ? &CompareNumbers<double, 1> : &CompareNumbers<float, 1>;
  // Integers wrap around to others of the opposite sign, and back: the top bit is a sign in one of
  // the two.
  const bool gains_sign = dtype.kind() == 'u' && converted.kind() == 'i';
  const bool loses_sign = dtype.kind() == 'i' && converted.kind() == 'u';
  const bool wraps = loses_sign || (gains_sign && converted.size() <= dtype.size());
  return wraps ? ComparisonOfBits<true>(dtype.size()) : ComparisonOfBits<false>(dtype.size());
}

}  // namespace

bool SameValues(const Array& source, const Array& converted, FpFlags met) {
  const bool same_dtype = source.dtype().native() == converted.dtype().native();
  if (same_dtype || converted.dtype().kind() == 'b') return true;
  if (met != 0) return false;
  // float32 holds all numbers of the narrower ones, and a result that differs from one of them it
  // holds as well, or rounds to a third.
  const bool narrow = source.dtype().kind() == 'f' && source.itemsize() < sizeof(float);
  const DType compared = narrow ? DType::of<float>() : source.dtype().native();
  const PlanOperand operands[] = {{source.data(), source.shape(), source.strides()},
                                  {converted.data(), converted.shape(), converted.strides()}};
  Plan plan;
  BuildPlan(source.shape(), operands, plan);
  const OperandFormat inputs[] = {InputFormat(source, compared),
                                  InputFormat(converted, compared)};
  return RunTiles({&plan, inputs, {}, false, ComparisonOf(compared, converted.dtype()), 0}) == 0;
}

}  // namespace quern
