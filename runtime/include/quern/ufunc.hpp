// Universal functions: elementwise operations with broadcasting, type resolution and reductions.
#ifndef QUERN_UFUNC_HPP_
#define QUERN_UFUNC_HPP_

#include <algorithm>
#include <array>
#include <complex>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quern/array.hpp"

namespace quern {

struct UfuncInfo;
namespace detail {
struct MadeUfuncState;
}

// A C++ number beside an array: it takes the array's dtype where that dtype's kind allows it, and
// is range-checked against the dtype of the loop (NEP 50). A boolean is not weak: it has the dtype
// bool.
struct WeakScalar {
  enum class Kind : std::uint8_t { integer, real, boolean, complex };
  Kind kind = Kind::integer;
  bool is_unsigned = false;  // integer holds the bits of a std::uint64_t
  std::int64_t integer = 0;  // 0 or 1 for a boolean
  double real = 0.0;         // of a complex number its real part
  double imag = 0.0;
};

// An input of a ufunc: an array, which must outlive the call, or a number.
class Operand {
 public:
  Operand(const Array& array) : array_(&array) {}  // NOLINT(google-explicit-constructor)
  template <class T>
    requires std::is_arithmetic_v<T>
  Operand(T value)  // NOLINT(google-explicit-constructor)
      : array_(nullptr), scalar_(from(value)) {}
  template <std::floating_point T>
  Operand(std::complex<T> value)  // NOLINT(google-explicit-constructor)
      : array_(nullptr),
        scalar_{WeakScalar::Kind::complex, false, 0, static_cast<double>(value.real()),
                static_cast<double>(value.imag())} {}
  Operand(WeakScalar value)  // NOLINT(google-explicit-constructor)
      : array_(nullptr), scalar_(value) {}
  // Written out: an operand that is an array is one pointer, and small calls feel the rest.
  Operand(const Operand& other) : array_(other.array_) {
    if (array_ == nullptr) scalar_ = other.scalar_;
  }
  Operand& operator=(const Operand& other) {
    array_ = other.array_;
    if (array_ == nullptr) scalar_ = other.scalar_;
    return *this;
  }

  // One of the two is null.
  const Array* array() const { return array_; }
  const WeakScalar* scalar() const { return array_ == nullptr ? &scalar_ : nullptr; }

 private:
  template <class T>
  static WeakScalar from(T value) {
    if constexpr (std::same_as<T, bool>) {
      return {WeakScalar::Kind::boolean, false, value, 0.0};
    } else if constexpr (std::floating_point<T>) {
      return {WeakScalar::Kind::real, false, 0, static_cast<double>(value)};
    } else {
      return {WeakScalar::Kind::integer, std::unsigned_integral<T>,
              static_cast<std::int64_t>(value), 0.0};
    }
  }
  const Array* array_;
  union {
    WeakScalar scalar_;  // if there is no array
  };
};

// The axes of a reduction, or the core axes of an operand of a generalised ufunc.
class Axes {
 public:
  Axes() = default;  // the method's default: axis 0 for Ufunc::reduce, all axes for sum, max ...
  Axes(Index axis)  // NOLINT(google-explicit-constructor)
      : kind_(Kind::listed), single_(true), list_{axis} {}
  Axes(int axis) : Axes(static_cast<Index>(axis)) {}      // NOLINT(google-explicit-constructor)
  Axes(std::initializer_list<Index> axes) : kind_(Kind::listed), list_(axes) {}
  explicit Axes(std::vector<Index> axes) : kind_(Kind::listed), list_(std::move(axes)) {}
  static Axes all() {
    Axes axes;
    axes.kind_ = Kind::all;
    return axes;
  }
  bool is_default() const { return kind_ == Kind::unspecified; }
  bool is_all() const { return kind_ == Kind::all; }
  bool is_single() const { return single_; }  // made from one axis, not from a list
  const std::vector<Index>& list() const { return list_; }

