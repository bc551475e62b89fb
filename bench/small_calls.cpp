// Calls so small that only their overhead counts. The rows of "threads" run once the process has
// started a thread: from then on counting the owners of an array takes atomic instructions.
//
//   build/release/bin/quern_bench --benchmark_filter=^call
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "driver.h"

namespace quern::bench {
namespace {

// What the rows call with, all of few elements.
struct Operands {
  Array a = sample(DType::of<double>(), 4);
  Array b = sample(DType::of<double>(), 4);
  Array whole = sample(DType::of<std::int32_t>(), 4);
  Array swapped = a.astype(DType::of<double>().with_byte_order(true));
  Array stepped = sample(DType::of<double>(), 8)(Slice{{}, {}, 2});
  Array point = Array::scalar(2.0);
  Array row = a.reshape({1, 4});
  Array column = a.reshape({4, 1});
  Array table = sample(DType::of<double>(), 16).reshape({4, 4});
  Array out = zeros({4});
  Array truth{{4}, DType::of<bool>()};
  Array point_out = zeros({});
  Array table_out = zeros({4, 4});
};

using Call = std::function<Array()>;

// Each with a new result, and into an existing array.
std::vector<std::pair<std::string, Call>> Rows() {
  static Operands with;
  static const CallOptions into{.out = &with.out};
  static const CallOptions into_table{.out = &with.table_out};
  return {
      {"make and drop 4 elements",
       [] {
         return empty({4});
       }},
      {"add, 4 elements, into out",
       [] {
         return add(with.a, with.b, into);
       }},
      {"add, 4 elements",
       [] {
         return add(with.a, with.b);
       }},
      {"negative, 4 elements, into out",
       [] {
         return negative(with.a, into);
       }},
      {"negative, 4 elements",
       [] {
         return negative(with.a);
       }},
      {"less, 4 elements, into out",
       [] {
         return less(with.a, with.b, {.out = &with.truth});
       }},
      {"less, 4 elements",
       [] {
         return less(with.a, with.b);
       }},
      {"add, () and (), into out",
       [] {
         return add(with.point, with.point, {.out = &with.point_out});
       }},
      {"add, int32 and float64, into out",
       [] {
         return add(with.whole, with.a, into);
       }},
      {"add, int32 and float64",
       [] {
         return add(with.whole, with.a);
       }},
      {"add, 4 elements and a number, into out",
       [] {
         return add(with.a, 2.0, into);
       }},
      {"add, (4,) and (), into out",
       [] {
         return add(with.a, with.point, into);
       }},
      {"add, step 2, into out",
       [] {
         return add(with.stepped, with.a, into);
       }},
      {"add, byte-swapped, into out",
       [] {
         return add(with.swapped, with.a, into);
       }},
      {"add, (4, 1) and (1, 4), into out",
       [] {
         return add(with.column, with.row, into_table);
       }},
      {"add, (4, 4) and (4,), into out",
       [] {
         return add(with.table, with.a, into_table);
       }},
      {"sum, 4 elements",
       [] {
         return sum(with.a);
       }},
  };
}

void RunCall(benchmark::State& state, const Call& call, bool threads) {
  if (threads) std::thread([] {}).join();
  for (auto _ : state) benchmark::DoNotOptimize(call().data());
}

[[maybe_unused]] const bool registered = [] {
  for (const bool threads : {false, true}) {
    for (const auto& [name, call] : Rows()) {
      const std::string group = threads ? "call after threads/" : "call/";
      benchmark::RegisterBenchmark((group + name).c_str(),
                                   [=](benchmark::State& state) { RunCall(state, call, threads); });
    }
  }
  return true;
}();

}  // namespace
}  // namespace quern::bench
