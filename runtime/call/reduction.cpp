// Reductions by the fixed tree (docs/decisions/0003-reduction-tree.md), and left folds for ufuncs
// that are not associative.
//
// The reduced axes, in C order, make a sequence of n elements, the rows; the other axes make m
// outputs. Outputs along the innermost of the other axes are the columns of a column task, which
// folds a block of rows of all its columns at once. Long sequences whose elements lie closer than the
// outputs are folded one output at a time: a task of one column. Rows are cut into chunks of 2^k
// blocks, whole subtrees of the tree, which threads fold independently; joining their results in
// binary-counter order gives the tree's result whatever the cut.
//
// Rows that are not contiguous accumulator elements are gathered first, as many as stay in the
// first-level cache. A block that is larger is folded by its groups: the columns of all L lanes are
// kept side by side, an elementwise call folds the next rows onto the lanes they belong to, and at
// the end the lanes are the rows of a block of their own.
#include "call/reduction.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <complex>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "call/checked.h"
#include "call/gather.h"
#include "errors/error_state.h"
#include "iterate/copy.h"
#include "memory/buffer.h"
#include "move/operand.h"
#include "threads/threads.h"

namespace quern {
namespace {

// Sequences at least this long are folded one output at a time where their elements lie closer than
// neighbouring outputs do; shorter ones are gathered into columns.
constexpr Index kLongSequence = 32;
// Fewer columns than this fill no vector: each is gathered into a sequence of its own instead.
constexpr Index kFewColumns = 8;
// The most columns of a task. Their lanes take 256 bytes each, whatever the dtype, and fit a
// second-level cache.
constexpr Index kMostColumns = 2048;
// Bytes of rows gathered at a time if they are too many for a block.
constexpr Index kGatherBytes = Index{1} << 14;
// Bytes of a single sequence gathered at a time.
constexpr Index kSequenceBytes = Index{1} << 14;
// A block of columns of at most this many bytes is gathered whole.
constexpr Index kWholeBlockBytes = Index{1} << 16;
// Elements that make a further thread worth starting.
constexpr std::size_t kThreadGrain = std::size_t{1} << 16;
// Bytes of an element of ReductionJob::wide.
constexpr std::uint8_t kWideSize = 16;

using Axis = ReductionAxis;

// The reduced and the kept axes of a job, merged where they continue each other, outermost first.
struct Geometry {
  std::vector<Axis> reduced;  // C order: the order of the sequence
  std::vector<Axis> kept;     // the innermost has the smallest stride
  Index rows = 1;
  Index outputs = 1;
};

void AppendAxis(std::vector<Axis>& axes, const Axis& axis) {
  if (axis.extent == 1) return;
  if (!axes.empty()) {
    Axis& last = axes.back();
    if (last.stride == axis.stride * axis.extent &&
        last.mask_stride == axis.mask_stride * axis.extent &&
        last.out_stride == axis.out_stride * axis.extent) {
      last = {last.extent * axis.extent, axis.stride, axis.mask_stride, axis.out_stride};
      return;
    }
  }
  axes.push_back(axis);
}

// A fold in the form of binary-counter levels over vectors of `width` accumulator elements.
class BlockCounter {
 public:
  BlockCounter(ElementwiseKernel join, std::size_t width, std::size_t size, FlagCollector& flags)
      : join_(join), width_(width), size_(size), flags_(flags) {}

  // Where the next value, of 2^level blocks, is to be written before Push(level).
  std::byte* Next() {
    if (used_ == slots_.size()) slots_.push_back(AllocateBuffer(width_ * size_));
    return static_cast<std::byte*>(slots_[used_].get());
  }
  void Push(int level) {
    levels_.push_back(level);
    ++used_;
    while (used_ >= 2 && levels_[used_ - 2] == levels_[used_ - 1]) {
      Join(used_ - 2, used_ - 1);
      ++levels_[used_ - 2];
      Pop();
    }
  }
  // The joined value of everything pushed; at least one value was.
  const std::byte* Collapse() {
    while (used_ >= 2) {
      Join(used_ - 2, used_ - 1);
      Pop();
    }
    return static_cast<const std::byte*>(slots_[0].get());
  }

