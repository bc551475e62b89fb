// Ufuncs with several outputs: modf, frexp, divmod.
#include <cmath>

#include "arrays.h"

namespace quern {
namespace {

const DType kFloat64 = DType::of<double>();
const DType kInt32 = DType::of<std::int32_t>();

// Numbers of every size and sign, subnormal ones and zeros among them.
std::vector<double> Numbers(std::size_t n) {
  Random random(7);
  std::vector<double> numbers{0.0, -0.0, 5e-324, -1e-310, 1.5, -2.75, 0.5, -0.25};
  while (numbers.size() < n) {
    const double scale = std::ldexp(1.0, static_cast<int>(RandomIndex(random, -1070, 1020)));
    numbers.push_back(RandomReal(random) * scale);
  }
  numbers.resize(n);
  return numbers;
}

Array Column(const std::vector<double>& numbers) {
  return Array::from_values(std::span<const double>(numbers));
}

TEST(SeveralResults, ComeInTheOrderOfTheOutputs) {
  const auto [quotient, remainder] = divmod(Array::from_values({7, -7}), 2);
  EXPECT_EQ(Values<int>(quotient), (std::vector<int>{3, -4}));
  EXPECT_EQ(Values<int>(remainder), (std::vector<int>{1, 1}));
}

TEST(SeveralResults, HoldForEveryLength) {
  const ErrorStateScope quiet(Ignoring());
  for (std::size_t n = 1; n <= 70; ++n) {
    const std::vector<double> numbers = Numbers(n);
    const auto [fraction, whole] = modf(Column(numbers));
    const auto [mantissa, exponent] = frexp(Column(numbers));
    ASSERT_EQ(exponent.dtype(), kInt32);
    for (std::size_t i = 0; i < n; ++i) {
      const Index at = static_cast<Index>(i);
      double expected_whole = 0;
      int expected_exponent = 0;
      ASSERT_EQ(fraction(at).item<double>(), std::modf(numbers[i], &expected_whole)) << numbers[i];
      ASSERT_EQ(whole(at).item<double>(), expected_whole) << numbers[i];
      ASSERT_EQ(mantissa(at).item<double>(), std::frexp(numbers[i], &expected_exponent));
      ASSERT_EQ(exponent(at).item<int>(), expected_exponent) << numbers[i];
      ASSERT_EQ(std::signbit(whole(at).item<double>()), std::signbit(numbers[i]));
    }
  }
}

TEST(SeveralResults, GoIntoGivenArraysOfAnyLayoutAndDType) {
  const std::vector<double> numbers = Numbers(33);
  const Array column = Column(numbers);
  const auto [mantissa, exponent] = frexp(column);
  Array wide({66}, kFloat64);
  Array every_second = wide.index({Slice{0, 66, 2}});
  Array backwards = Array({33}, DType::of<std::int64_t>()).index({Slice{{}, {}, -1}});
  Array* outs[] = {&every_second, &backwards};
  const std::vector<Array> given = ufuncs::frexp().call_all(std::array<Operand, 1>{column}, {.outs = outs});
  EXPECT_TRUE(SameElements(every_second, mantissa));
  EXPECT_TRUE(SameElements(backwards, exponent.astype(backwards.dtype())));
  EXPECT_EQ(given[0].data(), every_second.data());
}

TEST(SeveralResults, OneMayBeGivenAndOneMade) {
  const Array column = Column(Numbers(20));
  const auto [fraction, whole] = modf(column);
  Array kept({20}, kFloat64);
  Array* outs[] = {nullptr, &kept};
  const auto made = ufuncs::modf().call_array<2>({column}, {.outs = outs});
  EXPECT_TRUE(SameElements(made[0], fraction));
  EXPECT_TRUE(SameElements(kept, whole));
}

TEST(SeveralResults, MayLieOnTheirInput) {
  for (const Index n : {3, 8, 29, 1000}) {
    Array column = Column(Numbers(static_cast<std::size_t>(n)));
    const auto [fraction, whole] = modf(column);
    Array other({n}, kFloat64);
    Array* outs[] = {&column, &other};
    ufuncs::modf().call_all(std::array<Operand, 1>{column}, {.outs = outs});
    EXPECT_TRUE(SameElements(column, fraction)) << n;
    EXPECT_TRUE(SameElements(other, whole)) << n;
  }
}

TEST(SeveralResults, LeaveOutWhatTheMaskLeavesOut) {
  const Array column = Column(Numbers(40));
  const auto [fraction, whole] = modf(column);
  const Array mask = greater(column, 0.0);
  Array first = full({40}, 9.0, kFloat64);
  Array second = full({40}, 9.0, kFloat64);
  Array* outs[] = {&first, &second};
  ufuncs::modf().call_all(std::array<Operand, 1>{column}, {.outs = outs, .where = &mask});
  for (Index i = 0; i < 40; ++i) {
    const bool chosen = mask(i).item<bool>();
    EXPECT_EQ(first(i).item<double>(), chosen ? fraction(i).item<double>() : 9.0);
    EXPECT_EQ(second(i).item<double>(), chosen ? whole(i).item<double>() : 9.0);
  }
}

TEST(SeveralResults, TakeAnArrayForEachOutput) {
  const Array column = Column(Numbers(4));
  Array only({4}, kFloat64);
  Array* outs[] = {&only};
  EXPECT_EQ(MessageOf<ValueError>([&] {
              ufuncs::modf().call_all(std::array<Operand, 1>{column}, {.outs = outs});
            }),
            "modf: outs has 1 entries; the ufunc has 2 outputs");
  EXPECT_THROW(ufuncs::divmod().reduce(column), ValueError);
}

// Two outputs of three elements in one piece of memory, the second `distance` elements on.
std::vector<double> Overlaid(Index distance, DType dtype, const CallOptions& options) {
  const Array memory = full({6}, 9, dtype);
  Array first = memory(Slice{0, 3, {}});
  Array second = memory(Slice{distance, distance + 3, {}});
  Array* const outs[] = {&first, &second};
  CallOptions with_outs = options;
  with_outs.outs = outs;
  modf(Array::from_values({1.5, 2.5, 3.5}), with_outs);
  return Values<double>(memory);
}

TEST(SeveralResults, AreWrittenInNumpysOrderWhereTheyMeet) {
  const DType own = DType::of<double>();
  EXPECT_EQ(Overlaid(1, own, {}), (std::vector<double>{0.5, 0.5, 0.5, 3, 9, 9}))
      << "element by element";
  EXPECT_EQ(Overlaid(0, own, {}), (std::vector<double>{0.5, 0.5, 0.5, 9, 9, 9}))
      << "the first output of an element last";
  EXPECT_EQ(Overlaid(1, DType::of<float>(), {}), (std::vector<double>{0.5, 1, 2, 3, 9, 9}))
      << "converted: the last output last";
  const Array mask = Array::from_values({true, false, true});
  EXPECT_EQ(Overlaid(1, own, {.where = &mask}), (std::vector<double>{0.5, 9, 0.5, 3, 9, 9}))
      << "masked: the first output last";
}

}  // namespace
}  // namespace quern
