// The reduction tree, restated one element at a time and compared bit for bit: any length, axis,
// stride, dtype, mask, target and thread count.
#include <array>
#include <complex>

#include "arrays.h"

namespace quern {
namespace {

// The tree over any operation: L = 256 / size lanes; blocks of 32 groups of L; element i of a block
// joins lane i mod L; lanes are halved; blocks are joined by a binary counter, the rest from the
// right.
template <class T, class Join>
T Tree(const std::vector<T>& values, T neutral, std::size_t size, const Join& join) {
  const std::size_t lanes = 256 / size;
  const std::size_t block = 32 * lanes;
  std::vector<std::pair<int, T>> counter;  // (log2 of the blocks joined, value)
  for (std::size_t begin = 0; begin < std::max<std::size_t>(values.size(), 1); begin += block) {
    std::vector<T> lane(lanes, neutral);
    const std::size_t end = std::min(values.size(), begin + block);
    for (std::size_t i = begin; i < end; ++i) {
      T& target = lane[(i - begin) % lanes];
      target = join(target, values[i]);
    }
    for (std::size_t half = lanes / 2; half != 0; half /= 2) {
      for (std::size_t l = 0; l < half; ++l) lane[l] = join(lane[l], lane[l + half]);
    }
    counter.emplace_back(0, lane[0]);
    while (counter.size() >= 2 && counter.end()[-1].first == counter.end()[-2].first) {
      const T joined = join(counter.end()[-2].second, counter.back().second);
      counter.pop_back();
      counter.back() = {counter.back().first + 1, joined};
    }
  }
  T value = counter.back().second;
  counter.pop_back();
  for (; !counter.empty(); counter.pop_back()) value = join(counter.back().second, value);
  return value;
}

using Complex64 = std::complex<float>;
using Complex128 = std::complex<double>;

// The parts of an element: two of a complex number, else one.
template <class T>
struct PartOf {
  using type = T;
  static T Both(T value) { return value; }
};
template <class T>
struct PartOf<std::complex<T>> {
  using type = T;
  static std::complex<T> Both(T value) { return {value, value}; }
};

template <class T>
T TreeSum(const std::vector<T>& values) {
  return Tree<T>(values, PartOf<T>::Both(-0.0), sizeof(T), [](T a, T b) { return a + b; });
}

template <class T>
std::array<std::uint64_t, 2> Bits(T value) {
  std::array<std::uint64_t, 2> bits{};
  std::memcpy(bits.data(), &value, sizeof value);
  return bits;
}

// Values whose sum depends on the order of additions.
template <class T>
std::vector<T> Rough(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  using Part = typename PartOf<T>::type;
  std::vector<T> values(n);
  auto* const parts = reinterpret_cast<Part*>(values.data());
  for (std::size_t i = 0; i < n * sizeof(T) / sizeof(Part); ++i) {
    const double scale = std::ldexp(1.0, static_cast<int>(RandomIndex(random, -12, 12)));
    parts[i] = static_cast<Part>(std::normal_distribution<double>(0.0, 1.0)(random) * scale);
  }
  return values;
}

template <class T>
Array AsArray(const std::vector<T>& values) {
  return Array::from_values(std::span<const T>(values));
}

class ReductionTree : public ::testing::Test {
 protected:
  void TearDown() override { set_target(supported_targets().front()); }
};

template <class T>
void ExpectSumsOfAllLengths() {
  const std::vector<T> values = Rough<T>(5000, 21);
  std::vector<T> expected;
  for (std::size_t n = 0; n <= values.size(); ++n) {
    expected.push_back(
        TreeSum<T>({values.begin(), values.begin() + static_cast<std::ptrdiff_t>(n)}));
  }
  for (std::string_view target : supported_targets()) {
    set_target(target);
    const Array array = AsArray(values);
    for (Index n = 1; n <= array.size(); ++n) {
      ASSERT_EQ(Bits(sum(array(Slice{0, n})).template item<T>()),
                Bits(expected[static_cast<std::size_t>(n)]))
          << target << ", n = " << n;
    }
  }
}

TEST_F(ReductionTree, SumsOfAllLengthsFloat64) { ExpectSumsOfAllLengths<double>(); }
TEST_F(ReductionTree, SumsOfAllLengthsFloat32) { ExpectSumsOfAllLengths<float>(); }
TEST_F(ReductionTree, SumsOfAllLengthsComplex64) { ExpectSumsOfAllLengths<Complex64>(); }
TEST_F(ReductionTree, SumsOfAllLengthsComplex128) { ExpectSumsOfAllLengths<Complex128>(); }

// The greatest complex number by the tree of loops without a kernel of their own: which of two that
// differ in the signs of zeros alone depends on the order of the joins.
template <class T>
void ExpectGreatestOfAllLengths() {
  using Part = typename T::value_type;
  Random random(23);
  std::vector<T> values(1500);
  for (T& value : values) {
    const auto zero = [&] {
      return RandomIndex(random, 0, 1) == 0 ? Part(0) : Part(-0.0);
    };
    value = {zero(), zero()};
  }
  const auto greater = [](T a, T b) {
    return a.real() > b.real() || (a.real() == b.real() && a.imag() >= b.imag()) ? a : b;
  };
  const Part low = -std::numeric_limits<Part>::infinity();
  const Array array = AsArray(values);
  const Array table = array(Slice{0, 1500}).reshape({100, 15});
  for (std::string_view target : supported_targets()) {
    set_target(target);
    for (Index n = 1; n <= array.size(); n += n < 200 ? 1 : 37) {
      const std::vector<T> part(values.begin(), values.begin() + n);
      const T expected = Tree<T>(part, T{low, low}, sizeof(T), greater);
      ASSERT_EQ(Bits(max(array(Slice{0, n})).template item<T>()), Bits(expected)) << target << n;
    }
    for (Index c = 0; c < 15; ++c) {
      std::vector<T> column;
      for (Index r = 0; r < 100; ++r)
        column.push_back(values[static_cast<std::size_t>(15 * r + c)]);
      const T expected = Tree<T>(column, T{low, low}, sizeof(T), greater);
      for (const Array& found : {max(table, {.axis = 0}), max(table.transpose(), {.axis = 1}),
                                 max(table.copy(Order::F), {.axis = 0})}) {
        ASSERT_EQ(Bits(found(c).template item<T>()), Bits(expected)) << target << ' ' << c;
      }
    }
  }
}
TEST_F(ReductionTree, GreatestOfAllLengthsComplex64) { ExpectGreatestOfAllLengths<Complex64>(); }
TEST_F(ReductionTree, GreatestOfAllLengthsComplex128) { ExpectGreatestOfAllLengths<Complex128>(); }

TEST_F(ReductionTree, LongSumsOnAnyNumberOfThreads) {
  for (std::size_t n : {65536, 100000, 131073, 400001, 1048576, 1300003}) {
    const std::vector<double> values = Rough<double>(n, n);
    const auto expected = Bits(TreeSum(values));
    const Array array = AsArray(values);
    for (std::string_view target : supported_targets()) {
      set_target(target);
      for (int threads : {1, 2, 3, 7}) {
        const ThreadLimitScope limit(threads);
        ASSERT_EQ(Bits(sum(array).item<double>()), expected)
            << target << ' ' << n << ' ' << threads;
      }
    }
  }
}

// The same sequence down columns: every width from a single column to several tiles.
template <class T>
void ExpectColumnSums(Index rows, Index columns) {
  const std::vector<T> values = Rough<T>(static_cast<std::size_t>(rows * columns), 22);
  const Array table = AsArray(values).reshape({rows, columns});
  std::vector<T> expected;
  for (Index c = 0; c < columns; ++c) {
    std::vector<T> column;
    for (Index r = 0; r < rows; ++r)
      column.push_back(values[static_cast<std::size_t>(r * columns + c)]);
    expected.push_back(TreeSum(column));
  }
  const auto check = [&](const Array& result, const char* what) {
    const std::vector<T> sums = Values<T>(result);
    for (std::size_t c = 0; c < sums.size(); ++c) {
      ASSERT_EQ(Bits(sums[c]), Bits(expected[c]))
          << what << ", " << rows << " x " << columns << ", column " << c;
    }
  };
  for (std::string_view target : supported_targets()) {
    set_target(target);
    check(sum(table, {.axis = 0}), "down the columns");
    check(sum(table.copy(Order::F), {.axis = 0}), "columns contiguous");
    check(sum(table.transpose().copy(), {.axis = 1}), "along the rows");
    check(sum(table(Slice{}, Slice{{}, {}, -1}), {.axis = 0})(Slice{{}, {}, -1}), "turned columns");
    check(sum(Relaid(table, kLayouts[9]).array(), {.axis = 0}), "swapped, misaligned");
  }
}

TEST_F(ReductionTree, ColumnSums) {
  for (Index columns : {1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 63, 64, 65, 100, 130}) {
    for (Index rows : {1, 2, 31, 32, 33, 200, 1023, 1024, 1025, 2500}) {
      ExpectColumnSums<double>(rows, columns);
      ExpectColumnSums<Complex64>(rows, columns);
      if (HasFatalFailure()) return;
    }
  }
  for (Index columns : {1, 3, 64, 65, 200}) {
    for (Index rows : {5, 2047, 2049, 5000}) {
      ExpectColumnSums<float>(rows, columns);
      if (HasFatalFailure()) return;
    }
  }
  ExpectColumnSums<double>(40, 2500);
  ExpectColumnSums<Complex128>(40, 2500);
  ExpectColumnSums<float>(3, 5000);
}

TEST_F(ReductionTree, WideTablesOnAnyNumberOfThreads) {
  const std::vector<double> values = Rough<double>(700 * 600, 23);
  const Array table = AsArray(values).reshape({700, 600});
  const Array down = sum(table, {.axis = 0});
  const Array along = sum(table, {.axis = 1});
  for (int threads : {1, 2, 3, 7}) {
    const ThreadLimitScope limit(threads);
    EXPECT_TRUE(SameElements(sum(table, {.axis = 0}), down)) << threads;
    EXPECT_TRUE(SameElements(sum(table, {.axis = 1}), along)) << threads;
    EXPECT_TRUE(SameElements(sum(table.copy(Order::F), {.axis = 0}), down)) << threads;
  }
}

// ---- Every reduction by the tree, through kernels of one element --------------------------------

// A loop as an operation on elements, folded in the dtype that the loop computes in.
class OneByOne {
 public:
  explicit OneByOne(const LoopInfo& loop)
      : kernels_(KernelsOf(ComputeLoop(loop))),
        dtype_(DType::from_id(loop.types[0])),
        computing_(DType::from_id(ComputeLoop(loop).types[0])) {
    if (kernels_.reduce != nullptr) kernels_.reduce(nullptr, 0, neutral_.bytes);
  }
  bool is_tree() const { return kernels_.reduce != nullptr; }
  DType dtype() const { return dtype_; }
  // Of the dtype that computes, as what Computing gives.
  Element neutral() const { return neutral_; }
  std::vector<Element> Computing(std::vector<Element> values) const {
    for (Element& value : values) value = Converted(value, dtype_, computing_);
    return values;
  }

