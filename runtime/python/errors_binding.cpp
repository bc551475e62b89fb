#include "python/errors_binding.h"

#include <new>
#include <stdexcept>

#include "quern/errors.hpp"

namespace quern::python {
namespace {

// The classes that have no equal among Python's own; immortal.
struct ErrorClasses {
  PyObject* axis = nullptr;
  PyObject* shape = nullptr;
  PyObject* read_only = nullptr;
  PyObject* format = nullptr;
  PyObject* cast = nullptr;
  PyObject* spec = nullptr;
  PyObject* complex_warning = nullptr;
};
ErrorClasses classes;

template <class Exception>
bool Is(const Error& error) {
  return dynamic_cast<const Exception*>(&error) != nullptr;
}

// Derived classes before their bases.
PyObject* PythonClass(const Error& error) {
  if (Is<AxisError>(error)) return classes.axis;
  if (Is<ShapeError>(error)) return classes.shape;
  if (Is<ReadOnlyError>(error)) return classes.read_only;
  if (Is<FormatError>(error)) return classes.format;
  if (Is<ValueError>(error)) return PyExc_ValueError;
  if (Is<CastError>(error)) return classes.cast;
  if (Is<TypeError>(error)) return PyExc_TypeError;
  if (Is<IndexError>(error)) return PyExc_IndexError;
  if (Is<OverflowError>(error)) return PyExc_OverflowError;
  if (Is<FloatingPointError>(error)) return PyExc_FloatingPointError;
  if (Is<IoError>(error)) return PyExc_OSError;
  if (Is<NotSupportedError>(error)) return PyExc_NotImplementedError;
  if (Is<SpecError>(error)) return classes.spec;
  return PyExc_RuntimeError;
}

// The library says "add: integer 300 out of bounds for uint8"; in Python such a number is always
// one of Python's, and its message is NumPy's.
std::string MessageOf(const Error& error) {
  const std::string message = error.what();
  const std::size_t number = message.find(": integer ");
  if (!Is<OverflowError>(error) || number == std::string::npos) return message;
  return "Python " + message.substr(number + 2);
}

void SetError(const Error& error) { PyErr_SetString(PythonClass(error), MessageOf(error).c_str()); }

void TranslateError(const std::exception_ptr& exception, void*) {
  try {
    std::rethrow_exception(exception);
  } catch (const Error& error) {
    SetError(error);
  }
}

PyObject* NewClass(nb::module_& module, const char* name, const char* doc, nb::handle bases) {
  const std::string qualified = std::string("quern.") + name;
  PyObject* made = PyErr_NewExceptionWithDoc(qualified.c_str(), doc, bases.ptr(), nullptr);
  if (made == nullptr) throw nb::python_error();
  module.attr(name) = nb::handle(made);
  return made;
}

}  // namespace

// What this thread's calculations left to raise.
struct ThreadErrors {
  int depth = 0;
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* traceback = nullptr;
};

namespace {
ThreadErrors& Waiting() {
  thread_local ThreadErrors errors;
  return errors;
}
}  // namespace

void SetPythonError() noexcept {
  try {
    throw;
  } catch (nb::python_error& error) {
    error.restore();
  } catch (const Error& error) {
    SetError(error);
  } catch (const nb::builtin_exception& error) {
    PyErr_SetString(error.type() == nb::exception_type::buffer_error  ? PyExc_BufferError
                    : error.type() == nb::exception_type::value_error ? PyExc_ValueError
                                                                      : PyExc_TypeError,
                    error.what());
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  } catch (...) {
    PyErr_SetString(PyExc_SystemError, "an unknown C++ exception");
  }
}

void WarnOfLostParts(DType from, DType to) {
  if (from.kind() != 'c' || to.kind() == 'c' || to.kind() == 'b') return;
  const char* text = "Casting complex values to real discards the imaginary part";
  if (PyErr_WarnEx(classes.complex_warning, text, 1) < 0) throw nb::python_error();
}

CalculationScope::CalculationScope() : errors_(Waiting()) { ++errors_.depth; }
CalculationScope::~CalculationScope() { --errors_.depth; }

void CalculationScope::RaisePending() {
  if (errors_.type == nullptr) return;
  PyErr_Restore(std::exchange(errors_.type, nullptr), std::exchange(errors_.value, nullptr),
                std::exchange(errors_.traceback, nullptr));
  throw nb::python_error();
}

void KeepPythonError() {
  ThreadErrors& errors = Waiting();
  if (errors.depth == 0 || errors.type != nullptr) {
    PyErr_WriteUnraisable(nullptr);
  } else {
    PyErr_Fetch(&errors.type, &errors.value, &errors.traceback);
  }
}

void BindErrors(nb::module_& module) {
  const nb::handle value_error(PyExc_ValueError);
  const nb::handle type_error(PyExc_TypeError);
  classes.axis = NewClass(module, "AxisError", "An axis that the array does not have.",
                          nb::make_tuple(value_error, nb::handle(PyExc_IndexError)));
  classes.shape = NewClass(module, "ShapeError", "Shapes that do not broadcast, reshape or match.",
                           value_error);
  classes.read_only =
      NewClass(module, "ReadOnlyError", "An array that may not be written to.", value_error);
  classes.format = NewClass(module, "FormatError",
                            "A file that does not hold what its format demands.", value_error);
  classes.cast =
      NewClass(module, "CastError", "A cast that the casting level does not allow.", type_error);
  classes.spec =
      NewClass(module, "SpecError", "A package of generated tables that does not fit this library.",
               nb::handle(PyExc_RuntimeError));
  classes.complex_warning =
      NewClass(module, "ComplexWarning", "Imaginary parts are lost in a cast to a real dtype.",
               nb::handle(PyExc_RuntimeWarning));
  nb::register_exception_translator(TranslateError);
}

}  // namespace quern::python
