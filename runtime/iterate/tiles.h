// Running a kernel over a plan, tile by tile and thread by thread.
#ifndef QUERN_ITERATE_TILES_H_
#define QUERN_ITERATE_TILES_H_

#include <span>

#include "core/kernel.h"
#include "iterate/plan.h"
#include "move/operand.h"

namespace quern {

// The plan's operands are the inputs, then the outputs, then the mask if there is one. Running the
// job may turn the plan's innermost axis round.
struct TileJob {
  Plan* plan;
  std::span<const OperandFormat> inputs;
  std::span<const OperandFormat> outputs;
  bool masked;                // the last operand is a bool mask: other elements are not touched
  ElementwiseKernel kernel;   // null copies the only input to the only output
  FpFlags hardware_flags;     // those of the kernel that count
};

// Runs the job on as many threads as its size is worth; returns the conditions met.
FpFlags RunTiles(const TileJob& job);

}  // namespace quern

#endif  // QUERN_ITERATE_TILES_H_
