// Calls so small that one tile covers them: what they run instead of a walk over tiles.
#ifndef QUERN_ITERATE_ONE_TILE_H_
#define QUERN_ITERATE_ONE_TILE_H_

#include "core/kernel.h"
#include "iterate/tiles.h"
#include "move/operand.h"

namespace quern {

// The most elements of such a call; of the largest dtypes they fill one buffer of an operand.
inline constexpr Index kOneTile = static_cast<Index>(kTileBytes / 16);

// One kernel call over 1 to kOneTile elements of operands in any form. Inputs are added first, then
// outputs; then the kernel runs, and each output is stored. All inputs are read before an output is
// written, so that they may overlap in any way.
class OneTile {
 public:
  OneTile(std::size_t n, FpFlags hardware_flags) : n_(n), flags_(hardware_flags) {}

  void AddInput(const OperandFormat& format, const Block& block, const std::byte* source) {
    const bool pass = format.direct() && block.contiguous(format.storage_size);
    in_[inputs_] = pass ? source : Load(format, block, source);
    sizes_[inputs_++] = format.loop_size;
  }
  void AddOutput(const OperandFormat& format, const Block& block, std::byte* destination) {
    const bool pass = format.direct() && block.contiguous(format.loop_size);
    if (pass) KeepInputsFrom(destination, format.loop_size);
    out_[outputs_] = pass ? destination : ScratchOf(inputs_ + outputs_);
    ++outputs_;
  }
  void Compute(ElementwiseKernel kernel) {
    flags_.Add(kernel(in_, out_, n_));
    flags_.Harvest();
  }
  // `output` counts from 0; the rest is what was given for it before.
  void Store(std::size_t output, const OperandFormat& format, const Block& block,
             std::byte* destination) {
    if (out_[output] == destination) return;
    OutputMover mover(format, ScratchOf(inputs_ + output));
    mover.StoreFrom(static_cast<const std::byte*>(out_[output]), block, destination, n_, flags_);
  }

  FpFlags flags() const { return flags_.flags(); }

 private:
  const std::byte* Load(const OperandFormat& format, const Block& block, const std::byte* source);
  // Copies inputs that the kernel would overwrite while it reads them.
  void KeepInputsFrom(const std::byte* out, std::size_t size);
  std::byte* ScratchOf(std::size_t operand) {
    if (scratch_ == nullptr) scratch_ = TileScratch(kMaxOperands);
    return scratch_ + operand * kScratchPerOperand;
  }

  const std::size_t n_;
  std::size_t inputs_ = 0;
  std::size_t outputs_ = 0;
  std::byte* scratch_ = nullptr;  // asked for when it is needed
  const void* in_[kMaxInputs];
  std::uint8_t sizes_[kMaxInputs];  // of the inputs' elements as the kernel reads them
  void* out_[kMaxOperands];
  FlagCollector flags_;
};

// Runs a job with a kernel and without a mask, of 1 to kOneTile elements, on this thread; returns
// the conditions met.
FpFlags RunOneTile(const TileJob& job);

}  // namespace quern

#endif  // QUERN_ITERATE_ONE_TILE_H_
