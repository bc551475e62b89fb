// Ufuncs as Python objects.

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "core/tables.h"
#include "python/dtype_binding.h"
#include "python/errors_binding.h"
#include "python/reduction.h"
#include "python/ufunc_call.h"
#include "python/values.h"
#include "quern/errors.hpp"

namespace quern::python {
namespace {

// What a quern.ufunc holds. Calls go through the vectorcall protocol, which spares them tuples and
// dicts of arguments.
struct UfuncObject {
  const Ufunc* ufunc;
  vectorcallfunc call;
};

const Ufunc& UfuncIn(nb::handle self) { return *nb::inst_ptr<UfuncObject>(self)->ufunc; }

PyObject* Vectorcall(PyObject* self, PyObject* const* args, std::size_t nargs, PyObject* kwnames) {
  return Guard([&] {
    return CallUfunc(UfuncIn(self), args, static_cast<std::size_t>(PyVectorcall_NARGS(nargs)),
                     kwnames);
  });
}

nb::str Text(std::string_view text) { return nb::str(text.data(), text.size()); }

std::string CallForm(const Ufunc& ufunc) {
  const std::vector<std::string_view> names = ufunc.argument_names();
  std::string form = std::string(ufunc.name()) + "(";
  for (std::size_t i = 0; i < ufunc.inputs(); ++i) form += std::string(names[i]) + ", ";
  const bool generalised = !ufunc.signature().empty();
  return form + "/, out=None, *, " + (generalised ? "" : "where=True, ") +
         "casting='same_kind', order='K', dtype=None, signature=None, subok=True" +
         (generalised ? ", axes=[], axis=None, keepdims=False)" : ")");
}

PyObject* GetName(PyObject* self, void*) {
  return Guard([&] { return Text(UfuncIn(self).name()).release().ptr(); });
}

// The descriptor behind __doc__: the class has a text, and so has each ufunc.
struct Documentation {};

nb::str DocOf(nb::handle, nb::handle instance, nb::handle) {
  if (instance.is_none()) {
    return nb::str("A function that works element by element, with broadcasting.");
  }
  const Ufunc& ufunc = UfuncIn(instance);
  return Text(CallForm(ufunc) + "\n\n" + std::string(ufunc.summary()));
}

// The types of a loop, as NumPy writes them: "dd->d".
std::string TypeString(const Ufunc& ufunc, const std::vector<DType>& types) {
  std::string text;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i == ufunc.inputs()) text += "->";
    text += TypeLetter(types[i]);
  }
  return text;
}

nb::list Types(nb::handle self) {
  nb::list types;
  for (const std::vector<DType>& loop : UfuncIn(self).loops()) {
    types.append(Text(TypeString(UfuncIn(self), loop)));
  }
  return types;
}

AnyObject IdentityOf(nb::handle self) {
  const Identity& identity = UfuncIn(self).info().identity;
  switch (identity.kind) {
    case IdentityKind::kInteger:
      return nb::int_(identity.integer);
    case IdentityKind::kReal:
      return nb::float_(identity.real);
    case IdentityKind::kNone:
      break;
  }
  return nb::none();
}

nb::object SignatureOf(nb::handle self) {
  const std::string_view signature = UfuncIn(self).info().signature;
  return signature.empty() ? nb::none() : nb::object(Text(signature));
}

nb::object OperatorOf(nb::handle self) {
  const std::string_view symbol = UfuncIn(self).info().operator_symbol;
  return symbol.empty() ? nb::none() : nb::object(Text(symbol));
}

template <class Range>
nb::tuple Names(const Range& names) {
  nb::list list;
  for (std::string_view name : names) list.append(Text(name));
  return nb::tuple(list);
}

nb::tuple TypesOf(const Resolution& resolution) {
  nb::list types;
  for (DType type : resolution.types) types.append(WrapDType(type));
  return nb::tuple(types);
}

// Dtypes of the loop that folds elements of a dtype.
nb::tuple ResolveReductionDTypes(const Ufunc& ufunc, nb::handle dtypes) {
  const bool form =
      nb::len(dtypes) == 3 && dtypes[nb::int_(0)].is_none() && dtypes[nb::int_(2)].is_none();
  if (!form || ufunc.inputs() != 2 || ufunc.outputs() != 1 || !ufunc.signature().empty()) {
    throw ValueError(
        std::string(ufunc.name()) +
        ": resolve_dtypes of a reduction needs (None, dtype, None), and a binary ufunc "
        "with one result and no signature");
  }
  return TypesOf(ufunc.resolve_reduction(AsDType(nb::object(dtypes[nb::int_(1)]))));
}

