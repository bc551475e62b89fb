// copy, astype and assign: every layout, dtype and byte order, with and without overlap.
#include "arrays.h"

namespace quern {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Each element converted by itself, from a contiguous array of one.
Array ConvertedOneByOne(const Array& source, DType dtype) {
  const Array result(source.shape(), dtype.native());
  ForEachPosition(source.shape(), [&](const Shape& position) {
    const Array one({1}, source.dtype().native());
    WriteElement(one.data(), one.dtype(), ElementAt(source, position));
    const Array converted = one.astype(dtype.native());
    WriteElement(AddressAt(result, position), dtype.native(), ElementAt(converted, {0}));
  });
  return result;
}

TEST(Copy, KeepsElementsInEveryLayoutAndOrder) {
  Random random(1);
  for (DType dtype : AllDTypes()) {
    const Array source({3, 4, 5}, dtype);
    FillRandom(random, source);
    for (const Layout& layout : kLayouts) {
      SCOPED_TRACE(std::string(dtype.name()) + ", " + layout.name);
      const Placed placed = Relaid(source, layout);
      for (Order order : {Order::C, Order::F, Order::A, Order::K}) {
        const Array copied = placed.array().copy(order);
        ASSERT_TRUE(SameElements(copied, source));
        ASSERT_EQ(copied.dtype(), placed.array().dtype()) << "the byte order is kept";
        ASSERT_TRUE(copied.c_contiguous() || copied.f_contiguous());
      }
      ASSERT_TRUE(placed.Untouched());
    }
  }
}

TEST(Copy, OrdersTheResult) {
  const Array rows = Iota<double>({2, 3, 4});
  const Array columns = rows.copy(Order::F);
  EXPECT_TRUE(columns.f_contiguous());
  EXPECT_TRUE(columns.copy(Order::C).c_contiguous());
  EXPECT_TRUE(columns.copy(Order::K).f_contiguous());
  EXPECT_TRUE(columns.copy(Order::A).f_contiguous());
  EXPECT_TRUE(rows.copy(Order::A).c_contiguous());
  const Array turned = rows.transpose({1, 0, 2}).copy(Order::K);
  EXPECT_EQ(Shape(turned.strides().begin(), turned.strides().end()), (Shape{32, 96, 8}))
      << "axes stay in memory as they were";
  const Array backwards = rows(Slice{{}, {}, -1}).copy(Order::K);
  EXPECT_TRUE(backwards.c_contiguous());
}

TEST(AsType, ConvertsBetweenAllLayouts) {
  const ErrorStateScope quiet(Ignoring());
  Random random(2);
  for (DType from : AllDTypes()) {
    const Array source({5, 7}, from);
    FillRandom(random, source);
    for (DType to : AllDTypes()) {
      const Array expected = ConvertedOneByOne(source, to);
      for (const Layout& in : kLayouts) {
        const Placed placed = Relaid(source, in);
        ASSERT_TRUE(SameElements(placed.array().astype(to), expected))
            << from.name() << " to " << to.name() << ", " << in.name;
        for (const Layout& out : kLayouts) {
          const Placed target(out, source.shape(), to);
          target.array().assign(placed.array(), CastingLevel::unsafe);
          ASSERT_TRUE(SameElements(target.array(), expected))
              << from.name() << " to " << to.name() << ", " << in.name << " into " << out.name;
          ASSERT_TRUE(target.Untouched()) << in.name << " into " << out.name;
        }
      }
    }
  }
}

// Longer than tiles and threads' grains, in shapes that cut them unevenly.
TEST(AsType, ConvertsBeyondATile) {
  const ErrorStateScope quiet(Ignoring());
  Random random(3);
  const std::vector<Shape> shapes{{70001}, {3, 4999}, {4999, 3}, {17, 19, 23}, {2, 1, 40, 1, 90}};
  for (const Shape& shape : shapes) {
    const Array source(shape, DType::of<float>());
    FillRandom(random, source);
    const Array expected = ConvertedOneByOne(source, DType::of<std::int64_t>());
    for (const Layout& in : kLayouts) {
      const Placed placed = Relaid(source, in);
      const Layout& out = kLayouts[static_cast<std::size_t>(RandomIndex(random, 0, 9))];
      const Placed target(out, shape, DType::of<std::int64_t>());
      target.array().assign(placed.array(), CastingLevel::unsafe);
      ASSERT_TRUE(SameElements(target.array(), expected)) << in.name << " into " << out.name;
      ASSERT_TRUE(target.Untouched()) << out.name;
    }
  }
}

TEST(AsType, HonoursTheCastingLevel) {
  const Array array = Array::from_values({1.5, 2.5});
  EXPECT_EQ(
      MessageOf<CastError>(
          [&] { array.astype(DType::of<std::int32_t>(), CastingLevel::same_kind); }),
      "astype: cannot cast array from dtype('float64') to dtype('int32') according to the rule "
      "'same_kind'");
  EXPECT_NO_THROW(array.astype(DType::of<float>(), CastingLevel::same_kind));
  EXPECT_THROW(array.astype(DType::of<float>(), CastingLevel::safe), CastError);
  EXPECT_THROW(array.astype(DType::parse(">f8"), CastingLevel::no), CastError);
  EXPECT_EQ(Values<double>(array.astype(DType::parse(">f8"), CastingLevel::equiv)),
            (std::vector<double>{1.5, 2.5}));
}

TEST(AsType, ReportsWhatDoesNotFit) {
  ReportedFlags reported;
  const auto flags = [&](double value, DType dtype) {
    Array::scalar(value).astype(dtype);
    return reported.Take();
  };
  const DType int8 = DType::of<std::int8_t>();
  const DType uint8 = DType::of<std::uint8_t>();
  const DType float32 = DType::of<float>();
  EXPECT_EQ(flags(127.9, int8), 0);
  EXPECT_EQ(flags(128.0, int8), 8);
  EXPECT_EQ(flags(-128.9, int8), 0);
  EXPECT_EQ(flags(-129.0, int8), 8);
  EXPECT_EQ(flags(-0.9, uint8), 0);
  EXPECT_EQ(flags(-1.0, uint8), 8);
  EXPECT_EQ(flags(kNan, DType::of<std::int64_t>()), 8);
  EXPECT_EQ(flags(0x1p63, DType::of<std::int64_t>()), 8);
  EXPECT_EQ(flags(-0x1p63, DType::of<std::int64_t>()), 0);
  EXPECT_EQ(flags(1e300, float32), 2);
  EXPECT_EQ(flags(1e-300, float32), 4);
  EXPECT_EQ(flags(kInf, float32), 0);
  EXPECT_EQ(flags(kNan, DType::of<bool>()), 0);
  EXPECT_EQ(flags(0.1, float32), 0);
}

TEST(AsType, SaturatesWhatDoesNotFit) {
  const ErrorStateScope quiet(Ignoring());
  const Array array = Array::from_values({1e300, -1e300, kInf, -kInf, kNan, -1.0});
  EXPECT_EQ(Values<std::int16_t>(array),
            (std::vector<std::int16_t>{32767, -32768, 32767, -32768, 0, -1}));
  EXPECT_EQ(Values<std::uint64_t>(array), (std::vector<std::uint64_t>{~0ull, 0, ~0ull, 0, 0, 0}));
}

// Powers of two and their neighbours of either sign, halves, and what is no number.
std::vector<double> BoundaryReals() {
  std::vector<double> values{0.0, -0.0, 0.5,  -0.5,  0.99, -0.99,
                             1.5, -1.5, kInf, -kInf, kNan, 1e300};
  for (int exponent : {7, 8, 15, 16, 24, 31, 32, 51, 52, 53, 62, 63, 64, 65}) {
    const double power = std::ldexp(1.0, exponent);
    for (double value : {power, power - 1.0, power + 1.0, std::nextafter(power, 0.0),
                         std::nextafter(power, kInf), power - 0.5, power * 0.75}) {
      values.push_back(value);
      values.push_back(-value);
    }
  }
  return values;
}

// Truncated towards zero and saturated; NaN is 0.
template <class To>
To Saturated(double value) {
  constexpr double kEnd = 2.0 * static_cast<double>(To{1} << (std::numeric_limits<To>::digits - 1));
  if (std::isnan(value)) return 0;
  const double whole = std::trunc(value);
  if (whole >= kEnd) return std::numeric_limits<To>::max();
  if (whole < static_cast<double>(std::numeric_limits<To>::min())) {
    return std::numeric_limits<To>::min();
  }
  return static_cast<To>(whole);
}

// Checks conversions together, when neighbours differ, and each in a vector of its own.
template <class From, class To, class Expected>
void ExpectConverted(const std::vector<From>& values, const Expected& expected) {
  const Array all = Array::from_values(std::span<const From>(values));
  const std::vector<To> together = Values<To>(all.astype(DType::of<To>()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const To wanted = expected(values[i]);
    const Array alone = all(Slice{static_cast<Index>(i), static_cast<Index>(i) + 1, {}});
    const std::vector<To> repeated =
        Values<To>(alone.broadcast_to({19}).copy().astype(DType::of<To>()));
    const auto same = [&](To found) {
      return std::memcmp(&found, &wanted, sizeof wanted) == 0;
    };
    EXPECT_TRUE(same(together[i]) && std::ranges::all_of(repeated, same))
        << current_target() << ": " << values[i] << " from " << DType::of<From>().name() << " to "
        << DType::of<To>().name() << " is " << together[i] << " or " << repeated.front() << ", not "
        << wanted;
  }
}

template <class To>
void ExpectSaturatingCasts() {
  const std::vector<double> reals = BoundaryReals();
  ExpectConverted<double, To>(reals, Saturated<To>);
  std::vector<float> singles;
  for (double value : reals) singles.push_back(static_cast<float>(value));
  ExpectConverted<float, To>(singles,
                             [](float value) { return Saturated<To>(static_cast<double>(value)); });
}

// C++ rounds integers to nearest, too.
template <class From>
void ExpectRoundedCasts() {
  std::vector<From> values;
  for (int bit = 0; bit < std::numeric_limits<From>::digits; ++bit) {
    const From power = static_cast<From>(From{1} << bit);
    for (From value : {power, static_cast<From>(power - 1), static_cast<From>(power + 1),
                       static_cast<From>(power + power / 2 + 1)}) {
      values.push_back(value);
      values.push_back(static_cast<From>(~value));
    }
  }
  ExpectConverted<From, double>(values, [](From value) { return static_cast<double>(value); });
  ExpectConverted<From, float>(values, [](From value) { return static_cast<float>(value); });
}

TEST(AsType, BoundariesOnEveryTarget) {
  const ErrorStateScope quiet(Ignoring());
  for (std::string_view target : supported_targets()) {
    set_target(target);
    ExpectSaturatingCasts<std::int8_t>();
    ExpectSaturatingCasts<std::int16_t>();
    ExpectSaturatingCasts<std::int32_t>();
    ExpectSaturatingCasts<std::int64_t>();
    ExpectSaturatingCasts<std::uint8_t>();
    ExpectSaturatingCasts<std::uint16_t>();
    ExpectSaturatingCasts<std::uint32_t>();
    ExpectSaturatingCasts<std::uint64_t>();
    ExpectRoundedCasts<std::int8_t>();
    ExpectRoundedCasts<std::int16_t>();
    ExpectRoundedCasts<std::int32_t>();
    ExpectRoundedCasts<std::int64_t>();
    ExpectRoundedCasts<std::uint8_t>();
    ExpectRoundedCasts<std::uint16_t>();
    ExpectRoundedCasts<std::uint32_t>();
    ExpectRoundedCasts<std::uint64_t>();
    ExpectConverted<double, float>(BoundaryReals(), [](double v) { return static_cast<float>(v); });
  }
  set_target(supported_targets().front());
}

TEST(Assign, Broadcasts) {
  const Array target = zeros({2, 3});
  target.assign(Array::from_values({1.0, 2.0, 3.0}));
  EXPECT_EQ(Values<double>(target), (std::vector<double>{1, 2, 3, 1, 2, 3}));
  target.assign(Array::from_values({7, 8}).reshape({2, 1}));
  EXPECT_EQ(Values<double>(target), (std::vector<double>{7, 7, 7, 8, 8, 8}));
  target.assign(Array::scalar(5));
  EXPECT_EQ(Values<double>(target), (std::vector<double>(6, 5.0)));
  EXPECT_THROW(target.assign(zeros({2})), ShapeError);
  EXPECT_THROW(target.assign(zeros({1, 2, 3})), ShapeError) << "a further axis, even of extent 1";
  zeros({0, 3}).assign(Array::scalar(1.0));
  zeros({0}).assign(zeros({1}));
  EXPECT_THROW(zeros({1}).assign(zeros({0})), ShapeError);
}

TEST(Assign, ChecksBeforeItWrites) {
  const Array target = full({3}, 9.0, DType::of<std::int32_t>());
  EXPECT_EQ(
      MessageOf<CastError>([&] {
        target.assign(Array::from_values({1.5, 2.5, 3.5}));
      }),
      "assign: cannot cast array from dtype('float64') to dtype('int32') according to the rule "
      "'same_kind'");
  EXPECT_THROW(target.assign(zeros({4}, DType::of<std::int32_t>())), ShapeError);
  EXPECT_EQ(MessageOf<ReadOnlyError>([&] { target.readonly().assign(target); }),
            "assign: destination array is read-only");
  EXPECT_EQ(Values<int>(target), (std::vector<int>{9, 9, 9}));
}

// Every pair of windows, forwards and backwards, into one buffer: as if the source were copied
// first.
TEST(Assign, OverlappingWindows) {
  for (Index n : {1, 2, 5, 300, 3000}) {
    const Index room = n + 4;
    for (Index from : {0, 1, 4}) {
      for (Index to : {0, 1, 3}) {
        for (Index from_step : {1, -1}) {
          for (Index to_step : {1, -1}) {
            const Array buffer = Iota<std::int64_t>({room});
            const Array source = buffer(Slice{from, from + n})(Slice{{}, {}, from_step});
            const Array target = buffer(Slice{to, to + n})(Slice{{}, {}, to_step});
            const Array expected = source.copy();
            target.assign(source);
            ASSERT_TRUE(SameElements(target, expected)) << n << ' ' << from << ' ' << to;
          }
        }
      }
    }
  }
}

TEST(Assign, OverlappingTransposesAndDTypes) {
  const Array square = Iota<std::int64_t>({40, 40});
  const Array expected = square.transpose().copy();
  square.assign(square.transpose());
  EXPECT_TRUE(SameElements(square, expected));
  // Narrower elements over the wider ones they come from.
  const Array buffer = Iota<std::int32_t>({1000});
  const Index shape[] = {1000};
  const Index strides[] = {2};
  const Array narrow = Array::from_memory(buffer.data() + 1, DType::of<std::int16_t>(), shape,
                                          strides, true, [buffer] {});
  const Array converted = buffer.astype(DType::of<std::int16_t>());
  narrow.assign(buffer);
  EXPECT_TRUE(SameElements(narrow, converted));
}

TEST(Assign, SwapsBytesInPlace) {
  const Array array = Iota<std::int32_t>({1000});
  const Array swapped = array.view_as(array.dtype().with_byte_order(true));
  const Array expected = array.copy();
  swapped.assign(array);
  EXPECT_TRUE(SameElements(swapped, expected)) << "the same bytes, read and written by element";
}

TEST(Assign, RanksUpTo64) {
  Shape shape(kMaxRank, 1);
  shape[0] = 3;
  shape[20] = 2;
  shape[63] = 5;
  const Array source = Iota<std::int64_t>({30}).reshape(shape);
  const Array target = zeros(shape, DType::of<float>());
  target.transpose().assign(source.transpose(), CastingLevel::unsafe);
  EXPECT_TRUE(SameElements(target, source.astype(DType::of<float>())));
}

}  // namespace
}  // namespace quern