 private:
  void Join(std::size_t left, std::size_t right) {
    const void* in[] = {slots_[left].get(), slots_[right].get()};
    void* out[] = {slots_[left].get()};
    flags_.Add(join_(in, out, width_));
  }
  void Pop() {
    levels_.pop_back();
    --used_;
  }

  ElementwiseKernel join_;
  std::size_t width_;
  std::size_t size_;
  FlagCollector& flags_;
  std::vector<std::shared_ptr<void>> slots_;
  std::vector<int> levels_;
  std::size_t used_ = 0;
};

// The kernels that fold. Left folds report the overflow of each step; that of the tree is told apart,
// by OverflowOfReduction.
KernelSet KernelsOfJob(const ReductionJob& job) {
  if (job.wide != nullptr) return *job.wide;
  KernelSet kernels = KernelsOf(*job.loop);
  if (kernels.reduce == nullptr) kernels.elementwise = ElementwiseOf(*job.loop);
  return kernels;
}

OperandFormat FormatOfJob(const ReductionJob& job) {
  OperandFormat format = InputFormat(*job.array, FoldedDType(job));
  if (job.wide != nullptr) {
    format.cast = job.widen;
    format.loop_size = kWideSize;
  }
  return format;
}

class Reduction {
 public:
  explicit Reduction(const ReductionJob& job)
      : job_(job),
        kernels_(KernelsOfJob(job)),
        format_(FormatOfJob(job)),
        size_(format_.loop_size),
        checked_(!tree() && ChecksOverflow(*job.loop)) {}

  Array Run(FpFlags& flags) {
    MakeResult();
    ReadGeometry();
    if (geometry_.outputs == 0) return result_;
    if (geometry_.rows == 0) {
      FillWithStart();
      return result_;
    }
    ChooseTasks();
    in_result_ = chunks_ == 1 && (width_ == 1 || columns_.out_stride == static_cast<Index>(size_));
    if (!in_result_) {
      partial_ = AllocateBuffer(static_cast<std::size_t>(tasks_ * chunks_ * width_) * size_);
    }
    const Index jobs = tasks_ * chunks_;
    const int threads = static_cast<int>(std::min<Index>(threads_, jobs));
    std::atomic<FpFlags> met{0};
    RunOnThreads(threads, [&](int thread) {
      Worker worker{FlagCollector(job_.loop->hardware_flags),
                    RowGatherer(format_, geometry_.reduced, columns_), nullptr};
      for (Index i = jobs * thread / threads; i < jobs * (thread + 1) / threads; ++i) {
        FoldChunk(i / chunks_, i % chunks_, worker);
      }
      worker.flags.Harvest();
      met.fetch_or(worker.flags.flags());
    });
    FlagCollector collector(job_.loop->hardware_flags);
    if (!in_result_ || (tree() && job_.initial != nullptr)) {
      for (Index task = 0; task < tasks_; ++task) Finish(task, collector);
    }
    collector.Harvest();
    flags = static_cast<FpFlags>(met.load() | collector.flags());
    return result_;
  }

 private:
  bool tree() const { return kernels_.reduce != nullptr; }

  void MakeResult() {
    Shape shape;
    Shape strides;
    for (std::size_t axis = 0; axis < job_.array->ndim(); ++axis) {
      if (job_.reduced[axis]) continue;
      shape.push_back(job_.array->shape()[axis]);
      strides.push_back(job_.array->strides()[axis]);
    }
    const PlanOperand like{job_.array->data(), shape, strides};
    const bool wide = job_.wide != nullptr;
    const DType dtype = wide ? DType::of<std::complex<double>>() : FoldedDType(job_);
    result_ = DenseInOrder(shape, {&like, 1}, dtype);
  }