// Dtypes of the loop for the input dtypes given; further entries must be None or what comes out.
nb::tuple ResolveDTypes(nb::handle self, nb::handle dtypes, bool reduction) {
  const Ufunc& ufunc = UfuncIn(self);
  if (!PyTuple_Check(dtypes.ptr())) throw TypeError("resolve_dtypes: dtypes must be a tuple");
  if (reduction) return ResolveReductionDTypes(ufunc, dtypes);
  const std::size_t given = nb::len(dtypes);
  if (given < ufunc.inputs() || given > ufunc.inputs() + ufunc.outputs()) {
    throw ValueError(std::string(ufunc.name()) + ": resolve_dtypes needs " +
                     std::to_string(ufunc.inputs()) + " input dtypes");
  }
  std::vector<DType> inputs;
  for (std::size_t i = 0; i < ufunc.inputs(); ++i) {
    inputs.push_back(AsDType(nb::object(dtypes[nb::int_(i)])));
  }
  return TypesOf(ufunc.resolve(inputs));
}

// Which loop runs for input dtypes: its types, the spec line it comes from, its target, and its
// kind there.
nb::tuple Explain(nb::handle self, nb::args dtypes) {
  std::vector<DType> inputs;
  for (nb::handle dtype : dtypes) inputs.push_back(AsDType(dtype));
  const Ufunc& ufunc = UfuncIn(self);
  if (inputs.size() != ufunc.inputs()) {
    throw ValueError(std::string(ufunc.name()) + " has " + std::to_string(ufunc.inputs()) +
                     " inputs");
  }
  const Resolution resolution = ufunc.resolve(inputs);
  return nb::make_tuple(Text(TypeString(ufunc, resolution.types)), Text(resolution.origin),
                        Text(resolution.target), Text(resolution.kind));
}

AnyObject ReduceMethod(nb::handle self, nb::handle array, nb::handle axis, nb::handle dtype,
                       nb::handle out, bool keepdims, nb::handle initial, nb::handle where) {
  return Reduce(&UfuncIn(self), ReduceByUfunc, {array, axis, dtype, out, keepdims, initial, where});
}

// The one axis of accumulate and reduceat; None is allowed for one-dimensional arrays.
Index SingleAxis(const Ufunc& ufunc, const char* method, nb::handle axis, const Array& array) {
  if (axis.is_none() && array.ndim() == 1) return 0;
  if (axis.is_none() || PyTuple_Check(axis.ptr())) {
    if (!axis.is_none() && nb::len(axis) == 1) return AsIndex(nb::object(axis[nb::int_(0)]));
    throw ValueError(std::string(ufunc.name()) + "." + method + " does not allow multiple axes");
  }
  return AsIndex(axis);
}

AnyObject AccumulateMethod(nb::handle self, nb::handle array, nb::handle axis, nb::handle dtype,
                           nb::handle out) {
  const Ufunc& ufunc = UfuncIn(self);
  const Array input = BorrowArray(array);
  Outputs outputs(1);
  outputs.SetAll(out.ptr());
  AccumulateOptions options;
  options.axis = SingleAxis(ufunc, "accumulate", axis, input);
  options.dtype = OptionalDType(dtype);
  options.out = outputs.first();
  Array result = Calculate(input.size(), [&] { return ufunc.accumulate(input, options); });
  return outputs.Result(0, std::move(result));
}

std::vector<Index> AsPositions(nb::handle indices) {
  const Array array = AsArrayOf(indices, std::nullopt);
  if (array.ndim() != 1) {
    throw ValueError("reduceat: indices must have one axis, not " + std::to_string(array.ndim()));
  }
  if (array.size() > 0 && array.dtype().kind() == 'b') {
    throw TypeError("reduceat: indices must be integers, not bool");
  }
  return array.to_vector<Index>();
}

AnyObject ReduceAtMethod(nb::handle self, nb::handle array, nb::handle indices, nb::handle axis,
                         nb::handle dtype, nb::handle out) {
  const Ufunc& ufunc = UfuncIn(self);
  const Array input = BorrowArray(array);
  const std::vector<Index> positions = AsPositions(indices);
  Outputs outputs(1);
  outputs.SetAll(out.ptr());
  AccumulateOptions options;
  options.axis = SingleAxis(ufunc, "reduceat", axis, input);
  options.dtype = OptionalDType(dtype);
  options.out = outputs.first();
  Array result = Calculate(input.size(), [&] { return ufunc.reduceat(input, positions, options); });
  return outputs.Result(0, std::move(result));
}

