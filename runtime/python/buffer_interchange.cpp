// The buffer protocol and __array_interface__.

#include <algorithm>
#include <bit>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/absent_dtypes.h"
#include "python/dtype_binding.h"
#include "python/errors_binding.h"
#include "python/interchange.h"
#include "quern/errors.hpp"

namespace quern::python {
namespace {

// A buffer that some object exports, given back on whichever thread lets go of it.
class ExportedBuffer {
 public:
  ExportedBuffer() = default;
  ~ExportedBuffer() {
    if (view.obj == nullptr || !InterpreterRuns()) return;
    const nb::gil_scoped_acquire lock;
    PyBuffer_Release(&view);
  }
  ExportedBuffer(const ExportedBuffer&) = delete;
  ExportedBuffer& operator=(const ExportedBuffer&) = delete;

  Py_buffer view{};
};

// Steps of a dense array in C order, for exporters that leave them out.
std::vector<Index> RowStrides(std::span<const Index> shape, Index itemsize) {
  std::vector<Index> strides(shape.size());
  Index step = itemsize;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    strides[axis] = step;
    step *= std::max<Index>(shape[axis], 1);
  }
  return strides;
}

std::vector<Index> IndexVector(nb::handle sequence, const char* what) {
  std::vector<Index> values;
  for (nb::handle item : sequence) {
    const Py_ssize_t value = PyNumber_AsSsize_t(item.ptr(), PyExc_OverflowError);
    if (value == -1 && PyErr_Occurred() != nullptr) throw nb::python_error();
    values.push_back(value);
  }
  if (values.size() > kMaxRank) {
    throw ShapeError(std::string(what) + ": more than " + std::to_string(kMaxRank) + " axes");
  }
  return values;
}

// What a capsule in __array_struct__ holds: the array interface as a C struct, which is the fastest
// of the protocols and the one that NumPy's arrays are taken in by.
struct ArrayStruct {
  int two;  // 2
  int ndim;
  char kind;
  int itemsize;
  int flags;
  Index* shape;
  Index* strides;
  void* data;
  PyObject* description;
};
constexpr int kStructNativeOrder = 0x200;
constexpr int kStructWriteable = 0x400;

void DropReference(PyObject* object) {
  if (!InterpreterRuns()) return;
  const nb::gil_scoped_acquire lock;
  Py_DECREF(object);
}

// The parts of an __array_interface__ dict.
struct Interface {
  DType dtype;
  std::vector<Index> shape;
  std::vector<Index> strides;
  std::byte* data = nullptr;
  bool writeable = false;
  std::shared_ptr<void> owner;
};

nb::object Item(nb::handle dict, const char* key) {
  PyObject* found = PyDict_GetItemString(dict.ptr(), key);
  return found == nullptr ? nb::none() : nb::borrow(found);
}

DType InterfaceDType(nb::handle interface, nb::handle object) {
  const std::string text = TextOf(Item(interface, "typestr"), "__array_interface__['typestr']");
  // A dtype that NumPy knows from another package is named by the object's own dtype: its
  // descriptor gives no more than the size.
  const nb::object dtype = nb::getattr(object, "dtype", nb::none());
  const bool vague = text.size() == 3 && (text[1] == 'V' || text.ends_with("f1"));
  return vague && !dtype.is_none() ? AsDType(dtype) : DType::parse(text);
}

// Memory given as an address, or as an object with a buffer.
void TakeInterfaceData(Interface& parts, nb::handle interface, nb::handle object) {
  const nb::object data = Item(interface, "data");
  if (nb::isinstance<nb::tuple>(data) && nb::len(data) == 2) {
    const nb::object address = data[nb::int_(0)];
    parts.data = static_cast<std::byte*>(PyLong_AsVoidPtr(address.ptr()));
    if (PyErr_Occurred() != nullptr) throw nb::python_error();
    const int read_only = PyObject_IsTrue(nb::object(data[nb::int_(1)]).ptr());
    if (read_only < 0) throw nb::python_error();
    parts.writeable = read_only == 0;
    // The dict may hold what the address belongs to: that of a NumPy scalar does.
    parts.owner = std::make_shared<HeldObject>(nb::make_tuple(object, interface));
    return;
  }
  auto buffer = std::make_shared<ExportedBuffer>();
  const nb::handle source = data.is_none() ? object : nb::handle(data);
  if (PyObject_GetBuffer(source.ptr(), &buffer->view, PyBUF_SIMPLE) < 0) throw nb::python_error();
  const nb::object offset = Item(interface, "offset");
  const Index start = offset.is_none() ? 0 : nb::cast<Index>(offset);
  const std::vector<Index>& strides = parts.strides;
  Index first = start;
  Index last = start + static_cast<Index>(parts.dtype.size());
  for (std::size_t axis = 0; axis < parts.shape.size(); ++axis) {
    const Index reach = (parts.shape[axis] - 1) * strides[axis];
    (reach < 0 ? first : last) += reach;
  }
  if (first < 0 || last > buffer->view.len) {
    throw ValueError("__array_interface__: elements lie outside of the buffer");
  }
  parts.data = static_cast<std::byte*>(buffer->view.buf) + start;
  parts.writeable = buffer->view.readonly == 0;
  parts.owner = std::move(buffer);
}

Interface ReadInterface(nb::handle interface, nb::handle object) {
  if (!nb::isinstance<nb::dict>(interface)) {
    throw TypeError("__array_interface__ is not a dict");
  }
  if (!Item(interface, "mask").is_none()) {
    throw NotSupportedError("__array_interface__: masked arrays are not supported");
  }
  Interface parts;
  parts.dtype = InterfaceDType(interface, object);
  parts.shape = IndexVector(Item(interface, "shape"), "__array_interface__['shape']");
  const nb::object strides = Item(interface, "strides");
  parts.strides = strides.is_none()
                      ? RowStrides(parts.shape, static_cast<Index>(parts.dtype.size()))
                      : IndexVector(strides, "__array_interface__['strides']");
  if (parts.strides.size() != parts.shape.size()) {
    throw ValueError("__array_interface__: " + std::to_string(parts.strides.size()) +
                     " strides for " + std::to_string(parts.shape.size()) + " axes");
  }
  TakeInterfaceData(parts, interface, object);
  return parts;
}

// What an exporter without PyBUF_STRIDES may assume is that the buffer is dense in C order.
void CheckLayout(const Array& array, int flags) {
  const auto asks = [flags](int what) {
    return (flags & what) == what;
  };
  if (asks(PyBUF_C_CONTIGUOUS) && !array.c_contiguous()) {
    throw nb::buffer_error("the array is not contiguous in C order");
  }
  if (asks(PyBUF_F_CONTIGUOUS) && !array.f_contiguous()) {
    throw nb::buffer_error("the array is not contiguous in Fortran order");
  }
  if (asks(PyBUF_ANY_CONTIGUOUS) && !array.c_contiguous() && !array.f_contiguous()) {
    throw nb::buffer_error("the array is not contiguous");
  }
  if (!asks(PyBUF_STRIDES) && !array.c_contiguous()) {
    throw nb::buffer_error("the array is not contiguous and strides were not asked for");
  }
}

// No dtype has elements of this format: of those that NumPy has, the reason is known.
[[noreturn]] void FailOnFormat(std::string_view format, Py_ssize_t size) {
  std::string_view name = format.substr(0, format.find('{'));  // "T{...}" is a record
  name.remove_prefix(std::min(name.find_first_not_of("@=<>!^"), name.size()));
  const std::string refusal = NotSupportedText(name);
  const std::string what = "elements of buffer format '" + std::string(format) + "' and " +
                           std::to_string(size) + " bytes";
  throw TypeError(refusal.empty() ? "no dtype for " + what : what + ": " + refusal);
}

}  // namespace

