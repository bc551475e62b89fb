// Ufuncs from callables: what a C++ function does to single elements, done to whole arrays, with
// broadcasting, conversions, out=, where= and, for binary functions of one type, folds.
//
//   const auto weighted = quern::make_ufunc("weighted", [w](double x, double y) { return x + w * y;
//   }); quern::Array z = weighted(a, b, {.where = &mask}); quern::Array total = weighted.reduce(a);
//
// The elements' types are those of the callable's parameters and result; a generic callable names
// them, one signature for each choice of types:
//
//   quern::make_ufunc<double(double, double), float(float, float)>("hyp", [](auto x, auto y) { ...
//   });
//
// A result of several values is a std::tuple. Inputs lead to the least signature to which all of
// them cast safely, wherever it stands in the list; to the first where several have none below
// them. None is a TypeError, as for every ufunc.
#ifndef QUERN_MAKE_UFUNC_HPP_
#define QUERN_MAKE_UFUNC_HPP_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "quern/ufunc.hpp"

namespace quern {

struct MakeUfuncOptions {
  std::string summary = {};
  // What reducing nothing gives, and where reductions start. It has to change no element.
  std::optional<double> identity = {};
  // The function may be reduced over several axes at once, because their order does not matter.
  bool reorderable = false;
  // The callable may run on several threads at once. If not, calls stay on the calling thread; that
  // several threads call at once is for their owner to prevent.
  bool concurrent = false;
  // Report what the callable's arithmetic leaves in the hardware's floating-point flags, per the
  // error state. What it raises on the way counts, too.
  bool floating_point_conditions = false;
};

namespace detail {

// One signature: dtypes, and kernels as core/kernel.h has them.
struct MadeLoop {
  using Elementwise = std::uint8_t (*)(const void* const* in, void* const* out, std::size_t n);
  using Scan = std::uint8_t (*)(const void* in, std::ptrdiff_t in_step, void* out,
                                std::ptrdiff_t out_step, std::size_t n, void* accumulator);
  std::vector<DType> types;  // inputs, then outputs
  Elementwise elementwise;
  Scan scan;  // null unless two elements and the result are of one type
  bool throws;
};

// The callable of the call that this thread works for; null once it has thrown.
QUERN_EXPORT const void* current_callable() noexcept;
// In a handler: keeps the exception for the call. What a kernel returns that did not finish.
QUERN_EXPORT std::uint8_t keep_exception() noexcept;

struct MadeUfuncState;
QUERN_EXPORT std::shared_ptr<const MadeUfuncState> make_ufunc_state(
    std::string name, std::size_t inputs, std::vector<MadeLoop> loops,
    std::shared_ptr<const void> callable, MakeUfuncOptions options);

// Elements in memory; a truth value is a byte of which only zero is false.
template <class T>
T load_element(const void* address) {
  if constexpr (std::is_same_v<T, bool>) {
    return *static_cast<const std::uint8_t*>(address) != 0;
  } else {
    T value;
    std::memcpy(&value, address, sizeof value);
    return value;
  }
}
template <class T>
void store_element(void* address, const T& value) {
  std::memcpy(address, &value, sizeof value);
}
template <class T>
const void* element_at(const void* first, std::size_t i) {
  return static_cast<const char*>(first) + i * sizeof(T);
}
template <class T>
void* element_at(void* first, std::size_t i) {
  return static_cast<char*>(first) + i * sizeof(T);
}

template <class Result>
struct MadeResults {
  static std::vector<DType> types() { return {DType::of<Result>()}; }
  static void store(void* const* out, std::size_t i, const Result& result) {
    store_element<Result>(element_at<Result>(out[0], i), result);
  }
};
template <class... Result>
struct MadeResults<std::tuple<Result...>> {
  static std::vector<DType> types() { return {DType::of<Result>()...}; }
  static void store(void* const* out, std::size_t i, const std::tuple<Result...>& results) {
    std::size_t next = 0;
    std::apply(
        [&](const Result&... result) {
          (store_element<Result>(element_at<Result>(out[next++], i), result), ...);
        },
        results);
  }
};

template <class Function, class Signature>
struct MadeKernels;
template <class Function, class Result, class... Parameter>
struct MadeKernels<Function, Result(Parameter...)> {
  static_assert(sizeof...(Parameter) >= 1 && sizeof...(Parameter) <= 4,
                "a ufunc has one to four inputs");
  static_assert(std::is_invocable_r_v<Result, const Function&, Parameter...>,
                "the callable has to take these elements and give this result, as a const object");
  static constexpr std::size_t kInputs = sizeof...(Parameter);
  static constexpr bool kThrows =
      !std::is_nothrow_invocable_r_v<Result, const Function&, Parameter...>;

  static std::uint8_t elementwise(const void* const* in, void* const* out, std::size_t n) {
    return run([&](const Function& function) {
      for (std::size_t i = 0; i < n; ++i) {
        MadeResults<Result>::store(out, i,
                                   apply(function, in, i, std::index_sequence_for<Parameter...>()));
      }
    });
  }

  static std::uint8_t scan(const void* in, std::ptrdiff_t in_step, void* out,
                           std::ptrdiff_t out_step, std::size_t n, void* accumulator) {
    return run([&](const Function& function) {
      Result folded = load_element<Result>(accumulator);
      const char* next = static_cast<const char*>(in);
      char* place = static_cast<char*>(out);
      for (std::size_t i = 0; i < n; ++i, next += in_step, place += out_step) {
        folded = function(folded, load_element<Result>(next));
        store_element<Result>(place, folded);
      }
      store_element<Result>(accumulator, folded);
    });
  }