  void ReadGeometry() {
    start_ = {job_.array->data(), job_.mask == nullptr ? nullptr : job_.mask->data(),
              result_.data(), 0};
    std::vector<Axis> kept;
    std::size_t out_axis = 0;
    for (std::size_t axis = 0; axis < job_.array->ndim(); ++axis) {
      Axis entry{job_.array->shape()[axis], job_.array->strides()[axis],
                 job_.mask == nullptr ? 0 : job_.mask->strides()[axis], 0};
      if (job_.reduced[axis]) {
        geometry_.rows *= entry.extent;
        AppendAxis(geometry_.reduced, entry);
      } else {
        entry.out_stride = result_.strides()[out_axis++];
        geometry_.outputs *= entry.extent;
        kept.push_back(entry);
      }
    }
    for (Axis& axis : kept) TurnForwards(axis);
    std::stable_sort(kept.begin(), kept.end(), [](const Axis& a, const Axis& b) {
      return std::abs(a.out_stride) > std::abs(b.out_stride);
    });
    for (const Axis& axis : kept) AppendAxis(geometry_.kept, axis);
  }

  // Outputs do not depend on each other, so that columns can be visited in memory order.
  void TurnForwards(Axis& axis) {
    if (axis.stride >= 0 || geometry_.outputs == 0) return;
    start_ = At(start_, axis, axis.extent - 1);
    axis.stride = -axis.stride;
    axis.mask_stride = -axis.mask_stride;
    axis.out_stride = -axis.out_stride;
  }

  // Decides between columns and single sequences, and how many rows a chunk has.
  void ChooseTasks() {
    const std::size_t work = static_cast<std::size_t>(geometry_.rows * geometry_.outputs);
    threads_ = ThreadsFor(work, kThreadGrain);
    if (!geometry_.kept.empty()) {
      columns_ = geometry_.kept.back();
      const Index row_step =
          geometry_.reduced.empty() ? 0 : std::abs(geometry_.reduced.back().stride);
      const bool gapless = Direct() && columns_.stride == static_cast<Index>(size_);
      const bool long_rows = geometry_.rows >= kLongSequence;
      const bool by_sequence = long_rows && (row_step < std::abs(columns_.stride) ||
                                             (columns_.extent < kFewColumns && !gapless));
      if (!by_sequence) width_ = std::min(columns_.extent, kMostColumns);
    }
    column_tasks_ = (columns_.extent + width_ - 1) / width_;
    tasks_ = column_tasks_;
    for (std::size_t i = 0; i + 1 < geometry_.kept.size(); ++i) {
      tasks_ *= geometry_.kept[i].extent;
    }
    ChooseChunks();
  }

  // Left folds are not cut. Others are, into 2^k blocks, if there are too few tasks to go round.
  void ChooseChunks() {
    chunk_rows_ = geometry_.rows;
    if (tree() && threads_ > 1 && tasks_ < 4 * threads_) {
      const Index block = BlockRows();
      const Index blocks = (geometry_.rows + block - 1) / block;
      const Index share = std::max<Index>(1, blocks / (4 * threads_));
      chunk_level_ = static_cast<int>(std::bit_width(static_cast<std::size_t>(share))) - 1;
      chunk_rows_ = block << chunk_level_;
    }
    chunks_ = (geometry_.rows + chunk_rows_ - 1) / chunk_rows_;
  }

  Index BlockRows() const { return static_cast<Index>(ReductionBlock(size_)); }
  bool Direct() const { return format_.direct() && job_.mask == nullptr; }

  // The first element, mask byte and output of a task, and its number of columns.
  struct Task {
    const std::byte* data;
    const std::byte* mask;
    std::byte* out;
    Index columns;
    RowGatherer::Source source() const { return {data, mask}; }
  };
  static Task At(Task task, const Axis& axis, Index position) {
    task.data += position * axis.stride;
    if (task.mask != nullptr) task.mask += position * axis.mask_stride;
    task.out += position * axis.out_stride;
    return task;
  }
  Task LocateTask(Index task) const {
    const Index first = task % column_tasks_ * width_;
    Task found = At(start_, columns_, first);
    found.columns = std::min(width_, columns_.extent - first);
    Index rest = task / column_tasks_;
    for (std::size_t i = geometry_.kept.size(); i-- > 1;) {
      const Axis& axis = geometry_.kept[i - 1];
      found = At(found, axis, rest % axis.extent);
      rest /= axis.extent;
    }
    return found;
  }

