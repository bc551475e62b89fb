// Reductions by the fixed tree (docs/decisions/0003-reduction-tree.md), and left folds for ufuncs
// that are not associative.
//
// The reduced axes, in C order, make a sequence of n elements, the rows; the other axes make m
// outputs. Outputs along the innermost of the other axes are the columns of a column task, which
// folds a block of rows of all its columns at once. Long sequences whose elements lie closer than the
// outputs are folded one output at a time: a task of one column. Rows are cut into chunks of 2^k
// blocks, whole subtrees of the tree, which threads fold independently; joining their results in
// binary-counter order gives the tree's result whatever the cut.
#include "call/reduction.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "errors/error_state.h"
#include "iterate/copy.h"
#include "memory/buffer.h"
#include "move/movers.h"
#include "move/operand.h"
#include "threads/threads.h"

namespace quern {
namespace {

// Sequences at least this long are folded one output at a time where their elements lie closer than
// neighbouring outputs do; shorter ones are gathered into columns.
constexpr Index kLongSequence = 32;
// Fewer columns than this fill no vector: each is gathered into a sequence of its own instead.
constexpr Index kFewColumns = 8;
// The most columns of a task, and bytes of its gathered block.
constexpr Index kMostColumns = 2048;
constexpr Index kGatherBytes = Index{1} << 19;
// Elements that make a further thread worth starting.
constexpr std::size_t kThreadGrain = std::size_t{1} << 16;

struct Axis {
  Index extent;
  Index stride;  // of the array, bytes
  Index mask_stride;
  Index out_stride;  // kept axes only
};

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

class Reduction {
 public:
  explicit Reduction(const ReductionJob& job)
      : job_(job),
        kernels_(KernelsOf(*job.loop)),
        format_(InputFormat(*job.array, job.loop->types[0])),
        size_(format_.loop_size) {}

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
      FlagCollector collector(job_.loop->hardware_flags);
      for (Index i = jobs * thread / threads; i < jobs * (thread + 1) / threads; ++i) {
        FoldChunk(i / chunks_, i % chunks_, collector);
      }
      collector.Harvest();
      met.fetch_or(collector.flags());
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
    result_ = DenseInOrder(shape, {&like, 1}, DType::from_id(job_.loop->types[2]));
  }

  void ReadGeometry() {
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
    std::stable_sort(kept.begin(), kept.end(), [](const Axis& a, const Axis& b) {
      return a.out_stride > b.out_stride;
    });
    for (const Axis& axis : kept) AppendAxis(geometry_.kept, axis);
  }

  // Decides between columns and single sequences, and how many rows a chunk has.
  void ChooseTasks() {
    const std::size_t work = static_cast<std::size_t>(geometry_.rows * geometry_.outputs);
    threads_ = ThreadsFor(work, kThreadGrain);
    const Index block = BlockRows();
    if (!geometry_.kept.empty()) {
      columns_ = geometry_.kept.back();
      const Index row_step =
          geometry_.reduced.empty() ? 0 : std::abs(geometry_.reduced.back().stride);
      const bool gapless = Direct() && columns_.stride == static_cast<Index>(size_);
      const bool long_rows = geometry_.rows >= kLongSequence;
      const bool by_sequence = long_rows && (row_step < std::abs(columns_.stride) ||
                                             (columns_.extent < kFewColumns && !gapless));
      if (!by_sequence) {
        const Index rows = std::min(geometry_.rows, block);
        const Index fitting = kGatherBytes / (rows * static_cast<Index>(format_.larger_size()));
        const Index most = gapless ? kMostColumns : std::clamp<Index>(fitting, 8, kMostColumns);
        width_ = std::min(columns_.extent, most);
      }
    }
    column_tasks_ = (columns_.extent + width_ - 1) / width_;
    tasks_ = column_tasks_;
    for (std::size_t i = 0; i + 1 < geometry_.kept.size(); ++i) {
      tasks_ *= geometry_.kept[i].extent;
    }
    ChooseChunks(block);
  }

