// Calls of generalised ufuncs: axes, stacks, outputs, conversions, and their messages.
#include <gtest/gtest.h>

#include <array>
#include <complex>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "arrays.h"
#include "quern/quern.hpp"

namespace quern {
namespace {

Array Counting(const Shape& shape, DType dtype) {
  Index size = 1;
  for (Index extent : shape) size *= extent;
  return arange(static_cast<double>(size)).reshape(shape).astype(dtype);
}

// The product by its definition, in 64-bit integers, of operands with two axes.
Array ByDefinition(const Array& a, const Array& b) {
  const Array result = zeros({a.shape(0), b.shape(1)}, DType::of<std::int64_t>());
  const Array left = a.astype(DType::of<std::int64_t>());
  const Array right = b.astype(DType::of<std::int64_t>());
  const View<std::int64_t> x = left.view<std::int64_t>();
  const View<std::int64_t> y = right.view<std::int64_t>();
  const View<std::int64_t> z = result.view<std::int64_t>();
  for (Index i = 0; i < a.shape(0); ++i) {
    for (Index j = 0; j < b.shape(1); ++j) {
      for (Index k = 0; k < a.shape(1); ++k) z(i, j) += x(i, k) * y(k, j);
    }
  }
  return result;
}

void ExpectEqual(const Array& got, const Array& expected) {
  ASSERT_EQ(Shape(got.shape().begin(), got.shape().end()),
            Shape(expected.shape().begin(), expected.shape().end()));
  EXPECT_TRUE(all(equal(got, expected)).item<bool>());
}

std::string MessageOf(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// Sizes that leave rows and columns over in tiles of every height and width.
void ExpectProducts(Index rows, Index inner, Index columns, DType dtype) {
  const Array a = Counting({rows, inner}, dtype);
  const Array b = Counting({inner, columns}, dtype);
  const Array expected = ByDefinition(a, b).astype(dtype);
  ExpectEqual(matmul(a, b), expected);
  ExpectEqual(matmul(a.copy(Order::F), b.copy(Order::F)), expected);
  ExpectEqual(matmul(b.transpose(), a.transpose()), expected.transpose());
  const Array backwards = a.index({ellipsis, Slice{{}, {}, -1}}).copy();
  ExpectEqual(matmul(backwards.index({ellipsis, Slice{{}, {}, -1}}), b), expected);
  Array apart = zeros({rows, 2 * columns}, dtype).index({ellipsis, Slice{{}, {}, 2}});
  matmul(a, b, {.out = &apart});
  ExpectEqual(apart, expected);
}

TEST(Matmul, EqualsItsDefinitionForEveryLayoutAndSize) {
  const std::string saved(current_target());
  for (std::string_view target : supported_targets()) {
    set_target(target);
    SCOPED_TRACE(std::string(target));
    for (const auto& [rows, inner, columns] : {std::array<Index, 3>{1, 1, 1},
                                               {2, 3, 4},
                                               {7, 9, 5},
                                               {5, 6, 17},
                                               {11, 17, 49},
                                               {16, 16, 16},
                                               {19, 2, 31},
                                               {33, 65, 50},
                                               {3, 300, 70}}) {
      for (DType dtype : {DType::of<std::int64_t>(), DType::of<std::int32_t>(),
                          DType::of<std::int8_t>(), DType::of<double>()}) {
        ExpectProducts(rows, inner, columns, dtype);
      }
    }
  }
  set_target(saved);
}

TEST(Matmul, IntegersWrapAround) {
  const Array a = full({3, 40}, 100, DType::of<std::int8_t>());
  const Array product = matmul(a, a.transpose());
  EXPECT_EQ(product.dtype(), DType::of<std::int8_t>());
  EXPECT_EQ(product.index({0, 0}).item<int>(), static_cast<std::int8_t>(100 * 100 * 40));
}

TEST(Matmul, StacksBroadcast) {
  const Array a = Counting({4, 1, 2, 3}, DType::of<std::int64_t>());
  const Array b = Counting({5, 3, 2}, DType::of<std::int64_t>());
  const Array product = matmul(a, b);
  EXPECT_EQ(Shape(product.shape().begin(), product.shape().end()), (Shape{4, 5, 2, 2}));
  ExpectEqual(product.index({2, 3}), ByDefinition(a.index({2, 0}), b.index({3})));
}

TEST(Matmul, OneAxisIsARowOrAColumn) {
  const Array vector = Counting({3}, DType::of<std::int64_t>());
  const Array matrix = Counting({3, 2}, DType::of<std::int64_t>());
  EXPECT_EQ(matmul(vector, vector).ndim(), 0u);
  EXPECT_EQ(matmul(vector, vector).item<int>(), 5);
  ExpectEqual(matmul(vector, matrix), Array::from_values({std::int64_t{10}, std::int64_t{13}}));
  ExpectEqual(matmul(matrix.transpose(), vector),
              Array::from_values({std::int64_t{10}, std::int64_t{13}}));
}

TEST(Matmul, AnEmptyInnerAxisGivesZeros) {
  ExpectEqual(matmul(empty({2, 0}), empty({0, 3})), zeros({2, 3}));
  EXPECT_EQ(matmul(empty({0, 3}), empty({3, 2})).size(), 0);
}

TEST(Matmul, WritesIntoOutputsThatOverlapInputsOrHaveAnotherType) {
  Array a = Counting({3, 3}, DType::of<double>());
  const Array expected = ByDefinition(a, a).astype(a.dtype());
  Array single = empty({3, 3}, DType::of<float>());
  matmul(a, a, {.out = &single});
  ExpectEqual(single, expected.astype(single.dtype()));
  matmul(a, a, {.out = &a});
  ExpectEqual(a, expected);
}

TEST(Matmul, AxesSayWhereTheCoresAre) {
  const Array a = Counting({3, 5, 2}, DType::of<std::int64_t>());  // matrices along axes 0 and 2
  const Array b = Counting({2, 4}, DType::of<std::int64_t>());
  const Axes axes[] = {{0, 2}, {0, 1}, {0, 2}};
  const Array product = matmul(a, b, {.axes = axes});
  EXPECT_EQ(Shape(product.shape().begin(), product.shape().end()), (Shape{3, 5, 4}));
  ExpectEqual(product.index({Slice{}, 1, Slice{}}),
              ByDefinition(a.index({Slice{}, 1, Slice{}}), b));
}

TEST(Matmul, ThreadsDoNotChangeIntegers) {
  const Array a = Counting({300, 200}, DType::of<std::int32_t>());
  const Array b = Counting({200, 150}, DType::of<std::int32_t>());
  const Array expected = ByDefinition(a, b).astype(DType::of<std::int32_t>());
  for (int threads : {1, 2, 3, 7}) {
    const ThreadLimitScope scope(threads);
    ExpectEqual(matmul(a, b), expected);
    ExpectEqual(matmul(b.transpose(), a.transpose()), expected.transpose());
  }
}

TEST(Matmul, MessagesNameTheOperandAndTheSignature) {
  const Array a = ones({2, 3});
  EXPECT_EQ(MessageOf([&] { matmul(a, a); }),
            "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature "
            "(n?,k),(k,m?)->(n?,m?) (size 2 is different from 3)");
  EXPECT_EQ(MessageOf([&] { matmul(a, 2.0); }),
            "matmul: Input operand 1 does not have enough dimensions (has 0, gufunc core with "
            "signature (n?,k),(k,m?)->(n?,m?) requires 1)");
  EXPECT_EQ(MessageOf([&] { matmul(a, a.transpose(), {.axis = 0}); }),
            "matmul: axis can only be used with a single shared core dimension, not with the 3 "
            "distinct ones implied by signature (n?,k),(k,m?)->(n?,m?).");
  EXPECT_EQ(
      MessageOf([&] { matmul(a, a.transpose(), {.keepdims = true}); }),
      "matmul does not support keepdims: its signature (n?,k),(k,m?)->(n?,m?) requires output "
      "0 to have 2 core dimensions, but keepdims can only be used when all inputs have the "
      "same number of core dimensions and all outputs have no core dimensions.");
  EXPECT_EQ(MessageOf([&] { add(a, a, {.keepdims = true}); }),
            "add() got an unexpected keyword argument 'keepdims'");
  const Axes repeated[] = {{0, 1}, {0, 0}, {0, 1}};
  EXPECT_EQ(MessageOf([&] { matmul(a, a.transpose(), {.axes = repeated}); }),
            "axes item 1 has value 0 repeated");
}

TEST(Matmul, HasNoOtherMethods) {
  const Ufunc& ufunc = Ufunc::find("matmul");
  EXPECT_EQ(ufunc.signature(), "(n?,k),(k,m?)->(n?,m?)");
  EXPECT_THROW(ufunc.reduce(ones({3})), NotSupportedError);
  EXPECT_THROW(ufunc.accumulate(ones({3})), NotSupportedError);
  EXPECT_THROW(ufunc.outer(ones({3}), ones({3})), TypeError);
}

// Bits of a floating-point result, to compare them exactly.
std::vector<std::uint64_t> BitsOf(const Array& array) {
  const Array dense = array.copy(Order::C);
  std::vector<std::uint64_t> bits(dense.nbytes() / sizeof(std::uint64_t));
  std::memcpy(bits.data(), dense.data(), dense.nbytes());
  return bits;
}

Array Normal(Random& random, const Shape& shape) {
  Array array(shape, DType::of<double>());
  auto* values = reinterpret_cast<double*>(array.data());
  for (Index i = 0; i < array.size(); ++i) values[i] = std::normal_distribution<double>()(random);
  return array;
}

TEST(ReproducibleProducts, AreSumsAlongTheTreeOnEveryTargetAndThreadCount) {
  Random random(31);
  const std::string before(current_target());
  const ReproducibleProductsScope scope(true);
  for (const auto& [rows, inner, columns] : {std::array<Index, 3>{2, 3, 4},
                                             {20, 100, 9},
                                             {5, 1500, 30},
                                             {70, 2500, 60},
                                             {1, 3000, 80}}) {
    const Array a = Normal(random, {rows, inner});
    const Array b = Normal(random, {inner, columns});
    // The products of every element, then the library's sum over them.
    const Array spread = a.index({Slice{}, newaxis, Slice{}}) * b.transpose();
    const std::vector<std::uint64_t> expected = BitsOf(sum(spread, {.axis = 2}));
    for (std::string_view target : supported_targets()) {
      set_target(target);
      for (int threads : {1, 3}) {
        const ThreadLimitScope limit(threads);
        EXPECT_EQ(BitsOf(matmul(a, b)), expected) << target;
        EXPECT_EQ(BitsOf(matmul(a.copy(Order::F), b.copy(Order::F))), expected) << target;
      }
    }
    set_target(before);
  }
}

Array ComplexNormal(Random& random, const Shape& shape) {
  const Array real = Normal(random, shape);
  const Array array(shape, DType::of<std::complex<double>>());
  array.real().assign(real);
  array.imag().assign(Normal(random, shape));
  return array;
}

// The library's sums over the products of every row of `a` with every column of `b`.
Array SumsOfProducts(const Array& a, const Array& b) {
  return sum(a.index({Slice{}, newaxis, Slice{}}) * b.transpose(), {.axis = 2});
}

TEST(ReproducibleProducts, OfComplexNumbersAreSumsAlongTheTree) {
  Random random(34);
  const std::string before(current_target());
  const ReproducibleProductsScope scope(true);
  for (DType dtype : {DType::of<std::complex<double>>(), DType::of<std::complex<float>>()}) {
    for (const auto& [rows, inner, columns] : {std::array<Index, 3>{2, 1, 3},
                                               {3, 8, 4},
                                               {20, 100, 9},
                                               {5, 700, 30},
                                               {33, 1100, 41},
                                               {1, 3000, 80}}) {
      const Array a = ComplexNormal(random, {rows, inner}).astype(dtype);
      const Array b = ComplexNormal(random, {inner, columns}).astype(dtype);
      const Array columns_first = b.copy(Order::F);
      const Array conjugate_sums = SumsOfProducts(conjugate(a), b);
      const std::vector<std::uint64_t> expected = BitsOf(SumsOfProducts(a, b));
      const std::vector<std::uint64_t> first = BitsOf(conjugate_sums.index({0}));
      const std::vector<std::uint64_t> of_rows =
          BitsOf(SumsOfProducts(b.transpose(), a.index({0, Slice{}, newaxis})));
      for (std::string_view target : supported_targets()) {
        set_target(target);
        for (int threads : {1, 3}) {
          const ThreadLimitScope limit(threads);
          EXPECT_EQ(BitsOf(matmul(a, b)), expected) << target << inner;
          EXPECT_EQ(BitsOf(matmul(a.copy(Order::F), columns_first)), expected) << target << inner;
        }
        EXPECT_EQ(BitsOf(vecmat(a.index({0}), b)), first) << target << inner;
        EXPECT_EQ(BitsOf(vecmat(a.index({0}), columns_first)), first) << target << inner;
        EXPECT_EQ(BitsOf(vecdot(a.index({0}), b.transpose())), first) << target << inner;
        EXPECT_EQ(BitsOf(matvec(b.transpose(), a.index({0}))), of_rows) << target << inner;
        EXPECT_EQ(BitsOf(matvec(columns_first.transpose(), a.index({0}))), of_rows) << target;
      }
      set_target(before);
    }
  }
}

TEST(ReproducibleProducts, WithVectorsNeedNoSetting) {
  Random random(32);
  const std::string before(current_target());
  for (Index inner : {1, 5, 8, 9, 31, 32, 33, 100, 1024, 1025, 5000}) {
    const Array a = Normal(random, {7, inner});
    const Array x = Normal(random, {inner});
    const std::vector<std::uint64_t> expected = BitsOf(sum(a * x, {.axis = 1}));
    for (std::string_view target : supported_targets()) {
      set_target(target);
      EXPECT_EQ(BitsOf(vecdot(a, x)), expected) << inner << target;
      EXPECT_EQ(BitsOf(matvec(a, x)), expected) << inner << target;
      EXPECT_EQ(BitsOf(matvec(a.copy(Order::F), x)), expected) << inner << target;
      EXPECT_EQ(BitsOf(vecmat(x, a.transpose())), expected) << inner << target;
      EXPECT_EQ(BitsOf(matmul(a, x)), expected) << inner << target;
    }
    set_target(before);
  }
}

TEST(ReproducibleProducts, SettingIsOfTheProcessOrOfAScope) {
  EXPECT_FALSE(reproducible_products());
  set_reproducible_products(true);
  EXPECT_TRUE(reproducible_products());
  {
    const ReproducibleProductsScope scope(false);
    EXPECT_FALSE(reproducible_products());
  }
  set_reproducible_products(false);
  EXPECT_FALSE(reproducible_products());
}

TEST(Matmul, OfComplexNumbersIsWithinTheBoundInEverySizeAndLayout) {
  Random random(35);
  for (const auto& [rows, inner, columns] :
       {std::array<Index, 3>{2, 3, 4}, {7, 9, 5}, {33, 65, 50}, {90, 80, 70}, {3, 300, 70}}) {
    const Array a = ComplexNormal(random, {rows, inner});
    const Array b = ComplexNormal(random, {inner, columns});
    const Array expected = SumsOfProducts(a, b);
    const Array bound =
        matmul(absolute(a), absolute(b)) * (4.0 * static_cast<double>(inner) * 0x1p-52);
    const auto within = [&](const Array& product) {
      return all(less_equal(absolute(product - expected), bound)).item<bool>();
    };
    for (std::string_view target : supported_targets()) {
      set_target(target);
      EXPECT_TRUE(within(matmul(a, b))) << target;
      EXPECT_TRUE(within(matmul(a.copy(Order::F), b.copy(Order::F)))) << target;
      EXPECT_TRUE(within(matmul(b.transpose(), a.transpose()).transpose())) << target;
      const Array backwards = a.index({ellipsis, Slice{{}, {}, -1}}).copy();
      EXPECT_TRUE(within(matmul(backwards.index({ellipsis, Slice{{}, {}, -1}}), b))) << target;
    }
    set_target(supported_targets().front());
  }
}

TEST(Matmul, PaddingRaisesNoFlags) {
  ReportedFlags reported;
  // Sums of the parts would overflow, and of what is beyond a row nothing is read.
  const std::complex<double> large(1e308, 0);
  const Array a =
      multiply(ones({9, 7}, DType::of<std::complex<double>>()), std::complex<double>(1, 1));
  const Array b = multiply(ones({7, 5}, DType::of<std::complex<double>>()), large / 8.0);
  for (std::string_view target : supported_targets()) {
    set_target(target);
    for (bool reproducible : {false, true}) {
      const ReproducibleProductsScope scope(reproducible);
      matmul(a, b);
      EXPECT_EQ(reported.Take(), 0) << target;
    }
  }
  set_target(supported_targets().front());
}

TEST(Matmul, LargeFloatsAreWithinTheBound) {
  Random random(33);
  const Array a = Normal(random, {300, 200});
  const Array b = Normal(random, {200, 250});
  const Array product = matmul(a, b);
  const ReproducibleProductsScope scope(true);
  const Array bound = matmul(absolute(a), absolute(b)) * (200 * 0x1p-52);
  EXPECT_TRUE(all(less_equal(absolute(product - matmul(a, b)), bound)).item<bool>());
}

TEST(Vecdot, AxisAndKeepdims) {
  const Array a = Counting({2, 3}, DType::of<std::int64_t>());
  ExpectEqual(vecdot(a, a, {.axis = 0}),
              Array::from_values({std::int64_t{9}, std::int64_t{17}, std::int64_t{29}}));
  const Array kept = vecdot(a, a, {.axis = 0, .keepdims = true});
  EXPECT_EQ(Shape(kept.shape().begin(), kept.shape().end()), (Shape{1, 3}));
  const Axes axes[] = {1, 1, 0};
  const Array moved = vecdot(a, a, {.axes = axes, .keepdims = true});
  EXPECT_EQ(Shape(moved.shape().begin(), moved.shape().end()), (Shape{1, 2}));
  EXPECT_THROW(matvec(a, a.index({0}), {.keepdims = true}), TypeError);
}

}  // namespace
}  // namespace quern
