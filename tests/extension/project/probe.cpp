// Shows the additions at work: a line for each thing asked for on the command line.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string_view>

#include "quern/quern.h"
#include "quern/quern.hpp"

namespace {

using quern::Array;
using quern::DType;
using quern::Ufunc;

void ShowUfunc(std::string_view name) {
  const Array a = Array::from_values({3.0, 1.0});
  const Array b = Array::from_values({4.0, 0.0});
  std::cout << name << ' ' << Ufunc::find(name).call({a, b}) << '\n';
}

void ShowDType(std::string_view name) {
  const DType dtype = DType::parse(name);
  const Array values = Array::from_values({65535, 1, 65537}).astype(dtype);
  const Ufunc& add = Ufunc::find("add");
  std::cout << dtype.name() << ' ' << dtype.size() << ' ' << values << ' '
            << add.call({values, values}) << ' ' << add.call({values, 2}).dtype().name() << ' '
            << quern::promote_types(dtype, DType::of<std::uint8_t>()).name() << ' '
            << add.reduce(values, {.dtype = dtype}) << '\n';
}

void ShowTarget(std::string_view name) {
  quern::set_target(name);
  const DType doubles[] = {DType::of<double>(), DType::of<double>()};
  std::cout << quern::current_target() << ' ' << Ufunc::find("add").resolve(doubles).target << '\n';
}

void ShowSlot(std::string_view name) {
  const qn_api* api = qn_get_api(QN_ABI_VERSION);
  const int64_t shape[] = {2, 3};
  int32_t dtype = 0;
  qn_array* array = nullptr;
  if (api == nullptr || api->dtype_by_name("float64", &dtype) != QN_OK ||
      api->array_new(dtype, 2, shape, &array) != QN_OK) {
    throw quern::Error(qn_error_message());
  }
  std::cout << name << ' ' << api->array_elements(array) << '\n';
  api->array_release(array);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    for (int i = 1; i + 1 < argc; i += 2) {
      const std::string_view what = argv[i];
      if (what == "ufunc") ShowUfunc(argv[i + 1]);
      if (what == "dtype") ShowDType(argv[i + 1]);
      if (what == "target") ShowTarget(argv[i + 1]);
      if (what == "slot") ShowSlot(argv[i + 1]);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
