// Python's numbers and lists as arrays, and elements as Python's numbers.
#ifndef QUERN_PYTHON_VALUES_H_
#define QUERN_PYTHON_VALUES_H_

#include <optional>

#include "python/binding.h"

namespace quern::python {

// True for an int, a float or a complex that is of no subclass.
bool IsPythonNumber(PyObject* object);
// True for Python's own int, float and complex (not bool, not NumPy's scalars): numbers that take
// their dtype from the arrays beside them.
bool IsWeakNumber(PyObject* object);
// Such a number for a ufunc; nothing if it is an integer beyond 64 bits.
std::optional<WeakScalar> AsWeakScalar(PyObject* number);

// A 0-d array of a dtype from a Python number. OverflowError for integers that do not fit, as
// NumPy.
Array ScalarArray(PyObject* number, DType dtype);
// Writes Python numbers to the elements of a contiguous array, in C order.
void StoreNumbers(std::span<const nb::object> numbers, const Array& target);

struct Converted {
  Array array;
  bool shared;  // false if the elements are a copy that nobody else has
};
// Any object as an array, without copying where it exports memory. `dtype` says what Python's
// numbers become; it does not convert arrays. TypeError for objects that hold no numbers,
// ValueError for ragged lists.
Converted AsArray(nb::handle object, std::optional<DType> dtype = {});
// The same for the time of a call that holds a reference to `object`: neither the array nor a view
// of it may be handed out.
Array BorrowArray(nb::handle object);
// As AsArray, converted to a dtype if one is given.
Array AsArrayOf(nb::handle object, std::optional<DType> dtype);

// A nested list or tuple of numbers and arrays.
Array FromSequence(nb::handle sequence, std::optional<DType> dtype);
bool IsSequence(PyObject* object);

// The element of an array of size 1, and all elements as nested lists.
AnyObject ToNumber(const Array& array);
AnyObject ToList(const Array& array);

}  // namespace quern::python

#endif  // QUERN_PYTHON_VALUES_H_