  // What a thread works with.
  struct Worker {
    FlagCollector flags;
    RowGatherer gatherer;
    std::shared_ptr<void> lanes;  // see FoldGroups; null until it is needed
  };

  // Where a chunk's fold goes: a buffer, or the task's place in the result if it fits there as it is.
  std::byte* Partial(const Task& located, Index task, Index chunk) const {
    if (in_result_) return located.out;
    const Index position = (task * chunks_ + chunk) * width_;
    return static_cast<std::byte*>(partial_.get()) + static_cast<std::size_t>(position) * size_;
  }

  void FoldChunk(Index task, Index chunk, Worker& worker) {
    const Task located = LocateTask(task);
    const Index begin = chunk * chunk_rows_;
    const Index end = std::min(geometry_.rows, begin + chunk_rows_);
    if (tree()) {
      FoldTree(located, begin, end, Partial(located, task, chunk), worker);
    } else {
      FoldLeft(located, Partial(located, task, chunk), worker);
    }
  }

  void FoldTree(const Task& task, Index begin, Index end, std::byte* out, Worker& worker) const {
    const Index step = geometry_.reduced.empty() ? 0 : geometry_.reduced.front().stride;
    if (RowsAreEven() && width_ == 1 && (step == static_cast<Index>(size_) || end - begin == 1)) {
      worker.flags.Add(kernels_.reduce(task.data + begin * step,
                                       static_cast<std::size_t>(end - begin), out));
      return;
    }
    const int level = PieceLevel();
    const Index piece = BlockRows() << level;
    if (end - begin <= piece) return FoldPiece(task, begin, end - begin, out, worker);
    const std::size_t columns = static_cast<std::size_t>(task.columns);
    BlockCounter counter(kernels_.elementwise, columns, size_, worker.flags);
    for (Index row = begin; row < end; row += piece) {
      FoldPiece(task, row, std::min(piece, end - row), counter.Next(), worker);
      counter.Push(level);
    }
    std::memcpy(out, counter.Collapse(), columns * size_);
  }

  // A task folds 2^PieceLevel() blocks at a time: a kernel takes one block of columns, but any number
  // of blocks of a single sequence, and gathering a few together costs less.
  int PieceLevel() const {
    if (width_ > 1) return 0;
    const Index bytes = BlockRows() * static_cast<Index>(format_.larger_size());
    return std::bit_width(static_cast<std::size_t>(kSequenceBytes / bytes) | 1) - 1;
  }

  // True if kernels can read rows as they lie, all the same number of bytes apart.
  bool RowsAreEven() const { return Direct() && geometry_.reduced.size() <= 1; }

  void FoldPiece(const Task& task, Index row, Index rows, std::byte* out, Worker& worker) const {
    const std::size_t count = static_cast<std::size_t>(rows);
    const std::size_t columns = static_cast<std::size_t>(task.columns);
    if (RowsAreEven() && columns_.stride == static_cast<Index>(size_) && width_ > 1) {
      const Index step = geometry_.reduced.empty() ? 0 : geometry_.reduced.front().stride;
      worker.flags.Add(
          kernels_.reduce_columns(task.data + row * step, step, count, columns, out));
      return;
    }
    const Index bytes = rows * task.columns * static_cast<Index>(format_.larger_size());
    if (columns > 1 && bytes > kWholeBlockBytes) return FoldGroups(task, row, rows, out, worker);
    const std::byte* values = Gather(task, {row, rows, task.columns}, worker);
    const std::ptrdiff_t row_stride = static_cast<std::ptrdiff_t>(columns * size_);
    worker.flags.Add(columns == 1
                         ? kernels_.reduce(values, count, out)
                         : kernels_.reduce_columns(values, row_stride, count, columns, out));
  }

  const std::byte* Gather(const Task& task, const RowGatherer::Rows& rows, Worker& worker) const {
    alignas(16) std::byte neutral[16];
    if (task.mask != nullptr) worker.flags.Add(kernels_.reduce(nullptr, 0, neutral));
    return worker.gatherer.Selected(task.source(), rows, neutral, worker.flags);
  }

