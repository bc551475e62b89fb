// Slots about the library itself: version, errors, dtypes, targets, threads, error state.

#include <cstring>
#include <string>
#include <utility>

#include "capi/handle.h"
#include "capi/slots.h"
#include "capi/status.h"
#include "quern/error_state.hpp"
#include "quern/slots.h"
#include "quern/runtime.hpp"
#include "quern/version.hpp"

namespace quern::capi {
namespace {

// C functions as the error state holds them, so that they can be told apart and handed back.
struct Callback {
  void (*function)(const char* kind, int32_t flags, void* context);
  void* context;
  void operator()(std::string_view kind, int flags) const {
    function(std::string(kind).c_str(), flags, context);
  }
};
struct Logger {
  void (*function)(const char* message, void* context);
  void* context;
  void operator()(const std::string& message) const { function(message.c_str(), context); }
};

ErrorAction ActionOf(int32_t action, const qn_error_state& state, const char* kind) {
  const auto fail = [&](const std::string& what) {
    throw ValueError("qn_set_error_state: " + std::string(kind) + what);
  };
  if (action < QN_IGNORE || action > QN_LOG) {
    fail(" is " + std::to_string(action) + "; 0 (ignore) to 5 (log) are accepted");
  }
  if (action == QN_CALL && state.callback == nullptr) fail(" is QN_CALL without a callback");
  if (action == QN_LOG && state.logger == nullptr) fail(" is QN_LOG without a logger");
  return static_cast<ErrorAction>(action);
}

ErrorState ToErrorState(const qn_error_state& from) {
  ErrorState state;
  state.divide = ActionOf(from.divide, from, "divide");
  state.over = ActionOf(from.over, from, "over");
  state.under = ActionOf(from.under, from, "under");
  state.invalid = ActionOf(from.invalid, from, "invalid");
  state.integer_overflow = ActionOf(from.integer_overflow, from, "integer_overflow");
  if (from.callback != nullptr) state.callback = Callback{from.callback, from.callback_context};
  if (from.logger != nullptr) state.logger = Logger{from.logger, from.logger_context};
  return state;
}

qn_error_state FromErrorState(const ErrorState& from) {
  qn_error_state state{};
  state.divide = static_cast<int32_t>(from.divide);
  state.over = static_cast<int32_t>(from.over);
  state.under = static_cast<int32_t>(from.under);
  state.invalid = static_cast<int32_t>(from.invalid);
  state.integer_overflow = static_cast<int32_t>(from.integer_overflow);
  if (const auto* callback = from.callback.target<Callback>()) {
    state.callback = callback->function;
    state.callback_context = callback->context;
  }
  if (const auto* logger = from.logger.target<Logger>()) {
    state.logger = logger->function;
    state.logger_context = logger->context;
  }
  return state;
}

}  // namespace

// Names of dtypes and targets are constants of the generated tables, which end in a zero byte.

const char* version() noexcept {
  ClearMessage();
  return QUERN_VERSION;
}

int32_t abi_version() noexcept {
  ClearMessage();
  return QN_ABI_VERSION;
}

const char* error_message() noexcept { return Message(); }

qn_status dtype_by_name(const char* name, int32_t* dtype) noexcept {
  return Guard([&] {
    NotNull(name, "qn_dtype_by_name: name");
    *NotNull(dtype, "qn_dtype_by_name: dtype") = NumberOf(DType::parse(name));
  });
}

const char* dtype_name(int32_t dtype) noexcept {
  return GuardValue<const char*>(nullptr,
                                 [&] { return DTypeOf(dtype, "qn_dtype_name").name().data(); });
}

size_t dtype_size(int32_t dtype) noexcept {
  return GuardValue<size_t>(0, [&] { return DTypeOf(dtype, "qn_dtype_size").size(); });
}

int32_t target_count() noexcept {
  return GuardValue<int32_t>(0, [] { return static_cast<int32_t>(supported_targets().size()); });
}

const char* target_name(int32_t index) noexcept {
  return GuardValue<const char*>(nullptr, [&]() -> const char* {
    const auto targets = supported_targets();
    if (index < 0 || static_cast<std::size_t>(index) >= targets.size()) return nullptr;
    return targets[static_cast<std::size_t>(index)].data();
  });
}

const char* target_current() noexcept {
  return GuardValue<const char*>(nullptr, [] { return current_target().data(); });
}

qn_status target_set(const char* name) noexcept {
  return Guard([&] { set_target(name == nullptr ? supported_targets().front() : name); });
}

int32_t thread_count() noexcept {
  return GuardValue<int32_t>(0, [] { return thread_limit(); });
}

qn_status set_thread_count(int32_t count) noexcept {
  return Guard([&] { set_thread_limit(count); });
}

void get_error_state(qn_error_state* state) noexcept {
  GuardValue(0, [&] {
    const std::size_t size = NotNull(state, "qn_get_error_state: state")->struct_size;
    if (size < sizeof(std::size_t)) {
      throw ValueError("qn_get_error_state: struct_size is to be set to sizeof of the structure");
    }
    qn_error_state current = FromErrorState(error_state());
    current.struct_size = size;
    std::memcpy(state, &current, std::min(size, sizeof current));
    return 0;
  });
}

qn_status set_error_state(const qn_error_state* state) noexcept {
  return Guard([&] {
    NotNull(state, "qn_set_error_state: state");
    quern::set_error_state(ToErrorState(ReadOptions(state, "qn_set_error_state: state")));
  });
}

}  // namespace quern::capi
