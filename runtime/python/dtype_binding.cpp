#include "python/dtype_binding.h"

#include <bit>
#include <complex>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "python/values.h"
#include "quern/errors.hpp"

namespace quern::python {
namespace {

// What Python asks about one dtype, worked out once.
struct Entry {
  DType dtype;  // in native byte order
  char kind;
  std::size_t size;
  bool numpys_own;           // NumPy knows it by itself, as its kind and size say
  std::string format[2];     // buffer format in native and swapped byte order
  std::string letter;        // NumPy's type letter
  PyObject* object[2] = {};  // the Python objects, native and swapped; immortal
};

// Adds small floats to NumPy.
constexpr const char* kTypesPackage = "ml_dtypes";

// C's letter for 64-bit integers is that of long where long is as wide.
std::string NativeFormat(DType dtype) {
  std::string format = dtype.buffer_format();
  if (!format.empty() && std::strchr("<>=|@", format[0]) != nullptr) format.erase(0, 1);
  if (sizeof(long) == sizeof(long long)) {
    if (format == "q") return "l";
    if (format == "Q") return "L";
  }
  return format;
}

// "Zd" is complex in the buffer protocol where NumPy's letter is "D".
std::string LetterOf(const std::string& format) {
  if (format.size() == 2 && format[0] == 'Z') {
    return {static_cast<char>(format[1] - 'a' + 'A')};
  }
  return format;
}

// The entries by id. Dtypes may be registered at any time but never go; entries keep their address.
const std::deque<Entry>& Entries() {
  static std::deque<Entry>* entries = new std::deque<Entry>();
  while (entries->size() < DType::count()) {
    Entry entry;
    entry.dtype = DType::from_id(static_cast<std::uint8_t>(entries->size()));
    entry.kind = entry.dtype.kind();
    entry.size = entry.dtype.size();
    entry.numpys_own = entry.dtype.str() != entry.dtype.name();
    entry.format[0] = NativeFormat(entry.dtype);
    entry.format[1] = entry.dtype.with_byte_order(true).buffer_format();
    entry.letter = entry.dtype.has_unit() ? std::string(1, entry.kind) : LetterOf(entry.format[0]);
    for (const bool swapped : {false, true}) {
      const DType dtype = entry.dtype.with_byte_order(swapped);
      entry.object[swapped] = nb::cast(dtype, nb::rv_policy::copy).release().ptr();
    }
    entries->push_back(std::move(entry));
  }
  return *entries;
}

const Entry& EntryOf(DType dtype) { return Entries()[dtype.id()]; }

template <class Matches>
std::optional<DType> FindEntry(const Matches& matches) {
  for (const Entry& entry : Entries()) {
    if (matches(entry)) return entry.dtype;
  }
  return std::nullopt;
}

// NumPy's kind letter of a struct-module format letter; 0 for what holds no number.
char KindOfFormat(std::string_view letters) {
  if (letters.size() == 2 && letters[0] == 'Z') return 'c';
  if (letters.size() != 1) return 0;
  if (letters == "?") return 'b';
  if (std::strchr("bhilqn", letters[0]) != nullptr) return 'i';
  if (std::strchr("BHILQN", letters[0]) != nullptr) return 'u';
  if (std::strchr("efdg", letters[0]) != nullptr) return 'f';
  return 0;
}

// A dtype of NumPy or of a library that extends it: its name says what it is, also where NumPy has
// no descriptor of its own for it.
std::optional<DType> FromNumpyDType(nb::handle object) {
  if (!nb::hasattr(object, "isnative") || !nb::hasattr(object, "name")) return std::nullopt;
  const std::string name = TextOf(object.attr("name"), "dtype name");
  return DType::parse(name).with_byte_order(!nb::cast<bool>(object.attr("isnative")));
}

std::optional<DType> FromPythonType(nb::handle object) {
  if (PyType_Check(object.ptr()) == 0) return std::nullopt;
  auto* type = reinterpret_cast<PyTypeObject*>(object.ptr());
  if (type == &PyBool_Type) return DType::of<bool>();
  if (type == &PyLong_Type) return DType::of<std::int64_t>();
  if (type == &PyFloat_Type) return DType::of<double>();
  if (type == &PyComplex_Type) return DType::of<std::complex<double>>();
  // A scalar type of NumPy, or of the package that adds to its types; its own dtype says which.
  const nb::object module = nb::getattr(object, "__module__", nb::none());
  const auto is = [&](const char* name) {
    return nb::isinstance<nb::str>(module) && nb::cast<nb::str>(module).equal(nb::str(name));
  };
  if (is("numpy") || is(kTypesPackage)) {
    return FromNumpyDType(nb::module_::import_("numpy").attr("dtype")(object));
  }
  return std::nullopt;
}

bool DTypeEquals(nb::handle self, nb::handle other) {
  try {
    if (other.is_none()) return false;
    return AsDType(other) == *nb::inst_ptr<DType>(self);
  } catch (const TypeError&) {
    return false;
  }
}

PyObject* DTypeCompare(PyObject* self, PyObject* other, int operation) {
  if (operation != Py_EQ && operation != Py_NE) Py_RETURN_NOTIMPLEMENTED;
  try {
    return PyBool_FromLong(DTypeEquals(self, other) == (operation == Py_EQ) ? 1 : 0);
  } catch (nb::python_error& error) {
    error.restore();
    return nullptr;
  }
}

Py_hash_t DTypeHash(PyObject* self) {
  const DType dtype = *nb::inst_ptr<DType>(self);
  const TimeUnit unit = dtype.unit();
  const Py_hash_t of_unit = 16 * Py_hash_t{unit.multiple - 1} + static_cast<Py_hash_t>(unit.base);
  return 2 * (Py_hash_t{dtype.id()} + 256 * of_unit) + (dtype.swapped() ? 1 : 0);
}

nb::str NameOf(DType dtype) { return nb::str(dtype.full_name().c_str()); }

nb::str Representation(DType dtype) {
  const bool described = dtype.swapped() || dtype.has_unit();
  return nb::str(("dtype('" + (described ? dtype.str() : dtype.full_name()) + "')").c_str());
}

nb::object ToNumpy(DType dtype) {
  const nb::object make = nb::module_::import_("numpy").attr("dtype");
  if (IsNumpysOwn(dtype)) return make(nb::str(dtype.str().c_str()));
  try {
    const std::string name(dtype.name());
    return make(nb::module_::import_(kTypesPackage).attr(name.c_str()));
  } catch (nb::python_error&) {
    throw TypeError("numpy has no dtype " + std::string(dtype.name()) + " without the package " +
                    kTypesPackage);
  }
}

DType WithByteOrder(DType dtype, const std::string& order) {
  if (order == "S" || order == "swap") return dtype.with_byte_order(!dtype.swapped());
  if (order == "=" || order == "N" || order == "native") return dtype.native();
  const bool little = std::endian::native == std::endian::little;
  if (order == "<" || order == "L" || order == "little") return dtype.with_byte_order(!little);
  if (order == ">" || order == "B" || order == "big") return dtype.with_byte_order(little);
  throw ValueError("newbyteorder: '" + order + "' is not a byte order: S, =, <, >");
}

bool CanCast(nb::handle from, nb::handle to, nb::handle casting) {
  if (PyLong_Check(from.ptr()) || IsPythonNumber(from.ptr())) {
    throw TypeError(
        "can_cast: Python numbers take their dtype from the arrays beside them, so that whether "
        "they can be cast has no answer; pass a dtype");
  }
  return can_cast(AsDType(from), AsDType(to), AsCasting(casting));
}

// A Python number has no common dtype with points in time, and of spans only an int has one.
void RefuseBesideTimes(std::optional<DType> strong, bool whole) {
  if (!strong || !strong->has_unit() || (whole && strong->kind() == 'm')) return;
  throw TypeError(std::string("result_type: there is no dtype that ") + strong->full_name() +
                  " and a Python number both cast to safely");
}

// A Python complex beside arrays of a dtype: real floating-point types become as complex as they
// can.
DType WeakenComplex(std::optional<DType> strong) {
  RefuseBesideTimes(strong, false);
  const char kind = strong ? strong->kind() : 'b';
  if (kind == 'c') return strong->native();
  if (kind != 'f') return DType::of<std::complex<double>>();
  return promote_types(strong->native(), DType::of<std::complex<float>>());
}

// A Python number beside arrays of a dtype takes that dtype if its kind is as high.
DType Weaken(std::optional<DType> strong, bool real) {
  RefuseBesideTimes(strong, !real);
  if (!strong) return real ? DType::of<double>() : DType::of<std::int64_t>();
  const char kind = strong->kind();
  if (kind == 'b') return real ? DType::of<double>() : DType::of<std::int64_t>();
  const bool whole = kind == 'i' || kind == 'u';
  return real && whole ? DType::of<double>() : strong->native();
}

DType ResultType(nb::args arguments) {
  std::vector<DType> strong;
  bool whole = false;
  bool real = false;
  bool complex = false;
  for (nb::handle argument : arguments) {
    const bool is_bool = PyBool_Check(argument.ptr());
    if (is_bool) {
      strong.push_back(DType::of<bool>());
    } else if (PyLong_Check(argument.ptr())) {
      whole = true;
    } else if (PyFloat_CheckExact(argument.ptr())) {
      real = true;
    } else if (PyComplex_CheckExact(argument.ptr())) {
      complex = true;
    } else {
      strong.push_back(AsDType(argument));
    }
  }
  if (strong.empty() && !whole && !real && !complex) {
    throw ValueError("result_type: at least one array or dtype is required");
  }
  std::optional<DType> result;
  if (!strong.empty()) result = result_type(strong);
  if (complex) return WeakenComplex(result);
  return whole || real ? Weaken(result, real) : *result;
}

void DefineDTypeFacts(nb::class_<DType>& type) {
  type.def_prop_ro("name", &NameOf,
                   "The name, whatever the byte order: 'float64', 'datetime64[ns]'.");
  type.def_prop_ro(
      "str", [](DType self) { return nb::str(self.str().c_str()); },
      "NumPy's descriptor with byte order: '<f8'.");
  type.def_prop_ro(
      "kind", [](DType self) { return nb::str(std::string(1, self.kind()).c_str()); },
      "NumPy's kind letter.");
  type.def_prop_ro(
      "char", [](DType self) { return nb::str(std::string(TypeLetter(self)).c_str()); },
      "NumPy's type letter.");
  type.def_prop_ro("itemsize", &DType::size, "Bytes of an element.");
  type.def_prop_ro("alignment", &DType::alignment, "Bytes that addresses should be multiples of.");
  type.def_prop_ro(
      "isnative", [](DType self) { return !self.swapped(); },
      "True if elements lie in the machine's byte order.");
  type.def_prop_ro("numpy", &ToNumpy, "The same as a numpy.dtype.");
  type.def_prop_ro("dtype", &ToNumpy, "The same as a numpy.dtype; numpy looks for it here.");
  type.def(
      "newbyteorder",
      [](DType self, const char* order) { return WrapDType(WithByteOrder(self, order)); },
      nb::arg("new_order") = "S", "The dtype in another byte order.");
  type.def("__str__", &NameOf);
  type.def("__repr__", &Representation);
  type.def("__reduce__", [](DType self) {
    return nb::make_tuple(nb::borrow(reinterpret_cast<PyObject*>(dtype_type)),
                          nb::make_tuple(nb::str(self.str().c_str())));
  });
}

nb::class_<DType> DefineDType(nb::module_& module) {
  static const PyType_Slot slots[] = {
      {Py_tp_richcompare, reinterpret_cast<void*>(&DTypeCompare)},
      {Py_tp_hash, reinterpret_cast<void*>(&DTypeHash)},
      {0, nullptr},
  };
  nb::class_<DType> type(module, "dtype", nb::type_slots(slots), nb::is_final(),
                         "An element type: an entry of the registry and a byte order.");
  dtype_type = reinterpret_cast<PyTypeObject*>(type.ptr());
  type.def(
      "__init__", [](DType* self, nb::handle spec) { new (self) DType(AsDType(spec)); },
      nb::arg("dtype"));
  DefineDTypeFacts(type);
  return type;
}

}  // namespace

DTypeObject WrapDType(DType dtype) {
  if (dtype.unit() != TimeUnit()) {
    return nb::borrow<DTypeObject>(nb::cast(dtype, nb::rv_policy::copy));
  }
  return nb::borrow<DTypeObject>(EntryOf(dtype).object[dtype.swapped()]);
}

std::optional<DType> FindDType(char kind, std::size_t size) {
  return FindEntry([&](const Entry& entry) {
    return entry.numpys_own && entry.kind == kind && entry.size == size;
  });
}

std::optional<DType> FindDLPack(std::uint8_t code, std::uint8_t bits) {
  return FindEntry([&](const Entry& entry) {
    return entry.dtype.dlpack_code() == code && entry.dtype.dlpack_bits() == bits;
  });
}

std::optional<DType> FindTypeLetter(std::string_view letter) {
  return FindEntry([&](const Entry& entry) { return entry.letter == letter; });
}

std::optional<DType> FindBufferFormat(const char* format, std::size_t itemsize) {
  std::string_view letters = format == nullptr ? "B" : format;
  bool little = std::endian::native == std::endian::little;
  if (!letters.empty() && std::strchr("@=^<>!", letters[0]) != nullptr) {
    if (letters[0] == '<') little = true;
    if (letters[0] == '>' || letters[0] == '!') little = false;
    letters.remove_prefix(1);
  }
  // The letter's size depends on the mode and on the exporter's reading of it; the item size is
  // sure.
  const char kind = KindOfFormat(letters);
  std::optional<DType> found =
      kind != 0 ? FindDType(kind, itemsize) : FindEntry([&](const Entry& entry) {
        return entry.format[0] == letters && entry.size == itemsize;
      });
  if (!found) return std::nullopt;
  return found->with_byte_order(little != (std::endian::native == std::endian::little));
}

bool IsNumpysOwn(DType dtype) { return EntryOf(dtype).numpys_own; }

const char* BufferFormat(DType dtype) { return EntryOf(dtype).format[dtype.swapped()].c_str(); }
std::string_view TypeLetter(DType dtype) { return EntryOf(dtype).letter; }

DType AsDType(nb::handle object) {
  PyObject* raw = object.ptr();
  if (Py_TYPE(raw) == dtype_type) return *nb::inst_ptr<DType>(object);
  if (PyUnicode_Check(raw)) return DType::parse(TextOf(object, "dtype"));
  if (const std::optional<DType> dtype = FromPythonType(object)) return *dtype;
  if (const Array* array = ArrayIn(raw)) return array->dtype();
  if (const std::optional<DType> dtype = FromNumpyDType(object)) return *dtype;
  const nb::object inner = nb::getattr(object, "dtype", nb::none());
  if (!inner.is_none()) {
    if (Py_TYPE(inner.ptr()) == dtype_type) return *nb::inst_ptr<DType>(inner);
    if (const std::optional<DType> dtype = FromNumpyDType(inner)) return *dtype;
  }
  throw TypeError(std::string("an object of type ") + TypeName(object) + " does not name a dtype");
}

std::optional<DType> OptionalDType(nb::handle object) {
  if (object.is_none()) return std::nullopt;
  return AsDType(object);
}

CastingLevel AsCasting(nb::handle object, CastingLevel last) {
  return parse_casting(TextOf(object, "casting"), last);
}

Order AsOrder(nb::handle object) {
  if (object.is_none()) return Order::K;
  const std::string name = TextOf(object, "order");
  if (name == "C") return Order::C;
  if (name == "F") return Order::F;
  if (name == "A") return Order::A;
  if (name == "K") return Order::K;
  throw ValueError("order must be one of 'C', 'F', 'A', or 'K' (got '" + name + "')");
}

void BindDTypes(nb::module_& module) {
  DefineDType(module);
  for (std::size_t id = 0; id < DType::count(); ++id) {
    const DType dtype = DType::from_id(static_cast<std::uint8_t>(id));
    module.attr(std::string(dtype.name()).c_str()) = WrapDType(dtype);
  }
  module.def("can_cast", &CanCast, nb::arg("from_"), nb::arg("to"), nb::arg("casting") = "safe",
             "Whether a cast between dtypes is allowed at a casting level.");
  module.def(
      "promote_types",
      [](nb::handle first, nb::handle second) {
        return WrapDType(promote_types(AsDType(first), AsDType(second)));
      },
      nb::arg("type1"), nb::arg("type2"), "The least dtype that both cast to safely.");
  module.def(
      "result_type", [](nb::args arguments) { return WrapDType(ResultType(arguments)); },
      nb::arg("arrays_and_dtypes"),
      "The dtype of a calculation with these arrays, dtypes and Python numbers.");
}

}  // namespace quern::python
