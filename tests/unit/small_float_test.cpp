// Arrays of small floats through the public interface: storage types, casts,
// loops, reductions, printing and files.
#include <complex>
#include <filesystem>
#include <limits>
#include <vector>

#include "arrays.h"

namespace quern {
namespace {

std::vector<DType> SmallFloats() {
  std::vector<DType> found;
  for (DType dtype : AllDTypes()) {
    if (dtype.kind() == 'f' && dtype.size() < sizeof(float)) found.push_back(dtype);
  }
  return found;
}

TEST(SmallFloat, IsTheElementTypeOfItsDType) {
  EXPECT_EQ(DType::of<float16>().name(), "float16");
  static_assert(sizeof(float16) == 2);
  const Array array = Array::from_values({float16(1.5), float16(-2), float16(65504)});
  const View<float16> view = array.view<float16>();
  EXPECT_EQ(static_cast<float>(view(2)), 65504.0f);
  view(0) = float16(0.1);
  EXPECT_EQ(array.index({Index{0}}).item<float16>(), float16(0.1));
  EXPECT_EQ(array.index({Index{1}}).item<int>(), -2);
  EXPECT_EQ(array.to_vector<float16>()[2].bits(), 0x7bff);
  EXPECT_EQ(Array::scalar(float16(3)).to_string(), "3.0");
  EXPECT_THROW(array.view<float>(), TypeError);
}

TEST(SmallFloat, ConversionsOfTheTypeAreConstantExpressions) {
  static_assert(float16(1.0f + 0x1p-11f).bits() == 0x3c00, "ties go to even");
  static_assert(float16(1.0 + 0x1p-11 + 0x1p-40).bits() == 0x3c01, "rounded once");
  static_assert(float16(4099).bits() == 0x6c01 && float16(100000).bits() == 0x7c00);
  static_assert(float16(-0.0).bits() == 0x8000 && float16(-0.0) == float16(0.0));
  static_assert(
      !(std::numeric_limits<float16>::quiet_NaN() == std::numeric_limits<float16>::quiet_NaN()));
}

TEST(SmallFloat, ComputesInFloat32AndRoundsOnce) {
  Array a = Array::from_values({float16(1), float16(2048), float16(65504)});
  const Array b = Array::from_values({float16(0x1p-11), float16(1), float16(16)});
  ReportedFlags flags;
  EXPECT_EQ(Values<double>(add(a, b)),
            (std::vector<double>{1.0, 2048.0, std::numeric_limits<double>::infinity()}));
  EXPECT_EQ(flags.Take(), 2) << "overflow";
  EXPECT_EQ(multiply(Array::scalar(float16(0x1p-14)), Array::scalar(float16(0.3))).dtype(),
            DType::of<float16>());
  EXPECT_EQ(flags.Take(), 4) << "underflow";
  // In place, and beside a number.
  add(a, 1, {.out = &a});
  EXPECT_EQ(a.index({Index{0}}).item<float>(), 2.0f);
  EXPECT_EQ(less(a, 3.0).dtype(), DType::of<bool>());
}

TEST(SmallFloat, LongCallsGoChunkByChunk) {
  Random random(71);
  for (DType dtype : SmallFloats()) {
    for (Index n : {1, 1023, 1024, 1025, 3000}) {
      const Array values({n}, dtype);
      FillRandom(random, values);
      const ErrorStateScope quiet(Ignoring());
      const Array whole = multiply(values, values);
      const Array wide =
          multiply(values.astype(DType::of<float>()), values.astype(DType::of<float>()));
      EXPECT_TRUE(SameElements(whole, wide.astype(dtype))) << dtype.name() << ' ' << n;
    }
  }
}

TEST(SmallFloat, SumsRoundOnceAtTheEnd) {
  for (DType dtype : SmallFloats()) {
    const Array ones_of_dtype = ones({64}, dtype);
    EXPECT_EQ(sum(ones_of_dtype).item<double>(), 64.0) << dtype.name();
    EXPECT_EQ(sum(ones_of_dtype).dtype(), dtype);
  }
  const Array values = ones({4096}, DType::of<float16>());
  EXPECT_EQ(sum(values).item<double>(), 4096.0);
  EXPECT_EQ(ufuncs::add().accumulate(values).index({Index{-1}}).item<double>(), 2048.0)
      << "a running sum rounds after each step";
  ReportedFlags flags;
  EXPECT_EQ(sum(full({10}, 65504.0, DType::of<float16>()), {.initial = -65504.0}).item<double>(),
            std::numeric_limits<double>::infinity());
  EXPECT_EQ(flags.Take(), 2);
  // The initial value and the elements take the dtype before they are folded.
  EXPECT_EQ(sum(zeros({3}, DType::of<float16>()), {.initial = 0x1p-30}).item<double>(), 0.0);
  const Array wide = full({2}, 1.0 + 0x1p-12);
  EXPECT_EQ(sum(wide, {.dtype = DType::of<float16>()}).item<double>(), 2.0);
}

TEST(SmallFloat, ConvertsToAndFromComplexNumbers) {
  const Array half = Array::from_values({float16(1.5), float16(-2)});
  const std::vector<std::complex<double>> wide = {{1.5, 0.0}, {-2.0, 0.0}};
  EXPECT_EQ(half.astype(DType::of<std::complex<double>>()).to_vector<std::complex<double>>(), wide);
  EXPECT_EQ(add(half, Array::scalar(std::complex<float>(0, 1))).dtype(),
            DType::of<std::complex<float>>());
  EXPECT_EQ(add(half, Array::scalar(std::complex<double>(0, 1))).dtype(),
            DType::of<std::complex<double>>());
  ReportedFlags flags;
  const Array tie = Array::scalar(std::complex<double>(1.0 + 0x1p-11 + 0x1p-40, 1e300));
  EXPECT_EQ(tie.astype(DType::of<float16>()).item<double>(), 1.0 + 0x1p-10) << "rounded once";
  EXPECT_EQ(flags.Take(), 0) << "the imaginary part is dropped";
  const Array beyond = Array::scalar(std::complex<float>(1e6f, 0.0f));
  EXPECT_EQ(beyond.astype(DType::of<float16>()).item<double>(),
            std::numeric_limits<double>::infinity());
  EXPECT_EQ(flags.Take(), 2) << "overflow";
}

TEST(SmallFloat, ProductsOfMatricesRoundOnce) {
  for (DType dtype : SmallFloats()) {
    Random random(83);
    const Array left({3, 4, 90}, dtype);
    const Array right({90, 7}, dtype);
    FillRandom(random, left);
    FillRandom(random, right);
    const ErrorStateScope quiet(Ignoring());
    const DType wide = DType::of<float>();
    const Array expected = matmul(left.astype(wide), right.astype(wide)).astype(dtype);
    EXPECT_TRUE(SameElements(matmul(left, right), expected)) << dtype.name();
    Array out({3, 4, 7}, wide);
    matmul(left, right, {.out = &out, .dtype = dtype});
    EXPECT_TRUE(SameElements(out, expected.astype(wide))) << dtype.name();
    Array square = left.index({Index{0}, ellipsis, Slice{0, 4, {}}}).copy();
    const Array squared =
        matmul(square.astype(wide), square.transpose().astype(wide)).astype(dtype);
    matmul(square, square.transpose(), {.out = &square});
    EXPECT_TRUE(SameElements(square, squared)) << dtype.name();
  }
  // Elements take the dtype of the loop first.
  const Array fine = full({2, 2}, 1.0 + 0x1p-12);
  EXPECT_EQ(Values<double>(matmul(fine, fine, {.dtype = DType::of<float16>()})),
            (std::vector<double>(4, 2.0)));
}

TEST(SmallFloat, PrintsTheFewestDigits) {
  EXPECT_EQ(Array::from_values({float16(0.1), float16(65504)}).to_string(), "[1.00e-01 6.55e+04]");
  EXPECT_EQ(Array::from_values({float16(0.1), float16(2)}).to_string(), "[0.1 2. ]");
}

TEST(SmallFloat, BfloatHasTheRangeOfFloat) {
  EXPECT_EQ(DType::of<bfloat16>().name(), "bfloat16");
  static_assert(bfloat16(16777217).bits() == 0x4b80);
  const Array values = Array::from_values({bfloat16(1e38), bfloat16(0.1), bfloat16(3)});
  EXPECT_EQ(values.to_string(), "[1.e+38 1.e-01 3.e+00]");
  EXPECT_EQ(Array::from_values({bfloat16(0.1), bfloat16(3)}).to_string(), "[0.1 3. ]");
  ReportedFlags flags;
  add(values, values);
  EXPECT_EQ(flags.Take(), 0);
  multiply(values, 4);
  EXPECT_EQ(flags.Take(), 2) << "beyond float32 as well";
  EXPECT_EQ(add(values, Array::scalar(std::int8_t{1})).dtype(), DType::of<bfloat16>());
  EXPECT_EQ(add(values, Array::scalar(float16(1))).dtype(), DType::of<float>());
}

TEST(SmallFloat, EightBits) {
  EXPECT_EQ(DType::of<float8_e4m3fn>().name(), "float8_e4m3fn");
  EXPECT_EQ(DType::of<float8_e5m2>().name(), "float8_e5m2");
  static_assert(sizeof(float8_e4m3fn) == 1 && sizeof(float8_e5m2) == 1);
  static_assert(static_cast<double>(float8_e5m2::from_bits(0x01)) == 0x1p-16);
  static_assert(float8_e4m3fn(1e9).is_nan() && float8_e5m2(1e9).bits() == 0x7c);
  const Array one = Array::scalar(float8_e4m3fn(1));
  EXPECT_EQ(add(one, Array::scalar(float8_e5m2(1))).dtype(), DType::of<float>());
  EXPECT_EQ(add(one, Array::scalar(true)).dtype(), DType::of<float8_e4m3fn>());
}

TEST(SmallFloat, WithoutInfinitiesTheExtremesAreNumbers) {
  const Array values = Array::from_values({float8_e4m3fn(-448), float8_e4m3fn(-7)});
  EXPECT_EQ(max(values).item<double>(), -7.0);
  EXPECT_EQ(min(values).item<double>(), -448.0);
  const std::vector<double> odd =
      Values<double>(Array::from_values({std::numeric_limits<double>::infinity()})
                         .astype(DType::of<float8_e4m3fn>()));
  EXPECT_TRUE(std::isnan(odd[0]));
}

}  // namespace
}  // namespace quern
