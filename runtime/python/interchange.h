// Sharing memory with other libraries, without copying: the buffer protocol, __array_interface__
// and DLPack, in both directions.
#ifndef QUERN_PYTHON_INTERCHANGE_H_
#define QUERN_PYTHON_INTERCHANGE_H_

#include <optional>

#include "python/binding.h"

namespace quern::python {

// Each returns an array over the memory that `object` exports and keeps the object alive for as
// long as the memory is reachable; nothing if the object does not speak the protocol. TypeError for
// a dtype that quern lacks, ValueError for an export that contradicts itself.
std::optional<Array> FromBuffer(nb::handle object);
std::optional<Array> FromArrayStruct(nb::handle object);
std::optional<Array> FromArrayInterface(nb::handle object);
std::optional<Array> FromDLPack(nb::handle object);
// Whichever of them the object speaks.
std::optional<Array> FromExporter(nb::handle object);

// The buffer slots of quern.Array.
int GetBuffer(PyObject* self, Py_buffer* view, int flags);

nb::dict ArrayInterface(const Array& array);

// A capsule; versioned if max_version allows. BufferError for what DLPack cannot say.
nb::object ToDLPack(const Array& array, nb::handle stream, nb::handle max_version,
                    nb::handle dl_device, nb::handle copy);
nb::tuple DLPackDevice();

// A tuple of Python ints.
nb::tuple IndexTuple(std::span<const Index> values);

}  // namespace quern::python

#endif  // QUERN_PYTHON_INTERCHANGE_H_