 private:
  enum class Kind : std::uint8_t { unspecified, all, listed };
  Kind kind_ = Kind::unspecified;
  bool single_ = false;
  std::vector<Index> list_;
};

// Options of a call. All pointers are borrowed for the call.
struct CallOptions {
  Array* out = nullptr;           // receives the result; its shape must equal the broadcast shape
                                  // (further leading axes are filled by broadcasting)
  std::span<Array* const> outs = {};  // the same for ufuncs with several outputs; if they share
                                      // memory, they are written in NumPy's order: rows that need
                                      // no conversion element by element, for each the last output
                                      // first; other arrays as a whole, the last output last, with
                                      // `where` the first
  const Array* where = nullptr;   // bool, broadcast; other elements of out stay as they are
  std::optional<DType> dtype = {};  // compute in the loop with this output dtype
  std::span<const std::optional<DType>> signature = {};  // or name every dtype, inputs then outputs
  CastingLevel casting = CastingLevel::same_kind;  // any but same_value (ValueError)
  Order order = Order::K;         // memory order of a newly made result
  // Of generalised ufuncs alone, which in turn take no `where`:
  std::span<const Axes> axes = {};   // where the core axes of each operand are, inputs then outputs;
                                     // outputs may be left out if none has core axes
  std::optional<Index> axis = {};    // the core axis of every operand, if the signature has but one
  bool keepdims = false;             // folded core axes stay in the outputs, with extent 1
};

struct ReduceOptions {
  Axes axis = {};
  std::optional<DType> dtype = {};  // of the accumulator and the result
  Array* out = nullptr;
  bool keepdims = false;           // reduced axes stay, with extent 1
  std::optional<Operand> initial = {};  // starting value
  bool no_identity = false;        // an empty reduction is an error (NumPy's initial=None)
  const Array* where = nullptr;    // bool, broadcast; other elements take no part
};

struct AccumulateOptions {
  Index axis = 0;
  std::optional<DType> dtype = {};
  Array* out = nullptr;
};

// The loop that a call would run.
struct Resolution {
  std::vector<DType> types;  // of the loop: inputs, then outputs
  std::string origin;        // "spec/ufuncs/add.yaml:9"
  std::string target;        // instruction set that runs it: "AVX3"
  std::string kind;          // how it runs there: "vector"; "emulated" where the instruction set
                             // lacks an operation that others stand in for; "scalar", lane by lane
};

// One ufunc of the registry. Objects live as long as the program and are safe to use from any
// thread.
class QUERN_EXPORT Ufunc {
 public:
  // By name or alias. Throws ValueError naming the nearest known name.
  static const Ufunc& find(std::string_view name);
  // All, in name order, packages included.
  static std::vector<const Ufunc*> all();

  std::string_view name() const;
  std::string_view summary() const;
  // Core dimensions of a generalised ufunc, "(m,n),(n)->(m)"; empty for one that works element by
  // element.
  std::string_view signature() const;
  std::size_t inputs() const;
  std::size_t outputs() const;
  std::vector<std::string_view> argument_names() const;
  std::vector<std::string_view> aliases() const;
  bool reorderable() const;
  // The result of reducing nothing; empty if there is none.
  std::optional<double> identity() const;
  // Types of every loop: inputs, then outputs.
  std::vector<std::vector<DType>> loops() const;

  // The loop for inputs of these dtypes. Throws TypeError if there is none, or if a unit of time does
  // not convert to the loop's at the level same_kind.
  Resolution resolve(std::span<const DType> inputs) const;
  // The loop that reduces elements of this dtype.
  Resolution resolve_reduction(DType dtype) const;

  // Applies the ufunc; returns its (first) output.
  Array call(std::span<const Operand> inputs, const CallOptions& options = {}) const;
  Array call(std::initializer_list<Operand> inputs, const CallOptions& options = {}) const {
    return call(std::span<const Operand>(inputs.begin(), inputs.size()), options);
  }
  // The same, returning every output.
  std::vector<Array> call_all(std::span<const Operand> inputs,
                              const CallOptions& options = {}) const;
  // The same for a known number of outputs, which must be outputs().
  template <std::size_t kOutputs>
  std::array<Array, kOutputs> call_array(std::initializer_list<Operand> inputs,
                                         const CallOptions& options = {}) const {
    std::vector<Array> results =
        call_all(std::span<const Operand>(inputs.begin(), inputs.size()), options);
    std::array<Array, kOutputs> made;
    std::move(results.begin(), results.begin() + kOutputs, made.begin());
    return made;
  }

  // Folds the array along axes by the fixed tree of positions (associative ufuncs) or from left to
  // right (the others).
  Array reduce(const Array& array, const ReduceOptions& options = {}) const;
  // Running folds along one axis.
  Array accumulate(const Array& array, const AccumulateOptions& options = {}) const;
  // Folds of [indices[i], indices[i+1]) along one axis; a single element where the range is empty.
  Array reduceat(const Array& array, std::span<const Index> indices,
                 const AccumulateOptions& options = {}) const;
  // The ufunc on all pairs: shape is that of `first` followed by that of `second`.
  Array outer(const Operand& first, const Operand& second, const CallOptions& options = {}) const;
  // array[indices] op= values, unbuffered: repeated positions count each time. indices is an
  // integer array over axis 0; values broadcasts to the selection and is ignored by unary ufuncs.
  void at(const Array& array, const Array& indices, const Operand* values = nullptr) const;

  const UfuncInfo& info() const { return *info_; }

 private:
  friend class Registry;
  friend struct detail::MadeUfuncState;
  explicit Ufunc(const UfuncInfo* info) : info_(info) {}
  const UfuncInfo* info_;
};

}  // namespace quern

#endif  // QUERN_UFUNC_HPP_