  Element Join(const Element& a, const Element& b) const {
    Element result;
    const void* in[] = {a.bytes, b.bytes};
    void* out[] = {result.bytes};
    kernels_.elementwise(in, out, 1);
    return result;
  }

  Element Fold(const std::vector<Element>& values) const {
    return FoldComputing(Computing(values));
  }

  Element FoldComputing(const std::vector<Element>& values) const {
    return Converted(Folded(values), computing_, dtype_);
  }

 private:
  static Element Converted(const Element& value, DType from, DType to) {
    Element result;
    Registry::Get().cast_kernel(from.id(), to.id())(value.bytes, result.bytes, 1);
    return result;
  }

  Element Folded(const std::vector<Element>& values) const {
    const auto join = [this](const Element& a, const Element& b) {
      return Join(a, b);
    };
    if (is_tree()) return Tree<Element>(values, neutral_, computing_.size(), join);
    Element folded = values.front();
    for (std::size_t i = 1; i < values.size(); ++i) folded = Join(folded, values[i]);
    return folded;
  }

  KernelSet kernels_;
  DType dtype_;
  DType computing_;
  Element neutral_;
};

struct ReducingLoop {
  const Ufunc* ufunc;
  const LoopInfo* loop;
};

// Every loop whose operands share a type, none of them a parameter, and that takes all values.
std::vector<ReducingLoop> ReducingLoops() {
  std::vector<ReducingLoop> found;
  for (const Ufunc* ufunc : Ufunc::all()) {
    if (ufunc->inputs() != 2 || ufunc->outputs() != 1 || !ufunc->signature().empty()) continue;
    if (ufunc->info().parameters != 0) continue;
    for (const LoopInfo* loop : Registry::Get().Loops(ufunc->info())) {
      if (loop->types[0] == loop->types[1] && loop->types[1] == loop->types[2] &&
          loop->refusal == nullptr) {
        found.push_back({ufunc, loop});
      }
    }
  }
  return found;
}

std::string Name(const ReducingLoop& reducing) {
  return std::string(reducing.ufunc->name()) + ' ' +
         std::string(DType::from_id(reducing.loop->types[0]).name());
}

// Values whose products neither vanish nor overflow at once, with both zeros among them.
Array FoldableValues(Random& random, const Shape& shape, DType dtype) {
  const Array array(shape, dtype);
  FillRandom(random, array);
  if (dtype.kind() != 'f' && dtype.kind() != 'c') return array;
  const auto draw = [&] {
    const double drawn = std::normal_distribution<double>(1.0, 0.3)(random);
    const Index kind = RandomIndex(random, 0, 9);
    return kind == 0 ? 0.0 : kind == 1 ? -0.0 : drawn;
  };
  ForEachPosition(shape, [&](const Shape& position) {
    const double value = draw();
    std::vector<Subscript> items(position.begin(), position.end());
    const Array target = array.index(items);
    if (dtype.kind() == 'f') return target.assign(Array::scalar(value));
    target.assign(Array::scalar(Complex128(value, draw() / 8)));
  });
  return array;
}

Element Reduced(const ReducingLoop& reducing, const Array& values) {
  return ElementAt(reducing.ufunc->reduce(values, {.dtype = values.dtype()}), {});
}

// The elements, after the identity where a fold in sequence starts from one.
std::vector<Element> Sequence(const ReducingLoop& reducing, const Array& values) {
  std::vector<Element> elements = Elements(values);
  if (KernelsOf(ComputeLoop(*reducing.loop)).reduce == nullptr && reducing.ufunc->identity()) {
    elements.insert(elements.begin(), Reduced(reducing, Array({0}, values.dtype())));
  }
  return elements;
}

TEST_F(ReductionTree, EveryReducingLoopOfEveryLength) {
  const ErrorStateScope quiet(Ignoring());
  Random random(24);
  for (const ReducingLoop& reducing : ReducingLoops()) {
    SCOPED_TRACE(Name(reducing));
    const DType dtype = DType::from_id(reducing.loop->types[0]);
    const Index lanes = static_cast<Index>(256 / dtype.size());
    const Index block = 32 * lanes;
    const Array values = FoldableValues(random, {3 * block + 17}, dtype);
    for (Index n : {Index{1}, Index{2}, Index{7}, lanes - 1, lanes, lanes + 1, 5 * lanes + 3, block,
                    block + 1, 2 * block, 3 * block + 17}) {
      for (std::string_view target : supported_targets()) {
        set_target(target);
        const OneByOne operation(*reducing.loop);
        const Array part = values(Slice{0, n});
        const Element expected = operation.Fold(Sequence(reducing, part));
        ASSERT_TRUE(SameElement(Reduced(reducing, part), expected, dtype))
            << target << ", n = " << n;
        ASSERT_TRUE(
            SameElement(Reduced(reducing, Relaid(part, kLayouts[5]).array()), expected, dtype))
            << target << ", strided, n = " << n;
      }
    }
  }
}

// All axis sets of a small table, in every layout.
TEST_F(ReductionTree, EveryReducingLoopOverEveryAxis) {
  const ErrorStateScope quiet(Ignoring());
  Random random(25);
  const Shape shape{5, 4, 37};
  for (const ReducingLoop& reducing : ReducingLoops()) {
    SCOPED_TRACE(Name(reducing));
    const OneByOne operation(*reducing.loop);
    const Array values = FoldableValues(random, shape, operation.dtype());
    for (unsigned set = 0; set < 8; ++set) {
      std::vector<Index> axes;
      for (Index axis = 0; axis < 3; ++axis) {
        if ((set >> axis) & 1) axes.push_back(axis);
      }
      if (axes.size() > 1 && !reducing.ufunc->reorderable()) continue;
      // Kept axes first: each row of the table is then one sequence.
      std::vector<Index> order;
      Index outputs = 1;
      for (Index axis = 0; axis < 3; ++axis) {
        if (((set >> axis) & 1) == 0) {
          order.push_back(axis);
          outputs *= shape[static_cast<std::size_t>(axis)];
        }
      }
      order.insert(order.end(), axes.begin(), axes.end());
      const Array sequences = values.transpose(order).copy().reshape({outputs, -1});
      const Layout& layout = kLayouts[static_cast<std::size_t>(RandomIndex(random, 0, 9))];
      for (const Array& array : {values, Relaid(values, layout).array().copy(Order::K)}) {
        const Array result = reducing.ufunc->reduce(
            array, {.axis = Axes(std::vector<Index>(axes)), .dtype = operation.dtype()});
        const std::vector<Element> found = Elements(result);
        ASSERT_EQ(static_cast<Index>(found.size()), outputs);
        for (Index i = 0; i < outputs; ++i) {
          ASSERT_TRUE(SameElement(found[static_cast<std::size_t>(i)],
                                  operation.Fold(Sequence(reducing, sequences(i))),
                                  operation.dtype()))
              << "axes " << set << ", " << layout.name << ", output " << i;
        }
      }
    }
  }
}

// Elements left out by a mask stand as neutral values at their positions.
TEST_F(ReductionTree, MasksLeaveNeutralValues) {
  Random random(26);
  for (const ReducingLoop& reducing : ReducingLoops()) {
    const OneByOne operation(*reducing.loop);
    if (!operation.is_tree() || !reducing.ufunc->identity()) continue;
    SCOPED_TRACE(Name(reducing));
    for (const Shape& shape : {Shape{300}, Shape{40, 9}}) {
      const Array values = FoldableValues(random, shape, operation.dtype());
      const Array mask(shape, DType::of<bool>());
      FillRandom(random, mask);
      const Layout& layout = kLayouts[static_cast<std::size_t>(RandomIndex(random, 0, 9))];
      const Placed placed = Relaid(mask, layout);
      const Array result = reducing.ufunc->reduce(
          values, {.axis = 0, .dtype = operation.dtype(), .where = &placed.array()});
      const Index columns = shape.size() == 1 ? 1 : shape[1];
      const Array table = values.reshape({shape[0], columns});
      const Array mask_table = mask.reshape({shape[0], columns});
      const std::vector<Element> found = Elements(result);
      for (Index c = 0; c < columns; ++c) {
        std::vector<Element> column = operation.Computing(Elements(table(Slice{}, c)));
        for (Index r = 0; r < shape[0]; ++r) {
          if (!mask_table(r, c).item<bool>()) {
            column[static_cast<std::size_t>(r)] = operation.neutral();
          }
        }
        ASSERT_TRUE(SameElement(found[static_cast<std::size_t>(c)], operation.FoldComputing(column),
                                operation.dtype()))
            << layout.name << ", column " << c;
      }
    }
  }
}

// ---- What the tree is for -----------------------------------------------------------------------

TEST_F(ReductionTree, SumsStayAccurateOnEveryAxis) {
  // A running sum of float32 ones stops at 2^24.
  const Array ones_column = ones({1, 3}, DType::of<float>()).broadcast_to({Index{1} << 25, 3});
  EXPECT_EQ(Values<double>(sum(ones_column, {.axis = 0})), (std::vector<double>(3, 0x1p25)));
  const Array tenths = full({1, 3}, 0.1, DType::of<float>()).broadcast_to({3000000, 3});
  for (double value : Values<double>(sum(tenths, {.axis = 0}))) {
    EXPECT_NEAR(value / (3000000 * static_cast<double>(0.1f)), 1.0, 1e-6);
  }
}

TEST_F(ReductionTree, SumsOfNegativeZerosKeepTheSign) {
  for (Index n : {1, 3, 64, 5000}) {
    const Array zeros_of_n = full({n}, -0.0);
    EXPECT_TRUE(std::signbit(sum(zeros_of_n).item<double>())) << n;
    const Array table = zeros_of_n.reshape({n, 1}).broadcast_to({n, 4});
    for (double value : Values<double>(sum(table, {.axis = 0}))) EXPECT_TRUE(std::signbit(value));
  }
  EXPECT_FALSE(std::signbit(sum(zeros({0})).item<double>())) << "the identity is +0";
}

}  // namespace
}  // namespace quern
