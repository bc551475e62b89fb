// Making arrays.
#ifndef QUERN_PYTHON_CREATION_H_
#define QUERN_PYTHON_CREATION_H_

#include <vector>

#include "python/binding.h"

namespace quern::python {

// An integer or a sequence of integers.
std::vector<Index> AsShape(nb::handle shape);

// How pickle takes an array apart: a function of this module and the bytes of a .npy file.
nb::tuple PickledForm(const Array& array);

}  // namespace quern::python

#endif  // QUERN_PYTHON_CREATION_H_
