#include "python/values.h"

#include <cmath>
#include <complex>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "python/dtype_binding.h"
#include "python/errors_binding.h"
#include "python/interchange.h"
#include "python/numpy_arrays.h"
#include "python/time_values.h"
#include "quern/errors.hpp"

namespace quern::python {
namespace {

[[noreturn]] void RefuseInteger(PyObject* number, DType dtype) {
  int overflow = 0;
  PyLong_AsLongLongAndOverflow(number, &overflow);
  if (overflow > 0) {
    static_cast<void>(PyLong_AsUnsignedLongLong(number));
    if (PyErr_Occurred() == nullptr) overflow = 0;
    PyErr_Clear();
  }
  if (overflow != 0) throw OverflowError("Python int too large to convert to C long");
  throw OverflowError("Python integer " + std::string(nb::str(nb::handle(number)).c_str()) +
                      " out of bounds for " + std::string(dtype.name()));
}

// An int equal to the number without its fraction.
nb::object WholePart(PyObject* number) {
  nb::object whole = nb::steal(PyFloat_Check(number) ? PyLong_FromDouble(PyFloat_AS_DOUBLE(number))
                                                     : PyNumber_Index(number));
  if (!whole.is_valid()) throw nb::python_error();  // NaN: ValueError, infinity: OverflowError
  return whole;
}

// The value of a number that is to become an element of `dtype`, in the C++ type of its kind.
template <class T>
T ValueAs(PyObject* number, DType dtype) {
  if constexpr (std::is_same_v<T, bool>) {
    const int truth = PyObject_IsTrue(number);
    if (truth < 0) throw nb::python_error();
    return truth != 0;
  } else if constexpr (std::is_same_v<T, std::complex<double>>) {
    const Py_complex value = PyComplex_AsCComplex(number);
    if (value.real == -1.0 && PyErr_Occurred() != nullptr) throw nb::python_error();
    return {value.real, value.imag};
  } else if constexpr (std::is_same_v<T, double>) {
    const double value = PyFloat_AsDouble(number);
    if (value == -1.0 && PyErr_Occurred() != nullptr) throw nb::python_error();
    return value;
  } else {
    if constexpr (std::is_signed_v<T>) {
      if (dtype.has_unit() && !PyFloat_Check(number)) return TimeCount(number, dtype);
    }
    const nb::object whole = WholePart(number);
    const int unused_bits = 64 - 8 * static_cast<int>(dtype.size());
    T value{};
    if constexpr (std::is_signed_v<T>) {
      value = PyLong_AsLongLong(whole.ptr());
    } else {
      value = PyLong_AsUnsignedLongLong(whole.ptr());
    }
    const bool failed = PyErr_Occurred() != nullptr;
    PyErr_Clear();
    using Bits = std::make_unsigned_t<T>;
    const T cut = static_cast<T>(static_cast<Bits>(value) << unused_bits);
    if (failed || cut >> unused_bits != value) RefuseInteger(whole.ptr(), dtype);
    return value;
  }
}

// Calls body with a value of the C++ type that carries every value of the dtype's kind.
template <class Body>
auto WithCarrier(DType dtype, Body&& body) {
  switch (dtype.kind()) {
    case 'b':
      return body(bool{});
    case 'i':
    case 'm':
    case 'M':
      return body(std::int64_t{});
    case 'u':
      return body(std::uint64_t{});
    case 'c':
      return body(std::complex<double>{});
    default:
      return body(double{});
  }
}

DType DefaultDType(PyObject* number) {
  if (PyBool_Check(number)) return DType::of<bool>();
  if (PyFloat_Check(number)) return DType::of<double>();
  if (PyComplex_Check(number)) return DType::of<std::complex<double>>();
  int overflow = 0;
  PyLong_AsLongLongAndOverflow(number, &overflow);
  return overflow > 0 ? DType::of<std::uint64_t>() : DType::of<std::int64_t>();
}

bool IsNumber(PyObject* object) {
  return PyLong_Check(object) || PyFloat_Check(object) || PyComplex_Check(object);
}

// unsigned char carries bool, whose vectors have no elements.
template <class T>
nb::object NumberObject(T value) {
  PyObject* number = nullptr;
  if constexpr (std::is_same_v<T, unsigned char> || std::is_same_v<T, bool>) {
    number = PyBool_FromLong(value ? 1 : 0);
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    number = PyLong_FromLongLong(value);
  } else if constexpr (std::is_same_v<T, std::uint64_t>) {
    number = PyLong_FromUnsignedLongLong(value);
  } else if constexpr (std::is_same_v<T, std::complex<double>>) {
    number = PyComplex_FromDoubles(value.real(), value.imag());
  } else {
    number = PyFloat_FromDouble(value);
  }
  if (number == nullptr) throw nb::python_error();
  return nb::steal(number);
}

// An element that a carrier holds.
template <class T>
nb::object ElementObject(T value, DType dtype) {
  if constexpr (std::is_same_v<T, std::int64_t>) {
    if (dtype.has_unit()) return TimeObject(value, dtype);
  }
  return NumberObject(value);
}

// One list level of ToList over contiguous values.
template <class T>
nb::object ListLevel(const Array& array, std::size_t axis, const T*& next) {
  if (axis == array.ndim()) return ElementObject(*next++, array.dtype());
  nb::object list = nb::steal(PyList_New(array.shape(axis)));
  if (!list.is_valid()) throw nb::python_error();
  for (Index i = 0; i < array.shape(axis); ++i) {
    PyList_SET_ITEM(list.ptr(), i, ListLevel(array, axis + 1, next).release().ptr());
  }
  return list;
}

// A datetime.datetime, date or timedelta: in the unit of a wanted dtype of its own kind, else in
// its own.
Array TimeArray(PyObject* object, DType own, std::optional<DType> wanted) {
  const bool named = wanted && wanted->id() == own.id() && wanted->unit() != TimeUnit();
  return ScalarArray(object, named ? *wanted : own);
}

Converted FromOtherObject(nb::handle object, std::optional<DType> dtype) {
  if (std::optional<Array> array = FromExporter(object)) return {std::move(*array), true};
  PyObject* raw = object.ptr();
  if (IsNumber(raw)) return {ScalarArray(raw, dtype.value_or(DefaultDType(raw))), false};
  if (const std::optional<DType> time = TimeDType(raw))
    return {TimeArray(raw, *time, dtype), false};
  const bool text = raw == Py_None || PyUnicode_Check(raw) != 0;
  if (text && dtype && dtype->has_unit()) return {ScalarArray(raw, *dtype), false};
  if (!PyType_Check(raw) && nb::hasattr(object, "__array__")) {
    const nb::object made = object.attr("__array__")();
    if (std::optional<Array> array = FromExporter(made)) return {std::move(*array), true};
  }
  if (IsSequence(raw)) return {FromSequence(object, dtype), false};
  throw TypeError(std::string("an object of type '") + TypeName(object) +
                  "' cannot become an array: arrays, buffers, numbers and nested lists can");
}

}  // namespace

bool IsPythonNumber(PyObject* object) {
  return PyFloat_CheckExact(object) || PyLong_CheckExact(object) || PyComplex_CheckExact(object);
}

bool IsWeakNumber(PyObject* object) {
  if (IsPythonNumber(object)) return true;
  if (PyBool_Check(object)) return false;
  // Subclasses are weak too, but for NumPy's float64 and complex128, which export their bytes.
  if (PyLong_Check(object)) return true;
  return (PyFloat_Check(object) || PyComplex_Check(object)) && PyObject_CheckBuffer(object) == 0;
}

std::optional<WeakScalar> AsWeakScalar(PyObject* number) {
  if (PyFloat_Check(number)) {
    return WeakScalar{WeakScalar::Kind::real, false, 0, PyFloat_AS_DOUBLE(number)};
  }
  if (PyComplex_Check(number)) {
    const Py_complex value = PyComplex_AsCComplex(number);
    return WeakScalar{WeakScalar::Kind::complex, false, 0, value.real, value.imag};
  }
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(number, &overflow);
  if (overflow == 0) return WeakScalar{WeakScalar::Kind::integer, false, value, 0.0};
  if (overflow < 0) return std::nullopt;
  const unsigned long long large = PyLong_AsUnsignedLongLong(number);
  if (PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    return std::nullopt;
  }
  return WeakScalar{WeakScalar::Kind::integer, true, static_cast<std::int64_t>(large), 0.0};
}

Array ScalarArray(PyObject* number, DType dtype) {
  const DType native = dtype.native();
  Array scalar = WithCarrier(native, [&](auto carrier) {
    return Array::scalar(ValueAs<decltype(carrier)>(number, native));
  });
  if (scalar.dtype() == dtype) return scalar;
  return Calculate(1, [&] { return scalar.astype(dtype); });
}

void StoreNumbers(std::span<const nb::object> numbers, const Array& target) {
  const DType native = target.dtype().native();
  WithCarrier(native, [&](auto carrier) {
    using T = decltype(carrier);
    const Array values({static_cast<Index>(numbers.size())}, DType::of<T>());
    T* next = reinterpret_cast<T*>(values.data());
    for (const nb::object& number : numbers) *next++ = ValueAs<T>(number.ptr(), native);
    return Calculate(values.size(), [&] {
      target.reshape({-1}).assign(values, CastingLevel::unsafe);
      return 0;
    });
  });
}

bool IsSequence(PyObject* object) {
  if (PyList_Check(object) || PyTuple_Check(object)) return true;
  return PySequence_Check(object) != 0 && !PyUnicode_Check(object) && !PyBytes_Check(object) &&
         !PyType_Check(object);
}

Converted AsArray(nb::handle object, std::optional<DType> dtype) {
  PyObject* raw = object.ptr();
  if (const Array* array = ArrayIn(raw)) return {*array, true};
  if (IsPythonNumber(raw) || PyBool_Check(raw)) {
    return {ScalarArray(raw, dtype.value_or(DefaultDType(raw))), false};
  }
  if (PyList_CheckExact(raw) || PyTuple_CheckExact(raw))
    return {FromSequence(object, dtype), false};
  return FromOtherObject(object, dtype);
}

Array BorrowArray(nb::handle object) {
  if (std::optional<Array> array = BorrowNumpyArray(object.ptr())) return std::move(*array);
  return AsArray(object).array;
}

Array AsArrayOf(nb::handle object, std::optional<DType> dtype) {
  Converted converted = AsArray(object, dtype);
  if (!dtype || converted.array.dtype() == *dtype) return std::move(converted.array);
  WarnOfLostParts(converted.array.dtype(), *dtype);
  return Calculate(converted.array.size(), [&] { return converted.array.astype(*dtype); });
}

AnyObject ToNumber(const Array& array) {
  return WithCarrier(array.dtype(), [&](auto carrier) {
    return ElementObject(array.item<decltype(carrier)>(), array.dtype());
  });
}

AnyObject ToList(const Array& array) {
  return WithCarrier(array.dtype(), [&](auto carrier) {
    using T = std::conditional_t<std::is_same_v<decltype(carrier), bool>, unsigned char,
                                 decltype(carrier)>;
    const std::vector<T> values = array.to_vector<T>();
    const T* next = values.data();
    return ListLevel(array, 0, next);
  });
}

}  // namespace quern::python
