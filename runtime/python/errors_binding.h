// How errors cross between C++ and Python.
#ifndef QUERN_PYTHON_ERRORS_BINDING_H_
#define QUERN_PYTHON_ERRORS_BINDING_H_

#include <utility>

#include "python/binding.h"

namespace quern::python {

// Sets the Python error that stands for the C++ exception being handled.
void SetPythonError() noexcept;

// Runs the body of a function that CPython itself calls, so that no C++ exception leaves it. The
// body returns a new reference.
template <class Body>
PyObject* Guard(Body&& body) noexcept {
  try {
    return body();
  } catch (...) {
    SetPythonError();
    return nullptr;
  }
}
// The same for functions that report failure as -1.
template <class Body>
auto GuardNumber(Body&& body) noexcept -> decltype(body()) {
  try {
    return body();
  } catch (...) {
    SetPythonError();
    return -1;
  }
}

// Issues quern.ComplexWarning if a cast from the first dtype to the second discards imaginary
// parts, as NumPy does.
void WarnOfLostParts(DType from, DType to);

struct ThreadErrors;

// Marks that this thread is inside a calculation. Python code that the calculation runs (warning
// filters, the callbacks of the error state) cannot throw through it; what it raises waits here.
class CalculationScope {
 public:
  CalculationScope();
  ~CalculationScope();
  CalculationScope(const CalculationScope&) = delete;
  CalculationScope& operator=(const CalculationScope&) = delete;
  // Throws what is waiting, if anything is.
  void RaisePending();

 private:
  ThreadErrors& errors_;  // of this thread: looked up once
};

// Takes over the current Python error: it waits for the calculation of this thread to end, or,
// outside of one, is reported as unraisable. Needs the interpreter's lock.
void KeepPythonError();

// Calculations of arrays up to this size keep the interpreter's lock: passing it on costs more.
inline constexpr Index kKeepLock = 256;

// Runs a calculation over arrays of `elements` elements, without the interpreter's lock if they are
// many. Python objects that the calculation borrows must outlive the call.
template <class Body>
auto Calculate(Index elements, Body&& body) {
  CalculationScope scope;
  try {
    auto result = [&] {
      if (elements <= kKeepLock) return body();
      const nb::gil_scoped_release released;
      return body();
    }();
    scope.RaisePending();
    return result;
  } catch (nb::python_error&) {
    throw;
  } catch (...) {
    scope.RaisePending();
    throw;
  }
}

}  // namespace quern::python

#endif  // QUERN_PYTHON_ERRORS_BINDING_H_
