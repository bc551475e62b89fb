// The extension module quern._quern. What users see is the package quern, which re-exports it.

#include <string>
#include <vector>

#include "python/binding.h"
#include "quern/errors.hpp"

namespace quern::python {

PyTypeObject* array_type = nullptr;
PyTypeObject* ufunc_type = nullptr;
PyTypeObject* dtype_type = nullptr;
PyObject* no_value = nullptr;

bool InterpreterRuns() {
#if PY_VERSION_HEX >= 0x030D0000
  return Py_IsInitialized() != 0 && Py_IsFinalizing() == 0;
#else
  return Py_IsInitialized() != 0 && _Py_IsFinalizing() == 0;
#endif
}

HeldObject::~HeldObject() {
  if (object_ == nullptr || !InterpreterRuns()) return;
  const nb::gil_scoped_acquire lock;
  Py_DECREF(object_);
}

std::string TextOf(nb::handle object, const char* what) {
  if (!PyUnicode_Check(object.ptr())) {
    throw TypeError(std::string(what) + " must be str, not " + TypeName(object));
  }
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(object.ptr(), &size);
  if (text == nullptr) throw nb::python_error();
  return {text, static_cast<std::size_t>(size)};
}

const char* TypeName(nb::handle object) { return Py_TYPE(object.ptr())->tp_name; }

namespace {

// An object whose only property is its name.
struct NoValue {};

void BindNoValue(nb::module_& module) {
  nb::class_<NoValue> type(module, "_NoValueType", nb::is_final(),
                           "Stands for an argument that was not given.");
  type.def("__repr__", [](nb::handle) { return "<no value>"; });
  no_value = nb::cast(NoValue{}).release().ptr();
  module.attr("_NoValue") = nb::handle(no_value);
}

// Public names, for `from quern._quern import *`.
void ListNames(nb::module_& module) {
  std::vector<std::string> names;
  for (nb::handle key : nb::cast<nb::dict>(module.attr("__dict__")).keys()) {
    std::string name = nb::str(key).c_str();
    if (name[0] != '_') names.push_back(std::move(name));
  }
  nb::list all;
  for (const std::string& name : names) all.append(nb::str(name.c_str()));
  module.attr("__all__") = all;
}

}  // namespace
}  // namespace quern::python

NB_MODULE(_quern, module) {
  using namespace quern::python;  // NOLINT(google-build-using-namespace): the entry point
  // Dtypes, ufuncs and the like live as long as the process by design.
  nb::set_leak_warnings(false);
  module.doc() = "Array kernels with NumPy's semantics.";
  BindErrors(module);
  BindErrorState(module);
  BindNoValue(module);
  BindDTypes(module);
  BindQueries(module);
  BindArray(module);
  BindUfuncs(module);
  BindReductions(module);
  BindCreation(module);
  BindRuntime(module);
  ListNames(module);
}
