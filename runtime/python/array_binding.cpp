// The class quern.Array.

#include <complex>
#include <optional>
#include <string>
#include <vector>

#include "python/array_slots.h"
#include "python/creation.h"
#include "python/dtype_binding.h"
#include "python/errors_binding.h"
#include "python/interchange.h"
#include "python/reduction.h"
#include "python/values.h"
#include "quern/errors.hpp"

namespace quern::python {
namespace {

// Facts about where the elements of an array lie.
struct Flags {
  bool c_contiguous;
  bool f_contiguous;
  bool writeable;
  bool aligned;
};

constexpr std::size_t kLineWidth = 75;
// Arrays with more elements are not printed in full.
constexpr Index kPrintedInFull = 1000;

// As NumPy's, but always with the dtype: the elements, the shape where they do not show it, and on a
// line of their own what the last one has no room for.
nb::str Representation(const Array& array) {
  const std::string head = "Array(";
  std::string text = head + Calculate(array.size(), [&] { return array.to_literal(head.size()); });
  const DType dtype = array.dtype();
  std::string name = dtype.swapped() ? dtype.str() : dtype.full_name();
  if (name.find('[') != std::string::npos) name = "'" + name + "'";
  std::string rest = "dtype=" + name;
  const bool is_vector = array.ndim() == 1;
  if ((array.size() == 0 && !is_vector) || array.size() > kPrintedInFull) {
    rest = std::string("shape=") + nb::repr(IndexTuple(array.shape())).c_str() + ", " + rest;
  }
  const std::size_t column = text.size() - (text.rfind('\n') + 1) + 2;
  const bool fits = column + rest.size() + 1 <= kLineWidth;
  text += fits ? ", " : ",\n" + std::string(head.size(), ' ');
  return nb::str((text + rest + ")").c_str());
}

nb::str PrintedForm(const Array& array) {
  std::string text = Calculate(array.size(), [&] { return array.to_string(); });
  if (array.ndim() == 0 && text.back() == '.') text += '0';  // a number, not an array of numbers
  return nb::str(text.c_str(), text.size());
}

nb::object ToComplex(const Array& array) {
  if (array.ndim() != 0) {
    throw TypeError("only 0-dimensional arrays can be converted to Python scalars");
  }
  return ToNumber(array.astype(DType::of<std::complex<double>>()));
}

ArrayObject Astype(nb::handle self, nb::handle dtype, nb::handle order, nb::handle casting,
                   bool copy) {
  const Array& array = *ArrayIn(self.ptr());
  const DType target = AsDType(dtype);
  const Order layout = AsOrder(order);
  const CastingLevel level = AsCasting(casting, CastingLevel::same_value);
  if (!copy && target == array.dtype() && layout == Order::K) return nb::borrow<ArrayObject>(self);
  if (level == CastingLevel::same_value || can_cast(array.dtype(), target, level)) {
    WarnOfLostParts(array.dtype(), target);
  }
  return WrapArray(Calculate(array.size(), [&] { return array.astype(target, level, layout); }));
}

// Shapes come as separate arguments or as one tuple.
std::vector<Index> ShapeArguments(nb::args arguments) {
  if (nb::len(arguments) == 1 && PyIndex_Check(arguments[0].ptr()) == 0) {
    return AsShape(arguments[0]);
  }
  return AsShape(arguments);
}

// Fortran order is C order of the transposed.
Array ReshapeColumnsFirst(const Array& array, std::vector<Index> shape) {
  const std::vector<Index> reversed(shape.rbegin(), shape.rend());
  return array.transpose().reshape(reversed).transpose();
}

ArrayObject Reshape(nb::handle self, nb::args arguments, nb::handle order) {
  const Array& array = *ArrayIn(self.ptr());
  const std::vector<Index> shape = ShapeArguments(arguments);
  const Order layout = AsOrder(order);
  if (layout == Order::K) throw ValueError("reshape: order 'K' is not permitted");
  const bool columns_first =
      layout == Order::F || (layout == Order::A && array.f_contiguous() && !array.c_contiguous());
  return WrapArray(Calculate(array.size(), [&] {
    return columns_first ? ReshapeColumnsFirst(array, shape) : array.reshape(shape);
  }));
}

ArrayObject Transpose(nb::handle self, nb::args arguments) {
  const Array& array = *ArrayIn(self.ptr());
  const bool reversed =
      nb::len(arguments) == 0 || (nb::len(arguments) == 1 && arguments[0].is_none());
  if (reversed) return WrapArray(array.transpose());
  return WrapArray(array.transpose(ShapeArguments(arguments)));
}

ArrayObject Squeeze(nb::handle self, nb::handle axis) {
  const Array& array = *ArrayIn(self.ptr());
  if (axis.is_none()) return WrapArray(array.squeeze());
  std::vector<Subscript> items(array.ndim(), Subscript(Slice{}));
  const Axes axes = AsAxes(axis);
  for (Index given : axes.list()) {
    const Index rank = static_cast<Index>(array.ndim());
    if (given < -rank || given >= rank) {
      throw AxisError("squeeze: axis " + std::to_string(given) +
                      " is out of bounds for array of dimension " + std::to_string(rank));
    }
    const auto position = static_cast<std::size_t>(given < 0 ? given + rank : given);
    if (array.shape(position) != 1) {
      throw ShapeError("squeeze: axis " + std::to_string(given) + " has extent " +
                       std::to_string(array.shape(position)) + ", not 1");
    }
    items[position] = Index{0};
  }
  return WrapArray(array.index(items));
}

AnyObject Item(nb::handle self, nb::args arguments) {
  const Array& array = *ArrayIn(self.ptr());
  if (nb::len(arguments) == 0) {
    if (array.size() != 1) {
      throw ValueError("can only convert an array of size 1 to a Python scalar");
    }
    return ToNumber(array);
  }
  const std::vector<Index> positions = ShapeArguments(arguments);
  if (positions.size() == 1 && array.ndim() != 1) {
    // A position in C order.
    const Subscript flat = positions.front();
    return ToNumber(array.ravel().index(std::span<const Subscript>(&flat, 1)));
  }
  if (positions.size() != array.ndim()) throw ValueError("incorrect number of indices for array");
  return ToNumber(array.index(std::vector<Subscript>(positions.begin(), positions.end())));
}

// NumPy's array over the same memory; bytes of a dtype that buffers cannot name travel as integers.
nb::object SharedWithNumpy(nb::handle self, nb::handle numpy) {
  const auto share = [&](nb::handle object) {
    return numpy.attr("asarray")(nb::steal(PyMemoryView_FromObject(object.ptr())));
  };
  const Array& array = *ArrayIn(self.ptr());
  const DType dtype = array.dtype();
  if (IsNumpysOwn(dtype)) return share(self);
  const DType bits = dtype.size() == 1 ? DType::of<std::uint8_t>() : DType::of<std::uint16_t>();
  const Array native = dtype.swapped() ? array.astype(dtype.native()) : array;
  return share(WrapArray(native.view_as(bits))).attr("view")(WrapDType(dtype).attr("numpy"));
}

AnyObject NumpyForm(nb::handle self, nb::handle dtype, nb::handle copy) {
  nb::object numpy = nb::module_::import_("numpy");
  nb::object array = SharedWithNumpy(self, numpy);
  nb::dict options;
  if (!dtype.is_none()) options["dtype"] = dtype;
  options["copy"] = copy;
  return numpy.attr("array")(array, **options);
}

// NumPy's functions and operators hand over here when one of their operands is a quern.Array: quern
// computes where it has the function, else NumPy does, on the same memory.
AnyObject ArrayUfunc(nb::handle, nb::handle ufunc, nb::handle method, nb::args inputs,
                     nb::kwargs kwargs) {
  const nb::object module = nb::module_::import_("quern._quern");
  const nb::object mine = nb::getattr(module, nb::object(ufunc.attr("__name__")), nb::none());
  bool known = Py_TYPE(mine.ptr()) == ufunc_type;
  for (nb::handle input : inputs) {
    if (!known) break;
    const nb::object dtype = nb::getattr(input, "dtype", nb::none());
    if (dtype.is_none()) continue;
    try {
      AsDType(dtype);
    } catch (const TypeError&) {
      known = false;
    }
  }
  if (known) return mine.attr(method)(*inputs, **kwargs);
  return nb::module_::import_("quern._numpy").attr("call")(ufunc, method, inputs, kwargs);
}

void DefineFlags(nb::module_& module) {
  nb::class_<Flags> type(module, "Flags", nb::is_final(),
                         "Facts about where the elements of an array lie.");
  type.def_ro("c_contiguous", &Flags::c_contiguous, "Elements follow each other, rows first.");
  type.def_ro("f_contiguous", &Flags::f_contiguous, "Elements follow each other, columns first.");
  type.def_ro("writeable", &Flags::writeable, "Elements may be written to.");
  type.def_ro("aligned", &Flags::aligned, "Elements lie at multiples of the dtype's alignment.");
  type.def("__getitem__", [](nb::handle self, const char* name) {
    std::string lower = name;
    for (char& letter : lower) {
      if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    }
    return nb::object(self.attr(lower.c_str()));
  });
  type.def("__repr__", [](const Flags& flags) {
    const auto text = [](bool value) {
      return value ? "True" : "False";
    };
    const std::string lines = std::string("  C_CONTIGUOUS : ") + text(flags.c_contiguous) +
                              "\n  F_CONTIGUOUS : " + text(flags.f_contiguous) +
                              "\n  WRITEABLE : " + text(flags.writeable) +
                              "\n  ALIGNED : " + text(flags.aligned);
    return nb::str(lines.c_str());
  });
}

void DefineAttributes(nb::class_<Array>& type) {
  type.def_prop_ro(
      "shape", [](const Array& a) { return IndexTuple(a.shape()); }, "The extent of each axis.");
  type.def_prop_ro(
      "strides", [](const Array& a) { return IndexTuple(a.strides()); },
      "Bytes from one element to the next along each axis.");
  type.def_prop_ro("ndim", &Array::ndim, "The number of axes.");
  type.def_prop_ro("size", &Array::size, "The number of elements.");
  type.def_prop_ro("itemsize", &Array::itemsize, "Bytes of an element.");
  type.def_prop_ro("nbytes", &Array::nbytes, "Bytes of all elements.");
  type.def_prop_ro(
      "dtype", [](const Array& a) { return WrapDType(a.dtype()); }, "The type of the elements.");
  type.def_prop_ro(
      "T", [](const Array& a) { return WrapArray(a.transpose()); },
      "A view with all axes reversed.");
  type.def_prop_rw(
      "real", [](const Array& a) { return WrapArray(a.real()); },
      [](const Array& a, nb::handle value) { SetElements(a.real(), value); },
      "The real parts: a view. Of real elements a view of themselves.");
  type.def_prop_rw(
      "imag", [](const Array& a) { return WrapArray(a.imag()); },
      [](const Array& a, nb::handle value) {
        if (a.dtype().part() == a.dtype()) {
          throw TypeError("imag: an array of " + std::string(a.dtype().name()) +
                          " has no imaginary parts to set; complex dtypes have them");
        }
        SetElements(a.imag(), value);
      },
      "The imaginary parts: a view. Of real elements zeros that cannot be written.");
  type.def_prop_ro(
      "flags",
      [](const Array& a) {
        return Flags{a.c_contiguous(), a.f_contiguous(), a.writeable(), a.aligned()};
      },
      "Facts about where the elements lie.");
  type.def_prop_ro(
      "device", [](const Array&) { return "cpu"; }, "Where the elements lie: 'cpu'.");
}

void DefineConversions(nb::class_<Array>& type) {
  type.def("astype", &Astype, nb::arg("dtype"), nb::arg("order").none() = "K",
           nb::arg("casting") = "unsafe", nb::arg("copy") = true,
           "The elements converted. Float to integer saturates and NaN gives 0. With casting "
           "'same_value' it is an error if a value changes.");
  type.def(
      "copy",
      [](const Array& a, nb::handle order) {
        const Order layout = AsOrder(order);
        return WrapArray(Calculate(a.size(), [&] { return a.copy(layout); }));
      },
      nb::arg("order").none() = "C", "A new array with the same elements.");
  type.def("tolist", &ToList, "The elements as nested lists of Python numbers.");
  type.def("item", &Item, nb::arg("args"), "One element as a Python number.");
  type.def("__repr__", &Representation);
  type.def("__str__", &PrintedForm);
  type.def("__reduce__", &PickledForm);
  type.def("__complex__", &ToComplex);
  type.def(
      "__format__",
      [](nb::handle self, nb::handle spec) {
        const Array& array = *ArrayIn(self.ptr());
        if (array.ndim() == 0) return nb::object(ToNumber(array).attr("__format__")(spec));
        return nb::object(nb::str(self).attr("__format__")(spec));
      },
      nb::arg("format_spec"));
}

void DefineViews(nb::class_<Array>& type) {
  type.def("reshape", &Reshape, nb::arg("shape"), nb::arg("order").none() = "C",
           "The elements under another shape: a view if the strides allow one.");
  type.def("transpose", &Transpose, nb::arg("axes"), "A view with the axes in another order.");
  type.def(
      "ravel",
      [](nb::handle self, nb::handle order) {
        return Reshape(self, nb::borrow<nb::args>(nb::make_tuple(-1)), order);
      },
      nb::arg("order").none() = "C",
      "The elements along one axis: a view if the strides allow one.");
  type.def("squeeze", &Squeeze, nb::arg("axis") = nb::none(), "A view without axes of extent 1.");
}

void DefineInterchange(nb::class_<Array>& type) {
  type.def_prop_ro("__array_interface__", &ArrayInterface);
  type.def("__array__", &NumpyForm, nb::arg("dtype") = nb::none(), nb::kw_only(),
           nb::arg("copy") = nb::none());
  type.def("__array_ufunc__", &ArrayUfunc, nb::arg("ufunc"), nb::arg("method"), nb::arg("inputs"),
           nb::arg("kwargs"));
  type.def("__dlpack__", &ToDLPack, nb::kw_only(), nb::arg("stream") = nb::none(),
           nb::arg("max_version") = nb::none(), nb::arg("dl_device") = nb::none(),
           nb::arg("copy") = nb::none());
  type.def("__dlpack_device__", [](nb::handle) { return DLPackDevice(); });
}

PyObject* RefuseNew(PyTypeObject*, PyObject*, PyObject*) {
  PyErr_SetString(PyExc_TypeError,
                  "quern.Array cannot be called: quern.asarray, quern.empty, quern.zeros ... make "
                  "arrays");
  return nullptr;
}

}  // namespace

void BindArray(nb::module_& module) {
  DefineFlags(module);
  static auto* slots = new std::vector<PyType_Slot>();  // CPython keeps pointers into it
  slots->push_back({Py_tp_new, reinterpret_cast<void*>(&RefuseNew)});
  slots->push_back({Py_bf_getbuffer, reinterpret_cast<void*>(&GetBuffer)});
  AddIndexSlots(*slots);
  AddOperatorSlots(*slots);
  slots->push_back({0, nullptr});
  nb::class_<Array> type(module, "Array", nb::type_slots(slots->data()), nb::is_final(),
                         nb::is_weak_referenceable(), nb::pooled(),
                         "A shared buffer of elements seen through a dtype, a shape and strides.");
  array_type = reinterpret_cast<PyTypeObject*>(type.ptr());
  DefineAttributes(type);
  DefineConversions(type);
  DefineViews(type);
  DefineInterchange(type);
}

}  // namespace quern::python
