// Bringing a tile of an operand into the form a kernel wants (contiguous, aligned, native byte
// order, the loop's dtype) and back. An operand that has that form already is passed through.
#ifndef QUERN_MOVE_OPERAND_H_
#define QUERN_MOVE_OPERAND_H_

#include <cstddef>
#include <cstdint>

#include "core/registry.h"
#include "core/time_unit.h"
#include "errors/error_state.h"
#include "memory/buffer.h"
#include "move/block.h"
#include "quern/array.hpp"

namespace quern {

// Bytes of one operand's tile in one buffer. Three operands and their conversions fit a 32 KiB L1.
inline constexpr std::size_t kTileBytes = 4096;
// Buffers that one operand may need at once: packed, compressed, converted. Each has room for a tile
// that starts anywhere in its first cache line.
inline constexpr std::size_t kBuffersPerOperand = 3;
inline constexpr std::size_t kTileRoom = kTileBytes + kBufferAlignment;
inline constexpr std::size_t kScratchPerOperand = kBuffersPerOperand * kTileRoom;

// A range of integers of `size` bytes, which holds zero.
struct IntegerRange {
  std::int64_t low;
  std::uint64_t high;
  std::uint8_t size;
  bool is_signed;
};

// True if the dtype is one of integers; `range` becomes all its values.
bool FindIntegerRange(DTypeId dtype, IntegerRange& range);

// True if n contiguous integers of the range's type have one outside the range.
bool AnyOutsideRange(const IntegerRange& range, const void* in, std::size_t n);

// How an operand lies in memory and what the kernel wants.
struct OperandFormat {
  std::uint8_t storage_size = 1;
  std::uint8_t loop_size = 1;
  std::uint8_t swap_unit = 1;      // bytes to reverse; 1 = native order already
  bool aligned = true;
  CastKernel cast = nullptr;       // storage to loop (inputs) or loop to storage (outputs)
  FpFlags cast_hardware_flags = 0;
  UnitConversion units;  // in the place of a cast, between units of one dtype
  // Elements outside it, before the cast, report kIntegerOverflow; null where nobody looks.
  const IntegerRange* range = nullptr;

  // True if elements become others, apart from their byte order.
  bool casts() const { return cast != nullptr || units.converts(); }
  // True if elements have to change on their way to or from the kernel.
  bool converts() const { return casts() || swap_unit > 1; }
  // True if contiguous elements can be handed to the kernel as they lie.
  bool direct() const { return !converts() && aligned; }
  std::size_t larger_size() const { return storage_size > loop_size ? storage_size : loop_size; }
};

// Elements of the array as the kernel's `loop` dtype, and back; the byte order of `loop` plays no
// part. Throws NotSupportedError if there is no conversion, OverflowError if units are too far
// apart.
OperandFormat InputFormat(const Array& array, DType loop);
OperandFormat OutputFormat(const Array& array, DType loop);

// This thread's scratch memory for `operands` tiles: kScratchPerOperand bytes each, 64-byte
// aligned. Valid until the thread's next call.
std::byte* TileScratch(std::size_t operands);

// Runs a cast, keeping its hardware flags apart from those of the kernels before and after it.
void RunCast(const OperandFormat& format, const void* in, void* out, std::size_t n,
             FlagCollector& flags);

class InputMover {
 public:
  InputMover() = default;
  // `scratch` has kScratchPerOperand bytes.
  InputMover(const OperandFormat& format, std::byte* scratch)
      : format_(format), scratch_(scratch) {}

  // The block's n elements in kernel form. A block loaded twice in a row from the same place is
  // moved once: a broadcast operand costs one tile per change.
  const std::byte* Load(const Block& block, const std::byte* source, std::size_t n,
                        FlagCollector& flags);
  // The same for the `selected` elements whose byte in mask[0, n) is not 0, compressed.
  const std::byte* LoadMasked(const Block& block, const std::byte* source, const std::byte* mask,
                              std::size_t n, std::size_t selected, FlagCollector& flags);

 private:
  // Swaps n packed elements into `swapped`, which may be where they lie, and casts them, as far as
  // the format asks for it. Returns where the result lies.
  const std::byte* Convert(const std::byte* packed, std::byte* swapped, std::size_t n,
                           FlagCollector& flags) const;
  std::byte* buffer(std::size_t i) const { return scratch_ + i * kTileRoom; }

  OperandFormat format_;
  std::byte* scratch_ = nullptr;
  const std::byte* loaded_source_ = nullptr;
  std::size_t loaded_count_ = 0;
  const std::byte* loaded_ = nullptr;
};

class OutputMover {
 public:
  OutputMover() = default;
  OutputMover(const OperandFormat& format, std::byte* scratch)
      : format_(format), scratch_(scratch) {}

  // Where the kernel is to write the block: the destination itself if that has the kernel's form;
  // else a tile that lies in its cache lines as `input` does, so that the kernel neither reads nor
  // writes across them.
  std::byte* Target(const Block& block, std::byte* destination, const void* input) {
    const bool pass = format_.direct() && block.contiguous(format_.loop_size);
    const std::size_t place = reinterpret_cast<std::uintptr_t>(input) % kBufferAlignment;
    target_ = pass ? destination : buffer(0) + place / format_.loop_size * format_.loop_size;
    return target_;
  }
  // A buffer in any case, for results that a mask will spread.
  std::byte* MaskedTarget() const { return buffer(0); }
  // Moves n elements from Target to their place.
  void Store(const Block& block, std::byte* destination, std::size_t n, FlagCollector& flags) {
    if (target_ != destination) StoreFrom(target_, block, destination, n, flags);
  }
  // Moves n contiguous elements of the loop's dtype from anywhere.
  void StoreFrom(const std::byte* source, const Block& block, std::byte* destination,
                 std::size_t n, FlagCollector& flags);
  // Moves `selected` elements from MaskedTarget to the places whose byte in mask[0, n) is not 0.
  void StoreMasked(const Block& block, std::byte* destination, const std::byte* mask,
                   std::size_t n, std::size_t selected, FlagCollector& flags);

 private:
  // Casts and swaps n elements; the last step writes to `target`. Returns where the result lies.
  const std::byte* Convert(const std::byte* source, std::byte* target, std::size_t n,
                           FlagCollector& flags) const;
  std::byte* buffer(std::size_t i) const { return scratch_ + i * kTileRoom; }

  OperandFormat format_;
  std::byte* scratch_ = nullptr;
  std::byte* target_ = nullptr;  // the last that Target returned
};

}  // namespace quern

#endif  // QUERN_MOVE_OPERAND_H_
