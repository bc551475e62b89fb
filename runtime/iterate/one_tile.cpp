#include "iterate/one_tile.h"

#include <cstring>

#include "core/array_access.h"

namespace quern {
namespace {

// Fills an empty block in place: it has room for every rank, most of which stays untouched.
void SetBlock(const Plan& plan, std::size_t operand, Block& block) {
  for (std::size_t axis = 0; axis < plan.ndim; ++axis) {
    block.Append(plan.shape[axis], plan.strides[operand][axis]);
  }
}

}  // namespace

const std::byte* OneTile::Load(const OperandFormat& format, const Block& block,
                               const std::byte* source) {
  InputMover mover(format, ScratchOf(inputs_));
  return mover.Load(block, source, n_, flags_);
}

void OneTile::KeepInputsFrom(const std::byte* out, std::size_t size) {
  for (std::size_t i = 0; i < inputs_; ++i) {
    const auto* in = static_cast<const std::byte*>(in_[i]);
    if (RunsMayMeet(out, size, in, sizes_[i], n_)) continue;
    in_[i] = std::memcpy(ScratchOf(i), in, n_ * sizes_[i]);
  }
}

FpFlags RunOneTile(const TileJob& job) {
  const Plan& plan = *job.plan;
  const std::size_t inputs = job.inputs.size();
  OneTile tile(static_cast<std::size_t>(plan.size), job.hardware_flags);
  for (std::size_t i = 0; i < inputs; ++i) {
    Block block;
    SetBlock(plan, i, block);
    tile.AddInput(job.inputs[i], block, plan.data[i]);
  }
  for (std::size_t i = 0; i < job.outputs.size(); ++i) {
    Block block;
    SetBlock(plan, inputs + i, block);
    tile.AddOutput(job.outputs[i], block, plan.data[inputs + i]);
  }
  tile.Compute(job.kernel);
  for (std::size_t i = 0; i < job.outputs.size(); ++i) {
    Block block;
    SetBlock(plan, inputs + i, block);
    tile.Store(i, job.outputs[i], block, plan.data[inputs + i]);
  }
  return tile.flags();
}

}  // namespace quern
