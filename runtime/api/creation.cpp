// Creating arrays.
#include <cmath>
#include <cstring>
#include <string>

#include "errors/error_state.h"
#include "quern/array.hpp"

namespace quern {
namespace {

std::span<const Index> AsSpan(std::initializer_list<Index> list) {
  return {list.begin(), list.size()};
}

}  // namespace

Array empty(std::span<const Index> shape, DType dtype) { return Array(shape, dtype); }
Array empty(std::initializer_list<Index> shape, DType dtype) {
  return empty(AsSpan(shape), dtype);
}

Array zeros(std::span<const Index> shape, DType dtype) {
  Array array(shape, dtype);
  std::memset(array.data(), 0, array.nbytes());
  return array;
}
Array zeros(std::initializer_list<Index> shape, DType dtype) {
  return zeros(AsSpan(shape), dtype);
}

Array full(std::initializer_list<Index> shape, double value, DType dtype) {
  Array array(AsSpan(shape), dtype);
  array.assign(Array::scalar(value), CastingLevel::unsafe);
  return array;
}
Array ones(std::initializer_list<Index> shape, DType dtype) { return full(shape, 1.0, dtype); }

Array arange(double start, double stop, double step, DType dtype) {
  const double count = std::ceil((stop - start) / step);
  // 2^53 elements are beyond any memory, and the last count that a double holds exactly.
  if (!(std::abs(count) <= 0x1p53)) {
    throw ValueError("arange: (stop - start) / step must be finite and below 2^53 (got start " +
                     std::to_string(start) + ", stop " + std::to_string(stop) + ", step " +
                     std::to_string(step) + ")");
  }
  const Index shape[] = {count > 0 ? static_cast<Index>(count) : 0};
  const Array values(shape, DType::of<double>());
  double* element = reinterpret_cast<double*>(values.data());
  for (Index i = 0; i < shape[0]; ++i) element[i] = start + static_cast<double>(i) * step;
  return dtype == DType::of<double>() ? values : values.astype(dtype);
}
Array arange(double stop) { return arange(0.0, stop); }

}  // namespace quern
