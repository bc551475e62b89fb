// x[...], x[...] = value, len, iteration, `in`.

#include <string>
#include <vector>

#include "python/array_slots.h"
#include "python/errors_binding.h"
#include "python/values.h"
#include "quern/errors.hpp"

namespace quern::python {
namespace {

const Array& Self(PyObject* self) { return *nb::inst_ptr<Array>(self); }

Slice AsSlice(PyObject* object) {
  Py_ssize_t start = 0;
  Py_ssize_t stop = 0;
  Py_ssize_t step = 0;
  if (PySlice_Unpack(object, &start, &stop, &step) < 0) throw nb::python_error();
  const auto* slice = reinterpret_cast<const PySliceObject*>(object);
  Slice result;
  if (slice->start != Py_None) result.start = start;
  if (slice->stop != Py_None) result.stop = stop;
  if (slice->step != Py_None) result.step = step;
  return result;
}

[[noreturn]] void RefuseItem(PyObject* item) {
  if (PyUnicode_Check(item) || PyFloat_Check(item)) {
    throw IndexError(
        "only integers, slices (`:`), ellipsis (`...`) and newaxis (`None`) are valid indices");
  }
  throw NotSupportedError(std::string("indexing with ") + TypeName(item) +
                          " is not supported: integers, slices, ... and None are");
}

Subscript AsSubscript(PyObject* item) {
  if (PySlice_Check(item)) return AsSlice(item);
  if (item == Py_None) return newaxis;
  if (item == Py_Ellipsis) return ellipsis;
  if (PyBool_Check(item) || PyIndex_Check(item) == 0) RefuseItem(item);
  const Py_ssize_t value = PyNumber_AsSsize_t(item, PyExc_IndexError);
  if (value == -1 && PyErr_Occurred() != nullptr) {
    if (PyErr_ExceptionMatches(PyExc_TypeError) == 0) throw nb::python_error();
    PyErr_Clear();
    RefuseItem(item);  // an array of several elements
  }
  return Index{value};
}

Array Select(const Array& array, PyObject* key) {
  if (!PyTuple_Check(key)) {
    const Subscript single = AsSubscript(key);
    return array.index(std::span<const Subscript>(&single, 1));
  }
  std::vector<Subscript> items;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(key); ++i) {
    items.push_back(AsSubscript(PyTuple_GET_ITEM(key, i)));
  }
  return array.index(items);
}

PyObject* GetSubscript(PyObject* self, PyObject* key) {
  return Guard([&] { return WrapArray(Select(Self(self), key)).release().ptr(); });
}

int SetSubscript(PyObject* self, PyObject* key, PyObject* value) {
  return GuardNumber([&] {
    if (value == nullptr) throw ValueError("cannot delete array elements");
    SetElements(Select(Self(self), key), value);
    return 0;
  });
}

Py_ssize_t Length(PyObject* self) {
  return GuardNumber([&]() -> Py_ssize_t {
    if (Self(self).ndim() == 0) throw TypeError("len() of unsized object");
    return Self(self).shape(0);
  });
}

PyObject* Item(PyObject* self, Py_ssize_t position) {
  return Guard([&] {
    const Subscript item = Index{position};
    return WrapArray(Self(self).index(std::span<const Subscript>(&item, 1))).release().ptr();
  });
}

PyObject* Iterate(PyObject* self) {
  return Guard([&] {
    if (Self(self).ndim() == 0) throw TypeError("iteration over a 0-d array");
    return PySeqIter_New(self);
  });
}

int Contains(PyObject* self, PyObject* value) {
  return GuardNumber([&] {
    const nb::object equal = nb::steal(PyObject_RichCompare(self, value, Py_EQ));
    if (!equal.is_valid()) throw nb::python_error();
    const Array* found = ArrayIn(equal.ptr());
    if (found == nullptr) return PyObject_IsTrue(equal.ptr());
    for (const unsigned char each : found->to_vector<unsigned char>()) {
      if (each != 0) return 1;
    }
    return 0;
  });
}

template <class Function>
void Add(std::vector<PyType_Slot>& slots, int slot, Function* function) {
  slots.push_back({slot, reinterpret_cast<void*>(function)});
}

}  // namespace

void SetElements(const Array& target, nb::handle value) {
  if (!target.writeable()) throw ReadOnlyError("assignment destination is read-only");
  // Python's numbers become elements as int() and float() say; arrays are cast.
  const Array source = AsArray(value, target.dtype()).array;
  WarnOfLostParts(source.dtype(), target.dtype());
  Calculate(target.size(), [&] {
    target.assign(source, CastingLevel::unsafe);
    return 0;
  });
}

void AddIndexSlots(std::vector<PyType_Slot>& slots) {
  Add(slots, Py_mp_subscript, &GetSubscript);
  Add(slots, Py_mp_ass_subscript, &SetSubscript);
  Add(slots, Py_mp_length, &Length);
  Add(slots, Py_sq_length, &Length);
  Add(slots, Py_sq_item, &Item);
  Add(slots, Py_sq_contains, &Contains);
  Add(slots, Py_tp_iter, &Iterate);
}

}  // namespace quern::python
