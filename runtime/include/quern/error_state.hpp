// What happens when a calculation divides by zero, overflows, underflows or is invalid.
#ifndef QUERN_ERROR_STATE_HPP_
#define QUERN_ERROR_STATE_HPP_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "quern/export.hpp"

namespace quern {

enum class ErrorAction : std::uint8_t { ignore, warn, raise, call, print, log };

// "warn" and so on; parse throws ValueError with the accepted names.
QUERN_EXPORT std::string_view error_action_name(ErrorAction action);
QUERN_EXPORT ErrorAction parse_error_action(std::string_view name);

// The actions of one thread. The defaults are NumPy's.
struct ErrorState {
  ErrorAction divide = ErrorAction::warn;
  ErrorAction over = ErrorAction::warn;
  ErrorAction under = ErrorAction::ignore;
  ErrorAction invalid = ErrorAction::warn;
  // Receives (kind, flags) for `call`, where flags holds one bit per condition of the call
  // (1 divide, 2 over, 4 under, 8 invalid, 32 integer_overflow), and the whole message for `log`.
  std::function<void(std::string_view kind, int flags)> callback;
  std::function<void(const std::string& message)> logger;
  // Results of integer arithmetic, and conversions between integer dtypes, that lie beyond the range of
  // their dtype. They wrap around whatever is done about it. Looking for them takes time (see
  // docs/decisions/0014), so that NumPy's way, not to look, is the default.
  ErrorAction integer_overflow = ErrorAction::ignore;
};

QUERN_EXPORT const ErrorState& error_state();       // of this thread
QUERN_EXPORT void set_error_state(ErrorState state);  // of this thread

// Sets the state of this thread for a scope.
class QUERN_EXPORT ErrorStateScope {
 public:
  explicit ErrorStateScope(ErrorState state);
  ~ErrorStateScope();
  ErrorStateScope(const ErrorStateScope&) = delete;
  ErrorStateScope& operator=(const ErrorStateScope&) = delete;

 private:
  ErrorState saved_;
};

// Where `warn` goes: the whole message. Process-wide; the default writes a line to standard error.
QUERN_EXPORT void set_warning_handler(std::function<void(const std::string& message)> handler);

}  // namespace quern

#endif  // QUERN_ERROR_STATE_HPP_
