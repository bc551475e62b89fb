// Dtypes as Python objects, and everything that Python code may say to name one.
#ifndef QUERN_PYTHON_DTYPE_BINDING_H_
#define QUERN_PYTHON_DTYPE_BINDING_H_

#include <optional>
#include <string_view>

#include "python/binding.h"
#include "quern/dtype.hpp"

namespace quern::python {

// The Python object of a dtype: the same object each time, but for those with a unit of time.
DTypeObject WrapDType(DType dtype);

// From a quern.dtype, a name or descriptor, bool, int or float, a numpy dtype or scalar type, or
// any object whose `dtype` attribute is one of these. TypeError for anything else.
DType AsDType(nb::handle object);
// None gives none.
std::optional<DType> OptionalDType(nb::handle object);

// The dtype of a NumPy kind letter and a size in bytes, in native byte order.
std::optional<DType> FindDType(char kind, std::size_t size);
// Whether NumPy knows the dtype by itself, as all that speak its protocols do then; else it learns it
// from the package ml_dtypes.
bool IsNumpysOwn(DType dtype);
// The dtype of DLPack's code and number of bits.
std::optional<DType> FindDLPack(std::uint8_t code, std::uint8_t bits);
// The dtype of a buffer's format ("d", ">i", null for bytes) with this item size.
std::optional<DType> FindBufferFormat(const char* format, std::size_t itemsize);

// The buffer format that other libraries take in fastest: C's own letters for native byte order.
// Lives as long as the program.
const char* BufferFormat(DType dtype);
// NumPy's letter for a dtype ("d"), of which ufunc type strings are made.
std::string_view TypeLetter(DType dtype);
std::optional<DType> FindTypeLetter(std::string_view letter);

// ValueError for what is no name of a level up to `last`.
CastingLevel AsCasting(nb::handle object, CastingLevel last = CastingLevel::unsafe);
Order AsOrder(nb::handle object);

}  // namespace quern::python

#endif  // QUERN_PYTHON_DTYPE_BINDING_H_
