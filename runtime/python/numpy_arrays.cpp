#include "python/numpy_arrays.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "python/dtype_binding.h"
#include "python/interchange.h"

namespace quern::python {
namespace {

// The head of every numpy.ndarray: PyArrayObject_fields of numpy/ndarraytypes.h, which NumPy's
// binary interface has kept since 1.0.
struct NumpyArray {
  PyObject_HEAD std::byte* data;
  int ndim;
  Index* shape;
  Index* strides;
  PyObject* base;
  PyObject* dtype;
  int flags;
};
constexpr int kWriteable = 0x400;
constexpr int kWarnsOnWrite = static_cast<int>(1u << 31);

const NumpyArray& HeadOf(PyObject* array) { return *reinterpret_cast<const NumpyArray*>(array); }

bool IsWriteable(const NumpyArray& head) {
  return (head.flags & (kWriteable | kWarnsOnWrite)) == kWriteable;
}

// Whether the head says of an array what a protocol says of it.
bool HeadHolds(PyObject* array) {
  const std::optional<Array> shared = FromExporter(array);
  const NumpyArray& head = HeadOf(array);
  return shared && head.data == shared->data() && head.ndim == static_cast<int>(shared->ndim()) &&
         std::equal(shared->shape().begin(), shared->shape().end(), head.shape) &&
         std::equal(shared->strides().begin(), shared->strides().end(), head.strides) &&
         IsWriteable(head) == shared->writeable();
}

// numpy.ndarray, once one of its instances was seen and its head was found to hold.
bool IsNumpyArray(PyObject* object) {
  static PyTypeObject* known = nullptr;
  PyTypeObject* const type = Py_TYPE(object);
  if (type == known) return true;
  if (known != nullptr || std::strcmp(type->tp_name, "numpy.ndarray") != 0) return false;
  static bool refused = false;
  if (refused) return false;
  const nb::object ndarray = nb::module_::import_("numpy").attr("ndarray");
  if (ndarray.ptr() != reinterpret_cast<PyObject*>(type)) return false;
  refused = !HeadHolds(object);
  if (!refused) known = type;
  return !refused;
}

// The dtypes of NumPy's dtype objects, of which there is mostly one for each dtype: found by
// address, which a reference keeps from being used again. Units of time and swapped bytes have
// objects of their own in every array; they are not kept.
class SeenDTypes {
 public:
  DType Find(PyObject* object) {
    const auto end = seen_.begin() + count_;
    const auto found = std::ranges::find(seen_.begin(), end, object, &Entry::object);
    if (found != end) return found->dtype;
    return Add(object);
  }

 private:
  struct Entry {
    PyObject* object;
    DType dtype;
  };

  DType Add(PyObject* object) {
    const DType dtype = AsDType(object);
    const bool full = count_ == static_cast<std::ptrdiff_t>(seen_.size());
    if (full || dtype.has_unit() || dtype.swapped()) return dtype;
    seen_[static_cast<std::size_t>(count_++)] = {Py_NewRef(object), dtype};
    return dtype;
  }

  std::array<Entry, 32> seen_;
  std::ptrdiff_t count_ = 0;
};

}  // namespace

std::optional<Array> BorrowNumpyArray(PyObject* object) {
  if (!IsNumpyArray(object)) return std::nullopt;
  static SeenDTypes dtypes;
  const NumpyArray& head = HeadOf(object);
  const auto ndim = static_cast<std::size_t>(head.ndim);
  return Array::from_memory(head.data, dtypes.Find(head.dtype), {head.shape, ndim},
                            {head.strides, ndim}, IsWriteable(head));
}

}  // namespace quern::python
