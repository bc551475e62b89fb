// NumPy's arrays without a protocol in between: small calls on them would spend most of their time
// in it.
#ifndef QUERN_PYTHON_NUMPY_ARRAYS_H_
#define QUERN_PYTHON_NUMPY_ARRAYS_H_

#include <optional>

#include "python/binding.h"

namespace quern::python {

// An array over the memory of a numpy.ndarray that neither owns it nor keeps it alive: good for a
// call that holds a reference to `object`, and not to be handed out. Nothing if the object is no
// numpy.ndarray, or one that the protocols of interchange.h have to look at.
std::optional<Array> BorrowNumpyArray(PyObject* object);

}  // namespace quern::python

#endif  // QUERN_PYTHON_NUMPY_ARRAYS_H_
