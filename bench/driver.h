// What the generated benchmark rows are made of: one loop of a ufunc, timed into an existing
// output.
#ifndef QUERN_BENCH_DRIVER_H_
#define QUERN_BENCH_DRIVER_H_

#include <benchmark/benchmark.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quern/quern.hpp"

namespace quern::bench {

// Elements per call: the overhead of a call, the first-level cache, memory.
inline constexpr std::int64_t kSizes[] = {16, 1000, 1000000};

// A loop, by its ufunc and the dtypes that choose it.
struct LoopRow {
  std::string_view ufunc;
  std::vector<std::string_view> inputs;
};

// Numbers from 1 to 100 in an order without a pattern that a branch could learn; no special values.
inline Array sample(DType dtype, std::int64_t size) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(size));
  std::int64_t value = 1;
  for (std::int64_t& element : values) {
    element = value;
    value = (value * 37 + 11) % 100 + 1;
  }
  return Array::from_values(std::span<const std::int64_t>(values)).astype(dtype);
}

inline void run_loop(benchmark::State& state, const LoopRow& row) {
  const Ufunc& ufunc = Ufunc::find(row.ufunc);
  std::vector<Array> arrays;
  for (const std::string_view name : row.inputs) {
    arrays.push_back(sample(DType::parse(name), state.range(0)));
  }
  const std::vector<Operand> inputs(arrays.begin(), arrays.end());
  const ErrorStateScope quiet({ErrorAction::ignore, ErrorAction::ignore, ErrorAction::ignore,
                               ErrorAction::ignore, nullptr, nullptr});
  Array out = ufunc.call(inputs);
  CallOptions options;
  options.out = &out;
  for (auto _ : state) benchmark::DoNotOptimize(ufunc.call(inputs, options).data());
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetLabel(std::string(current_target()));
}

// Registers a benchmark per row, named "add/float64,float64" and the size.
inline bool register_loops(std::span<const LoopRow> rows) {
  for (const LoopRow& row : rows) {
    std::string name(row.ufunc);
    for (std::size_t i = 0; i < row.inputs.size(); ++i) {
      name += i == 0 ? '/' : ',';
      name += row.inputs[i];
    }
    auto* made = benchmark::RegisterBenchmark(
        name.c_str(), [&row](benchmark::State& state) { run_loop(state, row); });
    for (const std::int64_t size : kSizes) made->Arg(size);
  }
  return true;
}

}  // namespace quern::bench

#endif  // QUERN_BENCH_DRIVER_H_
