// Reporting of floating-point conditions per the thread's error state.
#ifndef QUERN_ERRORS_ERROR_STATE_H_
#define QUERN_ERRORS_ERROR_STATE_H_

#include <atomic>
#include <string_view>

#include "core/fp_environment.h"
#include "core/fp_flags.h"
#include "quern/error_state.hpp"

namespace quern {

namespace detail {
// Set once a state of any thread has asked for integer overflow, so that a process in which none does
// pays no more than a load.
extern std::atomic<bool> integer_overflow_asked;
bool StateAsksForIntegerOverflow();
}  // namespace detail

// True if this thread's state asks for integer overflow.
inline bool AsksForIntegerOverflow() {
  return detail::integer_overflow_asked.load(std::memory_order_relaxed) &&
         detail::StateAsksForIntegerOverflow();
}

// Acts on each condition in `flags`, which are not 0, as the state says. See ReportFlags.
void ReportConditions(FpFlags flags, std::string_view what);

// Acts on each condition in `flags` as the state says. `what` names the operation: "add", "cast".
// Throws FloatingPointError for `raise`, after the milder actions of the same call.
inline void ReportFlags(FpFlags flags, const char* what) {
  if (flags != 0) [[unlikely]] ReportConditions(flags, what);
}

// Collects the conditions of one operation: those that its kernels compute, and those that they
// leave pending in the hardware, of which only `hardware_mask` counts. While it lives its thread
// computes in the default floating-point environment.
class FlagCollector {
 public:
  explicit FlagCollector(FpFlags hardware_mask)
      : environment_(hardware_mask != 0), mask_(hardware_mask) {}
  void Add(FpFlags flags) { flags_ = static_cast<FpFlags>(flags_ | flags); }
  // Takes over what the hardware holds; call on every thread that ran kernels.
  void Harvest() {
    if (mask_ != 0) Add(static_cast<FpFlags>(PendingFpFlags() & mask_));
  }
  FpFlags flags() const { return flags_; }

 private:
  DefaultFpEnvironment environment_;
  FpFlags mask_;
  FpFlags flags_ = 0;
};

}  // namespace quern

#endif  // QUERN_ERRORS_ERROR_STATE_H_
