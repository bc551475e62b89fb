// The error state: actions, scopes, threads.
#include "arrays.h"

#include <stdexcept>
#include <thread>

namespace quern {
namespace {

// 1/0 raises divide, 0/0 invalid; both in one call.
Array DivideByZero() { return divide(Array::from_values({1.0}), 0.0); }
Array DivideAndInvalid() { return divide(Array::from_values({1.0, 0.0}), 0.0); }
Array Overflow() { return multiply(Array::from_values({1e300}), 1e300); }
Array Underflow() { return Array::scalar(1e-300).astype(DType::of<float>()); }

ErrorState All(ErrorAction action) {
  ErrorState state;
  state.divide = state.over = state.under = state.invalid = action;
  return state;
}

// Warnings of the process while it lives.
class Warnings {
 public:
  Warnings() {
    set_warning_handler([this](const std::string& message) { messages.push_back(message); });
  }
  ~Warnings() { set_warning_handler({}); }
  std::vector<std::string> messages;
};

TEST(ErrorState, DefaultsAreNumPys) {
  const ErrorState state;
  EXPECT_EQ(state.divide, ErrorAction::warn);
  EXPECT_EQ(state.over, ErrorAction::warn);
  EXPECT_EQ(state.under, ErrorAction::ignore);
  EXPECT_EQ(state.invalid, ErrorAction::warn);
  std::thread([] {
    EXPECT_EQ(error_state().divide, ErrorAction::warn);
    EXPECT_EQ(error_state().under, ErrorAction::ignore);
  }).join();
}

TEST(ErrorState, ActionsHaveNames) {
  for (const char* name : {"ignore", "warn", "raise", "call", "print", "log"}) {
    EXPECT_EQ(error_action_name(parse_error_action(name)), name);
  }
  EXPECT_EQ(MessageOf<ValueError>([] { parse_error_action("shout"); }),
            "error action must be one of 'ignore', 'warn', 'raise', 'call', 'print', 'log' "
            "(got 'shout')");
}

TEST(ErrorState, Ignore) {
  Warnings warnings;
  const ErrorStateScope scope(All(ErrorAction::ignore));
  EXPECT_EQ(DivideByZero().item<double>(), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(warnings.messages.empty());
}

TEST(ErrorState, Warn) {
  Warnings warnings;
  const ErrorStateScope scope(All(ErrorAction::warn));
  DivideAndInvalid();
  Overflow();
  Underflow();
  EXPECT_EQ(warnings.messages,
            (std::vector<std::string>{
                "divide by zero encountered in divide", "invalid value encountered in divide",
                "overflow encountered in multiply", "underflow encountered in cast"}));
}

TEST(ErrorState, WarnOncePerCallWhateverTheSize) {
  Warnings warnings;
  const ErrorStateScope scope(All(ErrorAction::warn));
  divide(ones({200000}), 0.0);
  EXPECT_EQ(warnings.messages.size(), 1u);
}

TEST(ErrorState, Raise) {
  const ErrorStateScope scope(All(ErrorAction::raise));
  EXPECT_EQ(MessageOf<FloatingPointError>(DivideByZero), "divide by zero encountered in divide");
  EXPECT_EQ(MessageOf<FloatingPointError>(Overflow), "overflow encountered in multiply");
  EXPECT_EQ(MessageOf<FloatingPointError>(Underflow), "underflow encountered in cast");
  EXPECT_EQ(MessageOf<FloatingPointError>([] {
              add(Array::from_values({std::numeric_limits<double>::infinity()}),
                  -std::numeric_limits<double>::infinity());
            }),
            "invalid value encountered in add");
  EXPECT_NO_THROW(add(ones({3}), 1.0));
}

TEST(ErrorState, RaiseComesAfterTheMilderActions) {
  Warnings warnings;
  ErrorState state = All(ErrorAction::warn);
  state.divide = ErrorAction::raise;
  const ErrorStateScope scope(state);
  EXPECT_THROW(DivideAndInvalid(), FloatingPointError);
  EXPECT_EQ(warnings.messages.size(), 1u);
}

TEST(ErrorState, Call) {
  std::vector<std::pair<std::string, int>> calls;
  ErrorState state = All(ErrorAction::call);
  state.callback = [&](std::string_view kind, int flags) {
    calls.emplace_back(std::string(kind), flags);
  };
  const ErrorStateScope scope(state);
  DivideAndInvalid();
  EXPECT_EQ(calls, (std::vector<std::pair<std::string, int>>{{"divide by zero", 9},
                                                             {"invalid value", 9}}));
  calls.clear();
  Overflow();
  Underflow();
  EXPECT_EQ(calls, (std::vector<std::pair<std::string, int>>{{"overflow", 2}, {"underflow", 4}}));
}

TEST(ErrorState, CallbacksMayThrowAndCompute) {
  ErrorState state = All(ErrorAction::call);
  state.callback = [](std::string_view, int) {
    throw std::runtime_error("enough");
  };
  {
    const ErrorStateScope scope(state);
    EXPECT_EQ(MessageOf<std::runtime_error>(DivideByZero), "enough");
  }
  int depth = 0;
  state.callback = [&](std::string_view, int) {
    if (++depth < 3) DivideByZero();
  };
  const ErrorStateScope scope(state);
  DivideByZero();
  EXPECT_EQ(depth, 3);
}

TEST(ErrorState, Print) {
  const ErrorStateScope scope(All(ErrorAction::print));
  ::testing::internal::CaptureStderr();
  DivideByZero();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "Warning: divide by zero encountered in divide\n");
}

TEST(ErrorState, Log) {
  std::vector<std::string> lines;
  ErrorState state = All(ErrorAction::log);
  state.logger = [&](const std::string& line) {
    lines.push_back(line);
  };
  const ErrorStateScope scope(state);
  DivideByZero();
  EXPECT_EQ(lines, (std::vector<std::string>{"Warning: divide by zero encountered in divide"}));
}

TEST(ErrorState, CallAndLogNeedSomethingToCall) {
  {
    const ErrorStateScope scope(All(ErrorAction::call));
    EXPECT_THROW(DivideByZero(), ValueError);
  }
  const ErrorStateScope scope(All(ErrorAction::log));
  EXPECT_THROW(DivideByZero(), ValueError);
}

TEST(ErrorState, WarningsGoToStandardErrorByDefault) {
  const ErrorStateScope scope(All(ErrorAction::warn));
  ::testing::internal::CaptureStderr();
  DivideByZero();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "quern: warning: divide by zero encountered in divide\n");
}

TEST(ErrorState, ScopesNestAndEndWithExceptions) {
  EXPECT_EQ(error_state().divide, ErrorAction::warn);
  {
    const ErrorStateScope outer(All(ErrorAction::ignore));
    try {
      const ErrorStateScope inner(All(ErrorAction::raise));
      EXPECT_EQ(error_state().divide, ErrorAction::raise);
      DivideByZero();
      FAIL();
    } catch (const FloatingPointError&) {
    }
    EXPECT_EQ(error_state().divide, ErrorAction::ignore);
  }
  EXPECT_EQ(error_state().divide, ErrorAction::warn);
}

TEST(ErrorState, BelongsToTheThread) {
  const ErrorStateScope scope(All(ErrorAction::raise));
  std::thread([] {
    EXPECT_EQ(error_state().divide, ErrorAction::warn);
    set_error_state(All(ErrorAction::ignore));
    EXPECT_NO_THROW(DivideByZero());
  }).join();
  EXPECT_EQ(error_state().divide, ErrorAction::raise);
}

// Conditions met on worker threads are reported on the caller's, per its state.
TEST(ErrorState, ConditionsOfAllThreadsCount) {
  const ThreadLimitScope threads(4);
  const Array values = ones({1 << 19});
  values.view<double>()((1 << 19) - 1) = 0.0;
  ReportedFlags reported;
  divide(1.0, values);
  EXPECT_EQ(reported.Take(), 1);
  values.view<double>()((1 << 19) - 1) = 1.0;
  divide(1.0, values);
  EXPECT_EQ(reported.Take(), 0);
}

TEST(ErrorState, FlagsOfTheCallerAreNotTakenForTheCalls) {
  ReportedFlags reported;
  volatile double zero = 0.0;
  volatile double raised = 1.0 / zero;
  (void)raised;
  add(ones({4}), 1.0);
  add(ones({3, 3}), ones({3, 1}));
  EXPECT_EQ(reported.Take(), 0);
}

}  // namespace
}  // namespace quern
