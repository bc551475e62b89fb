// The floating-point environment that results depend on: rounding to nearest, subnormal numbers kept,
// no exception trapped.
//
// A program linked with -ffast-math starts with subnormals flushed to zero, and a caller may have set
// another rounding mode; neither may reach the bits of a result. To look costs a few cycles; only if
// the environment is not the default one is it exchanged, which costs more.
#ifndef QUERN_CORE_FP_ENVIRONMENT_H_
#define QUERN_CORE_FP_ENVIRONMENT_H_

#include "core/fp_flags.h"

namespace quern {

#if QUERN_HAS_FP_REGISTER

// Sets the default environment for a scope, on this thread, and clears the flags that are pending
// if `clear` says so. Where the environment had to be set, the flags of the scope are lost with it.
class DefaultFpEnvironment {
 public:
  explicit DefaultFpEnvironment(bool clear) : saved_(fp_register::Read()) {
    // One comparison in the ordinary case: the default, and nothing pending.
    constexpr unsigned kLooked = fp_register::kControl | fp_register::kWatched;
    if ((saved_ & kLooked) == fp_register::kDefaultControl) [[likely]] return;
    if (changed()) {
      fp_register::Write(fp_register::kDefaultControl);
    } else if (clear) {
      fp_register::Write(saved_ & ~fp_register::kWatched);
    }
  }
  ~DefaultFpEnvironment() {
    if (changed()) [[unlikely]] fp_register::Write(saved_);
  }
  DefaultFpEnvironment(const DefaultFpEnvironment&) = delete;
  DefaultFpEnvironment& operator=(const DefaultFpEnvironment&) = delete;

 private:
  bool changed() const {
    return (saved_ & fp_register::kControl) != fp_register::kDefaultControl;
  }

  unsigned saved_;
};

#else

// True if additions round to nearest and neither take nor give zero for subnormals.
inline bool FpEnvironmentIsDefault() {
  // volatile: the additions happen now, in the environment of now.
  volatile const double one = 1.0;
  volatile const double quarter_ulp = 0x1p-55;
  volatile const double subnormal = 0x1p-1074;
  const double start = one;
  const double step = quarter_ulp;
  const double small = subnormal;
  return start + step == start && start - step == start && small + small != 0.0;
}

class DefaultFpEnvironment {
 public:
  explicit DefaultFpEnvironment(bool clear) : changed_(!FpEnvironmentIsDefault()) {
    if (changed_) {
      std::fegetenv(&saved_);
      std::fesetenv(FE_DFL_ENV);
    }
    if (clear) ClearFpFlags();
  }
  ~DefaultFpEnvironment() {
    if (changed_) std::fesetenv(&saved_);
  }
  DefaultFpEnvironment(const DefaultFpEnvironment&) = delete;
  DefaultFpEnvironment& operator=(const DefaultFpEnvironment&) = delete;

 private:
  bool changed_;
  std::fenv_t saved_;
};

#endif

}  // namespace quern

#endif  // QUERN_CORE_FP_ENVIRONMENT_H_
