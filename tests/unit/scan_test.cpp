// accumulate, reduceat, outer and at.
#include "arrays.h"

namespace quern {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

const DType kInt64 = DType::of<std::int64_t>();

// ---- accumulate ---------------------------------------------------------------------------------

// Running folds, one call of two elements at a time.
Array AccumulatedOneByOne(const Ufunc& ufunc, const Array& array, std::size_t axis, DType dtype) {
  const Array result = array.astype(dtype).copy();
  std::vector<Subscript> at(axis + 1, Slice{});
  for (Index i = 1; i < array.shape(axis); ++i) {
    at.back() = i - 1;
    const Array before = result.index(at);
    at.back() = i;
    Array current = result.index(at);
    ufunc.call({before, current}, {.out = &current, .dtype = dtype});
  }
  return result;
}

TEST(Accumulate, FoldsAlongOneAxis) {
  const Array array = Iota<std::int64_t>({2, 3});
  EXPECT_EQ(Values<int>(ufuncs::add().accumulate(array)), (std::vector<int>{0, 1, 2, 3, 5, 7}));
  EXPECT_EQ(Values<int>(ufuncs::add().accumulate(array, {.axis = 1})),
            (std::vector<int>{0, 1, 3, 3, 7, 12}));
  EXPECT_EQ(Values<int>(ufuncs::subtract().accumulate(array, {.axis = -1})),
            (std::vector<int>{0, -1, -3, 3, -1, -6}));
  EXPECT_EQ(ufuncs::add().accumulate(ones({3}, DType::of<std::int8_t>())).dtype(), kInt64);
}

TEST(Accumulate, EqualsCallsOneByOne) {
  const ErrorStateScope quiet(Ignoring());
  Random random(40);
  for (const Ufunc* ufunc : Ufunc::all()) {
    // Parameters are not folded, and random values may be refused.
    if (ufunc->inputs() != 2 || ufunc->info().parameters != 0 || MayRefuse(*ufunc)) continue;
    if (ufunc->outputs() != 1 || !ufunc->signature().empty()) continue;
    for (DType dtype : AllDTypes()) {
      const bool folds = [&] {
        for (const std::vector<DType>& loop : ufunc->loops()) {
          if (loop[0] == dtype && loop[1] == dtype && loop[2] == dtype) return true;
        }
        return false;
      }();
      if (!folds) continue;
      for (const Shape& shape : {Shape{130}, Shape{6, 5, 7}, Shape{9, 100}}) {
        const Array array(shape, dtype);
        FillRandom(random, array);
        for (std::size_t axis = 0; axis < shape.size(); ++axis) {
          const Array expected = AccumulatedOneByOne(*ufunc, array, axis, dtype);
          const Layout& layout = kLayouts[static_cast<std::size_t>(RandomIndex(random, 0, 9))];
          const Array found = ufunc->accumulate(Relaid(array, layout).array(),
                                                {.axis = static_cast<Index>(axis), .dtype = dtype});
          ASSERT_TRUE(SameElements(found, expected))
              << ufunc->name() << ' ' << dtype.name() << ", axis " << axis << ", " << layout.name;
        }
      }
    }
  }
}

TEST(Accumulate, GivesTheSameOnEveryTarget) {
  Random random(41);
  const Array array({500}, DType::of<float>());
  FillRandom(random, array);
  const ErrorStateScope quiet(Ignoring());
  const Array expected = ufuncs::add().accumulate(array);
  for (std::string_view target : supported_targets()) {
    set_target(target);
    EXPECT_TRUE(SameElements(ufuncs::add().accumulate(array), expected)) << target;
  }
  set_target(supported_targets().front());
}

TEST(Accumulate, OfNothingAndOfOne) {
  EXPECT_EQ(ShapeOf(ufuncs::add().accumulate(zeros({0, 3}))), (Shape{0, 3}));
  EXPECT_EQ(ShapeOf(ufuncs::maximum().accumulate(zeros({3, 0}), {.axis = 0})), (Shape{3, 0}));
  EXPECT_EQ(Values<double>(ufuncs::maximum().accumulate(ones({1}))), (std::vector<double>{1}));
  EXPECT_EQ(MessageOf<TypeError>([] { ufuncs::add().accumulate(Array::scalar(1.0)); }),
            "add.accumulate: cannot accumulate on a scalar");
}

TEST(Accumulate, ChecksAxisAndOutput) {
  const Array array = Iota<double>({2, 3});
  EXPECT_THROW(ufuncs::add().accumulate(array, {.axis = 2}), AxisError);
  EXPECT_THROW(ufuncs::add().accumulate(array, {.axis = -3}), AxisError);
  EXPECT_THROW(ufuncs::exp().accumulate(array), ValueError);
  EXPECT_THROW(ufuncs::less().accumulate(array), TypeError);
  Array out = zeros({2, 3});
  ufuncs::add().accumulate(array, {.out = &out});
  EXPECT_EQ(Values<double>(out), (std::vector<double>{0, 1, 2, 3, 5, 7}));
  Array wrong = zeros({3});
  EXPECT_THROW(ufuncs::add().accumulate(array, {.out = &wrong}), ShapeError);
  Array locked = zeros({2, 3}).readonly();
  EXPECT_THROW(ufuncs::add().accumulate(array, {.out = &locked}), ReadOnlyError);
}

TEST(Accumulate, MayWriteOverItsInput) {
  for (Index axis : {0, 1}) {
    Array array = Iota<double>({5, 70});
    const Array expected = ufuncs::add().accumulate(array.copy(), {.axis = axis});
    ufuncs::add().accumulate(array, {.axis = axis, .out = &array});
    EXPECT_TRUE(SameElements(array, expected));
    Array backwards = array(Slice{{}, {}, -1});
    const Array again = ufuncs::add().accumulate(array.copy(), {.axis = axis});
    ufuncs::add().accumulate(array, {.axis = axis, .out = &backwards});
    EXPECT_TRUE(SameElements(backwards, again));
  }
}

TEST(Accumulate, ReportsConditionsOnce) {
  int calls = 0;
  ErrorState state;
  state.over = ErrorAction::call;
  state.callback = [&](std::string_view, int) {
    ++calls;
  };
  const ErrorStateScope scope(state);
  ufuncs::add().accumulate(full({100}, 1e308));
  EXPECT_EQ(calls, 1);
  // Another column overflows in each row.
  const Array table = zeros({5, 100});
  for (Index i = 0; i < 4; ++i) table(Slice{i, i + 2}, i).assign(Array::scalar(1e308));
  ufuncs::add().accumulate(table, {.axis = 0});
  EXPECT_EQ(calls, 2) << "by rows, too";
}

// ---- reduceat -----------------------------------------------------------------------------------

TEST(ReduceAt, FoldsBetweenPositions) {
  const Array array = Iota<std::int64_t>({8});
  const Index indices[] = {0, 4, 1, 5, 2, 6, 3, 7};
  EXPECT_EQ(Values<int>(ufuncs::add().reduceat(array, indices)),
            (std::vector<int>{6, 4, 10, 5, 14, 6, 18, 7}));
  const Index repeated[] = {3, 3, 3};
  EXPECT_EQ(Values<int>(ufuncs::add().reduceat(array, repeated)), (std::vector<int>{3, 3, 25}));
  EXPECT_EQ(ufuncs::add().reduceat(array, {}).size(), 0);
}

TEST(ReduceAt, EqualsReductionsOfTheParts) {
  Random random(42);
  const ErrorStateScope quiet(Ignoring());
  for (const Ufunc* ufunc : {&ufuncs::add(), &ufuncs::subtract(), &ufuncs::maximum()}) {
    const Array array({40, 3, 50}, DType::of<double>());
    FillRandom(random, array);
    for (Index axis : {0, 1, 2}) {
      const Index extent = array.shape(static_cast<std::size_t>(axis));
      std::vector<Index> indices;
      for (int i = 0; i < 12; ++i) indices.push_back(RandomIndex(random, 0, extent - 1));
      const Layout& layout = kLayouts[static_cast<std::size_t>(RandomIndex(random, 0, 9))];
      const Array found = ufunc->reduceat(Relaid(array, layout).array(), indices, {.axis = axis});
      std::vector<Subscript> part(static_cast<std::size_t>(axis) + 1, Slice{});
      for (std::size_t i = 0; i < indices.size(); ++i) {
        const Index end = i + 1 < indices.size() ? indices[i + 1] : extent;
        part.back() = Slice{indices[i], std::max(end, indices[i] + 1), {}};
        const Array expected = ufunc->reduce(array.index(part), {.axis = axis});
        part.back() = static_cast<Index>(i);
        ASSERT_TRUE(SameElements(found.index(part), expected))
            << ufunc->name() << ", axis " << axis;
      }
    }
  }
}

TEST(ReduceAt, ChecksIndicesAndOutput) {
  const Array array = Iota<double>({8});
  const Index beyond[] = {0, 8};
  EXPECT_EQ(MessageOf<IndexError>([&] { ufuncs::add().reduceat(array, beyond); }),
            "index 8 out-of-bounds in add.reduceat [0, 8)");
  const Index negative_index[] = {-1};
  EXPECT_THROW(ufuncs::add().reduceat(array, negative_index), IndexError);
  const Index first[] = {0};
  EXPECT_THROW(ufuncs::add().reduceat(zeros({0}), first), IndexError);
  EXPECT_EQ(ufuncs::add().reduceat(zeros({0}), {}).size(), 0);
  EXPECT_THROW(ufuncs::add().reduceat(Array::scalar(1.0), first), TypeError);
  EXPECT_THROW(ufuncs::exp().reduceat(array, first), ValueError);
  EXPECT_THROW(ufuncs::add().reduceat(array, first, {.axis = 1}), AxisError);
  Array out = zeros({1});
  ufuncs::add().reduceat(array, first, {.out = &out});
  EXPECT_EQ(out.item<double>(), 28.0);
  Array wrong = zeros({2});
  EXPECT_THROW(ufuncs::add().reduceat(array, first, {.out = &wrong}), ShapeError);
}

// ---- outer --------------------------------------------------------------------------------------

TEST(Outer, TakesAllPairs) {
  const Array a = Iota<std::int64_t>({2});
  const Array b = Iota<std::int64_t>({3});
  EXPECT_EQ(Values<int>(ufuncs::subtract().outer(a, b)), (std::vector<int>{0, -1, -2, 1, 0, -1}));
  EXPECT_EQ(ShapeOf(ufuncs::add().outer(zeros({2, 3}), zeros({4, 5}))), (Shape{2, 3, 4, 5}));
  EXPECT_EQ(ShapeOf(ufuncs::add().outer(zeros({0}), zeros({4}))), (Shape{0, 4}));
  EXPECT_EQ(ShapeOf(ufuncs::add().outer(Array::scalar(1.0), zeros({4}))), (Shape{4}));
  EXPECT_EQ(ShapeOf(ufuncs::add().outer(a, 5)), (Shape{2}));
  EXPECT_EQ(Values<int>(ufuncs::subtract().outer(5, a)), (std::vector<int>{5, 4}));
  Array out = zeros({2, 3});
  ufuncs::add().outer(a, b, {.out = &out});
  EXPECT_EQ(Values<int>(out), (std::vector<int>{0, 1, 2, 1, 2, 3}));
}

TEST(Outer, IsChecked) {
  EXPECT_EQ(MessageOf<ValueError>([] { ufuncs::exp().outer(zeros({2}), zeros({2})); }),
            "exp.outer: outer product only supported for binary functions");
  const Array deep = zeros(Shape(40, 1));
  EXPECT_THROW(ufuncs::add().outer(deep, deep), Error) << "80 axes";
}

// ---- at -----------------------------------------------------------------------------------------

TEST(At, CountsRepeatedPositions) {
  const Array array = zeros({4}, kInt64);
  const Array indices = Array::from_values({0, 1, 1, 1, -1});
  const Operand one = 1;
  ufuncs::add().at(array, indices, &one);
  EXPECT_EQ(Values<int>(array), (std::vector<int>{1, 3, 0, 1}));
  ufuncs::negative().at(array, Array::from_values({1, 1, 0}));
  EXPECT_EQ(Values<int>(array), (std::vector<int>{-1, 3, 0, 1}));
  const Array values = Array::from_values({10, 20, 30, 40, 50});
  const Operand each = values;
  ufuncs::add().at(array, indices, &each);
  EXPECT_EQ(Values<int>(array), (std::vector<int>{9, 93, 0, 51}));
}

TEST(At, SelectsRowsAndBroadcastsValues) {
  const Array array = zeros({3, 2});
  const Array indices = Array::from_values({0, 2, 2, 0}).reshape({2, 2});
  const Array values = Array::from_values({1.0, 10.0});
  const Operand row = values;
  ufuncs::add().at(array, indices, &row);
  EXPECT_EQ(Values<double>(array), (std::vector<double>{2, 20, 0, 0, 2, 20}));
  const Array none = Array::from_values<std::int64_t>({});
  ufuncs::add().at(array, none, &row);
  EXPECT_EQ(Values<double>(array), (std::vector<double>{2, 20, 0, 0, 2, 20}));
}

TEST(At, WorksOnEveryLayoutOfTheTarget) {
  Random random(43);
  for (DType dtype : {kInt64, DType::of<float>(), DType::of<std::uint16_t>()}) {
    const Array array = zeros({20}, dtype);
    std::vector<std::int64_t> indices;
    std::vector<int> expected(20, 0);
    for (int i = 0; i < 200; ++i) {
      indices.push_back(RandomIndex(random, -20, 19));
      ++expected[static_cast<std::size_t>((indices.back() + 20) % 20)];
    }
    const Array index_array = Array::from_values(std::span<const std::int64_t>(indices));
    for (const Layout& layout : kLayouts) {
      const Placed placed = Relaid(array, layout);
      const Operand one = 1;
      ufuncs::add().at(placed.array(), Relaid(index_array, layout).array(), &one);
      EXPECT_EQ(Values<int>(placed.array()), expected) << layout.name;
      EXPECT_TRUE(placed.Untouched());
    }
  }
}

TEST(At, ValuesMayOverlapTheTarget) {
  const Array array = Iota<std::int64_t>({4});
  const Operand values = array;
  ufuncs::add().at(array, Array::from_values({0, 0, 0, 0}), &values);
  EXPECT_EQ(Values<int>(array), (std::vector<int>{6, 1, 2, 3}));
}

TEST(At, IndicesMayBeTheTarget) {
  const Array array = Array::from_values({std::int64_t{1}, std::int64_t{0}});
  const Operand ten = 10;
  ufuncs::add().at(array, array, &ten);
  EXPECT_EQ(Values<int>(array), (std::vector<int>{11, 10}));
}

TEST(At, IsChecked) {
  const Array array = zeros({3});
  const Array indices = Array::from_values({0});
  const Operand one = 1;
  EXPECT_EQ(MessageOf<IndexError>([&] {
              ufuncs::add().at(array, Array::from_values({0, 3}), &one);
            }),
            "index 3 is out of bounds for axis 0 with size 3");
  EXPECT_EQ(Values<double>(array), (std::vector<double>{0, 0, 0})) << "checked before it writes";
  EXPECT_THROW(ufuncs::add().at(array, Array::from_values({-4}), &one), IndexError);
  EXPECT_THROW(ufuncs::add().at(array, Array::from_values({0.0}), &one), IndexError);
  EXPECT_THROW(ufuncs::add().at(array, Array::from_values({true}), &one), IndexError);
  EXPECT_THROW(ufuncs::add().at(Array::scalar(1.0), indices, &one), IndexError);
  EXPECT_THROW(ufuncs::add().at(array, indices), ValueError);
  EXPECT_THROW(ufuncs::exp().at(array, indices, &one), ValueError);
  EXPECT_THROW(ufuncs::clip().at(array, indices, &one), TypeError);
  const Array wrong = zeros({2});
  const Operand two = wrong;
  EXPECT_THROW(ufuncs::add().at(array, indices, &two), ShapeError);
}

TEST(At, ReportsConditionsOnce) {
  int calls = 0;
  ErrorState state;
  state.divide = ErrorAction::call;
  state.callback = [&](std::string_view, int) {
    ++calls;
  };
  const ErrorStateScope scope(state);
  const Array array = ones({3});
  const Operand zero = 0;
  ufuncs::divide().at(array, Array::from_values({0, 1, 2}), &zero);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(Values<double>(array), (std::vector<double>(3, kInf)));
}

}  // namespace
}  // namespace quern
