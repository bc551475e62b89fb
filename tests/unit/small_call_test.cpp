// Calls of few elements: the short paths give what the long ones give, and allocate nothing.
#include "arrays.h"

#include <atomic>
#include <cstdlib>
#include <new>

#include "iterate/one_tile.h"

// The runtimes of the thread and address sanitizers bring these functions and leave no room for others;
// under them, only the blocks of arrays are counted.
#ifdef __has_feature
#define QUERN_HAS_FEATURE(name) __has_feature(name)
#else
#define QUERN_HAS_FEATURE(name) 0
#endif

namespace {
std::atomic<std::size_t> g_allocations{0};
}  // namespace

#if !QUERN_HAS_FEATURE(thread_sanitizer) && !defined(__SANITIZE_THREAD__) && \
    !QUERN_HAS_FEATURE(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
// Replaced for this whole program, to be counted. Inlined, they would look mismatched to GCC.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* block = std::malloc(bytes > 0 ? bytes : 1)) return block;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }
#endif

namespace quern {
namespace {

const DType kInt32 = DType::of<std::int32_t>();

template <class Body>
std::size_t AllocationsOf(const Body& body) {
  body();  // the first call makes what later ones find
  const std::size_t blocks = memory_statistics().allocations;
  const std::size_t before = g_allocations.load();
  body();
  return g_allocations.load() - before + memory_statistics().allocations - blocks;
}

TEST(SmallCall, IntoAnExistingArrayAllocatesNothing) {
  const Array a = Iota<double>({4});
  const Array whole = Iota<std::int32_t>({4});
  const Array square = Iota<double>({4, 4});
  Array out = zeros({4});
  Array truth({4}, DType::of<bool>());
  Array table = zeros({4, 4});
  const Array reversed = a(Slice{{}, {}, -1});
  const Array turned = table.transpose();
  const CallOptions into{.out = &out};
  EXPECT_EQ(AllocationsOf([&] { add(a, a, into); }), 0u);
  EXPECT_EQ(AllocationsOf([&] { negative(a, into); }), 0u);
  EXPECT_EQ(AllocationsOf([&] { less(a, a, {.out = &truth}); }), 0u);
  EXPECT_EQ(AllocationsOf([&] { add(a, 2, into); }), 0u);
  EXPECT_EQ(AllocationsOf([&] { add(a, whole, into); }), 0u);
  EXPECT_EQ(AllocationsOf([&] { add(whole, whole, into); }), 0u);
  EXPECT_EQ(AllocationsOf([&] { add(reversed, whole, into); }), 0u);
  EXPECT_EQ(AllocationsOf([&] { add(square, a, {.out = &table}); }), 0u);
  EXPECT_EQ(AllocationsOf([&] { add(table, turned, {.out = &table}); }), 0u);
  EXPECT_EQ(AllocationsOf([&] { clip(a, 1, 2, into); }), 0u);
}

// Lengths on both sides of where another path takes over.
const std::vector<Index> kLengths{0, 1, 2, 7, kOneTile - 1, kOneTile, kOneTile + 1, 65536, 65537};

TEST(SmallCall, EveryLengthAndLayoutGivesTheSame) {
  const ErrorStateScope quiet(Ignoring());
  Random random(21);
  for (Index n : kLengths) {
    for (const Layout& layout : kLayouts) {
      for (DType dtype : {DType::of<double>(), kInt32, DType::of<bool>()}) {
        const Array a({n}, dtype);
        const Array b({n}, DType::of<float>());
        FillRandom(random, a);
        FillRandom(random, b);
        const Array expected = add(a.astype(DType::of<double>()), b.astype(DType::of<double>()));
        const Placed first = Relaid(a, layout);
        const Placed out(layout, a.shape(), DType::of<float>());
        Array given = out.array();
        const Array made = add(first.array(), Relaid(b, layout).array());
        ASSERT_TRUE(SameElements(made.astype(DType::of<double>()),
                                 expected.astype(made.dtype()).astype(DType::of<double>())))
            << layout.name << ", " << dtype.name() << ", " << n;
        add(first.array(), b, {.out = &given});
        ASSERT_TRUE(SameElements(given, made.astype(DType::of<float>()))) << layout.name;
        ASSERT_TRUE(out.Untouched()) << layout.name;
      }
    }
  }
}

TEST(SmallCall, SingleElementsBroadcast) {
  const Array row = Iota<std::int16_t>({5});
  const std::vector<double> expected{3, 4, 5, 6, 7};
  for (const Array& one : {Array::scalar(3.0), Array::from_values({3.0})}) {
    EXPECT_EQ(Values<double>(add(row, one)), expected);
    EXPECT_EQ(Values<double>(add(one, row)), expected);
    EXPECT_EQ(Values<double>(add(one, Iota<double>({5}))), expected);
  }
  const Array boxed = Array::from_values({3.0}).reshape({1, 1});
  EXPECT_EQ(ShapeOf(add(row, boxed)), (Shape{1, 5})) << "axes count, though elements do not";
  EXPECT_EQ(ShapeOf(add(boxed, Array::scalar(1))), (Shape{1, 1}));
  EXPECT_EQ(ShapeOf(add(Array::scalar(1), Array::scalar(2.0))), Shape{});
  EXPECT_EQ(ShapeOf(add(Iota<double>({2, 3}), Array::from_values({1}))), (Shape{2, 3}));
  EXPECT_EQ(ShapeOf(add(Iota<std::int16_t>({0}), boxed)), (Shape{1, 0}));
  EXPECT_EQ(ShapeOf(add(Iota<std::int16_t>({0}), 1.5)), Shape{0});
}

TEST(SmallCall, OutputsMayLieOnInputs) {
  for (DType dtype : {DType::of<double>(), kInt32}) {
    for (Index n : {1, 2, 5, 17}) {
      const auto buffer = [&] {
        return Iota<double>({n + 1}).astype(dtype);
      };
      const Array plain = buffer();
      const auto expect = [&](const Array& got, const Array& wanted) {
        EXPECT_TRUE(SameElements(got, wanted.astype(dtype))) << dtype.name() << ", " << n;
      };
      const Slice front{0, n};
      const Slice rest{1, {}};
      Array array = buffer();
      Array out = array(rest);
      add(array(front), 0.5, {.out = &out, .casting = CastingLevel::unsafe});
      expect(out, add(plain(front), 0.5));
      array = buffer();
      out = array(front);
      add(array(rest), array(Slice{-1, {}}), {.out = &out});
      expect(out, add(plain(rest), plain(Slice{-1, {}})));
      array = buffer();
      add(array, array(Slice{-1, {}}), {.out = &array});
      expect(array, add(plain, plain(Slice{-1, {}})));
      array = buffer();
      out = array(Slice{{}, {}, -1});
      add(array, Array::scalar(1.0f), {.out = &out, .casting = CastingLevel::unsafe});
      expect(out, add(plain, 1.0));
    }
  }
}

// What the short paths cannot do is refused in the long one's words, and nothing is written.
TEST(SmallCall, RefusalsWriteNothing) {
  const Array a = Iota<double>({4});
  const Array whole = Iota<std::int32_t>({4});
  const Array kept = full({4}, 9.0);
  Array out = kept.copy();
  Array locked = out.readonly();
  Array narrow = kept.astype(kInt32);
  Array short_one = zeros({3});
  Array none = zeros({0});
  for (const Array& first : {a, whole}) {
    EXPECT_EQ(MessageOf<ReadOnlyError>([&] { add(first, a, {.out = &locked}); }),
              "add: output array is read-only");
    EXPECT_THROW(add(first, a, {.out = &narrow}), CastError);
    EXPECT_THROW(add(first, a, {.out = &short_one}), ShapeError);
    EXPECT_THROW(add(first, a, {.out = &none}), ShapeError);
    EXPECT_THROW(add(first, 1.0, {.out = &short_one}), ShapeError);
    EXPECT_THROW(add(first, short_one), ShapeError);
    EXPECT_THROW(add(first, a, {.out = &out, .dtype = DType::of<bool>()}), CastError);
    EXPECT_THROW(bitwise_and(first, a, {.out = &out}), TypeError);
    EXPECT_THROW(ufuncs::add().call({first}, {.out = &out}), TypeError);
  }
  EXPECT_TRUE(SameElements(out, kept));
  EXPECT_TRUE(SameElements(narrow.astype(DType::of<double>()), kept));
}

TEST(SmallCall, OptionsHold) {
  const Array a = Iota<double>({4});
  const Array whole = Iota<std::int32_t>({4});
  EXPECT_EQ(add(a, a, {.dtype = DType::of<float>()}).dtype(), DType::of<float>());
  EXPECT_EQ(add(whole, 1, {.dtype = DType::of<double>()}).dtype(), DType::of<double>());
  const std::vector<std::optional<DType>> types{kInt32, kInt32, kInt32};
  EXPECT_EQ(add(a, whole, {.signature = types, .casting = CastingLevel::unsafe}).dtype(), kInt32);
  EXPECT_THROW(add(a, whole, {.signature = types}), CastError);
  EXPECT_EQ(Values<double>(add(a, whole, {.casting = CastingLevel::safe})),
            (std::vector<double>{0, 2, 4, 6}));
  Array narrow({4}, DType::of<float>());
  EXPECT_THROW(add(a, whole, {.out = &narrow, .casting = CastingLevel::safe}), CastError);
  Array out = zeros({4});
  Array* const outs[] = {&out};
  EXPECT_EQ(add(a, whole, {.outs = outs}).data(), out.data());
  EXPECT_EQ(Values<double>(out), (std::vector<double>{0, 2, 4, 6}));
}

TEST(SmallCall, ConditionsAreThoseOfTheElements) {
  ReportedFlags reported;
  const Array zero = zeros({3});
  const Array ones32 = ones({3}, kInt32);
  divide(ones32, zero);
  EXPECT_EQ(reported.Take(), 1);
  divide(ones32, Array::scalar(0.0f));
  EXPECT_EQ(reported.Take(), 1);
  divide(zero, 0);
  EXPECT_EQ(reported.Take(), 8);
  Array narrow({3}, DType::of<float>());
  add(full({3}, 1e300), ones32, {.out = &narrow});
  EXPECT_EQ(reported.Take(), 2) << "of the output's cast";
  add(full({3}, 1e300), ones32);
  add(ones32, ones32);
  add(ones32, 0.5, {.out = &narrow});
  EXPECT_EQ(reported.Take(), 0);
}

TEST(SmallCall, NothingIsComputedOfNothing) {
  ReportedFlags reported;
  Array none = zeros({0});
  for (const Array& empty_one : {zeros({0}), zeros({0}, kInt32)}) {
    EXPECT_EQ(add(empty_one, zeros({0}), {.out = &none}).data(), none.data());
    EXPECT_EQ(ShapeOf(add(empty_one, 1)), Shape{0});
    EXPECT_EQ(ShapeOf(divide(empty_one, Array::scalar(0))), Shape{0});
    EXPECT_EQ(ShapeOf(negative(empty_one)), Shape{0});
  }
  EXPECT_EQ(reported.Take(), 0);
}

TEST(SmallCall, ARefusedConditionLeavesItsResult) {
  ErrorState state;
  state.divide = ErrorAction::raise;
  const ErrorStateScope scope(state);
  Array out = zeros({2});
  EXPECT_THROW(divide(ones({2}), zeros({2}), {.out = &out}), FloatingPointError);
  EXPECT_THROW(divide(ones({2}, kInt32), zeros({2}), {.out = &out}), FloatingPointError);
  EXPECT_EQ(out(0).item<double>(), std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace quern
