#include "errors/error_state.h"

#include <array>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <utility>

#include "quern/errors.hpp"

namespace quern {
namespace {

constexpr std::array<std::pair<ErrorAction, std::string_view>, 6> kActions{{
    {ErrorAction::ignore, "ignore"},
    {ErrorAction::warn, "warn"},
    {ErrorAction::raise, "raise"},
    {ErrorAction::call, "call"},
    {ErrorAction::print, "print"},
    {ErrorAction::log, "log"},
}};

struct Condition {
  FpFlags flag;
  ErrorAction ErrorState::*action;
  std::string_view text;
};
constexpr std::array<Condition, 5> kConditions{{
    {kDivideByZero, &ErrorState::divide, "divide by zero"},
    {kOverflow, &ErrorState::over, "overflow"},
    {kUnderflow, &ErrorState::under, "underflow"},
    {kInvalid, &ErrorState::invalid, "invalid value"},
    {kIntegerOverflow, &ErrorState::integer_overflow, "integer overflow"},
}};

ErrorState& ThreadState() {
  thread_local ErrorState state;
  return state;
}

// The state that a thread is about to have.
ErrorState&& Noted(ErrorState& state) {
  if (state.integer_overflow != ErrorAction::ignore) {
    detail::integer_overflow_asked.store(true, std::memory_order_relaxed);
  }
  return std::move(state);
}

void WriteLine(const std::string& message) { std::fprintf(stderr, "%s\n", message.c_str()); }

struct WarningHandler {
  std::mutex mutex;
  std::function<void(const std::string&)> handler;
};
WarningHandler& Warnings() {
  static WarningHandler warnings;
  return warnings;
}

void Warn(const std::string& message) {
  std::function<void(const std::string&)> handler;
  {
    const std::lock_guard<std::mutex> lock(Warnings().mutex);
    handler = Warnings().handler;
  }
  if (handler) {
    handler(message);
  } else {
    WriteLine("quern: warning: " + message);
  }
}

void Act(ErrorAction action, const Condition& condition, FpFlags all, const std::string& message) {
  const ErrorState& state = ThreadState();
  switch (action) {
    case ErrorAction::ignore:
    case ErrorAction::raise:
      return;
    case ErrorAction::warn:
      return Warn(message);
    case ErrorAction::print:
      return WriteLine("Warning: " + message);
    case ErrorAction::call:
      if (!state.callback) throw ValueError("error state 'call' is set but no callback is given");
      return state.callback(condition.text, all);
    case ErrorAction::log:
      if (!state.logger) throw ValueError("error state 'log' is set but no logger is given");
      return state.logger("Warning: " + message);
  }
}

}  // namespace

namespace detail {

std::atomic<bool> integer_overflow_asked{false};

bool StateAsksForIntegerOverflow() {
  return ThreadState().integer_overflow != ErrorAction::ignore;
}

}  // namespace detail

std::string_view error_action_name(ErrorAction action) {
  for (const auto& [value, name] : kActions) {
    if (value == action) return name;
  }
  return "";
}

ErrorAction parse_error_action(std::string_view name) {
  std::string accepted;
  for (const auto& [value, word] : kActions) {
    if (word == name) return value;
    accepted += (accepted.empty() ? "'" : ", '") + std::string(word) + "'";
  }
  throw ValueError("error action must be one of " + accepted + " (got '" + std::string(name) +
                   "')");
}

const ErrorState& error_state() { return ThreadState(); }
void set_error_state(ErrorState state) { ThreadState() = Noted(state); }

ErrorStateScope::ErrorStateScope(ErrorState state)
    : saved_(std::exchange(ThreadState(), Noted(state))) {}
ErrorStateScope::~ErrorStateScope() { ThreadState() = std::move(saved_); }

void set_warning_handler(std::function<void(const std::string&)> handler) {
  const std::lock_guard<std::mutex> lock(Warnings().mutex);
  Warnings().handler = std::move(handler);
}

void ReportConditions(FpFlags flags, std::string_view what) {
  std::string raised;
  for (const Condition& condition : kConditions) {
    if ((flags & condition.flag) == 0) continue;
    const ErrorAction action = ThreadState().*condition.action;
    if (action == ErrorAction::ignore) continue;
    const std::string message =
        std::string(condition.text) + " encountered in " + std::string(what);
    if (action == ErrorAction::raise && raised.empty()) raised = message;
    Act(action, condition, flags, message);
  }
  if (!raised.empty()) throw FloatingPointError(raised);
}

}  // namespace quern