// Numbers count as arrays here, with the dtype that they have by themselves: as in NumPy.
AnyObject OuterMethod(nb::handle self, nb::handle first, nb::handle second, nb::kwargs kwargs) {
  const Ufunc& ufunc = UfuncIn(self);
  const Array a = AsArray(first).array;
  if (second.is_none()) {
    // A ufunc of another arity says so itself.
    if (ufunc.inputs() != 2) ufunc.outer(a, a);
    throw nb::type_error("outer() missing 1 required positional argument: 'B'");
  }
  const Array b = AsArray(second).array;
  Keywords keywords;
  for (auto [name, value] : kwargs) keywords.Set(ufunc, name.ptr(), value.ptr());
  Outputs outputs(1);
  if (keywords.out != nullptr) outputs.SetAll(keywords.out);
  const Options options(ufunc, keywords, outputs);
  // The result is as large as the product of both.
  Array result = Calculate(kKeepLock + 1, [&] { return ufunc.outer(a, b, options.get()); });
  return outputs.Result(0, std::move(result));
}

Array AtIndices(nb::handle indices) {
  if (PyTuple_Check(indices.ptr()) || PySlice_Check(indices.ptr()) ||
      indices.ptr() == Py_Ellipsis) {
    throw NotSupportedError("at: indices must be an array of integers over the first axis");
  }
  Array array = AsArrayOf(indices, std::nullopt);
  if (array.dtype().kind() == 'b') {
    throw NotSupportedError("at: boolean masks are not supported, only integer positions");
  }
  return array;
}

void AtMethod(nb::handle self, nb::handle array, nb::handle indices, nb::handle values) {
  const Ufunc& ufunc = UfuncIn(self);
  Outputs target(1);
  target.Set(0, array.ptr());
  if (!target.any()) throw TypeError("at: the first operand must be an array");
  if ((ufunc.inputs() == 2) == values.is_none()) {
    throw ValueError(std::string(ufunc.name()) +
                     (values.is_none() ? ".at: second operand needed for ufunc"
                                       : ".at: second operand provided when ufunc is unary"));
  }
  const Array positions = AtIndices(indices);
  Inputs operand;
  if (!values.is_none()) {
    operand.Add(values.ptr());
    operand.Settle(ufunc);
  }
  const Operand* second = values.is_none() ? nullptr : operand.operands().data();
  Calculate(std::max(positions.size(), operand.largest()), [&] {
    ufunc.at(*target.first(), positions, second);
    return 0;
  });
}

nb::class_<UfuncObject> DefineUfunc(nb::module_& module) {
  // Attributes that classes have too cannot be given to instances after the class exists.
  static PyGetSetDef attributes[] = {
      {"__name__", &GetName, nullptr, nullptr, nullptr},
      {"__qualname__", &GetName, nullptr, nullptr, nullptr},
      {nullptr, nullptr, nullptr, nullptr, nullptr},
  };
  static const PyType_Slot slots[] = {
      {Py_tp_call, reinterpret_cast<void*>(&PyVectorcall_Call)},
      {Py_tp_getset, attributes},
      {0, nullptr},
  };
  nb::class_<UfuncObject> type(module, "ufunc", nb::type_slots(slots), nb::is_final());
  ufunc_type = reinterpret_cast<PyTypeObject*>(type.ptr());
  nb::class_<Documentation>(module, "_Documentation", nb::is_final())
      .def("__get__", &DocOf, nb::arg("instance").none(), nb::arg("owner").none());
  type.attr("__doc__") = nb::cast(Documentation{});
  return type;
}

void DefineFacts(nb::class_<UfuncObject>& type) {
  type.def_prop_ro("name", [](nb::handle self) { return Text(UfuncIn(self).name()); });
  type.def_prop_ro(
      "nin", [](nb::handle self) { return UfuncIn(self).inputs(); }, "The number of inputs.");
  type.def_prop_ro(
      "nout", [](nb::handle self) { return UfuncIn(self).outputs(); }, "The number of outputs.");
  type.def_prop_ro(
      "nargs", [](nb::handle self) { return UfuncIn(self).inputs() + UfuncIn(self).outputs(); },
      "The number of inputs and outputs.");
  type.def_prop_ro(
      "ntypes", [](nb::handle self) { return UfuncIn(self).loops().size(); },
      "The number of loops.");
  type.def_prop_ro("types", &Types, "The types of every loop, as NumPy writes them: 'dd->d'.");
  type.def_prop_ro("identity", &IdentityOf, "The result of reducing nothing, or None.");
  type.def_prop_ro("signature", &SignatureOf,
                   "The core signature of a generalised ufunc, or None.");
  type.def_prop_ro("operator", &OperatorOf, "The operator that stands for the ufunc, or None.");
  type.def_prop_ro(
      "aliases", [](nb::handle self) { return Names(UfuncIn(self).aliases()); },
      "Further names of the ufunc.");
  type.def_prop_ro(
      "reduction_functions",
      [](nb::handle self) { return Names(UfuncIn(self).info().reduction_functions); },
      "Names under which its reduction is a function of its own.");
  type.def("__repr__", [](nb::handle self) {
    return Text("<ufunc '" + std::string(UfuncIn(self).name()) + "'>");
  });
  type.def("__reduce__", [](nb::handle self) { return Text(UfuncIn(self).name()); });
}