  // A block whose rows would overflow the caches: each piece of it is folded onto its lanes at once,
  // all columns of a lane side by side; then the lanes are joined as the rows of a block.
  void FoldGroups(const Task& task, Index first, Index rows, std::byte* out,
                  Worker& worker) const {
    const Index lanes = static_cast<Index>(ReductionLanes(size_));
    const Index row_bytes = task.columns * static_cast<Index>(size_);
    const Index fitting = kGatherBytes / (task.columns * static_cast<Index>(format_.larger_size()));
    if (worker.lanes == nullptr) {
      worker.lanes = AllocateBuffer(static_cast<std::size_t>(lanes * width_) * size_);
    }
    auto* const accumulators = static_cast<std::byte*>(worker.lanes.get());
    for (Index row = 0; row < rows;) {
      const Index lane = row % lanes;
      const Index count = std::clamp<Index>(fitting, 1, std::min(rows - row, lanes - lane));
      const std::byte* values = Gather(task, {first + row, count, task.columns}, worker);
      std::byte* const onto = accumulators + lane * row_bytes;
      if (row < lanes) {
        std::memcpy(onto, values, static_cast<std::size_t>(count * row_bytes));
      } else {
        const void* in[] = {onto, values};
        void* to[] = {onto};
        worker.flags.Add(kernels_.elementwise(in, to, static_cast<std::size_t>(count * task.columns)));
      }
      row += count;
    }
    worker.flags.Add(kernels_.reduce_columns(accumulators, row_bytes,
                                             static_cast<std::size_t>(std::min(rows, lanes)),
                                             static_cast<std::size_t>(task.columns), out));
  }

  // ---- Left folds ------------------------------------------------------------------------------

  // Folds all rows in order, each column for itself, starting from `initial` or the first element.
  void FoldLeft(const Task& task, std::byte* accumulator, Worker& worker) const {
    const std::size_t columns = static_cast<std::size_t>(task.columns);
    const Index fitting = kGatherBytes / (task.columns * static_cast<Index>(format_.larger_size()));
    const Index block = std::clamp<Index>(fitting, 1, BlockRows());
    const auto gather = [&](Index row, Index rows) {
      return worker.gatherer.Values(task.source(), {row, rows, task.columns}, worker.flags);
    };
    Index row = 0;
    if (job_.initial != nullptr) {
      FillElements(job_.initial, size_, columns, accumulator);
    } else {
      std::memcpy(accumulator, gather(row++, 1), columns * size_);
    }
    for (; row < geometry_.rows; row += block) {
      const Index rows = std::min(block, geometry_.rows - row);
      const std::byte* values = gather(row, rows);
      const std::byte* mask =
          task.mask == nullptr
              ? nullptr
              : worker.gatherer.Mask(task.source(), {row, rows, task.columns});
      FoldRows(values, mask, static_cast<std::size_t>(rows), columns, accumulator, worker.flags);
    }
  }

  // `mask` may be null.
  void FoldRows(const std::byte* values, const std::byte* mask, std::size_t rows,
                std::size_t columns, std::byte* accumulator, FlagCollector& flags) const {
    if (columns == 1 && mask == nullptr) {
      const std::ptrdiff_t step = static_cast<std::ptrdiff_t>(size_);
      alignas(16) std::byte sink[16];
      flags.Add(checked_
                    ? CheckedScan(kernels_.scan, kernels_.elementwise, size_, values, step, sink, 0,
                                  rows, accumulator)
                    : kernels_.scan(values, step, sink, 0, rows, accumulator));
      return;
    }
    for (std::size_t row = 0; row < rows; ++row) {
      const std::byte* current = values + row * columns * size_;
      if (mask != nullptr) {
        FoldSelected(current, mask + row * columns, columns, accumulator, flags);
      } else {
        const void* in[] = {accumulator, current};
        void* out[] = {accumulator};
        flags.Add(kernels_.elementwise(in, out, columns));
      }
    }
  }

