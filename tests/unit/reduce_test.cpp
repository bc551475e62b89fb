// Reductions: axes, keepdims, initial, where, dtype, out, empties and refusals.
#include "arrays.h"

namespace quern {
namespace {

TEST(Reduce, InSequenceStartsFromTheIdentity) {
  const Ufunc& ufunc = Ufunc::find("gcd");
  const Array single = Array::from_values({std::int64_t{-3}});
  EXPECT_EQ(ufunc.reduce(single).item<std::int64_t>(), 3);
  EXPECT_EQ(ufunc.reduce(single, {.no_identity = true}).item<std::int64_t>(), -3);
  EXPECT_EQ(ufunc.reduce(Array({0}, DType::of<std::int64_t>())).item<std::int64_t>(), 0);
}

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

const DType kInt8 = DType::of<std::int8_t>();
const DType kInt64 = DType::of<std::int64_t>();
const DType kFloat32 = DType::of<float>();
const DType kFloat64 = DType::of<double>();

// ---- Axes ---------------------------------------------------------------------------------------

TEST(Reduce, MethodsTakeAxisZeroFunctionsTakeAll) {
  const Array array = Iota<double>({2, 3});
  EXPECT_EQ(Values<double>(ufuncs::add().reduce(array)), (std::vector<double>{3, 5, 7}));
  EXPECT_EQ(sum(array).item<double>(), 15.0);
  EXPECT_EQ(sum(array).ndim(), 0u);
  EXPECT_EQ(max(array).item<double>(), 5.0);
  EXPECT_EQ(prod(add(array, 1.0)).item<double>(), 720.0);
  EXPECT_TRUE(any(array).item<bool>());
  EXPECT_FALSE(all(array).item<bool>());
}

TEST(Reduce, AxesInAnyForm) {
  const Array array = Iota<double>({2, 3, 4});
  EXPECT_EQ(ShapeOf(sum(array, {.axis = 1})), (Shape{2, 4}));
  EXPECT_EQ(ShapeOf(sum(array, {.axis = -1})), (Shape{2, 3}));
  EXPECT_EQ(ShapeOf(sum(array, {.axis = {0, 2}})), (Shape{3}));
  EXPECT_EQ(ShapeOf(sum(array, {.axis = {-1, 0}})), (Shape{3}));
  EXPECT_EQ(ShapeOf(sum(array, {.axis = Axes::all()})), (Shape{}));
  EXPECT_EQ(Values<double>(sum(array, {.axis = {0, 2}})), (std::vector<double>{60, 92, 124}));
  EXPECT_EQ(Values<double>(sum(array, {.axis = {2, 0}})), (std::vector<double>{60, 92, 124}));
}

TEST(Reduce, NoAxesConvertsAndCopies) {
  const Array bytes = Iota<std::int8_t>({2, 2});
  const Array result = sum(bytes, {.axis = Axes(std::vector<Index>{})});
  EXPECT_EQ(result.dtype(), kInt64);
  EXPECT_EQ(Values<int>(result), (std::vector<int>{0, 1, 2, 3}));
  EXPECT_FALSE(max(bytes, {.axis = Axes(std::vector<Index>{})}).may_share_memory(bytes));
}

TEST(Reduce, KeepdimsKeepsUnitAxes) {
  const Array array = Iota<double>({2, 3, 4});
  EXPECT_EQ(ShapeOf(sum(array, {.axis = 1, .keepdims = true})), (Shape{2, 1, 4}));
  EXPECT_EQ(ShapeOf(sum(array, {.axis = {0, 2}, .keepdims = true})), (Shape{1, 3, 1}));
  EXPECT_EQ(ShapeOf(sum(array, {.keepdims = true})), (Shape{1, 1, 1}));
  EXPECT_EQ(ShapeOf(sum(Array::scalar(1.0), {.keepdims = true})), (Shape{}));
  EXPECT_TRUE(
      SameElements(sum(array, {.axis = 1, .keepdims = true}).squeeze(), sum(array, {.axis = 1})));
}

TEST(Reduce, RefusesAxesThatAreNotThere) {
  const Array array = zeros({2, 3});
  EXPECT_EQ(MessageOf<AxisError>([&] { sum(array, {.axis = 2}); }),
            "add.reduce: axis 2 is out of bounds for array of dimension 2");
  EXPECT_THROW(sum(array, {.axis = -3}), AxisError);
  EXPECT_THROW(sum(array, {.axis = {0, 5}}), AxisError);
  EXPECT_THROW(sum(array, {.axis = std::numeric_limits<Index>::min()}), AxisError);
  EXPECT_EQ(MessageOf<ValueError>([&] {
              sum(array, {.axis = {1, -1}});
            }),
            "add.reduce: duplicate value in 'axis'");
}

TEST(Reduce, ZeroDimensionalArraysHaveAxisZeroAndMinusOne) {
  const Array single = Array::scalar(3.0);
  EXPECT_EQ(ufuncs::add().reduce(single).item<double>(), 3.0);
  EXPECT_EQ(sum(single, {.axis = 0}).item<double>(), 3.0);
  EXPECT_EQ(sum(single, {.axis = -1}).item<double>(), 3.0);
  EXPECT_EQ(sum(single).item<double>(), 3.0);
  EXPECT_THROW(sum(single, {.axis = 1}), AxisError);
  EXPECT_THROW(sum(single, {.axis = {0, -1}}), AxisError);
}

TEST(Reduce, OverManyAxesNeedsAReorderableUfunc) {
  const Array array = Iota<double>({2, 3});
  EXPECT_EQ(
      MessageOf<ValueError>([&] { ufuncs::subtract().reduce(array, {.axis = Axes::all()}); }),
      "reduction operation 'subtract' is not reorderable, so at most one axis may be specified");
  EXPECT_EQ(Values<double>(ufuncs::subtract().reduce(array, {.axis = 1})),
            (std::vector<double>{-3, -6}));
  EXPECT_EQ(ufuncs::subtract().reduce(array(0), {.axis = Axes::all()}).item<double>(), -3.0);
  EXPECT_EQ(Values<double>(ufuncs::subtract().reduce(array, {.axis = Axes(std::vector<Index>{})})),
            (std::vector<double>{0, 1, 2, 3, 4, 5}));
}

TEST(Reduce, RanksUpTo64) {
  Shape shape(kMaxRank, 1);
  shape[0] = 3;
  shape[31] = 2;
  shape[63] = 5;
  const Array array = Iota<double>({30}).reshape(shape);
  EXPECT_EQ(sum(array).item<double>(), 435.0);
  const Array some = sum(array, {.axis = {0, 63}});
  EXPECT_EQ(some.ndim(), 62u);
  EXPECT_EQ(Values<double>(some), (std::vector<double>{180, 255}));
  EXPECT_EQ(sum(array, {.axis = 31, .keepdims = true}).ndim(), kMaxRank);
}

// ---- Types --------------------------------------------------------------------------------------

TEST(Reduce, WidensSmallIntegersUnlessTold) {
  const Array bytes = full({10}, 100, kInt8);
  EXPECT_EQ(sum(bytes).item<int>(), 1000);
  EXPECT_EQ(sum(bytes).dtype(), kInt64);
  EXPECT_EQ(sum(bytes, {.dtype = kInt8}).item<int>(), -24) << "1000 modulo 256";
  EXPECT_EQ(sum(bytes, {.dtype = kFloat32}).dtype(), kFloat32);
  std::uint64_t product = 1;
  for (int i = 0; i < 9; ++i) product *= 200;
  EXPECT_EQ(prod(full({9}, 200, DType::of<std::uint8_t>())).item<std::uint64_t>(), product)
      << "modulo 2^64";
}

TEST(Reduce, DTypeNeedsALoopThatFolds) {
  EXPECT_EQ(MessageOf<TypeError>(
                [] { ufuncs::less().reduce(zeros({3}), {.dtype = DType::of<double>()}); }),
            "No loop matching the specified signature and casting was found for ufunc less");
  EXPECT_THROW(ufuncs::bitwise_and().reduce(zeros({3})), TypeError);
  EXPECT_THROW(ufuncs::less().reduce(zeros({3})), TypeError);
  EXPECT_TRUE(ufuncs::equal().reduce(Array::from_values({true, false, false})).item<bool>());
}

TEST(Reduce, TruthOfNumbers) {
  EXPECT_FALSE(all(Array::from_values({1.0, 0.0, 2.0})).item<bool>());
  EXPECT_TRUE(all(Array::from_values({1.0, kNan})).item<bool>());
  EXPECT_TRUE(any(Array::from_values({0.0, -0.0, 1e-300})).item<bool>());
  EXPECT_FALSE(any(Array::from_values({0.0, -0.0})).item<bool>());
  EXPECT_EQ(any(Array::from_values({1})).dtype(), DType::of<bool>());
}

TEST(Reduce, IsOnlyForBinaryUfuncs) {
  EXPECT_EQ(MessageOf<ValueError>([] { ufuncs::exp().reduce(zeros({3})); }),
            "exp.reduce: only supported for binary functions");
  EXPECT_THROW(ufuncs::clip().reduce(zeros({3})), ValueError);
}

// ---- out= ---------------------------------------------------------------------------------------

TEST(ReduceOut, ReceivesTheResult) {
  const Array array = Iota<double>({2, 3});
  Array out = zeros({3});
  EXPECT_EQ(sum(array, {.axis = 0, .out = &out}).data(), out.data());
  EXPECT_EQ(Values<double>(out), (std::vector<double>{3, 5, 7}));
  Array kept = zeros({1, 3});
  sum(array, {.axis = 0, .out = &kept, .keepdims = true});
  EXPECT_EQ(Values<double>(kept), (std::vector<double>{3, 5, 7}));
  Array single = zeros({});
  sum(array, {.out = &single});
  EXPECT_EQ(single.item<double>(), 15.0);
}

TEST(ReduceOut, IsChecked) {
  const Array array = Iota<double>({2, 3});
  Array wrong = zeros({2});
  EXPECT_EQ(MessageOf<ShapeError>([&] { sum(array, {.axis = 0, .out = &wrong}); }),
            "add.reduce: output has shape (2,); the result has (3,)");
  Array broader = zeros({1, 3});
  EXPECT_THROW(sum(array, {.axis = 0, .out = &broader}), ShapeError);
  Array locked = zeros({3}).readonly();
  EXPECT_EQ(MessageOf<ReadOnlyError>([&] { sum(array, {.axis = 0, .out = &locked}); }),
            "add.reduce: output array is read-only");
}

TEST(ReduceOut, OfEveryLayoutAndDType) {
  const Array array = Iota<std::int32_t>({4, 5, 6});
  const Array expected = sum(array, {.axis = 1});
  for (DType dtype : AllDTypes()) {
    for (const Layout& layout : kLayouts) {
      const Placed placed(layout, expected.shape(), dtype);
      Array out = placed.array();
      sum(array, {.axis = 1, .dtype = kInt64, .out = &out});
      ASSERT_TRUE(SameElements(out, expected.astype(dtype))) << dtype.name() << ' ' << layout.name;
      ASSERT_TRUE(placed.Untouched());
    }
  }
}

TEST(ReduceOut, MayOverlapTheInput) {
  const Array array = Iota<double>({4, 4});
  const Array expected = sum(array.copy(), {.axis = 0});
  Array row = array(1);
  sum(array, {.axis = 0, .out = &row});
  EXPECT_TRUE(SameElements(row, expected));
}

// ---- initial= and where= ------------------------------------------------------------------------

TEST(Initial, JoinsOnTheLeft) {
  const Array array = Iota<double>({2, 3});
  EXPECT_EQ(Values<double>(sum(array, {.axis = 1, .initial = 100.0})),
            (std::vector<double>{103, 112}));
  EXPECT_EQ(ufuncs::subtract().reduce(array(1), {.initial = 100.0}).item<double>(), 88.0);
  EXPECT_EQ(max(array, {.initial = 9}).item<double>(), 9.0);
  EXPECT_EQ(sum(array, {.initial = Array::scalar(0.5)}).item<double>(), 15.5);
  EXPECT_EQ(sum(zeros({0}), {.initial = 7}).item<double>(), 7.0);
  EXPECT_EQ(Values<double>(max(zeros({0, 2}), {.axis = 0, .initial = 7})),
            (std::vector<double>{7, 7}));
}

TEST(Initial, IsChecked) {
  EXPECT_THROW(sum(Array::from_values({std::uint8_t{1}}),
                   {.dtype = DType::of<std::uint8_t>(), .initial = 300}),
               OverflowError);
  EXPECT_THROW(sum(zeros({2}), {.initial = zeros({2})}), ValueError);
}

TEST(ReduceWhere, LeavesElementsOut) {
  const Array array = Iota<double>({2, 3});
  const Array mask = Array::from_values({true, false, true});
  EXPECT_EQ(sum(array, {.where = &mask}).item<double>(), 0.0 + 2 + 3 + 5);
  EXPECT_EQ(Values<double>(sum(array, {.axis = 0, .where = &mask})),
            (std::vector<double>{3, 0, 7}));
  EXPECT_EQ(Values<double>(max(array, {.axis = 0, .initial = -9, .where = &mask})),
            (std::vector<double>{3, -9, 5}));
  const Array none = Array::scalar(false);
  EXPECT_EQ(sum(array, {.where = &none}).item<double>(), 0.0);
  EXPECT_EQ(prod(array, {.where = &none}).item<double>(), 1.0);
  EXPECT_TRUE(all(array, {.where = &none}).item<bool>());
}

TEST(ReduceWhere, GoesWithLeftFolds) {
  const Array array = Iota<double>({3, 2});
  const Array mask = Array::from_values({true, false, false, true, true, true}).reshape({3, 2});
  EXPECT_EQ(Values<double>(ufuncs::subtract().reduce(array, {.initial = 100, .where = &mask})),
            (std::vector<double>{96, 92}));
}

TEST(ReduceWhere, NeedsAStart) {
  const Array array = Iota<double>({3});
  const Array mask = Array::from_values({true, false, true});
  const char* const message =
      "reduction operation 'maximum' does not have an identity, so to use a where mask one has to "
      "specify 'initial'";
  EXPECT_EQ(MessageOf<ValueError>([&] { max(array, {.where = &mask}); }), message);
  EXPECT_THROW(sum(array, {.no_identity = true, .where = &mask}), ValueError);
}

TEST(ReduceWhere, IsChecked) {
  const Array array = zeros({2, 3});
  const Array numbers = ones({3});
  EXPECT_THROW(sum(array, {.where = &numbers}), CastError);
  const Array wrong = Array::from_values({true, false});
  EXPECT_THROW(sum(array, {.where = &wrong}), ShapeError);
  const Array higher = full({4, 2, 3}, 1, DType::of<bool>());
  EXPECT_THROW(sum(array, {.where = &higher}), ShapeError);
}

TEST(ReduceWhere, MaskedOutElementsRaiseNothing) {
  Random random(30);
  for (const Shape& shape : {Shape{5000}, Shape{300, 7}, Shape{7, 300}, Shape{90, 90}}) {
    const Array values(shape, kFloat64);
    const Array mask(shape, DType::of<bool>());
    FillRandom(random, mask);
    ForEachPosition(shape, [&](const Shape& position) {
      const std::vector<Subscript> items(position.begin(), position.end());
      const bool selected = mask.index(items).item<bool>();
      const double left_out = RandomIndex(random, 0, 1) != 0 ? kInf : -kInf;
      values.index(items).assign(Array::scalar(selected ? 1.0 : left_out));
    });
    for (const Layout& layout : kLayouts) {
      const Placed placed = Relaid(values, layout);
      ReportedFlags reported;
      for (Index axis = 0; axis < static_cast<Index>(shape.size()); ++axis) {
        sum(placed.array(), {.axis = axis, .where = &mask});
        sum(placed.array(), {.axis = axis, .dtype = kFloat32, .where = &mask});
        EXPECT_EQ(reported.Take(), 0) << layout.name;
      }
    }
  }
}

// float64 to int64 is a cast that raises for what does not fit, whether or not it is wider.
TEST(ReduceWhere, MaskedOutElementsAreNotConverted) {
  const Array values = Array::from_values({1.0, kNan, 2.0, 1e300});
  const Array mask = Array::from_values({true, false, true, false});
  for (DType accumulator : {kInt64, kInt8, kFloat32}) {
    ReportedFlags reported;
    const Array result = sum(values, {.dtype = accumulator, .where = &mask});
    EXPECT_EQ(result.item<int>(), 3);
    EXPECT_EQ(reported.Take(), 0) << accumulator.name();
  }
}

// ---- Nothing to fold ----------------------------------------------------------------------------

TEST(ReduceEmpty, GivesTheIdentity) {
  EXPECT_EQ(sum(zeros({0})).item<double>(), 0.0);
  EXPECT_EQ(prod(zeros({0})).item<double>(), 1.0);
  EXPECT_TRUE(all(zeros({0})).item<bool>());
  EXPECT_FALSE(any(zeros({0})).item<bool>());
  EXPECT_EQ(ufuncs::bitwise_and().reduce(zeros({0}, kInt8)).item<int>(), -1);
  EXPECT_EQ(Values<double>(sum(zeros({0, 3}), {.axis = 0})), (std::vector<double>{0, 0, 0}));
  EXPECT_EQ(ShapeOf(sum(zeros({0, 3}), {.axis = 1})), (Shape{0}));
  EXPECT_EQ(ShapeOf(sum(zeros({2, 0, 3}), {.axis = 2})), (Shape{2, 0}));
  EXPECT_EQ(ShapeOf(sum(zeros({2, 0, 3}), {.axis = 1, .keepdims = true})), (Shape{2, 1, 3}));
}

TEST(ReduceEmpty, WithoutIdentityIsRefused) {
  EXPECT_EQ(MessageOf<ValueError>([] { max(zeros({0})); }),
            "zero-size array to reduction operation maximum which has no identity");
  EXPECT_THROW(max(zeros({0, 3}), {.axis = 0}), ValueError);
  EXPECT_THROW(ufuncs::subtract().reduce(zeros({0})), ValueError);
  EXPECT_THROW(sum(zeros({0}), {.no_identity = true}), ValueError);
  EXPECT_EQ(ShapeOf(max(zeros({0, 3}), {.axis = 1})), (Shape{0})) << "there is no output to fill";
}

// ---- Flags and other conditions -----------------------------------------------------------------

TEST(ReduceFlags, AreReportedOnce) {
  int calls = 0;
  ErrorState state;
  state.over = ErrorAction::call;
  state.callback = [&](std::string_view kind, int) {
    EXPECT_EQ(kind, "overflow");
    ++calls;
  };
  const ErrorStateScope scope(state);
  sum(full({200000}, 1e308));
  EXPECT_EQ(calls, 1);
  sum(full({300, 1000}, 1e308), {.axis = 0});
  EXPECT_EQ(calls, 2);
}

TEST(ReduceFlags, SpareLanesRaiseNothing) {
  ReportedFlags reported;
  for (Index n = 1; n < 300; ++n) {
    sum(full({n}, kInf));
    sum(full({n, 3}, -kInf), {.axis = 0});
    prod(full({n}, 1.0));
    max(full({n}, -kInf));
    ASSERT_EQ(reported.Take(), 0) << n;
  }
}

TEST(Max, PropagatesNan) {
  for (Index n : {1, 5, 64, 1000, 5000}) {
    const Array values = Iota<double>({n});
    values(n / 2).assign(Array::scalar(kNan));
    EXPECT_TRUE(std::isnan(max(values).item<double>()));
    EXPECT_TRUE(std::isnan(min(values).item<double>()));
    EXPECT_EQ(std::isnan(ufuncs::fmax().reduce(values).item<double>()), n == 1);
  }
}

// ---- mean ---------------------------------------------------------------------------------------

TEST(Mean, DividesByWhatTakesPart) {
  const Array array = Iota<double>({2, 3});
  EXPECT_EQ(mean(array).item<double>(), 2.5);
  EXPECT_EQ(Values<double>(mean(array, {.axis = 0})), (std::vector<double>{1.5, 2.5, 3.5}));
  EXPECT_EQ(ShapeOf(mean(array, {.axis = 1, .keepdims = true})), (Shape{2, 1}));
  const Array mask = Array::from_values({true, false, true});
  EXPECT_EQ(Values<double>(mean(array, {.axis = 1, .where = &mask})), (std::vector<double>{1, 4}));
  EXPECT_EQ(mean(Iota<std::int8_t>({4})).item<double>(), 1.5);
  EXPECT_EQ(mean(Iota<std::int8_t>({4})).dtype(), kFloat64);
  EXPECT_EQ(mean(ones({4}, kFloat32)).dtype(), kFloat32);
  EXPECT_TRUE(std::isnan([] {
    const ErrorStateScope quiet(Ignoring());
    return mean(zeros({0})).item<double>();
  }()));
  EXPECT_THROW(mean(array, {.initial = 1}), ValueError);
}

TEST(Mean, OfNothingRaisesInvalid) {
  ReportedFlags reported;
  mean(zeros({0}));
  EXPECT_EQ(reported.Take(), 8);
}

}  // namespace
}  // namespace quern
