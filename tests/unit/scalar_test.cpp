// C++ numbers beside arrays: weak scalars as NumPy 2 has them (NEP 50).
#include "arrays.h"

namespace quern {
namespace {

template <class T>
Array One(T value) {
  return Array::from_values({value});
}

TEST(WeakScalar, TakesTheArraysDType) {
  const auto result = [](DType dtype, Operand scalar) {
    return std::string(add(ones({1}, dtype), scalar).dtype().name());
  };
  for (DType dtype : AllDTypes()) {
    const char kind = dtype.kind();
    const std::string name(dtype.name());
    EXPECT_EQ(result(dtype, 1), kind == 'b' ? "int64" : name);
    EXPECT_EQ(result(dtype, 1u), kind == 'b' ? "int64" : name);
    const bool inexact = kind == 'f' || kind == 'c';
    if (dtype.has_unit()) {
      EXPECT_THROW(result(dtype, 1.0), TypeError);
    } else {
      EXPECT_EQ(result(dtype, 1.0), inexact ? name : "float64");
      EXPECT_EQ(result(dtype, 1.0f), inexact ? name : "float64");
    }
    EXPECT_EQ(result(dtype, true), name) << "bool is not weak";
  }
  EXPECT_EQ(add(One(1.0f), 0.1).item<float>(), 1.0f + 0.1f);
}

TEST(WeakScalar, AloneIsInt64OrFloat64) {
  EXPECT_EQ(add(1, 2).dtype(), DType::of<std::int64_t>());
  EXPECT_EQ(add(1, 2.0).dtype(), DType::of<double>());
  EXPECT_EQ(add(1.0f, 2.0f).dtype(), DType::of<double>());
  EXPECT_EQ(add(true, true).dtype(), DType::of<bool>());
  const std::uint64_t most = ~std::uint64_t{0};
  EXPECT_EQ(add(most, most).dtype(), DType::of<std::uint64_t>());
  EXPECT_EQ(exp(1).item<double>(), exp(1.0).item<double>());
}

TEST(WeakScalar, SitsOnEitherSide) {
  EXPECT_EQ(subtract(10, One(std::int8_t{3})).item<int>(), 7);
  EXPECT_EQ(subtract(One(std::int8_t{3}), 10).item<int>(), -7);
  EXPECT_EQ(clip(One(std::int16_t{50}), 1, 20).item<int>(), 20);
  EXPECT_EQ(clip(One(std::int16_t{50}), 1, 20).dtype(), DType::of<std::int16_t>());
}

TEST(WeakScalar, OutOfRangeIntegersAreRefused) {
  const std::uint64_t most = ~std::uint64_t{0};
  EXPECT_EQ(MessageOf<OverflowError>([] { add(One(std::uint8_t{1}), 300); }),
            "add: integer 300 out of bounds for uint8");
  EXPECT_EQ(MessageOf<OverflowError>([] { add(One(std::uint8_t{1}), -1); }),
            "add: integer -1 out of bounds for uint8");
  EXPECT_EQ(MessageOf<OverflowError>([] { multiply(128, One(std::int8_t{1})); }),
            "multiply: integer 128 out of bounds for int8");
  EXPECT_EQ(MessageOf<OverflowError>([&] { add(One(std::int64_t{1}), most); }),
            "add: integer 18446744073709551615 out of bounds for int64");
  EXPECT_THROW(add(One(std::uint64_t{1}), -1), OverflowError);
  EXPECT_THROW(add(One(std::uint32_t{1}), std::int64_t{1} << 32), OverflowError);
  EXPECT_EQ(add(One(std::uint64_t{0}), most).item<std::uint64_t>(), most);
  EXPECT_EQ(add(One(std::int8_t{0}), -128).item<int>(), -128);
  EXPECT_EQ(add(One(std::uint8_t{0}), 255).item<int>(), 255);
  EXPECT_EQ(add(empty({0}, DType::of<std::uint8_t>()), 255).size(), 0);
  EXPECT_THROW(add(empty({0}, DType::of<std::uint8_t>()), 256), OverflowError)
      << "though there is no element";
}

TEST(WeakScalar, NothingIsWrittenOnRefusal) {
  Array out = full({1}, 9.0, DType::of<std::uint8_t>());
  EXPECT_THROW(add(One(std::uint8_t{1}), 300, {.out = &out}), OverflowError);
  EXPECT_EQ(out.item<int>(), 9);
}

TEST(WeakScalar, RealsOutOfRangeBecomeInfiniteAndReportIt) {
  ReportedFlags reported;
  EXPECT_EQ(add(One(1.0f), 1e300).item<float>(), std::numeric_limits<float>::infinity());
  EXPECT_EQ(reported.Take(), 2);
  EXPECT_EQ(add(One(1.0f), 1e-300).item<float>(), 1.0f);
  EXPECT_EQ(reported.Take() & ~4, 0);
  EXPECT_EQ(add(One(1.0), 1e300).item<double>(), 1e300);
  EXPECT_EQ(reported.Take(), 0);
}

// Every integer dtype's limits against integers of every size: the answer of whole numbers.
TEST(WeakScalar, ComparisonsAreExact) {
  std::vector<Wide> numbers;
  for (int bits : {0, 7, 8, 15, 16, 31, 32, 63, 64}) {
    for (int offset : {-1, 0, 1}) {
      numbers.push_back((Wide{1} << bits) + offset);
      numbers.push_back(-(Wide{1} << bits) + offset);
    }
  }
  const auto compared = [](const Array& array, Wide number) {
    const Operand scalar = number > std::numeric_limits<std::int64_t>::max()
                               ? Operand(static_cast<std::uint64_t>(number))
                               : Operand(static_cast<std::int64_t>(number));
    std::vector<bool> answers;
    for (const char* name :
         {"less", "less_equal", "equal", "not_equal", "greater", "greater_equal"}) {
      answers.push_back(Ufunc::find(name).call({array, scalar}).item<bool>());
    }
    return answers;
  };
  const auto test_dtype = [&](auto sample) {
    using T = decltype(sample);
    for (T value : {std::numeric_limits<T>::min(), T{0}, T{1}, std::numeric_limits<T>::max()}) {
      for (Wide number : numbers) {
        if (number < std::numeric_limits<std::int64_t>::min()) continue;
        if (number > std::numeric_limits<std::uint64_t>::max()) continue;
        const Wide v = value;
        EXPECT_EQ(compared(One(value), number),
                  (std::vector<bool>{v<number, v <= number, v == number, v != number, v> number,
                                     v >= number}))
            << DType::of<T>().name() << ' ' << static_cast<double>(v) << ' '
            << static_cast<double>(number);
      }
    }
  };
  test_dtype(std::int8_t{});
  test_dtype(std::int16_t{});
  test_dtype(std::int32_t{});
  test_dtype(std::int64_t{});
  test_dtype(std::uint8_t{});
  test_dtype(std::uint16_t{});
  test_dtype(std::uint32_t{});
  test_dtype(std::uint64_t{});
}

TEST(MixedSigns, ArraysCompareExactlyToo) {
  const std::int64_t minus = -1;
  const std::uint64_t large = std::uint64_t{1} << 63;
  EXPECT_TRUE(less(One(minus), One(large)).item<bool>());
  EXPECT_FALSE(equal(One(std::int64_t{-1}), One(~std::uint64_t{0})).item<bool>());
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  EXPECT_FALSE(equal(One(most), One(large)).item<bool>()) << "equal as float64";
}

TEST(WeakScalar, GoesWithDTypeAndSignature) {
  EXPECT_EQ(add(One(1.5), 2, {.dtype = DType::of<float>()}).item<float>(), 3.5f);
  EXPECT_EQ(add(One(std::uint8_t{200}), 100, {.dtype = DType::of<std::int16_t>()}).item<int>(),
            300);
  EXPECT_THROW(add(One(std::uint8_t{1}), 300, {.dtype = DType::of<std::uint8_t>()}), OverflowError);
}

TEST(WeakScalar, BroadcastsOverEveryLayout) {
  Random random(10);
  const Array array({6, 7}, DType::of<float>());
  FillRandom(random, array);
  const ErrorStateScope quiet(Ignoring());
  const Array expected = subtract(2.5, array);
  for (const Layout& layout : kLayouts) {
    ASSERT_TRUE(SameElements(subtract(2.5, Relaid(array, layout).array()), expected))
        << layout.name;
  }
}

}  // namespace
}  // namespace quern
