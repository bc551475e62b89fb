// Arguments of reductions, shared by the methods of ufuncs and the functions and methods named
// after reductions.
#ifndef QUERN_PYTHON_REDUCTION_H_
#define QUERN_PYTHON_REDUCTION_H_

#include "python/binding.h"

namespace quern::python {

// As Python gives them; axis None means all axes, initial no_value that none was given.
struct ReductionArguments {
  nb::handle array;
  nb::handle axis;
  nb::handle dtype;
  nb::handle out;
  bool keepdims = false;
  nb::handle initial;
  nb::handle where;
};

// Something that reduces: a ufunc's reduce, or mean.
using Reducer = Array (*)(const Ufunc* ufunc, const Array& array, const ReduceOptions& options);

AnyObject Reduce(const Ufunc* ufunc, Reducer reducer, const ReductionArguments& arguments);
Array ReduceByUfunc(const Ufunc* ufunc, const Array& array, const ReduceOptions& options);

// None, an integer or a tuple of integers.
Axes AsAxes(nb::handle axis);
// An integer that fits an index; TypeError for other objects.
Index AsIndex(nb::handle object);

}  // namespace quern::python

#endif  // QUERN_PYTHON_REDUCTION_H_
