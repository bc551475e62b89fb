#include "simd/converted.h"

#include <algorithm>
#include <cstring>

#include "core/registry.h"
#include "simd/chunks.h"

namespace quern {
namespace {

// One call of a converted loop, chunk by chunk.
class Conversion {
 public:
  Conversion(const ConvertedSignature& signature, const void* const* in, void* const* out)
      : signature_(signature), in_(in), out_(out) {
    const Registry& registry = Registry::Get();
    const DTypeId wide = DType::of<float>().id();
    for (std::size_t i = 0; i < signature.inputs + signature.outputs; ++i) {
      const auto [size, converted, dtype] = signature.operands[i];
      if (!converted) continue;
      casts_[i] = i < signature.inputs ? registry.cast_kernel(dtype, wide)
                                       : registry.cast_kernel(wide, dtype);
    }
  }

  // Elements [done, done + count). Returns the kernel's flags, and in `rounding` those of rounding.
  FpFlags Run(ElementwiseKernel kernel, std::size_t done, std::size_t count, unsigned& rounding) {
    const std::size_t inputs = signature_.inputs;
    const void* from[kConvertedOperands];
    void* to[kConvertedOperands];
    for (std::size_t i = 0; i < inputs; ++i) {
      from[i] = static_cast<const std::byte*>(in_[i]) + done * signature_.operands[i].size;
      if (casts_[i] == nullptr) continue;
      casts_[i](from[i], buffers_[i].bytes, count);
      from[i] = buffers_[i].bytes;
    }
    for (std::size_t i = 0; i < signature_.outputs; ++i) {
      const std::size_t operand = inputs + i;
      to[i] = casts_[operand] != nullptr ? buffers_[operand].bytes : Result(i, done);
    }
    const FpFlags flags = kernel(from, to, count);
    for (std::size_t i = 0; i < signature_.outputs; ++i) {
      const CastKernel cast = casts_[inputs + i];
      if (cast != nullptr) rounding |= cast(to[i], Result(i, done), count);
    }
    return flags;
  }

 private:
  void* Result(std::size_t i, std::size_t done) const {
    const std::size_t size = signature_.operands[signature_.inputs + i].size;
    return static_cast<std::byte*>(out_[i]) + done * size;
  }

  const ConvertedSignature& signature_;
  const void* const* in_;
  void* const* out_;
  CastKernel casts_[kConvertedOperands] = {};
  ChunkBuffer buffers_[kConvertedOperands];
};

// Copies n elements of 1 or 2 bytes between places that lie steps in bytes apart.
void CopyStrided(std::size_t size, const std::byte* from, std::ptrdiff_t from_step, std::byte* to,
                 std::ptrdiff_t to_step, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i, from += from_step, to += to_step) {
    to[0] = from[0];
    if (size == 2) to[1] = from[1];
  }
}

}  // namespace

CastKernel CurrentCast(DTypeId from, DTypeId to) { return Registry::Get().cast_kernel(from, to); }

FpFlags ComputeConverted(const void* const* in, void* const* out, std::size_t n,
                         ElementwiseKernel kernel, FpFlags declared,
                         const ConvertedSignature& signature) {
  Conversion conversion(signature, in, out);
  unsigned flags = 0;
  unsigned rounding = 0;
  for (std::size_t done = 0; done < n; done += kChunk) {
    flags |= conversion.Run(kernel, done, std::min(n - done, kChunk), rounding);
  }
  return static_cast<FpFlags>(flags | (rounding & declared));
}

FpFlags ScanStored(const void* in, std::ptrdiff_t in_step, void* out, std::ptrdiff_t out_step,
                   std::size_t n, void* accumulator, RoundedScan scan, FpFlags declared,
                   const ScannedFormat& format) {
  const DTypeId wide = DType::of<float>().id();
  const RoundedStep step = {format.dropped, format.min_normal, format.overflow,
                            CurrentCast(format.dtype, wide), CurrentCast(wide, format.dtype)};
  const std::size_t size = format.size;
  const auto stored_step = static_cast<std::ptrdiff_t>(size);
  ChunkBuffer stored;
  alignas(64) float values[kChunk];
  const auto* source = static_cast<const std::byte*>(in);
  auto* target = static_cast<std::byte*>(out);
  float folded;
  step.widen(accumulator, &folded, 1);
  unsigned flags = 0;
  while (n != 0) {
    const std::size_t count = std::min(n, kChunk);
    const auto steps = static_cast<std::ptrdiff_t>(count);
    CopyStrided(size, source, in_step, stored.bytes, stored_step, count);
    step.widen(stored.bytes, values, count);
    flags |= scan(step, values, count, folded);
    step.narrow(values, stored.bytes, count);
    CopyStrided(size, stored.bytes, stored_step, target, out_step, count);
    source += steps * in_step;
    target += steps * out_step;
    n -= count;
  }
  step.narrow(&folded, accumulator, 1);
  return static_cast<FpFlags>(flags & declared);
}

}  // namespace quern