  void FoldSelected(const std::byte* row, const std::byte* mask, std::size_t columns,
                    std::byte* accumulator, FlagCollector& flags) const {
    for (std::size_t i = 0; i < columns; ++i) {
      if (mask[i] == std::byte{0}) continue;
      const void* in[] = {accumulator + i * size_, row + i * size_};
      void* out[] = {accumulator + i * size_};
      flags.Add(kernels_.elementwise(in, out, 1));
    }
  }

  // ---- Results ---------------------------------------------------------------------------------

  // Joins a task's chunks and the initial value and writes its outputs.
  void Finish(Index task, FlagCollector& flags) {
    const Task located = LocateTask(task);
    const std::size_t columns = static_cast<std::size_t>(located.columns);
    const std::byte* value = Partial(located, task, 0);
    BlockCounter counter(kernels_.elementwise, columns, size_, flags);
    if (chunks_ > 1) {
      for (Index chunk = 0; chunk < chunks_; ++chunk) {
        std::memcpy(counter.Next(), Partial(located, task, chunk), columns * size_);
        // The last chunk may be short: its level only matters for what would follow it.
        counter.Push(chunk + 1 < chunks_ || LastChunkIsWhole() ? chunk_level_ : -1);
      }
      value = counter.Collapse();
    }
    std::byte* partial = Partial(located, task, 0);
    if (value != partial) std::memcpy(partial, value, columns * size_);
    if (tree() && job_.initial != nullptr) JoinInitial(partial, columns, flags);
    if (in_result_) return;
    Block block;
    block.Append(located.columns, columns_.out_stride);
    Unpack(block, size_, partial, located.out);
  }

  bool LastChunkIsWhole() const { return geometry_.rows % chunk_rows_ == 0; }

  void JoinInitial(std::byte* values, std::size_t columns, FlagCollector& flags) const {
    const std::shared_ptr<void> initial = AllocateBuffer(columns * size_);
    auto* filled = static_cast<std::byte*>(initial.get());
    FillElements(job_.initial, size_, columns, filled);
    const void* in[] = {filled, values};
    void* out[] = {values};
    flags.Add(kernels_.elementwise(in, out, columns));
  }

  void FillWithStart() {
    alignas(16) std::byte start[16];
    if (job_.initial != nullptr) {
      std::memcpy(start, job_.initial, size_);
    } else {
      WriteIdentity(*job_.ufunc, job_.loop->types[2], start);
    }
    FillElements(start, size_, static_cast<std::size_t>(result_.size()), result_.data());
  }

  const ReductionJob& job_;
  const KernelSet kernels_;
  const OperandFormat format_;
  const std::size_t size_;
  const bool checked_;  // steps report overflow
  Array result_;
  Geometry geometry_;
  Task start_{};              // the first element of all, once kept axes are turned forwards
  Axis columns_{1, 0, 0, 0};  // the axis whose positions are the columns of a task
  Index width_ = 1;           // columns of a task
  Index column_tasks_ = 1;
  Index tasks_ = 1;
  Index chunk_rows_ = 0;
  int chunk_level_ = 0;
  Index chunks_ = 1;
  int threads_ = 1;
  bool in_result_ = false;  // folds go straight to the result
  std::shared_ptr<void> partial_;
};

}  // namespace

DType FoldedDType(const ReductionJob& job) {
  return NativeDType(job.loop->types[2]).with_unit(job.array->dtype().unit());
}

Array RunReduction(const ReductionJob& job, FpFlags& flags) { return Reduction(job).Run(flags); }

bool WriteIdentity(const UfuncInfo& ufunc, DTypeId dtype, std::byte* out) {
  const Identity& identity = ufunc.identity;
  if (identity.kind == IdentityKind::kNone) return false;
  const bool integer = identity.kind == IdentityKind::kInteger;
  const DTypeId own = integer ? DType::of<std::int64_t>().id() : DType::of<double>().id();
  const void* value = integer ? static_cast<const void*>(&identity.integer) : &identity.real;
  if (own == dtype) {
    std::memcpy(out, value, 8);
  } else {
    Registry::Get().cast_kernel(own, dtype)(value, out, 1);
  }
  return true;
}

}  // namespace quern
