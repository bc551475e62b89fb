// Ufuncs made from callables at run time.
//
// A kernel is a function pointer and knows no object. What a call works for is therefore kept by
// its thread, and given to the threads that take part in it (threads/threads.h): the callable, and
// the first exception that it throws. A kernel that met one reports kRefused, by which loops that
// may refuse values end a call before anything is written; the exception then takes the refusal's
// place.
#include "quern/make_ufunc.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <span>

#include "core/registry.h"
#include "quern/errors.hpp"
#include "quern/runtime.hpp"
#include "threads/threads.h"

namespace quern {
namespace detail {
namespace {

struct MadeCall {
  const void* callable;
  std::atomic<bool> failed{false};
  std::mutex mutex{};
  std::exception_ptr error{};  // under the mutex
};

MadeCall* CurrentCall() { return static_cast<MadeCall*>(CallContext()); }

class ContextScope {
 public:
  explicit ContextScope(MadeCall& call) : saved_(std::exchange(CallContext(), &call)) {}
  ~ContextScope() { CallContext() = saved_; }
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;

 private:
  void* saved_;
};

constexpr const char* kArgumentNames[kMaxOperands] = {"x1", "x2", "x3", "x4", "x5", "x6"};
constexpr const char* kRefusals[] = {""};
constexpr const char* kThrew = "the callable threw an exception";

}  // namespace

const void* current_callable() noexcept {
  const MadeCall& call = *CurrentCall();
  return call.failed.load(std::memory_order_relaxed) ? nullptr : call.callable;
}

std::uint8_t keep_exception() noexcept {
  MadeCall& call = *CurrentCall();
  const std::lock_guard<std::mutex> lock(call.mutex);
  if (!call.error) call.error = std::current_exception();
  call.failed.store(true, std::memory_order_relaxed);
  return kRefused;
}

// The tables of one ufunc, which point to each other.
struct MadeUfuncState {
  MadeUfuncState(std::string given_name, std::size_t inputs, const std::vector<MadeLoop>& loops,
                 std::shared_ptr<const void> given_callable, MakeUfuncOptions given_options);
  MadeUfuncState(const MadeUfuncState&) = delete;
  MadeUfuncState& operator=(const MadeUfuncState&) = delete;

  const Ufunc& ufunc() const { return *made_; }

  // Runs body(ufunc) as a call of the callable's.
  template <class Body>
  auto Run(const Body& body) const {
    MadeCall call{callable.get()};
    const ContextScope scope(call);
    std::optional<ThreadLimitScope> one_thread;
    if (!options.concurrent) one_thread.emplace(1);
    try {
      return body(*made_);
    } catch (...) {
      if (call.error) std::rethrow_exception(call.error);
      throw;
    }
  }

 private:
  void AddLoop(const MadeLoop& loop);
  void FillTables();
  int LeastLoop(std::span<const DTypeId> inputs, bool one_type) const;
  bool Takes(const LoopInfo& loop, std::span<const DTypeId> inputs) const;
  void FillInfo();

