// The operators, subscripts and number protocol of quern.Array, as CPython's type slots.
#ifndef QUERN_PYTHON_ARRAY_SLOTS_H_
#define QUERN_PYTHON_ARRAY_SLOTS_H_

#include <vector>

#include "python/binding.h"

namespace quern::python {

// Writes an array, a sequence or a number to the elements of an array, cast and broadcast. Throws
// ReadOnlyError, and what conversions throw.
void SetElements(const Array& target, nb::handle value);

// Subscripts, length, iteration and membership.
void AddIndexSlots(std::vector<PyType_Slot>& slots);
// Operators, for those ufuncs of the registry that have a symbol; comparisons; conversions to
// Python's numbers.
void AddOperatorSlots(std::vector<PyType_Slot>& slots);

}  // namespace quern::python

#endif  // QUERN_PYTHON_ARRAY_SLOTS_H_
