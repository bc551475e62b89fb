#include "quern/statistics.hpp"

#include "quern/errors.hpp"

namespace quern {

Array mean(const Array& array, const ReduceOptions& options) {
  if (options.initial) throw ValueError("mean: initial is not accepted");
  const bool inexact = array.dtype().kind() == 'f' || array.dtype().kind() == 'c';
  ReduceOptions sum_options = options;
  sum_options.out = nullptr;
  if (options.axis.is_default()) sum_options.axis = Axes::all();
  if (!options.dtype && !inexact && !array.dtype().has_unit()) {
    sum_options.dtype = DType::of<double>();
  }
  const Ufunc& add = Ufunc::find("add");
  const Array total = add.reduce(array, sum_options);
  // The number of elements that take part: of ones, as the mask and the axes have it.
  const Array one = Array::scalar(std::int64_t{1}).broadcast_to(array.shape());
  ReduceOptions count_options = sum_options;
  count_options.dtype = DType::of<std::int64_t>();
  const Array count = add.reduce(one, count_options);
  const Ufunc& divide = Ufunc::find("divide");
  // Spans of time are divided by whole numbers.
  if (total.dtype().has_unit()) return divide.call({total, count}, {.out = options.out});
  if (total.dtype().kind() != 'c') {
    return divide.call({total, count.astype(total.dtype())},
                       {.out = options.out, .casting = CastingLevel::unsafe});
  }
  // Complex quotients are taken in the wider type of a count beside them and rounded once, as
  // NumPy's.
  const Array quotient =
      divide.call({total, count}, {.out = options.out, .casting = CastingLevel::unsafe});
  return options.out != nullptr ? quotient : quotient.astype(total.dtype());
}

}  // namespace quern