void DefineMethods(nb::class_<UfuncObject>& type) {
  const nb::handle nothing(no_value);
  type.def("reduce", &ReduceMethod, nb::arg("array"), nb::arg("axis").none() = 0,
           nb::arg("dtype") = nb::none(), nb::arg("out") = nb::none(), nb::arg("keepdims") = false,
           nb::arg("initial").none() = nothing, nb::arg("where") = true,
           "Folds an array along axes.");
  type.def("accumulate", &AccumulateMethod, nb::arg("array"), nb::arg("axis").none() = 0,
           nb::arg("dtype") = nb::none(), nb::arg("out") = nb::none(),
           "Running folds along one axis.");
  type.def("reduceat", &ReduceAtMethod, nb::arg("array"), nb::arg("indices"),
           nb::arg("axis").none() = 0, nb::arg("dtype") = nb::none(), nb::arg("out") = nb::none(),
           "Folds of [indices[i], indices[i+1]) along one axis.");
  type.def("outer", &OuterMethod, nb::arg("A"), nb::arg("B") = nb::none(), nb::arg("kwargs"),
           "The ufunc on all pairs; keywords as in calls.");
  type.def("at", &AtMethod, nb::arg("a"), nb::arg("indices"), nb::arg("b") = nb::none(),
           "a[indices] op= b, where repeated positions count each time.");
  type.def(
      "resolve_dtypes", &ResolveDTypes, nb::arg("dtypes"), nb::kw_only(),
      nb::arg("reduction") = false,
      "The dtypes of the loop for a tuple of dtypes, None for outputs; with reduction=True of\n"
      "the loop that folds elements of a dtype, given as (None, dtype, None).");
  type.def("explain", &Explain, nb::arg("dtypes"),
           "The loop for input dtypes: its types, the spec line it stands in, its target, and "
           "its kind there: vector, emulated or scalar.");
}

// CPython finds the function to call at a fixed place in each object. The objects are all made by
// nanobind in the same way, so that one of them tells where that is.
void EnableVectorcall(nb::handle object) {
  const auto* held = reinterpret_cast<const std::byte*>(nb::inst_ptr<UfuncObject>(object));
  ufunc_type->tp_vectorcall_offset = held - reinterpret_cast<const std::byte*>(object.ptr()) +
                                     static_cast<Py_ssize_t>(offsetof(UfuncObject, call));
  ufunc_type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
}

// The object of a ufunc: the same one each time. Immortal, as ufuncs are.
nb::object ObjectOf(const Ufunc& ufunc) {
  static auto* objects = new std::map<const Ufunc*, PyObject*>();
  PyObject*& object = (*objects)[&ufunc];
  if (object == nullptr) object = nb::cast(UfuncObject{&ufunc, &Vectorcall}).release().ptr();
  return nb::borrow(object);
}

// Names registered after this module was loaded (by a package of kernels) are found here.
nb::object LookUp(const std::string& name) {
  for (std::size_t id = 0; id < DType::count(); ++id) {
    const DType dtype = DType::from_id(static_cast<std::uint8_t>(id));
    if (dtype.name() == name) return WrapDType(dtype);
  }
  try {
    return ObjectOf(Ufunc::find(name));
  } catch (const ValueError& error) {
    PyErr_Format(PyExc_AttributeError, "module 'quern' has no attribute '%s' (%s)", name.c_str(),
                 error.what());
    throw nb::python_error();
  }
}

}  // namespace

void BindUfuncs(nb::module_& module) {
  nb::class_<UfuncObject> type = DefineUfunc(module);
  DefineFacts(type);
  DefineMethods(type);
  bool enabled = false;
  for (const Ufunc* ufunc : Ufunc::all()) {
    const nb::object object = ObjectOf(*ufunc);
    if (!enabled) EnableVectorcall(object);
    enabled = true;
    module.attr(std::string(ufunc->name()).c_str()) = object;
    for (std::string_view alias : ufunc->aliases()) {
      module.attr(std::string(alias).c_str()) = object;
    }
  }
  module.def("_look_up", [](const char* name) { return LookUp(name); });
}

}  // namespace quern::python
