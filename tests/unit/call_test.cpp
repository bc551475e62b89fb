// Calls of ufuncs: broadcasting, out=, where=, dtype=, signature=, casting=, order=.
#include "arrays.h"

namespace quern {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

const DType kInt64 = DType::of<std::int64_t>();
const DType kFloat32 = DType::of<float>();
const DType kFloat64 = DType::of<double>();

// ---- Inputs -------------------------------------------------------------------------------------

// A tile whose mask is all true packs an operand that the next such tile may take as it lies; a
// tile between them that is compressed must not leave something else in its place.
TEST(Call, MaskedTilesLeaveNoStaleOperands) {
  const Array values = Iota<std::uint16_t>({40, 200});
  const Array repeated = Relaid(Iota<std::uint64_t>({1, 200}), kLayouts[7]).array();
  const Array mask({40, 200}, DType::of<bool>());
  Array out = zeros({40, 200}, DType::of<std::uint64_t>());
  const auto selected = [](Index row, Index column) {
    return row % 3 != 1 || column % 2 == 0;
  };
  for (Index i = 0; i < 40; ++i) {
    for (Index j = 0; j < 200; ++j) mask(i, j).assign(Array::scalar(selected(i, j)));
  }
  multiply(values(Slice{}, Slice{{}, {}, -1}), repeated, {.out = &out, .where = &mask});
  for (Index i = 0; i < 40; ++i) {
    for (Index j = 0; j < 200; ++j) {
      const Index product = (200 * i + 199 - j) * j;
      ASSERT_EQ(out(i, j).item<Index>(), selected(i, j) ? product : 0) << i << ' ' << j;
    }
  }
}

TEST(Call, Broadcasts) {
  const Array column = Iota<double>({3, 1});
  const Array row = Iota<double>({4});
  const Array table = add(multiply(column, 10), row);
  EXPECT_EQ(ShapeOf(table), (Shape{3, 4}));
  EXPECT_EQ(Values<double>(table),
            (std::vector<double>{0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23}));
  EXPECT_EQ(ShapeOf(add(zeros({2, 1, 3}), zeros({4, 1}))), (Shape{2, 4, 3}));
  EXPECT_EQ(ShapeOf(add(zeros({0}), zeros({1}))), (Shape{0}));
  EXPECT_EQ(ShapeOf(add(zeros({3, 1}), zeros({0}))), (Shape{3, 0}));
  EXPECT_EQ(ShapeOf(add(Array::scalar(1.0), zeros({2, 2}))), (Shape{2, 2}));
  EXPECT_EQ(ShapeOf(clip(zeros({3, 1, 1}), zeros({2, 1}), zeros({4}))), (Shape{3, 2, 4}));
}

TEST(Call, RefusesShapesThatDoNotBroadcast) {
  EXPECT_EQ(MessageOf<ShapeError>([] {
              add(zeros({2, 3}), zeros({4}));
            }),
            "add: operands could not be broadcast together with shapes (2, 3) (4,)");
  EXPECT_THROW(add(zeros({0}), zeros({2})), ShapeError);
  EXPECT_THROW(clip(zeros({2}), zeros({3}), zeros({1})), ShapeError);
}

TEST(Call, RefusesAResultBeyondMemory) {
  const Array wide = Array::scalar(1.0).broadcast_to({Index{1} << 40, 1});
  const Array high = Array::scalar(1.0).broadcast_to({Index{1} << 40});
  EXPECT_THROW(add(wide, high), ShapeError);
  EXPECT_THROW(add(wide, 1.0), std::bad_alloc);
}

TEST(Call, ZeroDimensionalInputsGiveZeroDimensions) {
  const Array result = add(Array::scalar(2.0), Array::scalar(3.0));
  EXPECT_EQ(result.ndim(), 0u);
  EXPECT_EQ(result.item<double>(), 5.0);
  EXPECT_EQ(negative(Array::scalar(std::int8_t{5})).item<int>(), -5);
  EXPECT_EQ(add(2, 3).ndim(), 0u);
  EXPECT_EQ(add(2, 3).dtype(), kInt64);
  EXPECT_EQ(add(2, 3.5).item<double>(), 5.5);
}

TEST(Call, EmptyInputsGiveEmptyResultsOfTheRightType) {
  for (const Ufunc* ufunc : Ufunc::all()) {
    if (!ufunc->signature().empty()) continue;
    for (const std::vector<DType>& types : ufunc->loops()) {
      std::vector<Array> arrays;
      for (std::size_t i = 0; i < ufunc->inputs(); ++i) arrays.push_back(empty({0, 3}, types[i]));
      const std::vector<Operand> inputs(arrays.begin(), arrays.end());
      const Array result = ufunc->call(inputs);
      EXPECT_EQ(ShapeOf(result), (Shape{0, 3})) << ufunc->name();
      EXPECT_EQ(result.dtype(), types[ufunc->inputs()]);
    }
  }
}

TEST(Call, NeedsTheRightNumberOfInputs) {
  const Array array = zeros({2});
  EXPECT_EQ(MessageOf<TypeError>([&] { ufuncs::add().call({array}); }),
            "add() takes 2 inputs but 1 were given");
  EXPECT_THROW(ufuncs::add().call({array, array, array}), TypeError);
  EXPECT_THROW(ufuncs::add().call({}), TypeError);
  EXPECT_THROW(ufuncs::add().call({array, array, array, array, array, array, array, array, array}),
               TypeError);
}

TEST(Call, NamesWhatWouldBeAccepted) {
  EXPECT_EQ(
      MessageOf<TypeError>([] { bitwise_and(zeros({2}), zeros({2})); }),
      "ufunc 'bitwise_and' not supported for the input types (float64, float64), and the inputs "
      "could not be safely coerced to any supported types (bool, int8, int16, int32, int64, "
      "uint8, uint16, uint32, uint64)");
  const Array truth = Array::from_values({true});
  EXPECT_NE(MessageOf<TypeError>([&] { subtract(truth, truth); }).find("bool"), std::string::npos);
}

// ---- out= ---------------------------------------------------------------------------------------

TEST(Out, ReceivesTheResult) {
  Array out = zeros({2, 3});
  const Array result = add(Iota<double>({2, 3}), 1.0, {.out = &out});
  EXPECT_EQ(result.data(), out.data());
  EXPECT_EQ(Values<double>(out), (std::vector<double>{1, 2, 3, 4, 5, 6}));
}

TEST(Out, IsFilledByBroadcasting) {
  Array out = zeros({2, 3});
  add(Iota<double>({3}), 1.0, {.out = &out});
  EXPECT_EQ(Values<double>(out), (std::vector<double>{1, 2, 3, 1, 2, 3}));
  add(Iota<double>({1, 3}), Iota<double>({1}), {.out = &out});
  EXPECT_EQ(Values<double>(out), (std::vector<double>{0, 1, 2, 0, 1, 2}));
  Array none = zeros({0, 3});
  EXPECT_EQ(add(Iota<double>({3}), 1.0, {.out = &none}).size(), 0);
}

TEST(Out, MayNotBeBroadcastItself) {
  Array out = zeros({3});
  EXPECT_EQ(
      MessageOf<ShapeError>([&] {
        add(zeros({2, 3}), 1.0, {.out = &out});
      }),
      "add: non-broadcastable output operand with shape (3,) doesn't match the broadcast shape "
      "(2, 3)");
  Array unit = zeros({2, 1});
  EXPECT_THROW(add(zeros({2, 3}), 1.0, {.out = &unit}), ShapeError);
  Array other = zeros({4});
  EXPECT_THROW(add(zeros({3}), 1.0, {.out = &other}), ShapeError);
  Array none = zeros({0});
  EXPECT_THROW(add(zeros({3}), 1.0, {.out = &none}), ShapeError);
}

TEST(Out, OfEveryDTypeAndLayoutIsConverted) {
  const ErrorStateScope quiet(Ignoring());
  Random random(4);
  const Array a({4, 5}, DType::of<std::int16_t>());
  const Array b({4, 5}, DType::of<std::int16_t>());
  FillRandom(random, a);
  FillRandom(random, b);
  const Array plain = add(a, b);
  for (DType dtype : AllDTypes()) {
    for (const Layout& layout : kLayouts) {
      const Placed placed(layout, a.shape(), dtype);
      Array out = placed.array();
      add(a, b, {.out = &out, .casting = CastingLevel::unsafe});
      ASSERT_TRUE(SameElements(out, plain.astype(dtype))) << dtype.name() << ", " << layout.name;
      ASSERT_TRUE(placed.Untouched()) << layout.name;
    }
  }
}

TEST(Out, OfANarrowerKindNeedsPermission) {
  Array out = full({2}, 9.0, kInt64);
  EXPECT_EQ(
      MessageOf<CastError>([&] { add(ones({2}), 1.5, {.out = &out}); }),
      "Cannot cast ufunc 'add' output from dtype('float64') to dtype('int64') with casting rule "
      "'same_kind'");
  EXPECT_EQ(Values<int>(out), (std::vector<int>{9, 9})) << "nothing is written";
  add(ones({2}), 1.5, {.out = &out, .casting = CastingLevel::unsafe});
  EXPECT_EQ(Values<int>(out), (std::vector<int>{2, 2}));
  Array narrow = zeros({2}, kFloat32);
  add(ones({2}), 1.5, {.out = &narrow});
  EXPECT_EQ(Values<float>(narrow), (std::vector<float>{2.5f, 2.5f}));
  EXPECT_THROW(add(ones({2}), 1.5, {.out = &narrow, .casting = CastingLevel::safe}), CastError);
}

TEST(Out, ReportsConditionsOfItsOwnCast) {
  ReportedFlags reported;
  Array out = zeros({2}, kFloat32);
  add(full({2}, 1e300), 0.0, {.out = &out});
  EXPECT_EQ(reported.Take(), 2);
  EXPECT_EQ(Values<float>(out)[0], std::numeric_limits<float>::infinity());
}

TEST(Out, GivenTwiceIsRefused) {
  Array out = zeros({2});
  Array* const outs[] = {&out};
  EXPECT_THROW(add(ones({2}), 1.0, {.out = &out, .outs = outs}), ValueError);
  add(ones({2}), 1.0, {.outs = outs});
  EXPECT_EQ(Values<double>(out), (std::vector<double>{2, 2}));
  Array* const two[] = {&out, &out};
  EXPECT_THROW(add(ones({2}), 1.0, {.outs = two}), ValueError);
  Array* const absent[] = {nullptr};
  EXPECT_EQ(Values<double>(add(ones({2}), 1.0, {.outs = absent})), (std::vector<double>{2, 2}));
}

// ---- where= -------------------------------------------------------------------------------------

TEST(Where, LeavesOtherElementsAlone) {
  Array out = full({4}, 9.0);
  const Array mask = Array::from_values({true, false, true, false});
  add(Iota<double>({4}), 1.0, {.out = &out, .where = &mask});
  EXPECT_EQ(Values<double>(out), (std::vector<double>{1, 9, 3, 9}));
  const Array made = add(Iota<double>({4}), 1.0, {.where = &mask});
  EXPECT_EQ(Values<double>(made), (std::vector<double>{1, 0, 3, 0})) << "no value to keep: zero";
}

TEST(Where, BroadcastsBothWays) {
  const Array column = Array::from_values({true, false}).reshape({2, 1});
  Array out = full({2, 3}, 9.0);
  add(Iota<double>({3}), 1.0, {.out = &out, .where = &column});
  EXPECT_EQ(Values<double>(out), (std::vector<double>{1, 2, 3, 9, 9, 9}));
  EXPECT_EQ(ShapeOf(add(Iota<double>({3}), 1.0, {.where = &column})), (Shape{2, 3}))
      << "the mask's shape takes part";
  const Array no = Array::scalar(false);
  add(100.0, 1.0, {.out = &out, .where = &no});
  EXPECT_EQ(Values<double>(out), (std::vector<double>{1, 2, 3, 9, 9, 9}));
  const Array wrong = Array::from_values({true, false});
  EXPECT_THROW(add(Iota<double>({3}), 1.0, {.where = &wrong}), ShapeError);
}

TEST(Where, NeedsTruthValues) {
  const Array mask = Array::from_values({1, 0, 1});
  EXPECT_EQ(MessageOf<CastError>([&] { add(zeros({3}), 1.0, {.where = &mask}); }),
            "add: cannot cast where= from dtype('int32') to dtype('bool') according to the rule "
            "'safe'");
}

// Divisions by zero at every masked-out position, in every layout and for every density of the
// mask.
TEST(Where, MaskedOutElementsRaiseNothingAndStay) {
  Random random(5);
  for (Index n : {1, 7, 64, 1000, 5000}) {
    for (int density : {0, 1, 50, 99, 100}) {
      const Array mask({n}, DType::of<bool>());
      const Array divisors({n}, kFloat64);
      for (Index i = 0; i < n; ++i) {
        const bool selected = RandomIndex(random, 0, 99) < density;
        mask(i).assign(Array::scalar(selected));
        divisors(i).assign(Array::scalar(selected ? 2.0 : 0.0));
      }
      for (const Layout& layout : kLayouts) {
        const Placed dividend = Relaid(Iota<double>({n}), layout);
        const Placed placed_mask = Relaid(mask, layout);
        const Placed target = Relaid(full({n}, -1.0), layout);
        Array out = target.array();
        ReportedFlags reported;
        divide(dividend.array(), divisors, {.out = &out, .where = &placed_mask.array()});
        ASSERT_EQ(reported.Take(), 0) << layout.name << ' ' << n << ' ' << density;
        for (Index i = 0; i < n; ++i) {
          const double expected = mask(i).item<bool>() ? static_cast<double>(i) / 2.0 : -1.0;
          ASSERT_EQ(out(i).item<double>(), expected) << layout.name << ' ' << i;
        }
        ASSERT_TRUE(target.Untouched());
      }
    }
  }
}

TEST(Where, MaskedOutElementsAreNotCastEither) {
  const Array values = Array::from_values({1.0, kNan, 3.0, 1e300});
  const Array mask = Array::from_values({true, false, true, false});
  ReportedFlags reported;
  Array out = full({4}, 7.0, kInt64);
  add(values, 0.0, {.out = &out, .where = &mask, .casting = CastingLevel::unsafe});
  EXPECT_EQ(reported.Take(), 0);
  EXPECT_EQ(Values<int>(out), (std::vector<int>{1, 7, 3, 7}));
  const std::vector<std::optional<DType>> floats(3, kFloat32);
  Array narrow = full({4}, 7.0, kFloat32);
  add(values, 0.0, {.out = &narrow, .where = &mask, .signature = floats});
  EXPECT_EQ(reported.Take(), 0) << "nor converted on the way in";
  EXPECT_EQ(Values<float>(narrow), (std::vector<float>{1, 7, 3, 7}));
}

TEST(Where, SelectedElementsDoRaise) {
  const Array mask = Array::from_values({true, false, true, false});
  ReportedFlags reported;
  divide(ones({4}), Array::from_values({1.0, 0.0, 0.0, 0.0}), {.where = &mask});
  EXPECT_EQ(reported.Take(), 1);
}

// ---- dtype=, signature=, casting= ---------------------------------------------------------------

TEST(DTypeOption, ChoosesTheLoop) {
  const Array narrow = add(Array::from_values({1, 2}), 1, {.dtype = kFloat32});
  EXPECT_EQ(narrow.dtype(), kFloat32);
  EXPECT_EQ(exp(Array::from_values({1, 2}), {.dtype = kFloat32}).dtype(), kFloat32);
  const Array bytes = Array::from_values({std::uint8_t{200}});
  EXPECT_EQ(add(bytes, bytes, {.dtype = DType::of<std::uint16_t>()}).item<int>(), 400);
  EXPECT_EQ(
      MessageOf<CastError>(
          [] { add(Array::from_values({1.0}), Array::from_values({2.5}), {.dtype = kInt64}); }),
      "Cannot cast ufunc 'add' input 0 from dtype('float64') to dtype('int64') with casting rule "
      "'same_kind'");
  EXPECT_EQ(add(Array::from_values({1.0}), Array::from_values({2.5}),
                {.dtype = kInt64, .casting = CastingLevel::unsafe})
                .item<int>(),
            3);
  EXPECT_EQ(MessageOf<TypeError>([] { less(zeros({2}), 1.0, {.dtype = kFloat64}); }),
            "No loop matching the specified signature and casting was found for ufunc less");
  EXPECT_EQ(less(zeros({2}), 1.0, {.dtype = DType::of<bool>()}).dtype(), DType::of<bool>());
}

TEST(DTypeOption, GoesWithOut) {
  Array out = zeros({2});
  const Array thirds = Array::from_values({1.0, 2.0});
  divide(thirds, Array::from_values({3.0, 3.0}), {.out = &out, .dtype = kFloat32});
  EXPECT_EQ(Values<double>(out)[0], static_cast<double>(1.0f / 3.0f)) << "computed in float32";
}

TEST(Signature, FixesOperandsOneByOne) {
  const std::vector<std::optional<DType>> first{kFloat32, std::nullopt, std::nullopt};
  const Array narrow = ones({2}, DType::of<std::int16_t>());
  EXPECT_EQ(less(narrow, narrow, {.signature = first}).dtype(), DType::of<bool>());
  EXPECT_EQ(add(narrow, narrow, {.signature = first}).dtype(), kFloat32);
  EXPECT_EQ(add(zeros({2}), 1.5, {.signature = first}).dtype(), kFloat32) << "numbers are weak";
  EXPECT_THROW(add(zeros({2}), zeros({2}), {.signature = first}), TypeError)
      << "float32 and float64 are added as float64";
  const std::vector<std::optional<DType>> result{std::nullopt, std::nullopt, kFloat32};
  EXPECT_EQ(add(Array::from_values({1.0}), 1.0, {.signature = result}).dtype(), kFloat32);
  const std::vector<std::optional<DType>> free(3);
  EXPECT_EQ(add(Array::from_values({1.0}), 1.0, {.signature = free}).dtype(), kFloat64);
}

TEST(Signature, IsChecked) {
  const Array array = zeros({2});
  const std::vector<std::optional<DType>> two(2);
  EXPECT_EQ(MessageOf<ValueError>([&] { add(array, array, {.signature = two}); }),
            "add: signature names 2 dtypes; the ufunc has 3 operands");
  const std::vector<std::optional<DType>> three(3, kFloat64);
  EXPECT_EQ(
      MessageOf<ValueError>([&] { add(array, array, {.dtype = kFloat64, .signature = three}); }),
      "add: give dtype or signature, not both");
  const std::vector<std::optional<DType>> mixed{kFloat64, kFloat32, std::nullopt};
  EXPECT_THROW(add(array, array, {.signature = mixed}), TypeError);
}

TEST(CastingOption, AppliesToInputs) {
  const Array whole = Array::from_values({1, 2});
  EXPECT_NO_THROW(sqrt(whole));
  EXPECT_THROW(sqrt(whole, {.casting = CastingLevel::equiv}), CastError);
  EXPECT_NO_THROW(add(whole, whole, {.casting = CastingLevel::no}));
  const Array swapped = whole.astype(whole.dtype().with_byte_order(true));
  EXPECT_NO_THROW(add(swapped, swapped, {.casting = CastingLevel::equiv}));
}

// ---- order= -------------------------------------------------------------------------------------

TEST(OrderOption, LaysOutTheResult) {
  const Array rows = Iota<double>({3, 4});
  const Array columns = rows.copy(Order::F);
  EXPECT_TRUE(add(columns, columns, {.order = Order::C}).c_contiguous());
  EXPECT_TRUE(add(rows, rows, {.order = Order::F}).f_contiguous());
  EXPECT_TRUE(add(rows, rows, {.order = Order::K}).c_contiguous());
  EXPECT_TRUE(add(columns, columns, {.order = Order::K}).f_contiguous());
  EXPECT_TRUE(add(columns, 1.0).f_contiguous());
  EXPECT_TRUE(add(columns, columns, {.order = Order::A}).f_contiguous());
  EXPECT_TRUE(add(rows, columns, {.order = Order::A}).c_contiguous());
  const Array turned = Iota<double>({2, 3, 4}).transpose({1, 2, 0});
  const Array result = negative(turned);
  EXPECT_EQ(ShapeOf(result), ShapeOf(turned));
  EXPECT_TRUE(result.transpose({2, 0, 1}).c_contiguous()) << "K keeps the order of the axes";
  EXPECT_TRUE(negative(turned(Slice{{}, {}, -1})).transpose({2, 0, 1}).c_contiguous())
      << "but not their direction";
}

TEST(OrderOption, DoesNotChangeElements) {
  Random random(6);
  const Array a({3, 4, 5}, kFloat64);
  FillRandom(random, a);
  const Array expected = add(a, 1.0);
  for (const Layout& layout : kLayouts) {
    const Placed placed = Relaid(a, layout);
    for (Order order : {Order::C, Order::F, Order::A, Order::K}) {
      ASSERT_TRUE(SameElements(add(placed.array(), 1.0, {.order = order}), expected))
          << layout.name;
    }
  }
}

// ---- Flags of the spec --------------------------------------------------------------------------

TEST(Flags, AreThoseOfTheSpecAndNoOthers) {
  ReportedFlags reported;
  const auto flags = [&](const Array& result) {
    (void)result;
    return reported.Take();
  };
  const Array lowest = Array::from_values({std::numeric_limits<std::int8_t>::min()});
  const Array minus = Array::from_values({std::int8_t{-1}});
  EXPECT_EQ(flags(add(lowest, minus)), 0) << "integers wrap silently";
  EXPECT_EQ(flags(floor_divide(lowest, minus)), 2);
  EXPECT_EQ(flags(floor_divide(lowest, 0)), 1);
  EXPECT_EQ(flags(remainder(lowest, 0)), 1);
  EXPECT_EQ(flags(less(Array::from_values({kNan}), 1.0)), 0) << "comparisons are quiet";
  EXPECT_EQ(flags(maximum(Array::from_values({kNan}), 1.0)), 0);
  EXPECT_EQ(flags(sqrt(Array::from_values({-1.0}))), 8);
  EXPECT_EQ(flags(exp(Array::from_values({1000.0}))), 2);
  EXPECT_EQ(flags(exp(Array::from_values({-kInf}))), 0);
  EXPECT_EQ(flags(multiply(Array::from_values({kInf}), 0.0)), 8);
  EXPECT_EQ(flags(isnan(Array::from_values({kNan}))), 0);
}

// Spare lanes of the last vector raise nothing, whatever the length.
TEST(Flags, PaddingRaisesNothing) {
  ReportedFlags reported;
  for (Index n = 1; n <= 200; ++n) {
    divide(ones({n}), full({n}, 2.0));
    divide(ones({n}, kFloat32), full({n}, 2.0, kFloat32));
    floor_divide(ones({n}, DType::of<std::int8_t>()), full({n}, 2.0, DType::of<std::int8_t>()));
    sqrt(ones({n}));
    exp(ones({n}, kFloat32));
    ASSERT_EQ(reported.Take(), 0) << n;
  }
}

// ---- Refused values -----------------------------------------------------------------------------

// Many exponents, of which only one, near the end, is negative.
Array BadExponents() {
  const Array exponents = full({100000}, 2, kInt64);
  exponents(99990).assign(Array::scalar(std::int64_t{-1}));
  return exponents;
}

TEST(Refusal, SaysWhy) {
  EXPECT_EQ(MessageOf<ValueError>([] { power(Iota<std::int64_t>({3}), -1); }),
            "power: integers to negative integer powers are not allowed");
  EXPECT_EQ(MessageOf<ValueError>([] { power(Iota<std::int64_t>({100000}), BadExponents()); }),
            "power: integers to negative integer powers are not allowed");
}

TEST(Refusal, LeavesTheOutputAsItWas) {
  Array out = Iota<std::int64_t>({100000});
  const Array before = out.copy();
  EXPECT_THROW(power(out, BadExponents(), {.out = &out}), ValueError);
  EXPECT_EQ(Values<std::int64_t>(out), Values<std::int64_t>(before));
  Array narrow = Iota<std::int32_t>({100000});
  EXPECT_THROW(power(before, BadExponents(), {.out = &narrow}), ValueError);
  EXPECT_EQ(Values<std::int64_t>(narrow), Values<std::int64_t>(before));
}

TEST(Refusal, MaskedOutElementsAreNotAsked) {
  Array out = Iota<std::int64_t>({100000});
  const Array exponents = BadExponents();
  const Array mask = greater_equal(exponents, 0);
  power(out, exponents, {.out = &out, .where = &mask});
  EXPECT_EQ(out(99990).item<std::int64_t>(), 99990) << "left out";
  EXPECT_EQ(out(99989).item<std::int64_t>(), std::int64_t{99989} * 99989);
}

TEST(Refusal, EndsReductionsAndAtBeforeTheyWrite) {
  const Ufunc& ufunc = Ufunc::find("power");
  Array out = Array::scalar(std::int64_t{7});
  const Array chain = Array::from_values({std::int64_t{2}, std::int64_t{3}, std::int64_t{-1}});
  EXPECT_THROW(ufunc.reduce(chain, {.out = &out}), ValueError);
  EXPECT_EQ(out.item<std::int64_t>(), 7);
  Array running = Iota<std::int64_t>({3});
  EXPECT_THROW(ufunc.accumulate(chain, {.out = &running}), ValueError);
  EXPECT_EQ(Values<std::int64_t>(running), (std::vector<std::int64_t>{0, 1, 2}));
  const Array bases = Array::from_values({std::int64_t{2}, std::int64_t{3}, std::int64_t{4}});
  const Operand exponents(chain);
  EXPECT_THROW(ufunc.at(bases, Iota<std::int64_t>({3}), &exponents), ValueError);
  EXPECT_EQ(Values<std::int64_t>(bases), (std::vector<std::int64_t>{2, 3, 4}));
  const Operand squares(2);
  ufunc.at(bases, Iota<std::int64_t>({2}), &squares);
  EXPECT_EQ(Values<std::int64_t>(bases), (std::vector<std::int64_t>{4, 9, 4}));
}

// ---- Parameters ---------------------------------------------------------------------------------

TEST(Parameters, TakeTheDTypeOfTheLoop) {
  const Array narrow = Array::from_values({-2.0f, 3.0f});
  const Array slope = Array::from_values({0.5, 0.25});
  const Array activated = leaky_relu(narrow, slope);
  EXPECT_EQ(activated.dtype(), kFloat32);
  EXPECT_EQ(Values<float>(activated), (std::vector<float>{-1.0f, 3.0f}));
  EXPECT_EQ(leaky_relu(narrow, 0.5).dtype(), kFloat32);
  EXPECT_THROW(leaky_relu(narrow, slope, {.casting = CastingLevel::safe}), CastError);
}

TEST(Parameters, TakeNoPartInReductions) {
  const Ufunc& ufunc = Ufunc::find("leaky_relu");
  EXPECT_THROW(ufunc.reduce(Iota<double>({3}), {.dtype = kFloat64}), ValueError);
  EXPECT_THROW(ufunc.accumulate(Iota<double>({3}), {.dtype = kFloat64}), ValueError);
}

// ---- Weak numbers of another kind ---------------------------------------------------------------

TEST(WeakNumbers, MayBeOfAnotherKindThanTheArray) {
  const Array scaled = ldexp(Array::from_values({0.75f, 1.0f}), 4);
  EXPECT_EQ(scaled.dtype(), kFloat32);
  EXPECT_EQ(Values<float>(scaled), (std::vector<float>{12.0f, 16.0f}));
  EXPECT_THROW(ldexp(Array::from_values({0.75f}), 1.5), TypeError);
}

}  // namespace
}  // namespace quern