  const std::string name;
  const std::size_t inputs;
  const MakeUfuncOptions options;
  const std::shared_ptr<const void> callable;
  std::vector<std::vector<DTypeId>> types;
  std::vector<KernelSet> kernels;
  const KernelSet* active = nullptr;
  KernelFamily family{"made", {}, nullptr};
  std::vector<LoopInfo> loops;
  std::vector<std::int16_t> resolution;
  std::vector<std::int16_t> reduction;
  UfuncInfo info{};
  std::optional<Ufunc> made_;
};

MadeUfuncState::MadeUfuncState(std::string given_name, std::size_t given_inputs,
                               const std::vector<MadeLoop>& given,
                               std::shared_ptr<const void> given_callable,
                               MakeUfuncOptions given_options)
    : name(std::move(given_name)),
      inputs(given_inputs),
      options(std::move(given_options)),
      callable(std::move(given_callable)) {
  if (name.empty()) throw ValueError("make_ufunc: the name is empty");
  for (const MadeLoop& loop : given) AddLoop(loop);
  for (std::size_t i = 0; i < loops.size(); ++i) loops[i].types = types[i].data();
  active = kernels.data();
  family.active = &active;
  FillTables();
  FillInfo();
  made_.emplace(Ufunc(&info));
}

void MadeUfuncState::AddLoop(const MadeLoop& loop) {
  const std::string what = "make_ufunc '" + name + "': ";
  if (loop.types.size() > kMaxOperands) {
    throw ValueError(what + std::to_string(loop.types.size()) + " inputs and outputs; at most " +
                     std::to_string(kMaxOperands) + " are possible");
  }
  if (!types.empty() && types.front().size() != loop.types.size()) {
    throw ValueError(what + "signatures have different numbers of outputs");
  }
  std::vector<DTypeId> ids;
  for (DType type : loop.types) ids.push_back(type.id());
  for (const std::vector<DTypeId>& other : types) {
    if (std::equal(other.begin(), other.begin() + static_cast<std::ptrdiff_t>(inputs),
                   ids.begin())) {
      throw ValueError(what + "two signatures have the same inputs");
    }
  }
  const FpFlags flags = options.floating_point_conditions ? kAllFpFlags : FpFlags{0};
  loops.push_back({nullptr,
                   &family,
                   static_cast<std::uint16_t>(kernels.size()),
                   flags,
                   flags,
                   0,
                   -1,
                   {},
                   "",
                   loop.throws ? kThrew : nullptr});
  types.push_back(std::move(ids));
  kernels.push_back({loop.elementwise, nullptr, nullptr, loop.scan});
}

bool MadeUfuncState::Takes(const LoopInfo& loop, std::span<const DTypeId> given) const {
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (!Registry::Get().CanCast(given[i], loop.types[i], Casting::kSafe)) return false;
  }
  return true;
}

// The loop that takes the inputs and whose own inputs every other such loop takes; of several the
// first, and -1 without one. With `one_type` among the loops that fold.
int MadeUfuncState::LeastLoop(std::span<const DTypeId> given, bool one_type) const {
  int least = -1;
  for (std::size_t i = 0; i < loops.size(); ++i) {
    if ((one_type && kernels[i].scan == nullptr) || !Takes(loops[i], given)) continue;
    const bool less =
        least < 0 || Takes(loops[static_cast<std::size_t>(least)], {loops[i].types, inputs});
    if (less) least = static_cast<int>(i);
  }
  return least;
}

void MadeUfuncState::FillTables() {
  const std::size_t count = kBuiltinPackage.dtype_count;
  std::size_t cells = 1;
  for (std::size_t i = 0; i < inputs; ++i) cells *= count;
  for (std::size_t cell = 0; cell < cells; ++cell) {
    DTypeId given[kMaxInputs];
    std::size_t rest = cell;
    for (std::size_t i = inputs; i-- > 0; rest /= count)
      given[i] = static_cast<DTypeId>(rest % count);
    resolution.push_back(static_cast<std::int16_t>(LeastLoop({given, inputs}, false)));
  }
  if (inputs != 2) return;
  for (std::size_t id = 0; id < count; ++id) {
    const DTypeId given[] = {static_cast<DTypeId>(id), static_cast<DTypeId>(id)};
    reduction.push_back(static_cast<std::int16_t>(LeastLoop(given, true)));
  }
}

void MadeUfuncState::FillInfo() {
  info.name = name.c_str();
  info.summary = options.summary.c_str();
  info.signature = "";
  info.operator_symbol = "";
  info.inputs = static_cast<std::uint8_t>(inputs);
  info.outputs = static_cast<std::uint8_t>(types.front().size() - inputs);
  info.argument_names = {kArgumentNames, types.front().size()};
  info.loops = loops;
  info.resolution = resolution.data();
  info.reduction = reduction.empty() ? nullptr : reduction.data();
  info.dtype_count = kBuiltinPackage.dtype_count;
  info.refusals = kRefusals;
  if (options.identity) {
    const double identity = *options.identity;
    const auto whole =
        identity >= -0x1p63 && identity < 0x1p63 ? static_cast<std::int64_t>(identity) : 0;
    const bool is_whole = static_cast<double>(whole) == identity;
    info.identity = {is_whole ? IdentityKind::kInteger : IdentityKind::kReal, whole, identity};
  }
  info.reorderable = options.reorderable;
  info.origin = kMadeAtRunTime;
}

std::shared_ptr<const MadeUfuncState> make_ufunc_state(std::string name, std::size_t inputs,
                                                       std::vector<MadeLoop> loops,
                                                       std::shared_ptr<const void> callable,
                                                       MakeUfuncOptions options) {
  return std::make_shared<const MadeUfuncState>(std::move(name), inputs, loops, std::move(callable),
                                                std::move(options));
}

}  // namespace detail