std::optional<Array> FromBuffer(nb::handle object) {
  if (PyObject_CheckBuffer(object.ptr()) == 0) return std::nullopt;
  auto buffer = std::make_unique<ExportedBuffer>();
  Py_buffer& view = buffer->view;
  if (PyObject_GetBuffer(object.ptr(), &view, PyBUF_RECORDS_RO) < 0) {
    // The object has no buffer after all (a NumPy dtype that buffers cannot name, say).
    PyErr_Clear();
    return std::nullopt;
  }
  const std::optional<DType> dtype =
      FindBufferFormat(view.format, static_cast<std::size_t>(view.itemsize));
  if (!dtype) FailOnFormat(view.format == nullptr ? "B" : view.format, view.itemsize);
  const std::span<const Index> shape(view.shape, static_cast<std::size_t>(view.ndim));
  const std::vector<Index> dense =
      view.strides == nullptr ? RowStrides(shape, view.itemsize) : std::vector<Index>();
  const std::span<const Index> strides(view.strides == nullptr ? dense.data() : view.strides,
                                       shape.size());
  ExportedBuffer* held = buffer.get();
  Array array = Array::from_memory(view.buf, *dtype, shape, strides, view.readonly == 0,
                                   [held] { delete held; });
  static_cast<void>(buffer.release());  // now the array's
  return array;
}

std::optional<Array> FromArrayStruct(nb::handle object) {
  static PyObject* name = PyUnicode_InternFromString("__array_struct__");
  // Looked for in the type first: most objects lack it, and asking them makes an exception.
  if (_PyType_Lookup(Py_TYPE(object.ptr()), name) == nullptr) return std::nullopt;
  nb::object capsule = nb::steal(PyObject_GetAttr(object.ptr(), name));
  if (!capsule.is_valid()) {
    PyErr_Clear();
    return std::nullopt;
  }
  if (PyCapsule_IsValid(capsule.ptr(), nullptr) == 0) return std::nullopt;
  const auto& parts = *static_cast<ArrayStruct*>(PyCapsule_GetPointer(capsule.ptr(), nullptr));
  if (parts.two != 2 || parts.ndim < 0 || parts.itemsize <= 0) return std::nullopt;
  const std::optional<DType> found =
      FindDType(parts.kind, static_cast<std::size_t>(parts.itemsize));
  // The other protocols say more about what is not found, and the unit of time.
  if (!found || found->has_unit()) return std::nullopt;
  const auto ndim = static_cast<std::size_t>(parts.ndim);
  const bool native = (parts.flags & kStructNativeOrder) != 0;
  const DType dtype = native ? *found : found->with_byte_order(true);
  PyObject* held = capsule.ptr();  // and the capsule holds the exporter
  Array array =
      Array::from_memory(parts.data, dtype, {parts.shape, ndim}, {parts.strides, ndim},
                         (parts.flags & kStructWriteable) != 0, [held] { DropReference(held); });
  static_cast<void>(capsule.release());
  return array;
}

