// Integer overflow, where the error state asks for it: exactly the results that are not the exact
// ones.
#include "arrays.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <thread>

#include "call/checked.h"

namespace quern {
namespace {

ErrorState Asking(ErrorAction action) {
  ErrorState state;
  state.integer_overflow = action;
  state.over = state.divide = ErrorAction::ignore;
  return state;
}

// How often a call reports integer overflow while an object lives on this thread.
class Overflows {
 public:
  Overflows() : scope_(State()) {}
  int taken() { return std::exchange(count_, 0); }

 private:
  ErrorState State() {
    ErrorState state = Asking(ErrorAction::call);
    state.callback = [this](std::string_view kind, int flags) {
      EXPECT_EQ(kind, "integer overflow");
      EXPECT_NE(flags & kIntegerOverflow, 0);
      ++count_;
    };
    return state;
  }
  int count_ = 0;
  ErrorStateScope scope_;
};

// An exact result; none where the ufunc defines one that cannot overflow. Magnitudes beyond every
// range may be cut short, but stay beyond.
using Exact = std::optional<Wide>;
constexpr Wide kBeyond = Wide{1} << 80;

Wide Times(Wide a, Wide b) {
  if (a == 0 || b == 0) return 0;
  const double size = static_cast<double>(a) * static_cast<double>(b);
  return std::abs(size) > 1e30 ? kBeyond : a * b;
}

Exact ExactPower(Wide a, Wide b) {
  if (b < 0) return {};
  if (a == -1) return b % 2 == 0 ? 1 : -1;
  if (a == 0 || a == 1) return b == 0 ? 1 : a;
  Wide power = 1;
  for (Wide i = 0; i < b && power < kBeyond && power > -kBeyond; ++i) power = Times(power, a);
  return power;
}

Wide ExactGcd(Wide a, Wide b) {
  a = a < 0 ? -a : a;
  b = b < 0 ? -b : b;
  while (b != 0) a = std::exchange(b, a % b);
  return a;
}

Exact ExactQuotient(Wide a, Wide b) {
  if (b == 0) return {};
  const Wide truncated = a / b;
  return truncated - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

Exact ExactMultiple(Wide a, Wide b) {
  if (a == 0 || b == 0) return 0;
  a = a < 0 ? -a : a;
  b = b < 0 ? -b : b;
  return Times(a / ExactGcd(a, b), b);
}

struct Operation {
  const char* ufunc;
  std::size_t inputs;
  std::function<Exact(Wide, Wide)> exact;
};

std::vector<Operation> Operations() {
  return {
      {"add", 2,
       [](Wide a, Wide b) {
         return Exact(a + b);
       }},
      {"subtract", 2,
       [](Wide a, Wide b) {
         return Exact(a - b);
       }},
      {"multiply", 2,
       [](Wide a, Wide b) {
         return Exact(Times(a, b));
       }},
      {"negative", 1,
       [](Wide a, Wide) {
         return Exact(-a);
       }},
      {"absolute", 1,
       [](Wide a, Wide) {
         return Exact(a < 0 ? -a : a);
       }},
      {"square", 1,
       [](Wide a, Wide) {
         return Exact(Times(a, a));
       }},
      {"power", 2, ExactPower},
      {"floor_divide", 2, ExactQuotient},
      {"divmod", 2, ExactQuotient},
      {"gcd", 2,
       [](Wide a, Wide b) {
         return Exact(ExactGcd(a, b));
       }},
      {"lcm", 2, ExactMultiple},
  };
}

template <class T>
bool Fits(Wide value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

template <class T>
class Loop {
 public:
  explicit Loop(const Operation& operation) : operation_(operation) {
    const std::vector<DTypeId> types(operation.inputs, DType::of<T>().id());
    loop_ = Registry::Get().Resolve(Ufunc::find(operation.ufunc).info(), types).loop;
  }

  bool Expected(T a, T b) const {
    const Exact exact = operation_.exact(a, b);
    return exact && !Fits<T>(*exact);
  }

  // What the kernel for this thread's error state reports; `results` are of the first output.
  FpFlags Run(const std::vector<T>& a, const std::vector<T>& b, std::vector<T>& results) const {
    results.assign(a.size(), T{});
    std::vector<T> more(a.size());
    const void* const in[] = {a.data(), b.data()};
    void* const out[] = {results.data(), more.data()};
    return ElementwiseOf(*loop_)(in, out, a.size()) & kIntegerOverflow;
  }

 private:
  const Operation& operation_;
  const LoopInfo* loop_;
};

// Every overflowing pair must be seen wherever it stands in a vector or behind the last one, others
// never, and results are the same whether anybody looks or not.
template <class T>
void CheckPairs(const Operation& operation, const std::vector<std::pair<T, T>>& pairs) {
  const Loop<T> loop(operation);
  std::vector<T> a, b, checked, plain;
  std::vector<std::pair<T, T>> overflowing;
  for (const auto& [x, y] : pairs) {
    if (loop.Expected(x, y)) {
      overflowing.emplace_back(x, y);
    } else {
      a.push_back(x);
      b.push_back(y);
    }
  }
  loop.Run(a, b, plain);
  const ErrorStateScope asking(Asking(ErrorAction::warn));
  EXPECT_EQ(loop.Run(a, b, checked), 0) << operation.ufunc;
  EXPECT_EQ(checked, plain) << operation.ufunc;
  std::size_t at = 0;
  std::vector<T> some(77, T{1}), others(77, T{1});
  for (const auto& [x, y] : overflowing) {
    at = (at + 1) % some.size();
    some[at] = x;
    others[at] = y;
    ASSERT_EQ(loop.Run(some, others, checked), kIntegerOverflow)
        << operation.ufunc << " " << +x << " " << +y;
    {
      const ErrorStateScope quiet((ErrorState()));
      EXPECT_EQ(loop.Run(some, others, plain), 0);
    }
    ASSERT_EQ(checked, plain) << operation.ufunc;
    some[at] = others[at] = 1;
  }
}

// Values around zero, the ends and powers of two.
template <class T>
std::vector<T> Edges() {
  std::vector<T> values;
  for (int bit = 0; bit < static_cast<int>(8 * sizeof(T)); ++bit) {
    for (int step : {-1, 0, 1}) {
      const std::uint64_t value = (std::uint64_t{1} << bit) + static_cast<std::uint64_t>(step);
      values.push_back(static_cast<T>(value));
      values.push_back(static_cast<T>(std::uint64_t{0} - value));
    }
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

template <class T>
std::vector<std::pair<T, T>> PairsOf(const std::vector<T>& values) {
  std::vector<std::pair<T, T>> pairs;
  for (T a : values) {
    for (T b : values) pairs.emplace_back(a, b);
  }
  return pairs;
}

template <class T>
std::vector<T> AllBytes() {
  std::vector<T> values;
  for (int i = 0; i < 256; ++i) values.push_back(static_cast<T>(i));
  return values;
}

template <class T>
class IntegerOverflow : public ::testing::Test {
 protected:
  void TearDown() override { set_target(supported_targets().front()); }
};
using Integers = ::testing::Types<std::int8_t, std::int16_t, std::int32_t, std::int64_t,
                                  std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t>;
TYPED_TEST_SUITE(IntegerOverflow, Integers);

TYPED_TEST(IntegerOverflow, IsToldOfExactlyTheResultsOutOfRange) {
  const auto pairs =
      PairsOf<TypeParam>(sizeof(TypeParam) == 1 ? AllBytes<TypeParam>() : Edges<TypeParam>());
  for (std::string_view target : supported_targets()) {
    set_target(target);
    for (const Operation& operation : Operations()) {
      // Negative exponents are refused, which ends a call by other means.
      auto taken = pairs;
      if (std::string_view(operation.ufunc) == "power") {
        std::erase_if(taken, [](const auto& pair) { return pair.second < TypeParam{0}; });
      }
      CheckPairs<TypeParam>(operation, taken);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

// ---- Reductions
// -----------------------------------------------------------------------------------

template <class T>
Array Drawn(std::mt19937_64& random, Index rows, Index columns, int bits) {
  Array array({rows, columns}, DType::of<T>());
  T* element = reinterpret_cast<T*>(array.data());
  for (Index i = 0; i < array.size(); ++i) {
    const std::uint64_t drawn = random() >> (64 - bits);
    element[i] = static_cast<T>(std::is_unsigned_v<T> || random() % 2 == 0 ? drawn : 0 - drawn);
  }
  return array;
}

template <class T>
bool ExpectedOfColumns(const Array& array, const std::function<Wide(Wide, Wide)>& join, Wide start,
                       const Array* mask = nullptr) {
  for (Index column = 0; column < array.shape(1); ++column) {
    Wide folded = start;
    for (Index row = 0; row < array.shape(0); ++row) {
      if (mask != nullptr && !(*mask)(row, column).item<bool>()) continue;
      folded = join(folded, array(row, column).template item<T>());
    }
    if (!Fits<T>(folded)) return true;
  }
  return false;
}

Wide Plus(Wide a, Wide b) { return a + b; }

TYPED_TEST(IntegerOverflow, OfSumsIsThatOfTheExactResult) {
  using T = TypeParam;
  std::mt19937_64 random(3);
  Overflows overflows;
  int seen = 0;
  for (int round = 0; round < 60; ++round) {
    const Index rows = 2 + static_cast<Index>(random() % 60);
    const int bits = static_cast<int>(8 * sizeof(T)) - static_cast<int>(random() % 8);
    const Array array = Drawn<T>(random, rows, 1 + static_cast<Index>(random() % 12), bits);
    const DType dtype = array.dtype();
    const bool expected = ExpectedOfColumns<T>(array, Plus, 0);
    seen += expected;
    ufuncs::add().reduce(array, {.dtype = dtype});
    ASSERT_EQ(overflows.taken(), expected) << "columns";
    ufuncs::add().reduce(array.transpose(), {.axis = 1, .dtype = dtype});
    ASSERT_EQ(overflows.taken(), expected) << "rows";
    ufuncs::add().reduce(array.astype(dtype.with_byte_order(true)), {.dtype = dtype});
    ASSERT_EQ(overflows.taken(), expected) << "other byte order";
    const Array mask = greater(array, 3);
    ufuncs::add().reduce(array, {.dtype = dtype, .where = &mask});
    ASSERT_EQ(overflows.taken(), ExpectedOfColumns<T>(array, Plus, 0, &mask)) << "where";
    const T start = std::numeric_limits<T>::max();
    ufuncs::add().reduce(array, {.dtype = dtype, .initial = start});
    ASSERT_EQ(overflows.taken(), ExpectedOfColumns<T>(array, Plus, start)) << "initial";
  }
  EXPECT_GT(seen, 5);
  EXPECT_LT(seen, 60);
}

TYPED_TEST(IntegerOverflow, OfProductsIsThatOfTheExactResult) {
  using T = TypeParam;
  std::mt19937_64 random(4);
  Overflows overflows;
  int seen = 0;
  for (int round = 0; round < 200; ++round) {
    const Index rows = 1 + static_cast<Index>(random() % 9);
    const Array array = Drawn<T>(random, rows, 1 + static_cast<Index>(random() % 3),
                                 1 + static_cast<int>(random() % (4 * sizeof(T))));
    const bool expected = ExpectedOfColumns<T>(array, Times, 1);
    seen += expected;
    ufuncs::multiply().reduce(array, {.dtype = array.dtype()});
    ASSERT_EQ(overflows.taken(), expected);
  }
  EXPECT_GT(seen, 5);
  EXPECT_LT(seen, 195);
}

TYPED_TEST(IntegerOverflow, OfRunningFoldsIsThatOfAnyStep) {
  using T = TypeParam;
  std::mt19937_64 random(5);
  Overflows overflows;
  for (int round = 0; round < 60; ++round) {
    const Index rows = 1 + static_cast<Index>(random() % 700);
    const int bits = 1 + static_cast<int>(random() % (8 * sizeof(T) - 1));
    const Array array = Drawn<T>(random, rows, round % 2 == 0 ? 1 : 70, bits);
    const DType dtype = array.dtype();
    bool expected = false;
    for (Index column = 0; column < array.shape(1); ++column) {
      Wide folded = array(0, column).template item<T>();
      for (Index row = 1; row < rows; ++row) {
        folded += array(row, column).template item<T>();
        expected |= !Fits<T>(folded);
      }
    }
    const Array running = ufuncs::add().accumulate(array, {.dtype = dtype});
    ASSERT_EQ(overflows.taken(), expected);
    const ErrorStateScope quiet((ErrorState()));
    EXPECT_EQ(Values<T>(running), Values<T>(ufuncs::add().accumulate(array, {.dtype = dtype})));
  }
}

// ---- Methods, casts, the state
// --------------------------------------------------------------------

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

TEST(IntegerOverflowState, CoversEveryMethod) {
  Overflows overflows;
  const Array values = Array::from_values<std::int64_t>({kMost, 1, -1, 5});
  sum(values);
  EXPECT_EQ(overflows.taken(), 1) << "the exact sum is max + 5";
  sum(values(Slice{0, 3, {}}));
  EXPECT_EQ(overflows.taken(), 0) << "it comes back";
  ufuncs::add().accumulate(values(Slice{0, 3, {}}));
  EXPECT_EQ(overflows.taken(), 1) << "the second running sum does not";
  const Index starts[] = {0, 2};
  ufuncs::add().reduceat(values, starts);
  EXPECT_EQ(overflows.taken(), 1);
  ufuncs::add().outer(values, values);
  EXPECT_EQ(overflows.taken(), 1);
  ufuncs::subtract().reduce(Array::from_values<std::int64_t>({-2, kMost, 0}));
  EXPECT_EQ(overflows.taken(), 1) << "a fold from left to right";
  const Array target = values.copy();
  const Operand one(1);
  ufuncs::add().at(target, Array::from_values<std::int64_t>({1, 2}), &one);
  EXPECT_EQ(overflows.taken(), 0);
  ufuncs::add().at(target, Array::from_values<std::int64_t>({3, 0}), &one);
  EXPECT_EQ(overflows.taken(), 1);
  const Array mask = Array::from_values<bool>({false, true, true, true});
  add(values, 1, {.where = &mask});
  EXPECT_EQ(overflows.taken(), 0) << "elements left out are not computed";
  add(values(Slice{{}, {}, 2}), values(Slice{{}, {}, -2}));
  EXPECT_EQ(overflows.taken(), 1) << "strides";
  sum(Array::from_values<std::int32_t>({2147483647, 2147483647}));
  EXPECT_EQ(overflows.taken(), 0) << "the accumulator is wide";
}

TEST(IntegerOverflowState, IsThatOfTheThread) {
  Array big = full({200000}, kMost, DType::of<std::int64_t>());
  Overflows overflows;
  add(big, 1);
  EXPECT_EQ(overflows.taken(), 1) << "once, whatever the number of threads";
  sum(big);
  EXPECT_EQ(overflows.taken(), 1);
  std::thread([&] { add(big, 1); }).join();
  EXPECT_EQ(overflows.taken(), 0) << "another thread has the default state";
}

TEST(IntegerOverflowState, LeavesTheWrappedResult) {
  Array out({2}, DType::of<std::int8_t>());
  const Array values = Array::from_values<std::int8_t>({127, 1});
  EXPECT_EQ(Values<int>(add(values, 1)), (std::vector<int>{-128, 2})) << "nobody asks";
  const ErrorStateScope scope(Asking(ErrorAction::raise));
  EXPECT_EQ(MessageOf<FloatingPointError>([&] { add(values, 1, {.out = &out}); }),
            "integer overflow encountered in add");
  EXPECT_EQ(Values<int>(out), (std::vector<int>{-128, 2}));
}

template <class From, class To>
void CheckCast(Overflows& overflows) {
  for (From value : Edges<From>()) {
    Array array = zeros({3, 30}, DType::of<From>());
    array(1, 7).assign(Array::scalar(value));
    overflows.taken();
    array.astype(DType::of<To>());
    ASSERT_EQ(overflows.taken(), !Fits<To>(value)) << +value;
    array.transpose().astype(DType::of<To>());
    ASSERT_EQ(overflows.taken(), !Fits<To>(value)) << "transposed";
    array.astype(DType::of<From>().with_byte_order(true)).astype(DType::of<To>());
    ASSERT_EQ(overflows.taken(), !Fits<To>(value)) << "other byte order";
  }
}

TYPED_TEST(IntegerOverflow, OfCastsIsThatOfValuesOutOfRange) {
  using T = TypeParam;
  for (std::string_view target : supported_targets()) {
    set_target(target);
    Overflows overflows;
    CheckCast<T, std::int8_t>(overflows);
    CheckCast<T, std::uint8_t>(overflows);
    CheckCast<T, std::int16_t>(overflows);
    CheckCast<T, std::uint16_t>(overflows);
    CheckCast<T, std::int32_t>(overflows);
    CheckCast<T, std::uint32_t>(overflows);
    CheckCast<T, std::int64_t>(overflows);
    CheckCast<T, std::uint64_t>(overflows);
  }
}

TEST(IntegerOverflowState, CoversCastsInsideCalls) {
  Overflows overflows;
  const Array wide = Array::from_values<std::int64_t>({1, 70000});
  Array narrow({2}, DType::of<std::int16_t>());
  add(wide, wide, {.out = &narrow});
  EXPECT_EQ(overflows.taken(), 1) << "of the output";
  ufuncs::add().reduce(wide, {.dtype = DType::of<std::int16_t>()});
  EXPECT_EQ(overflows.taken(), 1) << "of what is reduced";
  wide.astype(DType::of<bool>());
  wide.astype(DType::of<float>());
  Array::from_values<double>({1.5}).astype(DType::of<std::int8_t>());
  EXPECT_EQ(overflows.taken(), 0) << "not between integers";
}

}  // namespace
}  // namespace quern
