// Reductions as functions and as methods of quern.Array: those that ufuncs give their names to, and
// mean.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/tables.h"
#include "python/dtype_binding.h"
#include "python/errors_binding.h"
#include "python/reduction.h"
#include "python/ufunc_call.h"
#include "python/values.h"
#include "quern/errors.hpp"
#include "quern/statistics.hpp"

namespace quern::python {
namespace {

Array MeanOf(const Ufunc*, const Array& array, const ReduceOptions& options) {
  return mean(array, options);
}

// A reduction whose accumulator may be wider than the elements takes dtype as its third argument,
// as NumPy's do (sum, prod); the others take out there (max, any).
bool AccumulatesWider(const Ufunc& ufunc) {
  for (std::size_t id = 0; id < DType::count(); ++id) {
    const DType dtype = DType::from_id(static_cast<std::uint8_t>(id));
    try {
      const DType result = ufunc.resolve_reduction(dtype).types.back();
      if (result != dtype && result.kind() != 'b') return true;
    } catch (const TypeError&) {
      continue;  // no reduction of this dtype
    }
  }
  return false;
}

// `self` is the module for functions and the class for methods.
template <class... Extra>
void DefineWithDType(nb::handle scope, const char* name, const char* doc, const Ufunc* ufunc,
                     Reducer reducer, const Extra&... extra) {
  nb::cpp_function_def(
      [ufunc, reducer](nb::handle a, nb::handle axis, nb::handle dtype, nb::handle out,
                       bool keepdims, nb::handle initial, nb::handle where) {
        return Reduce(ufunc, reducer, {a, axis, dtype, out, keepdims, initial, where});
      },
      nb::scope(scope), nb::name(name), extra..., nb::arg("axis") = nb::none(),
      nb::arg("dtype") = nb::none(), nb::arg("out") = nb::none(), nb::arg("keepdims") = false,
      nb::arg("initial").none() = nb::handle(no_value), nb::arg("where") = true, doc);
}

template <class... Extra>
void DefineWithoutDType(nb::handle scope, const char* name, const char* doc, const Ufunc* ufunc,
                        Reducer reducer, const Extra&... extra) {
  nb::cpp_function_def(
      [ufunc, reducer](nb::handle a, nb::handle axis, nb::handle out, bool keepdims,
                       nb::handle initial, nb::handle where) {
        return Reduce(ufunc, reducer, {a, axis, nb::none(), out, keepdims, initial, where});
      },
      nb::scope(scope), nb::name(name), extra..., nb::arg("axis") = nb::none(),
      nb::arg("out") = nb::none(), nb::arg("keepdims") = false,
      nb::arg("initial").none() = nb::handle(no_value), nb::arg("where") = true, doc);
}

void DefineReduction(nb::module_& module, const char* name, const Ufunc& ufunc) {
  const std::string doc = "Reduces an array over axes (all by default) by " +
                          std::string(ufunc.name()) + ": " + std::string(ufunc.summary());
  const nb::handle type(reinterpret_cast<PyObject*>(array_type));
  if (AccumulatesWider(ufunc)) {
    DefineWithDType(module, name, doc.c_str(), &ufunc, ReduceByUfunc, nb::arg("a"));
    DefineWithDType(type, name, doc.c_str(), &ufunc, ReduceByUfunc, nb::is_method());
  } else {
    DefineWithoutDType(module, name, doc.c_str(), &ufunc, ReduceByUfunc, nb::arg("a"));
    DefineWithoutDType(type, name, doc.c_str(), &ufunc, ReduceByUfunc, nb::is_method());
  }
}

template <class... Extra>
void DefineMean(nb::handle scope, const Extra&... extra) {
  nb::cpp_function_def(
      [](nb::handle a, nb::handle axis, nb::handle dtype, nb::handle out, bool keepdims,
         nb::handle where) {
        return Reduce(nullptr, MeanOf,
                      {a, axis, dtype, out, keepdims, nb::handle(no_value), where});
      },
      nb::scope(scope), nb::name("mean"), extra..., nb::arg("axis") = nb::none(),
      nb::arg("dtype") = nb::none(), nb::arg("out") = nb::none(), nb::arg("keepdims") = false,
      nb::arg("where") = true, "Arithmetic mean over axes (all by default).");
}

}  // namespace

Index AsIndex(nb::handle object) {
  const Py_ssize_t value = PyNumber_AsSsize_t(object.ptr(), PyExc_OverflowError);
  if (value == -1 && PyErr_Occurred() != nullptr) throw nb::python_error();
  return value;
}

Axes AsAxes(nb::handle axis) {
  if (axis.is_none()) return Axes::all();
  if (!PyTuple_Check(axis.ptr())) return Axes(AsIndex(axis));
  std::vector<Index> axes;
  for (nb::handle item : axis) axes.push_back(AsIndex(item));
  return Axes(std::move(axes));
}

Array ReduceByUfunc(const Ufunc* ufunc, const Array& array, const ReduceOptions& options) {
  return ufunc->reduce(array, options);
}

AnyObject Reduce(const Ufunc* ufunc, Reducer reducer, const ReductionArguments& arguments) {
  const Array input = BorrowArray(arguments.array);
  ReduceOptions options;
  options.axis = AsAxes(arguments.axis);
  options.dtype = OptionalDType(arguments.dtype);
  options.keepdims = arguments.keepdims;
  Outputs outputs(1);
  outputs.SetAll(arguments.out.ptr());
  options.out = outputs.first();
  const std::optional<Array> mask = AsMask(arguments.where.ptr());
  if (mask) options.where = &*mask;
  Inputs initial;
  if (arguments.initial.is_none()) {
    options.no_identity = true;
  } else if (arguments.initial.ptr() != no_value) {
    initial.Add(arguments.initial.ptr());
    if (ufunc != nullptr) initial.Settle(*ufunc);
    options.initial = initial.operands().front();
  }
  Array result = Calculate(input.size(), [&] { return reducer(ufunc, input, options); });
  return outputs.Result(0, std::move(result));
}

void BindReductions(nb::module_& module) {
  for (const Ufunc* ufunc : Ufunc::all()) {
    for (const char* name : ufunc->info().reduction_functions) {
      DefineReduction(module, name, *ufunc);
    }
  }
  DefineMean(module, nb::arg("a"));
  DefineMean(nb::handle(reinterpret_cast<PyObject*>(array_type)), nb::is_method());
}

}  // namespace quern::python
