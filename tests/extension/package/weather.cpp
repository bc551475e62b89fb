// Uses the package's ufunc on quern's dtypes, and quern's ufuncs, casts and reductions on the
// package's.
#include <quern/quern.hpp>
#include <weather/ufuncs.hpp>

#include <exception>
#include <iostream>
#include <vector>

using quern::Array;
using quern::DType;

int main() {
  try {
    std::cout << weather::midpoint(Array::from_values({1.0, 5.0}), 2.0) << '\n';
    const DType kelvin = DType::parse("kelvin");
    const Array week = Array::from_values({280.0, 281.5, 279.0, 283.25}).astype(kelvin);
    std::cout << week.dtype().name() << ' ' << week << '\n';
    std::cout << add(week, week) << ' ' << add(week, week).dtype().name() << '\n';
    std::cout << add(week, 1.5).dtype().name() << ' '
              << add(week, Array::from_values({1.0})).dtype().name() << '\n';
    std::cout << weather::midpoint(week, week(quern::Slice{{}, {}, -1})) << '\n';
    std::cout << max(week) << ' ' << sum(week) << ' ' << greater(week, 280.0) << '\n';
    std::cout << week.astype(DType::of<std::int32_t>()) << '\n';
    const quern::FloatInfo info = quern::finfo(kelvin);
    const std::vector<DType> mixed{kelvin, DType::of<std::int8_t>()};
    std::cout << info.bits << ' ' << info.precision << ' ' << info.eps << ' '
              << quern::isdtype(kelvin, "real floating")
              << quern::issubdtype(kelvin, quern::AbstractDType::floating)
              << quern::issubdtype(kelvin, quern::AbstractDType::integer) << ' '
              << quern::min_scalar_type(week(0)).name() << ' ' << quern::min_scalar_type(1.0).name()
              << ' ' << quern::common_type(mixed).name() << '\n';
    std::cout << week(0).astype(DType::of<std::int16_t>(), quern::CastingLevel::same_value) << '\n';
    try {
      week.astype(DType::of<std::int16_t>(), quern::CastingLevel::same_value);
    } catch (const quern::ValueError& error) {
      std::cout << error.what() << '\n';
    }
    for (std::string_view target : quern::supported_targets()) {
      quern::set_target(target);
      // What a target has no kernels for runs on the best below it.
      const std::vector<DType> types{kelvin, kelvin};
      const std::vector<DType> doubles(2);
      const std::string_view expected = quern::Ufunc::find("add").resolve(doubles).target;
      if (quern::Ufunc::find("midpoint").resolve(types).target != expected) return 2;
      if (sum(subtract(weather::midpoint(week, week), week)).item<double>() != 0.0) return 3;
    }
    try {
      quern::Ufunc::find("midpont");
    } catch (const quern::ValueError& error) {
      std::cout << error.what() << '\n';
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
