// A tile is a run of whole inner axes times a part of one axis, the split axis; its elements are in
// the plan's order. What is contiguous over a tile goes to the kernel as it lies; everything else
// is moved. Tiles are numbered, and threads take equal ranges of numbers.
#include "iterate/tiles.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "iterate/one_tile.h"
#include "move/movers.h"
#include "threads/threads.h"

namespace quern {
namespace {

// Elements that make a further thread worth starting.
constexpr std::size_t kThreadGrain = std::size_t{1} << 16;
// An innermost axis this long is worth a kernel call of its own where that saves moving.
constexpr Index kLongRun = 64;

struct Tiling {
  std::size_t split = 0;  // the axis that is cut
  Index rows = 1;         // its extent in a tile
  Index inner = 1;        // elements of the axes inside it
  Index cuts = 1;         // parts of the split axis
  Index outer = 1;        // positions of the axes outside it
  Index tiles() const { return cuts * outer; }
};

std::size_t LargestElement(const TileJob& job) {
  std::size_t size = 1;
  for (const OperandFormat& format : job.inputs) size = std::max(size, format.larger_size());
  for (const OperandFormat& format : job.outputs) size = std::max(size, format.larger_size());
  return size;
}

// True if every operand can go to the kernel as it lies along the innermost axis.
bool InnerAxisIsDirect(const TileJob& job) {
  const Plan& plan = *job.plan;
  if (job.masked || plan.ndim == 0) return false;
  const auto direct = [&](const OperandFormat& format, std::size_t operand) {
    return format.direct() &&
           plan.strides[operand][plan.ndim - 1] == static_cast<Index>(format.loop_size);
  };
  for (std::size_t i = 0; i < job.inputs.size(); ++i) {
    if (!direct(job.inputs[i], i)) return false;
  }
  for (std::size_t i = 0; i < job.outputs.size(); ++i) {
    if (!direct(job.outputs[i], job.inputs.size() + i)) return false;
  }
  return true;
}

// The format of an operand of the plan that is not the mask.
const OperandFormat& FormatOf(const TileJob& job, std::size_t operand) {
  const std::size_t inputs = job.inputs.size();
  return operand < inputs ? job.inputs[operand] : job.outputs[operand - inputs];
}

// Turns the innermost axis round if that leaves fewer operands to be reversed by a mover.
void TurnInnermost(const TileJob& job) {
  Plan& plan = *job.plan;
  if (plan.ndim == 0) return;
  Index reversed = 0;
  for (std::size_t i = 0; i < job.inputs.size() + job.outputs.size(); ++i) {
    const Index step = plan.strides[i][plan.ndim - 1];
    const Index size = FormatOf(job, i).storage_size;
    reversed += (step == -size) - (step == size);
  }
  if (reversed > 0) TurnAxis(plan, plan.ndim - 1);
}

Tiling ChooseTiling(const TileJob& job, int threads) {
  const Plan& plan = *job.plan;
  Tiling tiling;
  if (plan.ndim == 0) return tiling;
  const Index capacity = static_cast<Index>(kTileBytes / LargestElement(job));
  tiling.split = plan.ndim - 1;
  const Index last = plan.shape[tiling.split];
  if (InnerAxisIsDirect(job) && (plan.ndim == 1 || last >= kLongRun)) {
    // No buffer limits the run; a thread's share does, in whole cache lines.
    const Index share = plan.ndim == 1 ? (last + threads - 1) / threads : last;
    tiling.rows = std::min(last, (share + 63) / 64 * 64);
  } else {
    while (tiling.split > 0 && tiling.inner * plan.shape[tiling.split] <= capacity) {
      tiling.inner *= plan.shape[tiling.split--];
    }
    tiling.rows = std::clamp<Index>(capacity / tiling.inner, 1, plan.shape[tiling.split]);
  }
  tiling.cuts = (plan.shape[tiling.split] + tiling.rows - 1) / tiling.rows;
  for (std::size_t axis = 0; axis < tiling.split; ++axis) tiling.outer *= plan.shape[axis];
  return tiling;
}

// Fills an empty block in place: it has room for every rank, most of which stays untouched.
void SetBlock(const Plan& plan, const Tiling& tiling, std::size_t operand, Index rows,
              Block& block) {
  if (plan.ndim == 0) return;
  block.Append(rows, plan.strides[operand][tiling.split]);
  for (std::size_t axis = tiling.split + 1; axis < plan.ndim; ++axis) {
    block.Append(plan.shape[axis], plan.strides[operand][axis]);
  }
}

// One thread's walk over a range of tiles.
class TileWorker {
 public:
  TileWorker(const TileJob& job, const Tiling& tiling)
      : job_(job), plan_(*job.plan), tiling_(tiling), flags_(job.hardware_flags) {
    std::byte* scratch = TileScratch(plan_.operands);
    for (std::size_t i = 0; i < job.inputs.size(); ++i, scratch += kScratchPerOperand) {
      inputs_[i] = InputMover(job.inputs[i], scratch);
    }
    for (std::size_t i = 0; i < job.outputs.size(); ++i, scratch += kScratchPerOperand) {
      outputs_[i] = OutputMover(job.outputs[i], scratch);
    }
    if (job.masked) mask_ = InputMover(OperandFormat{}, scratch);
    const Index extent = plan_.ndim == 0 ? 1 : plan_.shape[tiling.split];
    const Index tail = extent - (tiling.cuts - 1) * tiling.rows;
    for (std::size_t i = 0; i < plan_.operands; ++i) {
      SetBlock(plan_, tiling, i, tiling.rows, whole_[i]);
      SetBlock(plan_, tiling, i, tail, tail_[i]);
    }
    tail_rows_ = tail;
  }

