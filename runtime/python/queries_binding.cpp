// Questions about dtypes: what they hold and what they are.

#include "quern/dtype_queries.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "python/binding.h"
#include "python/dtype_binding.h"
#include "python/values.h"
#include "quern/errors.hpp"

namespace quern::python {
namespace {

nb::str Text(std::string_view text) { return nb::str(text.data(), text.size()); }

// NumPy's abstract classes as Python classes, by AbstractDType.
std::vector<nb::object>& AbstractClasses() {
  static auto* classes = new std::vector<nb::object>();
  return *classes;
}

void DefineAbstractClasses(nb::module_& module) {
  const nb::handle make(reinterpret_cast<PyObject*>(&PyType_Type));
  const nb::handle base(reinterpret_cast<PyObject*>(&PyBaseObject_Type));
  for (const AbstractInfo& info : abstract_dtypes()) {
    const nb::str name = Text(info.name);
    nb::dict members;
    members["__doc__"] = Text(info.summary);
    members["__module__"] = module.attr("__name__");
    const nb::handle parent =
        info.parent ? AbstractClasses()[static_cast<std::size_t>(*info.parent)] : base;
    const nb::object made = make(name, nb::make_tuple(parent), members);
    module.attr(name) = made;
    AbstractClasses().push_back(made);
  }
}

// The abstract class that an object is, one of these or of NumPy's.
std::optional<AbstractDType> AsAbstract(nb::handle object) {
  if (!PyType_Check(object.ptr())) return std::nullopt;
  const bool numpys = nb::str(object.attr("__module__")).equal(nb::str("numpy"));
  for (std::size_t i = 0; i < AbstractClasses().size(); ++i) {
    const nb::object& known = AbstractClasses()[i];
    const bool same_name = numpys && object.attr("__name__").equal(known.attr("__name__"));
    if (known.is(object) || same_name) return static_cast<AbstractDType>(i);
  }
  return std::nullopt;
}

bool IsSubDType(nb::handle first, nb::handle second) {
  const std::optional<AbstractDType> above = AsAbstract(second);
  if (const std::optional<AbstractDType> below = AsAbstract(first)) {
    if (!above) AsDType(second);  // TypeError unless it is a dtype
    return above && issubdtype(*below, *above);
  }
  const DType dtype = AsDType(first);
  return above ? issubdtype(dtype, *above) : issubdtype(dtype, AsDType(second));
}

// A dtype, or NumPy's; nothing for an abstract class. Unlike elsewhere, names do not stand for one.
std::optional<DType> OnlyDType(nb::handle object, const char* argument) {
  if (AsAbstract(object)) return std::nullopt;
  const bool is_dtype = Py_TYPE(object.ptr()) == dtype_type || nb::hasattr(object, "isnative");
  const bool is_type = PyType_Check(object.ptr()) && nb::hasattr(object, "dtype");
  if (!is_dtype && !is_type) {
    throw TypeError(std::string("isdtype: ") + argument +
                    " must be a dtype, but it is an object of type " + TypeName(object));
  }
  return AsDType(object);
}

bool IsOfKind(std::optional<DType> dtype, nb::handle kind) {
  // What is asked for is checked whatever the answer.
  if (PyUnicode_Check(kind.ptr())) {
    const bool result = isdtype(dtype.value_or(DType()), TextOf(kind, "kind"));
    return dtype && result;
  }
  const std::optional<DType> other = OnlyDType(kind, "a kind that is no str");
  return dtype && other && isdtype(*dtype, *other);
}

bool IsDType(nb::handle dtype, nb::handle kind) {
  const std::optional<DType> known = OnlyDType(dtype, "dtype");
  if (!PyTuple_Check(kind.ptr())) return IsOfKind(known, kind);
  bool found = false;
  for (nb::handle item : nb::borrow<nb::tuple>(kind)) found |= IsOfKind(known, item);
  return found;
}

// A number stands for its type.
DType OfNumberOrDType(nb::handle object) {
  PyObject* raw = object.ptr();
  const bool number = PyLong_Check(raw) || PyFloat_CheckExact(raw) || PyComplex_CheckExact(raw);
  return AsDType(number ? nb::handle(reinterpret_cast<PyObject*>(Py_TYPE(raw))) : object);
}

DTypeObject MinScalarType(nb::handle value) {
  PyObject* raw = value.ptr();
  if (!IsWeakNumber(raw)) return WrapDType(min_scalar_type(AsArray(value).array));
  const std::optional<WeakScalar> scalar = AsWeakScalar(raw);
  if (!scalar) {
    throw OverflowError("min_scalar_type: integer " + std::string(nb::str(value).c_str()) +
                        " is out of bounds for every dtype; 64 bits are the most");
  }
  return WrapDType(min_scalar_type(*scalar));
}

DTypeObject CommonType(nb::args arrays) {
  std::vector<DType> dtypes;
  for (nb::handle array : arrays) dtypes.push_back(AsDType(array.attr("dtype")));
  return WrapDType(common_type(dtypes));
}

// Letters as they are, other objects as arrays.
std::string LettersOf(nb::handle typechars) {
  std::string letters;
  for (nb::handle item : typechars) {
    if (!PyUnicode_Check(item.ptr())) {
      letters += TypeLetter(AsArray(item).array.dtype());
    } else if (const std::string letter = TextOf(item, "typechars"); letter.size() == 1) {
      letters += letter;
    }
  }
  return letters;
}

nb::str MinTypeCode(nb::handle typechars, nb::handle typeset, nb::str otherwise) {
  constexpr char kNone = '\0';
  const char found = mintypecode(LettersOf(typechars), LettersOf(typeset), kNone);
  return found == kNone ? otherwise : Text({&found, 1});
}

// A value as an array without axes, so that it has the dtype.
ArrayObject InDType(const FloatInfo& info, double value) {
  return WrapArray(Array::scalar(value).astype(info.dtype));
}

std::string Printed(const FloatInfo& info, double value) {
  return Array::scalar(value).astype(info.dtype).to_string();
}

nb::str Table(const FloatInfo& info) {
  const std::string line(63, '-');
  const auto text = [&](double value) {
    return Printed(info, value);
  };
  return Text("Machine parameters for " + std::string(info.dtype.name()) + "\n" + line +
              "\nprecision = " + std::to_string(info.precision) + "   resolution = " +
              text(info.resolution) + "\nmachep = " + std::to_string(info.machep) +
              "   eps =        " + text(info.eps) + "\nnegep =  " + std::to_string(info.negep) +
              "   epsneg =     " + text(info.epsneg) + "\nminexp = " + std::to_string(info.minexp) +
              "   tiny =       " + text(info.tiny) + "\nmaxexp = " + std::to_string(info.maxexp) +
              "   max =        " + text(info.max) + "\nnexp =   " + std::to_string(info.nexp) +
              "   min =        -max\nsmallest_normal = " + text(info.smallest_normal) +
              "   smallest_subnormal = " + text(info.smallest_subnormal) + "\n" + line + "\n");
}

void DefineFloatInfo(nb::module_& module) {
  nb::class_<FloatInfo> type(module, "finfo", nb::is_final(),
                             "The numbers of a floating-point dtype, or of a complex one's parts; "
                             "values are arrays without axes.");
  type.def(
      "__init__",
      [](FloatInfo* self, nb::handle dtype) {
        new (self) FloatInfo(finfo(OfNumberOrDType(dtype)));
      },
      nb::arg("dtype").none());
  const auto count = [&](const char* name, int FloatInfo::*member, const char* what) {
    type.def_prop_ro(
        name, [member](const FloatInfo& info) { return info.*member; }, what);
  };
  count("bits", &FloatInfo::bits, "Bits of an element.");
  count("nmant", &FloatInfo::nmant, "Bits of the significand, without the hidden one.");
  count("nexp", &FloatInfo::nexp, "Bits of the exponent.");
  count("iexp", &FloatInfo::iexp, "Bits of the exponent.");
  count("precision", &FloatInfo::precision, "Decimal digits that survive.");
  count("machep", &FloatInfo::machep, "The exponent of eps.");
  count("negep", &FloatInfo::negep, "The exponent of epsneg.");
  count("minexp", &FloatInfo::minexp, "The exponent of smallest_normal.");
  count("maxexp", &FloatInfo::maxexp, "The exponent of the least power of two that is too large.");
  const auto value = [&](const char* name, double FloatInfo::*member, const char* what) {
    type.def_prop_ro(
        name, [member](const FloatInfo& info) { return InDType(info, info.*member); }, what);
  };
  value("eps", &FloatInfo::eps, "From 1 to the next larger number.");
  value("epsneg", &FloatInfo::epsneg, "From 1 to the next smaller number.");
  value("min", &FloatInfo::min, "The lowest finite number.");
  value("max", &FloatInfo::max, "The highest finite number.");
  value("smallest_normal", &FloatInfo::smallest_normal, "The least normal number above 0.");
  value("tiny", &FloatInfo::tiny, "The least normal number above 0.");
  value("smallest_subnormal", &FloatInfo::smallest_subnormal, "The least number above 0.");
  value("resolution", &FloatInfo::resolution, "10 ** -precision.");
  type.def_prop_ro(
      "dtype", [](const FloatInfo& info) { return WrapDType(info.dtype); },
      "The floating-point dtype, of complex numbers that of the parts.");
  type.def("__str__", &Table);
  type.def("__repr__", [](const FloatInfo& info) {
    return Text("finfo(resolution=" + Printed(info, info.resolution) +
                ", min=" + Printed(info, info.min) + ", max=" + Printed(info, info.max) +
                ", dtype=" + std::string(info.dtype.name()) + ")");
  });
}

std::string NameOf(const IntegerInfo& info) {
  return info.dtype.swapped() ? info.dtype.str() : std::string(info.dtype.name());
}

void DefineIntegerInfo(nb::module_& module) {
  nb::class_<IntegerInfo> type(module, "iinfo", nb::is_final(),
                               "The numbers of an integer dtype, as Python's.");
  type.def(
      "__init__",
      [](IntegerInfo* self, nb::handle dtype) {
        new (self) IntegerInfo(iinfo(OfNumberOrDType(dtype)));
      },
      nb::arg("dtype").none());
  type.def_ro("bits", &IntegerInfo::bits, "Bits of an element.");
  type.def_ro("min", &IntegerInfo::min, "The lowest number.");
  type.def_ro("max", &IntegerInfo::max, "The highest number.");
  type.def_prop_ro(
      "kind",
      [](const IntegerInfo& info) {
        return Text({&info.kind, 1});
      },
      "NumPy's kind letter: 'i' or 'u'.");
  type.def_prop_ro(
      "key", [](const IntegerInfo& info) { return Text(info.kind + std::to_string(info.bits)); },
      "The kind letter and the number of bits.");
  type.def_prop_ro(
      "dtype", [](const IntegerInfo& info) { return WrapDType(info.dtype); }, "The dtype.");
  type.def("__str__", [](const IntegerInfo& info) {
    const std::string line(63, '-');
    return Text("Machine parameters for " + NameOf(info) + "\n" + line +
                "\nmin = " + std::to_string(info.min) + "\nmax = " + std::to_string(info.max) +
                "\n" + line + "\n");
  });
  type.def("__repr__", [](const IntegerInfo& info) {
    return Text("iinfo(min=" + std::to_string(info.min) + ", max=" + std::to_string(info.max) +
                ", dtype=" + NameOf(info) + ")");
  });
}

}  // namespace

void BindQueries(nb::module_& module) {
  DefineAbstractClasses(module);
  DefineFloatInfo(module);
  DefineIntegerInfo(module);
  module.def("issubdtype", &IsSubDType, nb::arg("arg1").none(), nb::arg("arg2").none(),
             "Whether the first dtype or abstract class is the second or below it.");
  module.def("isdtype", &IsDType, nb::arg("dtype").none(), nb::arg("kind").none(),
             "Whether a dtype is of a kind of the array API standard, is another dtype, or either "
             "of any in a tuple.");
  module.def("min_scalar_type", &MinScalarType, nb::arg("a").none(),
             "The least dtype that holds a number; the dtype of an array with axes.");
  module.def("common_type", &CommonType, nb::arg("arrays"),
             "The inexact dtype for calculations with all of the arrays.");
  module.def("mintypecode", &MinTypeCode, nb::arg("typechars"), nb::arg("typeset") = "GDFgdf",
             nb::arg("default") = "d",
             "The letter of the least dtype of a set that holds the given ones.");
}

}  // namespace quern::python