std::optional<Array> FromArrayInterface(nb::handle object) {
  const nb::object interface = nb::getattr(object, "__array_interface__", nb::none());
  if (interface.is_none()) return std::nullopt;
  const Interface parts = ReadInterface(interface, object);
  return Array::from_memory(parts.data, parts.dtype, parts.shape, parts.strides, parts.writeable,
                            [owner = parts.owner] {});
}

namespace {

// Whether the object's dtype is one of NumPy's that count a unit of time.
bool IsTimeExporter(nb::handle object) {
  if (!nb::hasattr(object, "__array_interface__")) return false;
  const nb::object dtype = nb::getattr(object, "dtype", nb::none());
  const nb::object kind = nb::getattr(dtype, "kind", nb::none());
  if (!nb::isinstance<nb::str>(kind)) return false;
  const std::string_view letter = nb::borrow<nb::str>(kind).c_str();
  return letter == "m" || letter == "M";
}

}  // namespace

std::optional<Array> FromExporter(nb::handle object) {
  // Text and raw bytes export buffers too, but are no numbers.
  if (PyBytes_Check(object.ptr()) || PyUnicode_Check(object.ptr())) return std::nullopt;
  if (PyType_Check(object.ptr())) return std::nullopt;
  if (std::optional<Array> array = FromArrayStruct(object)) return array;
  // NumPy's scalars with a unit of time export mere bytes as buffers.
  if (IsTimeExporter(object)) return FromArrayInterface(object);
  if (std::optional<Array> array = FromBuffer(object)) return array;
  if (std::optional<Array> array = FromArrayInterface(object)) return array;
  return FromDLPack(object);
}

int GetBuffer(PyObject* self, Py_buffer* view, int flags) {
  view->obj = nullptr;
  return GuardNumber([&] {
    const Array& array = *nb::inst_ptr<Array>(self);
    if ((flags & PyBUF_WRITABLE) != 0 && !array.writeable()) {
      throw nb::buffer_error("the array is read-only");
    }
    CheckLayout(array, flags);
    const bool named = IsNumpysOwn(array.dtype()) && *BufferFormat(array.dtype()) != '\0';
    if ((flags & PyBUF_FORMAT) != 0 && !named) {
      throw nb::buffer_error(
          ("buffers have no format for " + array.dtype().full_name() + "; numpy.asarray has")
              .c_str());
    }
    static std::byte nothing[16];  // an address for arrays without elements
    view->buf = array.data() == nullptr ? nothing : array.data();
    view->len = static_cast<Py_ssize_t>(array.nbytes());
    view->itemsize = static_cast<Py_ssize_t>(array.itemsize());
    view->readonly = array.writeable() ? 0 : 1;
    view->ndim = static_cast<int>(array.ndim());
    // Consumers only read these; they live in the array, which the view keeps alive.
    view->format =
        (flags & PyBUF_FORMAT) != 0 ? const_cast<char*>(BufferFormat(array.dtype())) : nullptr;
    view->shape = (flags & PyBUF_ND) != 0 ? const_cast<Index*>(array.shape().data()) : nullptr;
    view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES
                        ? const_cast<Index*>(array.strides().data())
                        : nullptr;
    view->suboffsets = nullptr;
    view->internal = nullptr;
    view->obj = Py_NewRef(self);
    return 0;
  });
}

nb::tuple IndexTuple(std::span<const Index> values) {
  nb::object tuple = nb::steal(PyTuple_New(static_cast<Py_ssize_t>(values.size())));
  if (!tuple.is_valid()) throw nb::python_error();
  for (std::size_t i = 0; i < values.size(); ++i) {
    PyTuple_SET_ITEM(tuple.ptr(), static_cast<Py_ssize_t>(i), PyLong_FromSsize_t(values[i]));
  }
  return nb::borrow<nb::tuple>(tuple);
}

nb::dict ArrayInterface(const Array& array) {
  // NumPy then asks __array__.
  if (!IsNumpysOwn(array.dtype())) {
    throw nb::attribute_error("__array_interface__ has no descriptor for the dtype");
  }
  nb::dict interface;
  interface["version"] = 3;
  interface["shape"] = IndexTuple(array.shape());
  interface["typestr"] = nb::str(array.dtype().str().c_str());
  interface["strides"] = IndexTuple(array.strides());
  interface["data"] =
      nb::make_tuple(nb::steal(PyLong_FromVoidPtr(array.data())), !array.writeable());
  return interface;
}

}  // namespace quern::python