  FpFlags Run(Index begin, Index end) {
    Seek(begin);
    for (Index tile = begin; tile < end; ++tile) {
      const bool is_tail = cut_ == tiling_.cuts - 1;
      const Index rows = is_tail ? tail_rows_ : tiling_.rows;
      const std::size_t n = static_cast<std::size_t>(rows * tiling_.inner);
      const Block* blocks = is_tail ? tail_ : whole_;
      job_.masked ? RunMasked(blocks, n) : RunPlain(blocks, n);
      Advance();
    }
    flags_.Harvest();
    return flags_.flags();
  }

 private:
  // Moves to a tile number: positions of the outer axes and the cut, and the operands' addresses.
  void Seek(Index tile) {
    cut_ = tile % tiling_.cuts;
    Index rest = tile / tiling_.cuts;
    for (std::size_t i = 0; i < plan_.operands; ++i) {
      address_[i] = plan_.data[i];
      if (plan_.ndim > 0) address_[i] += cut_ * tiling_.rows * plan_.strides[i][tiling_.split];
    }
    for (std::size_t axis = tiling_.split; axis-- > 0;) {
      position_[axis] = rest % plan_.shape[axis];
      rest /= plan_.shape[axis];
      for (std::size_t i = 0; i < plan_.operands; ++i) {
        address_[i] += position_[axis] * plan_.strides[i][axis];
      }
    }
  }

  void Advance() {
    if (plan_.ndim == 0) return;
    if (++cut_ < tiling_.cuts) return Step(tiling_.split, tiling_.rows);
    cut_ = 0;
    Step(tiling_.split, -(tiling_.cuts - 1) * tiling_.rows);
    for (std::size_t axis = tiling_.split; axis-- > 0;) {
      if (++position_[axis] < plan_.shape[axis]) return Step(axis, 1);
      position_[axis] = 0;
      Step(axis, 1 - plan_.shape[axis]);
    }
  }

  void Step(std::size_t axis, Index count) {
    for (std::size_t i = 0; i < plan_.operands; ++i) {
      address_[i] += count * plan_.strides[i][axis];
    }
  }

  void RunPlain(const Block* blocks, std::size_t n) {
    const void* in[kMaxInputs];
    void* out[kMaxOperands];
    const std::size_t first_output = job_.inputs.size();
    for (std::size_t i = 0; i < first_output; ++i) {
      in[i] = inputs_[i].Load(blocks[i], address_[i], n, flags_);
    }
    if (job_.kernel == nullptr) {
      const auto* source = static_cast<const std::byte*>(in[0]);
      return outputs_[0].StoreFrom(source, blocks[1], address_[1], n, flags_);
    }
    for (std::size_t i = 0; i < job_.outputs.size(); ++i) {
      out[i] = outputs_[i].Target(blocks[first_output + i], address_[first_output + i], in[0]);
    }
    flags_.Add(job_.kernel(in, out, n));
    for (std::size_t i = 0; i < job_.outputs.size(); ++i) {
      outputs_[i].Store(blocks[first_output + i], address_[first_output + i], n, flags_);
    }
  }

  void RunMasked(const Block* blocks, std::size_t n) {
    const std::size_t mask_operand = plan_.operands - 1;
    const std::byte* mask =
        mask_.Load(blocks[mask_operand], address_[mask_operand], n, flags_);
    const std::size_t selected = CountMask(mask, n);
    if (selected == 0) return;
    if (selected == n) return RunPlain(blocks, n);
    const void* in[kMaxInputs];
    void* out[kMaxOperands];
    const std::size_t first_output = job_.inputs.size();
    for (std::size_t i = 0; i < first_output; ++i) {
      in[i] = inputs_[i].LoadMasked(blocks[i], address_[i], mask, n, selected, flags_);
    }
    for (std::size_t i = 0; i < job_.outputs.size(); ++i) out[i] = outputs_[i].MaskedTarget();
    if (job_.kernel == nullptr) {
      std::memcpy(out[0], in[0], selected * job_.inputs[0].loop_size);
    } else {
      flags_.Add(job_.kernel(in, out, selected));
    }
    for (std::size_t i = 0; i < job_.outputs.size(); ++i) {
      outputs_[i].StoreMasked(blocks[first_output + i], address_[first_output + i], mask, n,
                              selected, flags_);
    }
  }

  const TileJob& job_;
  const Plan& plan_;
  const Tiling& tiling_;
  FlagCollector flags_;
  InputMover inputs_[kMaxInputs];
  OutputMover outputs_[kMaxOperands];
  InputMover mask_;
  Block whole_[kMaxPlanOperands];
  Block tail_[kMaxPlanOperands];
  Index tail_rows_ = 0;
  Index cut_ = 0;
  Index position_[kMaxRank];
  std::byte* address_[kMaxPlanOperands];
};

}  // namespace

FpFlags RunTiles(const TileJob& job) {
  if (job.plan->size == 0) return 0;
  if (job.kernel != nullptr && !job.masked && job.plan->size <= kOneTile) return RunOneTile(job);
  TurnInnermost(job);
  const int threads = ThreadsFor(static_cast<std::size_t>(job.plan->size), kThreadGrain);
  const Tiling tiling = ChooseTiling(job, threads);
  const Index tiles = tiling.tiles();
  if (threads == 1 || tiles == 1) return TileWorker(job, tiling).Run(0, tiles);
  std::atomic<FpFlags> flags{0};
  RunOnThreads(threads, [&](int thread) {
    const Index begin = tiles * thread / threads;
    const Index end = tiles * (thread + 1) / threads;
    if (begin < end) flags.fetch_or(TileWorker(job, tiling).Run(begin, end));
  });
  return flags.load();
}

}  // namespace quern
