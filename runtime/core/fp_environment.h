// The floating-point environment that results depend on: rounding to nearest, subnormal numbers kept.
//
// A program linked with -ffast-math starts with subnormals flushed to zero, and a caller may have set
// another rounding mode; neither may reach the bits of a result. Three additions tell, in a few
// nanoseconds, whether the environment is the default one; only if it is not is it exchanged, which
// costs a hundred.
#ifndef QUERN_CORE_FP_ENVIRONMENT_H_
#define QUERN_CORE_FP_ENVIRONMENT_H_

#include <cfenv>

namespace quern {

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

// Sets the default environment for a scope, on this thread; pending exception flags of the scope are
// lost where it had to be set.
class DefaultFpEnvironment {
 public:
  DefaultFpEnvironment() : changed_(!FpEnvironmentIsDefault()) {
    if (!changed_) return;
    std::fegetenv(&saved_);
    std::fesetenv(FE_DFL_ENV);
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

}  // namespace quern

#endif  // QUERN_CORE_FP_ENVIRONMENT_H_