  static MadeLoop loop() {
    std::vector<DType> types{DType::of<Parameter>()...};
    for (DType type : MadeResults<Result>::types()) types.push_back(type);
    constexpr bool kFolds = kInputs == 2 && (std::is_same_v<Parameter, Result> && ...);
    MadeLoop made{std::move(types), &elementwise, nullptr, kThrows};
    if constexpr (kFolds) made.scan = &scan;
    return made;
  }

 private:
  template <class Body>
  static std::uint8_t run(const Body& body) {
    const auto* function = static_cast<const Function*>(current_callable());
    if (function == nullptr) return 0;
    if constexpr (kThrows) {
      try {
        body(*function);
      } catch (...) {
        return keep_exception();
      }
    } else {
      body(*function);
    }
    return 0;
  }

  template <std::size_t... I>
  static Result apply(const Function& function, const void* const* in, std::size_t i,
                      std::index_sequence<I...>) {
    return function(load_element<Parameter>(element_at<Parameter>(in[I], i))...);
  }
};

template <class Function>
struct SignatureOf : SignatureOf<decltype(&Function::operator())> {};
template <class Result, class... Parameter>
struct SignatureOf<Result (*)(Parameter...)> {
  using type = Result(std::remove_cvref_t<Parameter>...);
};
template <class Result, class... Parameter>
struct SignatureOf<Result (*)(Parameter...) noexcept> : SignatureOf<Result (*)(Parameter...)> {};
template <class Class, class Result, class... Parameter>
struct SignatureOf<Result (Class::*)(Parameter...) const> : SignatureOf<Result (*)(Parameter...)> {
};
template <class Class, class Result, class... Parameter>
struct SignatureOf<Result (Class::*)(Parameter...) const noexcept>
    : SignatureOf<Result (*)(Parameter...)> {};

template <class Signature>
inline constexpr std::size_t kInputsOf = 0;
template <class Result, class... Parameter>
inline constexpr std::size_t kInputsOf<Result(Parameter...)> = sizeof...(Parameter);

template <class First, class...>
struct FirstOf {
  using type = First;
};

}  // namespace detail

// A ufunc that make_ufunc made. Copies share the callable, which lives as long as one of them;
// nothing else knows it: it is not found by name, nor from C or Python. Methods are those of Ufunc,
// and throw what they throw. An exception of the callable ends the call and comes out of it; arrays
// given as out=, or to `at`, keep their values then. The callable may use quern itself.
class QUERN_EXPORT MadeUfunc {
 public:
  explicit MadeUfunc(std::shared_ptr<const detail::MadeUfuncState> state);

  // As a call of a free function: operands, and perhaps options.
  Array operator()(const Operand& a, const CallOptions& options = {}) const;
  Array operator()(const Operand& a, const Operand& b, const CallOptions& options = {}) const;
  Array operator()(const Operand& a, const Operand& b, const Operand& c,
                   const CallOptions& options = {}) const;
  Array operator()(const Operand& a, const Operand& b, const Operand& c, const Operand& d,
                   const CallOptions& options = {}) const;

  std::string_view name() const;
  std::string_view summary() const;
  std::size_t inputs() const;
  std::size_t outputs() const;
  // Types of every signature: inputs, then outputs.
  std::vector<std::vector<DType>> loops() const;
  // The signature for inputs of these dtypes. Throws TypeError if there is none.
  std::vector<DType> resolve(std::span<const DType> inputs) const;

  Array call(std::span<const Operand> inputs, const CallOptions& options = {}) const;
  std::vector<Array> call_all(std::span<const Operand> inputs,
                              const CallOptions& options = {}) const;
  // Folds run from left to right along the axis.
  Array reduce(const Array& array, const ReduceOptions& options = {}) const;
  Array accumulate(const Array& array, const AccumulateOptions& options = {}) const;
  Array reduceat(const Array& array, std::span<const Index> indices,
                 const AccumulateOptions& options = {}) const;
  Array outer(const Operand& first, const Operand& second, const CallOptions& options = {}) const;
  void at(const Array& array, const Array& indices, const Operand* values = nullptr) const;

 private:
  std::shared_ptr<const detail::MadeUfuncState> state_;
};

// The ufunc of a callable and one or more signatures, all with the same numbers of inputs and
// outputs. Throws ValueError for a name that is empty or belongs to a ufunc that is there already,
// and for two signatures with the same inputs.
template <class... Signature, class Function>
MadeUfunc make_ufunc(std::string name, Function function, MakeUfuncOptions options = {}) {
  if constexpr (sizeof...(Signature) == 0) {
    return make_ufunc<typename detail::SignatureOf<Function>::type>(
        std::move(name), std::move(function), std::move(options));
  } else {
    constexpr std::size_t kInputs = detail::kInputsOf<typename detail::FirstOf<Signature...>::type>;
    static_assert(((detail::kInputsOf<Signature> == kInputs) && ...),
                  "signatures have the same number of inputs");
    auto callable = std::make_shared<const Function>(std::move(function));
    return MadeUfunc(detail::make_ufunc_state(std::move(name), kInputs,
                                              {detail::MadeKernels<Function, Signature>::loop()...},
                                              std::move(callable), std::move(options)));
  }
}

}  // namespace quern

#endif  // QUERN_MAKE_UFUNC_HPP_