MadeUfunc::MadeUfunc(std::shared_ptr<const detail::MadeUfuncState> state)
    : state_(std::move(state)) {}

Array MadeUfunc::operator()(const Operand& a, const CallOptions& options) const {
  return call({&a, 1}, options);
}
Array MadeUfunc::operator()(const Operand& a, const Operand& b, const CallOptions& options) const {
  const Operand inputs[] = {a, b};
  return call(inputs, options);
}
Array MadeUfunc::operator()(const Operand& a, const Operand& b, const Operand& c,
                            const CallOptions& options) const {
  const Operand inputs[] = {a, b, c};
  return call(inputs, options);
}
Array MadeUfunc::operator()(const Operand& a, const Operand& b, const Operand& c, const Operand& d,
                            const CallOptions& options) const {
  const Operand inputs[] = {a, b, c, d};
  return call(inputs, options);
}

std::string_view MadeUfunc::name() const { return state_->ufunc().name(); }
std::string_view MadeUfunc::summary() const { return state_->ufunc().summary(); }
std::size_t MadeUfunc::inputs() const { return state_->ufunc().inputs(); }
std::size_t MadeUfunc::outputs() const { return state_->ufunc().outputs(); }
std::vector<std::vector<DType>> MadeUfunc::loops() const { return state_->ufunc().loops(); }
std::vector<DType> MadeUfunc::resolve(std::span<const DType> inputs) const {
  return state_->ufunc().resolve(inputs).types;
}

Array MadeUfunc::call(std::span<const Operand> inputs, const CallOptions& options) const {
  return state_->Run([&](const Ufunc& ufunc) { return ufunc.call(inputs, options); });
}
std::vector<Array> MadeUfunc::call_all(std::span<const Operand> inputs,
                                       const CallOptions& options) const {
  return state_->Run([&](const Ufunc& ufunc) { return ufunc.call_all(inputs, options); });
}
Array MadeUfunc::reduce(const Array& array, const ReduceOptions& options) const {
  return state_->Run([&](const Ufunc& ufunc) { return ufunc.reduce(array, options); });
}
Array MadeUfunc::accumulate(const Array& array, const AccumulateOptions& options) const {
  return state_->Run([&](const Ufunc& ufunc) { return ufunc.accumulate(array, options); });
}
Array MadeUfunc::reduceat(const Array& array, std::span<const Index> indices,
                          const AccumulateOptions& options) const {
  return state_->Run([&](const Ufunc& ufunc) { return ufunc.reduceat(array, indices, options); });
}
Array MadeUfunc::outer(const Operand& first, const Operand& second,
                       const CallOptions& options) const {
  return state_->Run([&](const Ufunc& ufunc) { return ufunc.outer(first, second, options); });
}
void MadeUfunc::at(const Array& array, const Array& indices, const Operand* values) const {
  state_->Run([&](const Ufunc& ufunc) { ufunc.at(array, indices, values); });
}

}  // namespace quern
