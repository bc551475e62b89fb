// DLPack, with and without version.

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "python/dlpack_abi.h"
#include "python/dtype_binding.h"
#include "python/interchange.h"
#include "quern/errors.hpp"

namespace quern::python {
namespace {

template <class Managed>
struct Protocol;
template <>
struct Protocol<DLManagedTensor> {
  static constexpr const char* kName = "dltensor";
  static constexpr const char* kUsedName = "used_dltensor";
  static bool writeable(const DLManagedTensor&) { return true; }
};
template <>
struct Protocol<DLManagedTensorVersioned> {
  static constexpr const char* kName = "dltensor_versioned";
  static constexpr const char* kUsedName = "used_dltensor_versioned";
  static bool writeable(const DLManagedTensorVersioned& managed) {
    return (managed.flags & kDLFlagReadOnly) == 0;
  }
};

// What an exported tensor points to; lives until the consumer calls the deleter.
template <class Managed>
struct Exported {
  Array array;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
  Managed managed{};
};

std::vector<std::int64_t> ElementStrides(const Array& array) {
  std::vector<std::int64_t> strides;
  const Index itemsize = static_cast<Index>(array.itemsize());
  for (std::size_t axis = 0; axis < array.ndim(); ++axis) {
    const Index stride = array.strides()[axis];
    if (stride % itemsize != 0 && array.shape(axis) > 1) {
      throw nb::buffer_error(
          "DLPack counts strides in elements, which this array's are no multiple of; copy it");
    }
    strides.push_back(stride / itemsize);
  }
  return strides;
}

template <class Managed>
void DeleteUnused(PyObject* capsule) {
  using Name = Protocol<Managed>;
  if (PyCapsule_IsValid(capsule, Name::kName) == 0) return;  // the consumer has taken it over
  auto* managed = static_cast<Managed*>(PyCapsule_GetPointer(capsule, Name::kName));
  if (managed->deleter != nullptr) managed->deleter(managed);
}

template <class Managed>
nb::object Export(const Array& array, bool copied) {
  auto exported = std::make_unique<Exported<Managed>>();
  if (array.dtype().dlpack_bits() == 0) {
    throw nb::buffer_error(("DLPack has no code for " + array.dtype().full_name()).c_str());
  }
  exported->array = array;
  exported->shape.assign(array.shape().begin(), array.shape().end());
  exported->strides = ElementStrides(array);
  Managed& managed = exported->managed;
  DLTensor& tensor = managed.tensor;
  tensor.data = array.data();
  tensor.device = {kDLDeviceCpu, 0};
  tensor.ndim = static_cast<std::int32_t>(array.ndim());
  tensor.dtype = {array.dtype().dlpack_code(), array.dtype().dlpack_bits(), 1};
  tensor.shape = exported->shape.data();
  tensor.strides = exported->strides.data();
  if constexpr (std::is_same_v<Managed, DLManagedTensorVersioned>) {
    managed.version = {1, 0};
    managed.flags = (array.writeable() ? 0 : kDLFlagReadOnly) | (copied ? kDLFlagCopied : 0);
  }
  managed.context = exported.get();
  managed.deleter = [](Managed* self) {
    delete static_cast<Exported<Managed>*>(self->context);
  };
  nb::object capsule =
      nb::steal(PyCapsule_New(&managed, Protocol<Managed>::kName, &DeleteUnused<Managed>));
  if (!capsule.is_valid()) throw nb::python_error();
  static_cast<void>(exported.release());
  return capsule;
}

std::vector<Index> ByteStrides(const DLTensor& tensor, Index itemsize) {
  const auto ndim = static_cast<std::size_t>(tensor.ndim);
  std::vector<Index> strides(ndim);
  Index dense = itemsize;
  for (std::size_t axis = ndim; axis-- > 0;) {
    strides[axis] = tensor.strides == nullptr ? dense : tensor.strides[axis] * itemsize;
    dense *= std::max<Index>(tensor.shape[axis], 1);
  }
  return strides;
}

DType TensorDType(const DLTensor& tensor) {
  const std::optional<DType> dtype = FindDLPack(tensor.dtype.code, tensor.dtype.bits);
  if (!dtype || tensor.dtype.lanes != 1) {
    throw TypeError("no dtype for DLPack code " + std::to_string(tensor.dtype.code) + ", " +
                    std::to_string(tensor.dtype.bits) + " bits, " +
                    std::to_string(tensor.dtype.lanes) + " lanes");
  }
  return *dtype;
}

template <class Managed>
Array Import(nb::handle capsule) {
  using Name = Protocol<Managed>;
  auto* managed = static_cast<Managed*>(PyCapsule_GetPointer(capsule.ptr(), Name::kName));
  if (managed == nullptr) throw nb::python_error();
  if constexpr (std::is_same_v<Managed, DLManagedTensorVersioned>) {
    if (managed->version.major != 1) throw nb::buffer_error("DLPack of another major version");
  }
  const DLTensor& tensor = managed->tensor;
  if (tensor.device.type != kDLDeviceCpu) {
    throw nb::buffer_error("the tensor is not in memory of the CPU");
  }
  if (tensor.ndim < 0) throw nb::buffer_error("a DLPack tensor of negative rank");
  const DType dtype = TensorDType(tensor);
  const std::vector<Index> shape(tensor.shape, tensor.shape + tensor.ndim);
  const std::vector<Index> strides = ByteStrides(tensor, static_cast<Index>(dtype.size()));
  Array array = Array::from_memory(static_cast<std::byte*>(tensor.data) + tensor.byte_offset, dtype,
                                   shape, strides, Name::writeable(*managed), [managed] {
                                     if (managed->deleter == nullptr || !InterpreterRuns()) return;
                                     const nb::gil_scoped_acquire lock;
                                     managed->deleter(managed);
                                   });
  PyCapsule_SetName(capsule.ptr(), Name::kUsedName);
  return array;
}

// Asks for a versioned capsule first; exporters of the older protocol do not know the argument.
nb::object AskForCapsule(nb::handle object) {
  const nb::object method = object.attr("__dlpack__");
  try {
    nb::dict options;
    options["max_version"] = nb::make_tuple(1, 0);
    return method(**options);
  } catch (nb::python_error& error) {
    if (!error.matches(PyExc_TypeError)) throw;
    return method();
  }
}

bool AllowsVersioned(nb::handle max_version) {
  if (max_version.is_none()) return false;
  return nb::cast<long>(max_version[nb::int_(0)]) >= 1;
}

void CheckRequest(nb::handle stream, nb::handle device) {
  if (!stream.is_none()) throw nb::buffer_error("__dlpack__: only stream=None is possible");
  if (device.is_none()) return;
  if (!nb::make_tuple(kDLDeviceCpu, 0).equal(device)) {
    throw nb::buffer_error("__dlpack__: only the CPU, device (1, 0), is possible");
  }
}

}  // namespace

nb::tuple DLPackDevice() { return nb::make_tuple(kDLDeviceCpu, 0); }

nb::object ToDLPack(const Array& array, nb::handle stream, nb::handle max_version,
                    nb::handle dl_device, nb::handle copy) {
  CheckRequest(stream, dl_device);
  if (array.dtype().swapped()) {
    throw nb::buffer_error("DLPack knows only native byte order; convert with astype");
  }
  const bool copied = copy.ptr() == Py_True;
  const Array& source = copied ? array.copy() : array;
  if (AllowsVersioned(max_version)) return Export<DLManagedTensorVersioned>(source, copied);
  if (!source.writeable()) {
    throw nb::buffer_error(
        "DLPack before version 1 cannot mark arrays as read-only; ask for max_version=(1, 0)");
  }
  return Export<DLManagedTensor>(source, copied);
}

std::optional<Array> FromDLPack(nb::handle object) {
  if (!nb::hasattr(object, "__dlpack__")) return std::nullopt;
  if (nb::hasattr(object, "__dlpack_device__")) {
    const nb::object device = object.attr("__dlpack_device__")();
    if (nb::cast<int>(device[nb::int_(0)]) != kDLDeviceCpu) {
      throw nb::buffer_error("the object is not in memory of the CPU");
    }
  }
  const nb::object capsule = AskForCapsule(object);
  if (PyCapsule_IsValid(capsule.ptr(), Protocol<DLManagedTensorVersioned>::kName) != 0) {
    return Import<DLManagedTensorVersioned>(capsule);
  }
  return Import<DLManagedTensor>(capsule);
}

}  // namespace quern::python
