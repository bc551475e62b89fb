#include "move/operand.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>

#include "core/array_access.h"
#include "memory/buffer.h"
#include "move/movers.h"
#include "quern/errors.hpp"

namespace quern {
namespace {

// All integers of 2^log_size bytes.
IntegerRange WholeRange(std::size_t log_size, bool is_signed) {
  const std::size_t bits = std::size_t{8} << log_size;
  const std::uint64_t all = ~std::uint64_t{0} >> (64 - bits);
  const auto size = static_cast<std::uint8_t>(bits / 8);
  if (!is_signed) return {0, all, size, false};
  return {-static_cast<std::int64_t>(all / 2) - 1, all / 2, size, true};
}

// The values of `from` that are values of `to`, where these are dtypes of integers and not all of them
// are; else null.
const IntegerRange* RangeOfCast(DTypeId from, DTypeId to) {
  // The answer is kept by the dtypes' sizes and signs, which decide it.
  static const auto kRanges = [] {
    std::array<std::array<IntegerRange, 8>, 8> ranges;
    for (std::size_t i = 0; i < 8; ++i) {
      for (std::size_t k = 0; k < 8; ++k) {
        const IntegerRange whole = WholeRange(i % 4, i / 4 != 0);
        const IntegerRange target = WholeRange(k % 4, k / 4 != 0);
        ranges[i][k] = whole;
        ranges[i][k].low = std::max(whole.low, target.low);
        ranges[i][k].high = std::min(whole.high, target.high);
      }
    }
    return ranges;
  }();
  IntegerRange source;
  IntegerRange target;
  if (!FindIntegerRange(from, source) || !FindIntegerRange(to, target)) return nullptr;
  if (target.low <= source.low && target.high >= source.high) return nullptr;
  const auto place = [](const IntegerRange& range) {
    return SizeIndex(range.size) + (range.is_signed ? 4u : 0u);
  };
  return &kRanges[place(source)][place(target)];
}

// Between the two dtypes with units counts are copied as they are.
OperandFormat FormatOf(const Array& array, DType from_dtype, DType to_dtype) {
  const Registry& registry = Registry::Get();
  const DTypeId from = from_dtype.id();
  const DTypeId to = to_dtype.id();
  const DTypeInfo& storage = registry.dtype(array.dtype().id());
  OperandFormat format;
  format.storage_size = storage.size;
  format.swap_unit = array.dtype().swapped() ? storage.swap_unit : std::uint8_t{1};
  format.aligned = ArrayAccess::one_run(array) || array.aligned();
  if (from != to) {
    if (AsksForIntegerOverflow()) format.range = RangeOfCast(from, to);
    format.cast = registry.cast_kernel(from, to);
    format.cast_hardware_flags = registry.cast_hardware_flags(from, to);
    if (format.cast == nullptr) {
      throw NotSupportedError(std::string("cast: there is no conversion from ") +
                              registry.dtype(from).name + " to " + registry.dtype(to).name);
    }
  } else if (from_dtype.unit() != to_dtype.unit()) {
    const bool linear = from_dtype.kind() == 'm';
    format.units = ConversionBetween(from_dtype.unit(), to_dtype.unit(), linear);
  }
  return format;
}

const std::uint8_t* MaskBytes(const std::byte* mask) {
  return reinterpret_cast<const std::uint8_t*>(mask);
}

}  // namespace

bool FindIntegerRange(DTypeId dtype, IntegerRange& range) {
  const DTypeInfo& info = Registry::Get().dtype(dtype);
  if (info.numpy_kind != 'i' && info.numpy_kind != 'u') return false;
  range = WholeRange(SizeIndex(info.size), info.numpy_kind == 'i');
  return true;
}

bool AnyOutsideRange(const IntegerRange& range, const void* in, std::size_t n) {
  const AnyOutside outside = CurrentMovers().outside[range.is_signed][SizeIndex(range.size)];
  return outside(in, n, range.low, range.high);
}

OperandFormat InputFormat(const Array& array, DType loop) {
  OperandFormat format = FormatOf(array, array.dtype(), loop);
  format.loop_size = Registry::Get().dtype(loop.id()).size;
  return format;
}

OperandFormat OutputFormat(const Array& array, DType loop) {
  OperandFormat format = FormatOf(array, loop, array.dtype());
  format.loop_size = Registry::Get().dtype(loop.id()).size;
  return format;
}

std::byte* TileScratch(std::size_t operands) {
  thread_local std::shared_ptr<void> memory;
  thread_local std::size_t capacity = 0;
  if (operands > capacity) {
    memory = AllocateBuffer(operands * kScratchPerOperand);
    capacity = operands;
  }
  return static_cast<std::byte*>(memory.get());
}

void RunCast(const OperandFormat& format, const void* in, void* out, std::size_t n,
             FlagCollector& flags) {
  if (format.cast == nullptr) return ConvertCounts(format.units, in, out, n);
  if (format.range != nullptr && AnyOutsideRange(*format.range, in, n)) {
    flags.Add(kIntegerOverflow);
  }
  if (format.cast_hardware_flags == 0) {
    flags.Add(format.cast(in, out, n));
    return;
  }
  flags.Harvest();
  ClearFpFlags();
  flags.Add(format.cast(in, out, n));
  flags.Add(static_cast<FpFlags>(PendingFpFlags() & format.cast_hardware_flags));
  ClearFpFlags();
}

const std::byte* InputMover::Convert(const std::byte* packed, std::byte* swapped, std::size_t n,
                                     FlagCollector& flags) const {
  if (format_.swap_unit > 1) {
    CurrentMovers().swap[SizeIndex(format_.swap_unit)](
        packed, n * format_.storage_size / format_.swap_unit, swapped);
    packed = swapped;
  }
  if (!format_.casts()) return packed;
  RunCast(format_, packed, buffer(2), n, flags);
  return buffer(2);
}

const std::byte* InputMover::Load(const Block& block, const std::byte* source, std::size_t n,
                                  FlagCollector& flags) {
  const bool contiguous = block.contiguous(format_.storage_size);
  if (contiguous && format_.direct()) return source;
  if (source == loaded_source_ && n <= loaded_count_) return loaded_;
  std::byte* const room = buffer(0) + PackShift(block, format_.storage_size, source);
  const std::byte* packed = source;
  if (!contiguous || !format_.aligned) {
    Pack(block, format_.storage_size, source, room);
    packed = room;
  }
  loaded_ = format_.converts() ? Convert(packed, room, n, flags) : packed;
  loaded_source_ = source;
  loaded_count_ = n;
  return loaded_;
}

const std::byte* InputMover::LoadMasked(const Block& block, const std::byte* source,
                                        const std::byte* mask, std::size_t n,
                                        std::size_t selected, FlagCollector& flags) {
  loaded_source_ = nullptr;  // the buffers are about to hold something else
  const std::byte* packed = source;
  if (!block.contiguous(format_.storage_size) || !format_.aligned) {
    Pack(block, format_.storage_size, source, buffer(0));
    packed = buffer(0);
  }
  CurrentMovers().compress[SizeIndex(format_.storage_size)](packed, MaskBytes(mask), n, buffer(1));
  if (format_.swap_unit > 1) {
    CurrentMovers().swap[SizeIndex(format_.swap_unit)](
        buffer(1), selected * format_.storage_size / format_.swap_unit, buffer(1));
  }
  if (!format_.casts()) return buffer(1);
  RunCast(format_, buffer(1), buffer(2), selected, flags);
  return buffer(2);
}

const std::byte* OutputMover::Convert(const std::byte* source, std::byte* target, std::size_t n,
                                      FlagCollector& flags) const {
  if (format_.casts()) {
    std::byte* cast_to = format_.swap_unit > 1 ? buffer(1) : target;
    RunCast(format_, source, cast_to, n, flags);
    source = cast_to;
  }
  if (format_.swap_unit > 1) {
    CurrentMovers().swap[SizeIndex(format_.swap_unit)](
        source, n * format_.storage_size / format_.swap_unit, target);
    source = target;
  }
  return source;
}

void OutputMover::StoreFrom(const std::byte* source, const Block& block, std::byte* destination,
                            std::size_t n, FlagCollector& flags) {
  if (block.contiguous(format_.storage_size) && format_.aligned) {
    const std::byte* result = Convert(source, destination, n, flags);
    if (result != destination) std::memmove(destination, result, n * format_.storage_size);
    return;
  }
  if (format_.converts()) source = Convert(source, buffer(1), n, flags);
  Unpack(block, format_.storage_size, source, destination);
}

void OutputMover::StoreMasked(const Block& block, std::byte* destination, const std::byte* mask,
                              std::size_t n, std::size_t selected, FlagCollector& flags) {
  const std::byte* result = Convert(buffer(0), buffer(1), selected, flags);
  const auto expand = CurrentMovers().expand[SizeIndex(format_.storage_size)];
  if (block.contiguous(format_.storage_size)) {
    expand(result, MaskBytes(mask), n, destination);
    return;
  }
  Pack(block, format_.storage_size, destination, buffer(2));
  expand(result, MaskBytes(mask), n, buffer(2));
  Unpack(block, format_.storage_size, buffer(2), destination);
}

}  // namespace quern
