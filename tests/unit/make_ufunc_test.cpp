// Ufuncs from callables: calls, folds, types, lifetime, exceptions, threads.
#include "arrays.h"

#include <atomic>
#include <cmath>
#include <set>
#include <stdexcept>
#include <thread>

#include "quern/make_ufunc.hpp"

namespace quern {
namespace {

double Weighted(double x, double y) { return x + 10 * y; }

const auto kWeighted = [](double x, double y) {
  return x + 10 * y;
};

TEST(MakeUfunc, BroadcastsAndConverts) {
  const MadeUfunc weighted = make_ufunc("weighted", kWeighted);
  EXPECT_EQ(weighted.name(), "weighted");
  EXPECT_EQ(weighted.inputs(), 2u);
  EXPECT_EQ(weighted.outputs(), 1u);
  const Array columns = Iota<std::int32_t>({3});
  const Array rows = Iota<float>({2, 1});
  const Array result = weighted(columns, rows);
  EXPECT_EQ(result.dtype(), DType::of<double>());
  EXPECT_EQ(ShapeOf(result), (Shape{2, 3}));
  EXPECT_EQ(Values<double>(result), (std::vector<double>{0, 1, 2, 10, 11, 12}));
  EXPECT_EQ(Values<double>(weighted(columns, 2)), (std::vector<double>{20, 21, 22}));
  EXPECT_EQ(weighted(1, 2).item<double>(), 21);
  EXPECT_EQ(Values<double>(make_ufunc("function", &Weighted)(columns, 1)),
            (std::vector<double>{10, 11, 12}));
}

TEST(MakeUfunc, TakesEveryLayout) {
  const MadeUfunc weighted = make_ufunc("weighted", kWeighted);
  for (const Layout& layout : kLayouts) {
    const Array a = Iota<double>({9, 40});
    const Array b = ones({9, 40});
    const Placed laid = Relaid(a, layout);
    EXPECT_EQ(Values<double>(weighted(laid.array(), b)), Values<double>(add(a, 10)));
  }
}

TEST(MakeUfunc, WritesWhereItIsTold) {
  const MadeUfunc weighted = make_ufunc("weighted", kWeighted);
  const Array a = Iota<double>({4});
  Array out = full({4}, -1, DType::of<double>());
  const Array mask = Array::from_values<bool>({true, false, true, false});
  weighted(a, a, {.out = &out, .where = &mask});
  EXPECT_EQ(Values<double>(out), (std::vector<double>{0, -1, 22, -1}));
  Array narrow({4}, DType::of<float>());
  weighted(a, 1, {.out = &narrow});
  EXPECT_EQ(Values<float>(narrow), (std::vector<float>{10, 11, 12, 13}));
  Array whole({4}, DType::of<std::int64_t>());
  EXPECT_THROW(weighted(a, 1, {.out = &whole}), CastError);
  weighted(a, a, {.out = &out});
  weighted(out, out(Slice{{}, {}, -1}), {.out = &out});
  EXPECT_EQ(Values<double>(out), (std::vector<double>{330, 231, 132, 33})) << "overlap";
}

TEST(MakeUfunc, ChoosesTheLeastSignature) {
  const auto sum = [](auto x, auto y) {
    return static_cast<decltype(x)>(x + y);
  };
  const MadeUfunc made =
      make_ufunc<double(double, double), std::int32_t(std::int32_t, std::int32_t),
                 float(float, float)>("sum", sum);
  const auto result_of = [&](DType a, DType b) {
    const DType inputs[] = {a, b};
    return made.resolve(inputs).back();
  };
  EXPECT_EQ(result_of(DType::of<float>(), DType::of<float>()), DType::of<float>());
  EXPECT_EQ(result_of(DType::of<std::int16_t>(), DType::of<bool>()), DType::of<std::int32_t>());
  EXPECT_EQ(result_of(DType::of<std::int32_t>(), DType::of<float>()), DType::of<double>());
  EXPECT_EQ(result_of(DType::of<std::int64_t>(), DType::of<std::int8_t>()), DType::of<double>());
  EXPECT_THROW(result_of(DType::of<std::complex<float>>(), DType::of<float>()), TypeError);
  EXPECT_EQ(made.loops().size(), 3u);
  EXPECT_EQ(made(Iota<float>({2}), 1).dtype(), DType::of<float>()) << "numbers are weak";
  EXPECT_THROW(made(Iota<std::int32_t>({2}), std::int64_t{1} << 40), OverflowError);
}

TEST(MakeUfunc, GivesSeveralResults) {
  const MadeUfunc split = make_ufunc("split", [](double x) {
    return std::tuple<double, std::int32_t, bool>(x - std::floor(x),
                                                  static_cast<int>(std::floor(x)), x < 0);
  });
  EXPECT_EQ(split.outputs(), 3u);
  const Array x = Array::from_values({1.25, -0.5});
  const Operand inputs[] = {x};
  const std::vector<Array> results = split.call_all(inputs);
  EXPECT_EQ(Values<double>(results[0]), (std::vector<double>{0.25, 0.5}));
  EXPECT_EQ(Values<int>(results[1]), (std::vector<int>{1, -1}));
  EXPECT_EQ(Values<int>(results[2]), (std::vector<int>{0, 1}));
  EXPECT_THROW(split.reduce(x), ValueError);
}

TEST(MakeUfunc, Folds) {
  const MadeUfunc difference =
      make_ufunc("difference", [](std::int64_t x, std::int64_t y) { return x - y; });
  const Array a = Iota<std::int32_t>({3, 4});
  EXPECT_EQ(Values<int>(difference.reduce(a, {.axis = 1})), (std::vector<int>{-6, -14, -22}));
  EXPECT_EQ(Values<int>(difference.reduce(a)), (std::vector<int>{-12, -13, -14, -15}));
  EXPECT_EQ(Values<int>(difference.accumulate(a, {.axis = 1})),
            Values<int>(ufuncs::subtract().accumulate(a, {.axis = 1})));
  const Index starts[] = {0, 2};
  EXPECT_EQ(Values<int>(difference.reduceat(a, starts)),
            Values<int>(ufuncs::subtract().reduceat(a, starts)));
  EXPECT_EQ(Values<int>(difference.outer(a(0), a(1))),
            Values<int>(ufuncs::subtract().outer(a(0), a(1))));
  const Array target = Iota<std::int64_t>({3});
  const Operand two(2);
  difference.at(target, Array::from_values<std::int64_t>({1, 1, -1}), &two);
  EXPECT_EQ(Values<int>(target), (std::vector<int>{0, -3, 0}));
  EXPECT_THROW(difference.reduce(a, {.axis = Axes::all()}), ValueError) << "not reorderable";
  EXPECT_THROW(difference.reduce(zeros({0})), TypeError) << "float64 is no int64";
  EXPECT_THROW(difference.reduce(zeros({0}, DType::of<std::int64_t>())), ValueError);
  const MadeUfunc of_two_types =
      make_ufunc("mixed", [](double x, float y) { return x + static_cast<double>(y); });
  EXPECT_THROW(of_two_types.reduce(ones({3})), TypeError);
}

TEST(MakeUfunc, FoldsFromItsIdentity) {
  const MadeUfunc join = make_ufunc("join", [](double x, double y) { return std::hypot(x, y); },
                                    {.summary = "Joins.", .identity = 0, .reorderable = true});
  EXPECT_EQ(join.summary(), "Joins.");
  EXPECT_EQ(join.reduce(zeros({0})).item<double>(), 0);
  EXPECT_EQ(join.reduce(Array::from_values({3.0, 4.0})).item<double>(), 5);
  EXPECT_EQ(join.reduce(full({2, 2}, 2.0), {.axis = Axes::all()}).item<double>(), 4);
  const Array mask = Array::from_values<bool>({true, false});
  EXPECT_EQ(join.reduce(Array::from_values({3.0, 4.0}), {.where = &mask}).item<double>(), 3);
}

TEST(MakeUfunc, SharesItsCallable) {
  auto counted = std::make_shared<int>(0);
  std::weak_ptr<int> watched = counted;
  auto made = std::make_unique<MadeUfunc>(
      make_ufunc("count", [counted](double x) { return x + ++*counted; }));
  counted.reset();
  const MadeUfunc copy = *made;
  made.reset();
  EXPECT_EQ(Values<double>(copy(zeros({3}))), (std::vector<double>{1, 2, 3}));
  EXPECT_FALSE(watched.expired());
  { const MadeUfunc last = copy; }
  EXPECT_EQ(*watched.lock(), 3);
}

TEST(MakeUfunc, ReleasesItsCallable) {
  auto held = std::make_shared<int>(0);
  std::weak_ptr<int> watched = held;
  {
    const MadeUfunc made = make_ufunc("held", [held = std::move(held)](double x) { return x; });
  }
  EXPECT_TRUE(watched.expired());
}

struct Stop : std::runtime_error {
  using std::runtime_error::runtime_error;
};

TEST(MakeUfunc, LetsExceptionsThrough) {
  int calls = 0;
  const MadeUfunc careful = make_ufunc("careful", [&calls](double x, double y) {
    if (++calls == 3) throw Stop("three");
    return x + y;
  });
  Array out = full({5}, -1, DType::of<double>());
  EXPECT_EQ(MessageOf<Stop>([&] { careful(ones({5}), 1, {.out = &out}); }), "three");
  EXPECT_EQ(calls, 3) << "nothing is called after it";
  EXPECT_EQ(Values<double>(out), std::vector<double>(5, -1)) << "nothing is written";
  calls = 0;
  EXPECT_THROW(careful(ones({5}), 1), Stop);
  calls = 0;
  EXPECT_THROW(careful.reduce(ones({5})), Stop);
  calls = 0;
  EXPECT_THROW(careful.reduce(ones({5, 5})), Stop);
  calls = 0;
  EXPECT_THROW(careful.accumulate(ones({5})), Stop);
  const Index starts[] = {0};
  calls = 0;
  EXPECT_THROW(careful.reduceat(ones({5}), starts), Stop);
  const Array target = zeros({5});
  const Operand one(1);
  calls = 0;
  EXPECT_THROW(careful.at(target, Array::from_values<std::int64_t>({0, 1, 2, 3}), &one), Stop);
  EXPECT_EQ(Values<double>(target), std::vector<double>(5, 0));
  calls = 10;
  EXPECT_EQ(Values<double>(careful(ones({2}), 1)), (std::vector<double>{2, 2})) << "and goes on";
}

TEST(MakeUfunc, NestsAndMayUseTheLibrary) {
  const MadeUfunc inner = make_ufunc("inner", [](double x) {
    if (x > 100) throw Stop("inner");
    return x + 1;
  });
  const MadeUfunc outer = make_ufunc("outer", [&](double x) {
    return sum(inner(full({3}, x, DType::of<double>()))).item<double>();
  });
  EXPECT_EQ(Values<double>(outer(Iota<double>({3}))), (std::vector<double>{3, 6, 9}));
  EXPECT_EQ(MessageOf<Stop>([&] { outer(Array::from_values({1.0, 200.0})); }), "inner");
}

TEST(MakeUfunc, RunsOnSeveralThreadsOnlyIfItMay) {
  const ThreadLimitScope two(2);
  const Array many = ones({1 << 20});
  for (bool concurrent : {false, true}) {
    std::mutex mutex;
    std::set<std::thread::id> threads;
    const auto note = [&](double x) {
      thread_local std::thread::id noted;
      if (x != 0 && noted != std::this_thread::get_id()) {
        const std::lock_guard<std::mutex> lock(mutex);
        threads.insert(std::this_thread::get_id());
      }
      return 2 * x;
    };
    const MadeUfunc doubled = make_ufunc("doubled", note, {.concurrent = concurrent});
    EXPECT_EQ(sum(doubled(many)).item<double>(), 1 << 21);
    EXPECT_EQ(threads.size(), concurrent ? 2u : 1u);
  }
}

TEST(MakeUfunc, ExceptionsOfOtherThreadsComeOut) {
  const ThreadLimitScope two(2);
  const MadeUfunc careful = make_ufunc("careful",
                                       [](double x) {
                                         if (x == (1 << 20) - 1) throw Stop("last");
                                         return x;
                                       },
                                       {.concurrent = true});
  EXPECT_EQ(MessageOf<Stop>([&] { careful(Iota<double>({1 << 20})); }), "last");
}

TEST(MakeUfunc, ReportsConditionsIfAsked) {
  ErrorState state;
  int calls = 0;
  state.divide = ErrorAction::call;
  state.callback = [&](std::string_view, int) {
    ++calls;
  };
  const ErrorStateScope scope(state);
  const auto inverse = [](double x) {
    return 1 / x;
  };
  make_ufunc("inverse", inverse)(zeros({5}));
  EXPECT_EQ(calls, 0);
  make_ufunc("inverse", inverse, {.floating_point_conditions = true})(zeros({5}));
  EXPECT_EQ(calls, 1);
}

TEST(MakeUfunc, TakesTruthValuesAndFunctionsThatDoNotThrow) {
  const MadeUfunc choose =
      make_ufunc("choose", [](bool which, float x, float y) noexcept { return which ? x : y; });
  const Array which = Array::from_values<bool>({true, false});
  Array out({2}, DType::of<float>());
  choose(which, Iota<float>({2}), 7, {.out = &out});
  EXPECT_EQ(Values<float>(out), (std::vector<float>{0, 7}));
  const MadeUfunc is_big = make_ufunc("is_big", [](double x) noexcept { return x > 1; });
  EXPECT_EQ(is_big(Iota<double>({3})).dtype(), DType::of<bool>());
}

TEST(MakeUfunc, IsChecked) {
  EXPECT_EQ(MessageOf<ValueError>([] { make_ufunc("", kWeighted); }),
            "make_ufunc: the name is empty");
  const auto twice = [] {
    make_ufunc<double(double), float(double)>("twice", [](double x) { return x; });
  };
  EXPECT_EQ(MessageOf<ValueError>(twice),
            "make_ufunc 'twice': two signatures have the same inputs");
  const MadeUfunc weighted = make_ufunc("weighted", kWeighted);
  EXPECT_THROW(weighted(1), TypeError);
  EXPECT_THROW(weighted(ones({2}), ones({3})), ShapeError);
  EXPECT_THROW(Ufunc::find("weighted"), ValueError) << "nobody else knows it";
}

}  // namespace
}  // namespace quern