  // Left folds are not cut. Others are, into 2^k blocks, if there are too few tasks to go round.
  void ChooseChunks(Index block) {
    chunk_rows_ = geometry_.rows;
    if (tree() && threads_ > 1 && tasks_ < 4 * threads_) {
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
  };
  Task LocateTask(Index task) const {
    const Index first = task % column_tasks_ * width_;
    Task found{job_.array->data() + first * columns_.stride,
               job_.mask == nullptr ? nullptr
                                    : job_.mask->data() + first * columns_.mask_stride,
               result_.data() + first * columns_.out_stride,
               std::min(width_, columns_.extent - first)};
    Index rest = task / column_tasks_;
    for (std::size_t i = geometry_.kept.size(); i-- > 1;) {
      const Axis& axis = geometry_.kept[i - 1];
      const Index position = rest % axis.extent;
      rest /= axis.extent;
      found.data += position * axis.stride;
      if (found.mask != nullptr) found.mask += position * axis.mask_stride;
      found.out += position * axis.out_stride;
    }
    return found;
  }

  // Where a chunk's fold goes: a buffer, or the task's place in the result if it fits there as it is.
  std::byte* Partial(const Task& located, Index task, Index chunk) const {
    if (in_result_) return located.out;
    const Index position = (task * chunks_ + chunk) * width_;
    return static_cast<std::byte*>(partial_.get()) + static_cast<std::size_t>(position) * size_;
  }

  void FoldChunk(Index task, Index chunk, FlagCollector& flags) {
    const Task located = LocateTask(task);
    const Index begin = chunk * chunk_rows_;
    const Index end = std::min(geometry_.rows, begin + chunk_rows_);
    if (tree()) {
      FoldTree(located, begin, end, Partial(located, task, chunk), flags);
    } else {
      FoldLeft(located, Partial(located, task, chunk), flags);
    }
  }

  void FoldTree(const Task& task, Index begin, Index end, std::byte* out, FlagCollector& flags) {
    const bool one_step = geometry_.reduced.size() <= 1;
    const Index step = geometry_.reduced.empty() ? 0 : geometry_.reduced.front().stride;
    if (Direct() && one_step && width_ == 1 &&
        (step == static_cast<Index>(size_) || end - begin == 1)) {
      flags.Add(kernels_.reduce(task.data + begin * step, static_cast<std::size_t>(end - begin),
                                out));
      return;
    }
    const bool in_place = Direct() && one_step && columns_.stride == static_cast<Index>(size_) &&
                          width_ > 1;
    const std::size_t columns = static_cast<std::size_t>(task.columns);
    const Index block = BlockRows();
    std::shared_ptr<void> scratch;
    if (!in_place) scratch = GatherScratch(std::min(block, end - begin), task.columns);
    const auto fold_block = [&](Index row, Index rows, std::byte* to) {
      const std::byte* source = task.data + row * step;
      std::ptrdiff_t row_stride = step;
      if (!in_place) {
        source = Gather(task, row, rows, scratch.get(), flags);
        row_stride = static_cast<std::ptrdiff_t>(columns * size_);
      }
      const std::size_t count = static_cast<std::size_t>(rows);
      flags.Add(columns == 1
                    ? kernels_.reduce(source, count, to)
                    : kernels_.reduce_columns(source, row_stride, count, columns, to));
    };
    if (end - begin <= block) return fold_block(begin, end - begin, out);
    BlockCounter counter(kernels_.elementwise, columns, size_, flags);
    for (Index row = begin; row < end; row += block) {
      fold_block(row, std::min(block, end - row), counter.Next());
      counter.Push(0);
    }
    std::memcpy(out, counter.Collapse(), columns * size_);
  }

  // ---- Gathering rows into contiguous accumulator elements -------------------------------------

  // Room for a block in storage form, in loop form, and for its mask.
  std::shared_ptr<void> GatherScratch(Index rows, Index columns) const {
    const std::size_t elements = static_cast<std::size_t>(rows * columns);
    const std::size_t masks = job_.mask == nullptr ? 0 : elements;
    return AllocateBuffer(elements * (format_.storage_size + format_.larger_size() + size_) + masks +
                          4 * kBufferAlignment);
  }

  static std::byte* AlignUp(std::byte* p) {
    const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(p);
    return p + ((kBufferAlignment - address % kBufferAlignment) % kBufferAlignment);
  }

  // Copies rows [first, first + count) of `columns` elements, row by row, to `out`: one Pack per run
  // along the innermost reduced axis. `stride` picks the array's strides or the mask's.
  void GatherRows(const std::byte* data, Index Axis::*stride, std::size_t itemsize, Index first,
                  Index count, Index columns, std::byte* out) const {
    if (geometry_.reduced.empty()) {
      Block block;
      block.Append(columns, columns_.*stride);
      return Pack(block, itemsize, data, out);
    }
    const Axis& inner = geometry_.reduced.back();
    while (count > 0) {
      const Index at = first % inner.extent;
      const Index run = std::min(count, inner.extent - at);
      Index offset = at * (inner.*stride);
      Index rest = first / inner.extent;
      for (std::size_t i = geometry_.reduced.size() - 1; i-- > 0;) {
        offset += rest % geometry_.reduced[i].extent * (geometry_.reduced[i].*stride);
        rest /= geometry_.reduced[i].extent;
      }
      Block block;
      block.Append(run, inner.*stride);
      block.Append(columns, columns_.*stride);
      Pack(block, itemsize, data + offset, out);
      out += static_cast<std::size_t>(run * columns) * itemsize;
      first += run;
      count -= run;
    }
  }

  struct Gathered {
    std::byte* storage;
    std::byte* values;   // room for either form
    std::byte* blended;
    std::byte* mask;
  };
  Gathered Lay(void* scratch, std::size_t elements) const {
    Gathered laid;
    laid.storage = static_cast<std::byte*>(scratch);
    laid.values = AlignUp(laid.storage + elements * format_.storage_size);
    laid.blended = AlignUp(laid.values + elements * format_.larger_size());
    laid.mask = AlignUp(laid.blended + elements * size_);
    return laid;
  }

  // Converts n packed elements to accumulator form.
  std::byte* Convert(const Gathered& laid, std::size_t n, FlagCollector& flags) const {
    if (format_.swap_unit > 1) {
      CurrentMovers().swap[SizeIndex(format_.swap_unit)](
          laid.storage, n * format_.storage_size / format_.swap_unit, laid.storage);
    }
    if (format_.cast == nullptr) return laid.storage;
    RunCast(format_, laid.storage, laid.values, n, flags);
    return laid.values;
  }

  // Rows [row, row + rows) of the task as contiguous accumulator elements; those that the mask leaves
  // out are neutral.
  const std::byte* Gather(const Task& task, Index row, Index rows, void* scratch,
                          FlagCollector& flags) const {
    const std::size_t n = static_cast<std::size_t>(rows * task.columns);
    const Gathered laid = Lay(scratch, n);
    GatherRows(task.data, &Axis::stride, format_.storage_size, row, rows, task.columns,
               laid.storage);
    if (job_.mask == nullptr) return Convert(laid, n, flags);
    GatherRows(task.mask, &Axis::mask_stride, 1, row, rows, task.columns, laid.mask);
    return Blend(laid, n, flags);
  }

  // Selected elements are converted compressed, so that the others raise nothing.
  const std::byte* Blend(const Gathered& laid, std::size_t n, FlagCollector& flags) const {
    const MoverTable& movers = CurrentMovers();
    const auto* mask = reinterpret_cast<const std::uint8_t*>(laid.mask);
    Gathered compressed = laid;
    compressed.storage = laid.values;
    compressed.values = laid.blended;
    std::byte neutral[16];
    flags.Add(kernels_.reduce(nullptr, 0, neutral));
    const std::size_t selected =
        movers.compress[SizeIndex(format_.storage_size)](laid.storage, mask, n, laid.values);
    const std::byte* converted = Convert(compressed, selected, flags);
    std::byte* target = converted == laid.values ? laid.blended : laid.values;
    Fill(target, neutral, n);
    movers.expand[SizeIndex(size_)](converted, mask, n, target);
    return target;
  }

  void Fill(std::byte* out, const std::byte* element, std::size_t n) const {
    Block block;
    block.Append(static_cast<Index>(n), 0);
    Pack(block, size_, element, out);
  }

  // ---- Left folds ------------------------------------------------------------------------------

  // Folds all rows in order, each column for itself, starting from `initial` or the first element.
  void FoldLeft(const Task& task, std::byte* accumulator, FlagCollector& flags) {
    const std::size_t columns = static_cast<std::size_t>(task.columns);
    const Index block = std::max<Index>(1, std::min(BlockRows(), kGatherBytes / (task.columns * 16)));
    const std::shared_ptr<void> scratch =
        GatherScratch(std::min(block, geometry_.rows), task.columns);
    const auto gather = [&](Index row, Index rows) {
      const Gathered laid = Lay(scratch.get(), static_cast<std::size_t>(rows * task.columns));
      GatherRows(task.data, &Axis::stride, format_.storage_size, row, rows, task.columns,
                 laid.storage);
      if (job_.mask != nullptr) {
        GatherRows(task.mask, &Axis::mask_stride, 1, row, rows, task.columns, laid.mask);
      }
      return std::pair(Convert(laid, static_cast<std::size_t>(rows * task.columns), flags),
                       laid.mask);
    };
    Index row = 0;
    if (job_.initial != nullptr) {
      Fill(accumulator, job_.initial, columns);
    } else {
      std::memcpy(accumulator, gather(row++, 1).first, columns * size_);
    }
    for (; row < geometry_.rows; row += block) {
      const Index rows = std::min(block, geometry_.rows - row);
      const auto [values, mask] = gather(row, rows);
      FoldRows(values, mask, static_cast<std::size_t>(rows), columns, accumulator, flags);
    }
  }

  void FoldRows(std::byte* values, std::byte* mask, std::size_t rows, std::size_t columns,
                std::byte* accumulator, FlagCollector& flags) const {
    const bool masked = job_.mask != nullptr;
    if (columns == 1 && !masked) {
      const std::ptrdiff_t step = static_cast<std::ptrdiff_t>(size_);
      alignas(16) std::byte sink[16];
      flags.Add(kernels_.scan(values, step, sink, 0, rows, accumulator));
      return;
    }
    for (std::size_t row = 0; row < rows; ++row) {
      const std::byte* current = values + row * columns * size_;
      if (masked) {
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
    Fill(filled, job_.initial, columns);
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
    Fill(result_.data(), start, static_cast<std::size_t>(result_.size()));
  }

  const ReductionJob& job_;
  const KernelSet kernels_;
  const OperandFormat format_;
  const std::size_t size_;
  Array result_;
  Geometry geometry_;
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
