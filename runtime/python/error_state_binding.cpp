// geterr, seterr and the ways in which floating-point conditions reach Python code.

#include <memory>
#include <string>

#include "python/binding.h"
#include "python/errors_binding.h"
#include "quern/error_state.hpp"
#include "quern/errors.hpp"

namespace quern::python {
namespace {

struct ActionField {
  const char* name;
  ErrorAction ErrorState::*action;
};
constexpr ActionField kFields[] = {
    {"divide", &ErrorState::divide},
    {"over", &ErrorState::over},
    {"under", &ErrorState::under},
    {"invalid", &ErrorState::invalid},
    {"integer_overflow", &ErrorState::integer_overflow},
};

nb::str ActionName(ErrorAction action) {
  const std::string_view name = error_action_name(action);
  return nb::str(name.data(), name.size());
}

nb::dict GetErr() {
  nb::dict state;
  for (const ActionField& field : kFields)
    state[field.name] = ActionName(error_state().*field.action);
  return state;
}

nb::dict SetErr(nb::handle all, nb::handle divide, nb::handle over, nb::handle under,
                nb::handle invalid, nb::handle integer_overflow) {
  const nb::handle given[] = {divide, over, under, invalid, integer_overflow};
  ErrorState state = error_state();
  std::size_t index = 0;
  for (const ActionField& field : kFields) {
    nb::handle action = given[index++];
    // Programs written for NumPy say `all` and mean its four.
    const bool numpys = field.action != &ErrorState::integer_overflow;
    if (action.is_none() && numpys) action = all;
    if (!action.is_none()) state.*field.action = parse_error_action(TextOf(action, field.name));
  }
  nb::dict before = GetErr();
  set_error_state(std::move(state));
  return before;
}

// Runs Python code on behalf of a calculation, which may hold the interpreter's lock or not.
template <class Body>
void RunPython(Body&& body) {
  if (!InterpreterRuns()) return;
  const nb::gil_scoped_acquire lock;
  if (PyErr_Occurred() != nullptr) return;
  try {
    body();
  } catch (...) {
    SetPythonError();
    KeepPythonError();
  }
}

// The object of seterrcall on this thread. One object serves `call` (called) and `log` (written
// to), as in NumPy. Immortal storage: threads may end after the interpreter.
nb::object& ErrorCallOfThread() {
  thread_local nb::object* object = new nb::object(nb::none());
  return *object;
}

AnyObject GetErrCall() { return ErrorCallOfThread(); }

AnyObject SetErrCall(nb::object receiver) {
  ErrorState state = error_state();
  state.callback = nullptr;
  state.logger = nullptr;
  if (!receiver.is_none()) {
    const auto held = std::make_shared<HeldObject>(receiver);
    if (PyCallable_Check(receiver.ptr()) != 0) {
      state.callback = [held](std::string_view kind, int flags) {
        RunPython([&] { nb::handle(held->get())(nb::str(kind.data(), kind.size()), flags); });
      };
    }
    if (nb::hasattr(receiver, "write")) {
      state.logger = [held](const std::string& message) {
        RunPython(
            [&] { nb::handle(held->get()).attr("write")(nb::str((message + "\n").c_str())); });
      };
    }
    if (!state.callback && !state.logger) {
      throw ValueError("seterrcall: only callables and objects with a 'write' method are accepted");
    }
  }
  set_error_state(std::move(state));
  return std::exchange(ErrorCallOfThread(), std::move(receiver));
}

void WarnThroughPython(const std::string& message) {
  RunPython([&] {
    if (PyErr_WarnEx(PyExc_RuntimeWarning, message.c_str(), 1) < 0) throw nb::python_error();
  });
}

}  // namespace

void BindErrorState(nb::module_& module) {
  module.def("geterr", &GetErr,
             "What happens on floating-point conditions in this thread: a dict with the keys\n"
             "divide, over, under, invalid and integer_overflow.");
  module.def("seterr", &SetErr, nb::arg("all") = nb::none(), nb::arg("divide") = nb::none(),
             nb::arg("over") = nb::none(), nb::arg("under") = nb::none(),
             nb::arg("invalid") = nb::none(), nb::arg("integer_overflow") = nb::none(),
             "Sets what happens on floating-point conditions in this thread: 'ignore', 'warn',\n"
             "'raise', 'call', 'print' or 'log'. `all` stands for divide, over, under and invalid.\n"
             "Integers that lie beyond the range of their dtype wrap around; to look for them,\n"
             "integer_overflow, takes time and is off until asked for. Returns the state before.");
  module.def("geterrcall", &GetErrCall, "The object set by seterrcall in this thread, or None.");
  module.def("seterrcall", &SetErrCall, nb::arg("func").none(),
             "Sets the callable that 'call' calls with (kind, flags), or the object whose write\n"
             "method 'log' calls. Returns the object before.");
  set_warning_handler(WarnThroughPython);
}

}  // namespace quern::python
