// astype(..., same_value). Comparison with NumPy is in tests/python/test_same_value.py.
#include <complex>

#include "arrays.h"

namespace quern {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool Keeps(const Array& source, DType dtype) {
  ReportedFlags reported;
  const std::vector<std::byte> before(source.data(), source.data() + source.itemsize());
  bool kept = true;
  try {
    const Array converted = source.astype(dtype, CastingLevel::same_value);
    EXPECT_EQ(converted.dtype(), dtype);
  } catch (const ValueError&) {
    kept = false;
  }
  EXPECT_EQ(reported.Take(), 0) << "no condition is reported";
  return kept;
}

template <class From>
bool Keeps(From value, const char* dtype) {
  return Keeps(Array::scalar(value), DType::parse(dtype));
}

TEST(SameValue, OfIntegersIsInRange) {
  EXPECT_TRUE(Keeps(127, "int8"));
  EXPECT_FALSE(Keeps(128, "int8"));
  EXPECT_FALSE(Keeps(-1, "uint64"));
  EXPECT_FALSE(Keeps(~std::uint64_t{0}, "int64"));
  EXPECT_TRUE(Keeps(std::int64_t{1} << 53, "float64"));
  EXPECT_FALSE(Keeps((std::int64_t{1} << 53) + 1, "float64"));
}

TEST(SameValue, IsNotWhatSaturationBringsBack) {
  EXPECT_FALSE(Keeps(std::numeric_limits<std::int64_t>::max(), "float64"));
  EXPECT_FALSE(Keeps(std::numeric_limits<std::int32_t>::max(), "float32"));
  EXPECT_FALSE(Keeps(~std::uint64_t{0}, "float64"));
  EXPECT_FALSE(Keeps(2147483648.0f, "int32"));
  EXPECT_FALSE(Keeps(std::uint16_t{65535}, "float16"));
  EXPECT_TRUE(Keeps(std::numeric_limits<std::int64_t>::min(), "float32"));
}

TEST(SameValue, OfFloatsIsExact) {
  EXPECT_TRUE(Keeps(0.5, "float8_e5m2"));
  EXPECT_FALSE(Keeps(0.1, "float32"));
  EXPECT_FALSE(Keeps(1e300, "float32"));
  EXPECT_FALSE(Keeps(1e-300, "float32"));
  EXPECT_TRUE(Keeps(0x1p-149, "float32"));
  EXPECT_TRUE(Keeps(kNan, "float16"));
  EXPECT_TRUE(Keeps(-kInf, "bfloat16"));
  EXPECT_FALSE(Keeps(kInf, "float8_e4m3fn")) << "it has none";
  EXPECT_TRUE(Keeps(kNan, "float8_e4m3fn"));
  EXPECT_FALSE(Keeps(bfloat16(1e30f), "float16"));
  EXPECT_TRUE(Keeps(float16(1.5f), "bfloat16"));
  EXPECT_FALSE(Keeps(float16(1.5f), "int8"));
  EXPECT_FALSE(Keeps(float16(kNan), "int64"));
  EXPECT_TRUE(Keeps(-0.0, "int8"));
  EXPECT_FALSE(Keeps(kNan, "int64"));
  EXPECT_FALSE(Keeps(1.5, "uint8"));
}

TEST(SameValue, OfComplexNumbersIsThatOfTheParts) {
  using Complex = std::complex<double>;
  EXPECT_TRUE(Keeps(Complex(2, 0), "int8"));
  EXPECT_TRUE(Keeps(Complex(2, -0.0), "float16"));
  EXPECT_FALSE(Keeps(Complex(2, 1), "float64"));
  EXPECT_FALSE(Keeps(Complex(2, kNan), "float64"));
  EXPECT_TRUE(Keeps(Complex(kNan, 0.5), "complex64"));
  EXPECT_FALSE(Keeps(Complex(0.5, 0.1), "complex64"));
  EXPECT_FALSE(Keeps(0.1, "complex64"));
}

TEST(SameValue, IsTheTruthValueInBool) {
  EXPECT_TRUE(Keeps(2, "bool"));
  EXPECT_TRUE(Keeps(0.5, "bool"));
  EXPECT_TRUE(Keeps(kNan, "bool"));
}

TEST(SameValue, IsCheckedInEveryLayoutAndElement) {
  for (const Index size : {7, 300, 100000}) {
    const Array whole = Iota<double>({size, 3});
    for (const Layout& layout : kLayouts) {
      SCOPED_TRACE(layout.name);
      const Placed placed = Relaid(whole, layout);
      for (const char* to : {"int32", ">f4", "complex64"}) {
        EXPECT_TRUE(Keeps(placed.array(), DType::parse(to)));
      }
    }
    for (const Index position : {Index{0}, size / 2, size - 1}) {
      const Array broken = whole.copy();
      broken.view<double>()(position, 1) += 0.1;
      for (const Layout& layout : kLayouts) {
        SCOPED_TRACE(layout.name);
        const Placed placed = Relaid(broken, layout);
        for (const char* to : {"int32", ">f4", "complex64"}) {
          EXPECT_FALSE(Keeps(placed.array(), DType::parse(to)));
        }
      }
    }
  }
}

TEST(SameValue, KeepsSafeCastsOfAllDTypes) {
  for (DType from : AllDTypes()) {
    for (DType to : AllDTypes()) EXPECT_TRUE(Keeps(ones({3}, from), to));
  }
}

TEST(SameValue, SaysWhatDoesNotFit) {
  EXPECT_EQ(MessageOf<ValueError>([] {
              Array::from_values({1.0, 1.5}).astype(DType::of<int>(), CastingLevel::same_value);
            }),
            "astype: an element of dtype('float64') has a value that dtype('int32') does not hold, "
            "as the rule 'same_value' demands");
}

TEST(SameValue, IsNoLevel) {
  constexpr const char* kMessage =
      "casting must be one of 'no', 'equiv', 'safe', 'same_kind', 'unsafe' (got 'same_value')";
  constexpr CastingLevel kLevel = CastingLevel::same_value;
  EXPECT_EQ(MessageOf<ValueError>([&] { can_cast(DType(), DType(), kLevel); }), kMessage);
  const Array array = ones({3});
  EXPECT_EQ(MessageOf<ValueError>([&] { array.assign(zeros({3}), kLevel); }), kMessage);
  EXPECT_EQ(Values<double>(array), (std::vector<double>{1, 1, 1}));
  EXPECT_EQ(MessageOf<ValueError>([&] { add(array, array, {.casting = kLevel}); }), kMessage);
  const Array where = ones({3}, DType::of<bool>());
  EXPECT_EQ(MessageOf<ValueError>([&] { add(array, 1, {.where = &where, .casting = kLevel}); }),
            kMessage);
  EXPECT_EQ(MessageOf<ValueError>([&] { matmul(array, array, {.casting = kLevel}); }), kMessage);
  EXPECT_THROW(parse_casting("same_value"), ValueError);
  EXPECT_EQ(parse_casting("same_value", kLevel), kLevel);
  EXPECT_EQ(casting_name(kLevel), "same_value");
}

}  // namespace
}  // namespace quern
