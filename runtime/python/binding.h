// What the rooms of the Python module share.
#ifndef QUERN_PYTHON_BINDING_H_
#define QUERN_PYTHON_BINDING_H_

#include <nanobind/nanobind.h>

#include <string>
#include <utility>

#include "quern/array.hpp"
#include "quern/ufunc.hpp"

namespace quern::python {

namespace nb = nanobind;

// Types of the module's own objects: set once while the module starts, constant afterwards.
extern PyTypeObject* array_type;
extern PyTypeObject* ufunc_type;
extern PyTypeObject* dtype_type;
// Stands for "argument not given" where None means something else.
extern PyObject* no_value;

// The array in a quern.Array, or null for any other object. The type is final and cannot be
// instantiated from Python, so that its exact type proves there is an array.
inline Array* ArrayIn(PyObject* object) {
  return Py_TYPE(object) == array_type ? nb::inst_ptr<Array>(object) : nullptr;
}

// Objects whose type the stubs are to name.
class ArrayObject : public nb::object {
  static bool IsArray(PyObject* object) { return Py_TYPE(object) == array_type; }

 public:
  NB_OBJECT_DEFAULT(ArrayObject, nb::object, "quern._quern.Array", IsArray)
};
class DTypeObject : public nb::object {
  static bool IsDType(PyObject* object) { return Py_TYPE(object) == dtype_type; }

 public:
  NB_OBJECT_DEFAULT(DTypeObject, nb::object, "quern._quern.dtype", IsDType)
};

class AnyObject : public nb::object {
 public:
  AnyObject() = default;
  AnyObject(nb::object any)  // NOLINT(google-explicit-constructor): any object is one
      : nb::object(std::move(any)) {}
  static constexpr auto Name = nb::detail::const_name("typing.Any");
};

// A new quern.Array.
inline ArrayObject WrapArray(Array&& array) {
  nb::object object = nb::inst_alloc(reinterpret_cast<PyObject*>(array_type));
  new (nb::inst_ptr<Array>(object)) Array(std::move(array));
  nb::inst_mark_ready(object);
  return nb::steal<ArrayObject>(object.release());
}

// A Python object that a C++ holder keeps alive for as long as it lives. It may be dropped on any
// thread, with or without the interpreter's lock, even while the interpreter shuts down (then the
// object is left to it).
class HeldObject {
 public:
  HeldObject() = default;
  explicit HeldObject(nb::object object) : object_(object.release().ptr()) {}
  HeldObject(HeldObject&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  HeldObject& operator=(HeldObject&&) = delete;
  HeldObject(const HeldObject&) = delete;
  HeldObject& operator=(const HeldObject&) = delete;
  ~HeldObject();
  PyObject* get() const { return object_; }

 private:
  PyObject* object_ = nullptr;
};

// False once the interpreter is going down, when its lock can no longer be taken.
bool InterpreterRuns();

// The text of a str; TypeError naming `what` for other objects.
std::string TextOf(nb::handle object, const char* what);
// The name of an object's type, for messages.
const char* TypeName(nb::handle object);

// Each adds its part to the module.
void BindErrors(nb::module_& module);
void BindErrorState(nb::module_& module);
void BindDTypes(nb::module_& module);
void BindQueries(nb::module_& module);
void BindArray(nb::module_& module);
void BindUfuncs(nb::module_& module);
void BindReductions(nb::module_& module);
void BindCreation(nb::module_& module);
void BindRuntime(nb::module_& module);

}  // namespace quern::python

#endif  // QUERN_PYTHON_BINDING_H_
