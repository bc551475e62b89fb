// Problem: a wrapped sum may be right although steps on the way overflowed, and steps depend on the
// tree; what counts is whether the exact result is a value of the accumulator's dtype. Method: most
// sums need no more than a look at their elements, whose largest magnitude times their number is
// within the range. The others, and products, are folded a second time, in 128 bits, by the
// machinery of reductions: a conversion to 16 bytes takes the place of the one that brings elements
// into the accumulator's dtype, and kernels over such elements that of the loop's. Sums are exact:
// 2^63 elements of 64 bits fit. Products stay at 2^64 once they have reached it, beyond every
// range, unless a factor is zero.
#include "call/exact_fold.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "call/checked.h"
#include "iterate/copy.h"
#include "iterate/plan.h"
#include "iterate/tiles.h"
#include "move/operand.h"
#include "simd/fold.h"

namespace quern {
namespace {

__extension__ using Int128 = __int128;
__extension__ using Unsigned128 = unsigned __int128;
static_assert(sizeof(Int128) == 16);

Int128 Sum(Int128 a, Int128 b) { return a + b; }

constexpr Int128 kBeyond = Int128{1} << 64;

// Magnitudes of the factors are at most 2^64.
Int128 Product(Int128 a, Int128 b) {
  const Int128 x = a < 0 ? -a : a;
  const Int128 y = b < 0 ? -b : b;
  if (x == 0 || y == 0) return 0;
  if (x == kBeyond || y == kBeyond) return kBeyond;
  const Unsigned128 magnitude = static_cast<Unsigned128>(x) * static_cast<Unsigned128>(y);
  if (magnitude >= static_cast<Unsigned128>(kBeyond)) return kBeyond;
  return (a < 0) == (b < 0) ? static_cast<Int128>(magnitude) : -static_cast<Int128>(magnitude);
}

template <Int128 (*kJoin)(Int128, Int128)>
FpFlags JoinAll(const void* const* in, void* const* out, std::size_t n) {
  const auto* const a = static_cast<const Int128*>(in[0]);
  const auto* const b = static_cast<const Int128*>(in[1]);
  auto* const result = static_cast<Int128*>(out[0]);
  for (std::size_t i = 0; i < n; ++i) result[i] = kJoin(a[i], b[i]);
  return 0;
}

template <Int128 (*kJoin)(Int128, Int128)>
constexpr Int128 kNeutral = kJoin == &Product ? 1 : 0;

template <Int128 (*kJoin)(Int128, Int128)>
constexpr FoldLoop kFold = {JoinAll<kJoin>, &kNeutral<kJoin>, sizeof(Int128)};

template <Int128 (*kJoin)(Int128, Int128)>
constexpr KernelSet kWideKernels = {
    JoinAll<kJoin>,
    [](const void* in, std::size_t n, void* result) {
      return FoldElements(kFold<kJoin>, in, n, result);
    },
    [](const void* in, std::ptrdiff_t row_stride, std::size_t rows, std::size_t columns,
       void* out) { return FoldColumns(kFold<kJoin>, in, row_stride, rows, columns, out); },
    nullptr};

template <class T>
FpFlags Widen(const void* in, void* out, std::size_t n) {
  const auto* const from = static_cast<const T*>(in);
  auto* const to = static_cast<Int128*>(out);
  for (std::size_t i = 0; i < n; ++i) to[i] = from[i];
  return 0;
}

CastKernel WidenerOf(const IntegerRange& range) {
  constexpr CastKernel kUnsigned[] = {Widen<std::uint8_t>, Widen<std::uint16_t>,
                                      Widen<std::uint32_t>, Widen<std::uint64_t>};
  constexpr CastKernel kSigned[] = {Widen<std::int8_t>, Widen<std::int16_t>, Widen<std::int32_t>,
                                    Widen<std::int64_t>};
  const std::size_t index = static_cast<std::size_t>(std::countr_zero(range.size));
  return range.is_signed ? kSigned[index] : kUnsigned[index];
}

// The elements that a result stands for.
std::uint64_t RowsOf(const ReductionJob& job) {
  std::uint64_t rows = 1;
  for (std::size_t axis = 0; axis < job.array->ndim(); ++axis) {
    if (job.reduced[axis]) rows *= static_cast<std::uint64_t>(job.array->shape()[axis]);
  }
  return rows;
}

// True if no sum of so many of the array's elements leaves the range: by the size of their dtype,
// or of the elements themselves.
bool SumsFit(const ReductionJob& job, const IntegerRange& range, std::uint64_t rows) {
  if (job.initial != nullptr) return false;
  const auto bound = static_cast<std::int64_t>(
      std::min<std::uint64_t>(range.high / rows, std::numeric_limits<std::int64_t>::max()));
  IntegerRange elements;
  if (!FindIntegerRange(job.array->dtype().id(), elements)) {
    return job.array->dtype().kind() == 'b' && bound >= 1;
  }
  const IntegerRange all = elements;
  elements.low = std::max(elements.low, range.is_signed ? -bound : std::int64_t{0});
  elements.high = std::min(elements.high, static_cast<std::uint64_t>(bound));
  if (elements.low == all.low && elements.high == all.high) return true;
  OperandFormat format = InputFormat(*job.array, job.array->dtype().native());
  format.range = &elements;
  format.cast = [](const void*, void*, std::size_t) {
    return FpFlags{0};
  };
  PlanOperand operands[2] = {{job.array->data(), job.array->shape(), job.array->strides()}, {}};
  if (job.mask != nullptr) {
    operands[1] = {job.mask->data(), job.mask->shape(), job.mask->strides()};
  }
  Plan plan;
  BuildPlan(job.array->shape(), {operands, job.mask != nullptr ? 2u : 1u}, plan);
  const ElementwiseKernel look = [](const void* const*, void* const*, std::size_t) {
    return FpFlags{0};
  };
  const TileJob tiles{&plan, {&format, 1}, {}, job.mask != nullptr, look, 0};
  return RunTiles(tiles) == 0;
}

// The elements as values of the accumulator's dtype.
Array Converted(const ReductionJob& job) {
  const DType dtype = DType::from_id(job.loop->types[0]);
  if (job.array->dtype().native() == dtype) return *job.array;
  const Array converted = NewLike(*job.array, dtype, Order::K);
  if (job.mask == nullptr) {
    CopyElements(*job.array, converted);
  } else {
    CopySelected(*job.array, *job.mask, converted);
  }
  return converted;
}

}  // namespace

FpFlags OverflowOfReduction(const ReductionJob& job) {
  const ExactFold fold = job.ufunc->exactly;
  IntegerRange range;
  if (fold == ExactFold::kNone || !ChecksOverflow(*job.loop) || job.array->size() == 0 ||
      !FindIntegerRange(job.loop->types[0], range)) {
    return 0;
  }
  const std::uint64_t rows = RowsOf(job);
  if (rows == 1 && job.initial == nullptr) return 0;
  if (fold == ExactFold::kSum && SumsFit(job, range, rows)) return 0;
  const Array elements = Converted(job);
  const CastKernel widen = WidenerOf(range);
  ReductionJob wide = job;
  wide.array = &elements;
  wide.wide = fold == ExactFold::kSum ? &kWideKernels<Sum> : &kWideKernels<Product>;
  wide.widen = widen;
  alignas(16) std::byte initial[sizeof(Int128)];
  if (job.initial != nullptr) {
    widen(job.initial, initial, 1);
    wide.initial = initial;
  }
  FpFlags ignored = 0;
  const Array results = RunReduction(wide, ignored);
  const auto* const exact = reinterpret_cast<const Int128*>(results.data());
  for (Index i = 0; i < results.size(); ++i) {
    if (exact[i] < range.low || exact[i] > static_cast<Int128>(range.high)) return kIntegerOverflow;
  }
  return 0;
}

}  // namespace quern
