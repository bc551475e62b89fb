// Calling ufuncs from Python: arguments in, results out.
#ifndef QUERN_PYTHON_UFUNC_CALL_H_
#define QUERN_PYTHON_UFUNC_CALL_H_

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "python/binding.h"

namespace quern::python {

// Arrays that a call has to make for its time; they stay where they are.
class KeptArrays {
 public:
  KeptArrays() {}  // NOLINT(modernize-use-equals-default): leaves first_ as it is
  KeptArrays(const KeptArrays&) = delete;
  KeptArrays& operator=(const KeptArrays&) = delete;
  ~KeptArrays() { std::destroy_n(first_, count_); }

  Array& Keep(Array&& array) {
    if (count_ < kFirst) return *std::construct_at(&first_[count_++], std::move(array));
    more_.push_back(std::make_unique<Array>(std::move(array)));
    return *more_.back();
  }

 private:
  static constexpr std::size_t kFirst = 4;  // without an allocation

  std::size_t count_ = 0;
  union {
    Array first_[kFirst];  // made one by one
  };
  std::vector<std::unique_ptr<Array>> more_;
};

// The inputs of one call. Arrays are borrowed where the object holds one and kept here where it had
// to be converted; Python's numbers stay numbers.
class Inputs {
 public:
  Inputs() {}  // NOLINT(modernize-use-equals-default): leaves operands_ as it is
  Inputs(const Inputs&) = delete;
  Inputs& operator=(const Inputs&) = delete;

  // Throws what AsArray throws. At most kMost inputs.
  void Add(PyObject* object);
  // To be called after the last Add: gives integers beyond 64 bits the value they have in this
  // call.
  void Settle(const Ufunc& ufunc) {
    if (large_ != 0) SettleLarge(ufunc);
  }
  std::span<const Operand> operands() const { return {operands_, count_}; }
  Index largest() const { return largest_; }  // elements of the largest array

  static constexpr std::size_t kMost = 4;

 private:
  bool IsLarge(std::size_t position) const { return (large_ >> position & 1) != 0; }
  void AddArray(std::size_t position, const Array& array);
  void SettleLarge(const Ufunc& ufunc);

  // Small calls would notice more being cleared and looked through than what they use.
  std::size_t count_ = 0;
  Index largest_ = 1;
  unsigned large_ = 0;  // positions of Python integers beyond 64 bits
  union {
    Operand operands_[kMost];  // made one by one; none yet for a large integer
  };
  PyObject* large_objects_[kMost];  // borrowed
  KeptArrays converted_;
};

// The outputs that the caller names: quern.Arrays, or objects whose memory they share.
class Outputs {
 public:
  explicit Outputs(std::size_t count);
  Outputs(const Outputs&) = delete;
  Outputs& operator=(const Outputs&) = delete;
  // None leaves the output to be made. TypeError for objects without memory.
  void Set(std::size_t position, PyObject* object);
  // The argument out=: one output, or a tuple with one entry per output.
  void SetAll(PyObject* object);

  bool any() const { return any_; }
  std::span<Array* const> arrays() const { return {arrays_.data(), count_}; }
  Array* first() const { return arrays_.front(); }
  // What the caller gets for an output: the object given for it, else the array computed.
  AnyObject Result(std::size_t position, Array&& computed) const;

  static constexpr std::size_t kMost = 4;

 private:
  std::size_t count_;
  bool any_ = false;
  std::array<PyObject*, kMost> objects_{};  // borrowed from the call
  std::array<Array*, kMost> arrays_{};
  KeptArrays converted_;
};

// Keyword arguments as Python gives them; null where absent. Borrowed.
struct Keywords {
  PyObject* out = nullptr;
  PyObject* where = nullptr;
  PyObject* casting = nullptr;
  PyObject* order = nullptr;
  PyObject* dtype = nullptr;
  PyObject* signature = nullptr;
  PyObject* subok = nullptr;
  PyObject* axes = nullptr;
  PyObject* axis = nullptr;
  PyObject* keepdims = nullptr;

  // True if there is none but out= (and subok=, which changes nothing).
  bool only_out() const {
    return where == nullptr && casting == nullptr && order == nullptr && dtype == nullptr &&
           signature == nullptr && axes == nullptr && axis == nullptr && keepdims == nullptr;
  }
  // TypeError for a name that calls of ufuncs do not have.
  void Set(const Ufunc& ufunc, PyObject* name, PyObject* value);
};

// Keywords turned into options, with what the options borrow.
class Options {
 public:
  Options(const Ufunc& ufunc, const Keywords& keywords, const Outputs& outputs);
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  const CallOptions& get() const { return options_; }

 private:
  void ReadCoreKeywords(const Ufunc& ufunc, const Keywords& keywords);

  CallOptions options_;
  std::optional<Array> where_;
  std::vector<std::optional<DType>> signature_;
  std::vector<Axes> axes_;
};

// The mask of where=; nothing for True.
std::optional<Array> AsMask(PyObject* where);

// ufunc(*args, **kwargs) by the vectorcall protocol.
PyObject* CallUfunc(const Ufunc& ufunc, PyObject* const* args, std::size_t nargs,
                    PyObject* kwnames);

// The operator forms: NotImplemented if the other operand is not quern's to handle. `out` may be
// null.
PyObject* CallBinaryOperator(const Ufunc& ufunc, PyObject* first, PyObject* second, PyObject* out);
PyObject* CallUnaryOperator(const Ufunc& ufunc, PyObject* operand);

}  // namespace quern::python

#endif  // QUERN_PYTHON_UFUNC_CALL_H_
