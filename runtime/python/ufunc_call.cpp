#include "python/ufunc_call.h"

#include <limits>
#include <memory>
#include <string>

#include "core/tables.h"
#include "python/dtype_binding.h"
#include "python/errors_binding.h"
#include "python/interchange.h"
#include "python/numpy_arrays.h"
#include "python/reduction.h"
#include "python/time_values.h"
#include "python/values.h"
#include "quern/errors.hpp"

namespace quern::python {
namespace {

std::string NameOf(const Ufunc& ufunc) { return std::string(ufunc.name()); }

// Dtypes named by a type string ("dd->d", or "->d") or by a tuple with None for what is left open.
std::vector<std::optional<DType>> ParseSignature(const Ufunc& ufunc, nb::handle given) {
  std::vector<std::optional<DType>> types;
  if (PyUnicode_Check(given.ptr())) {
    std::string text = TextOf(given, "signature");
    const std::size_t arrow = text.find("->");
    if (arrow == 0) types.resize(ufunc.inputs());
    if (arrow != std::string::npos) text.erase(arrow, 2);
    for (const char letter : text) {
      const std::optional<DType> dtype = FindTypeLetter(std::string_view(&letter, 1));
      if (!dtype) throw TypeError("signature: '" + std::string(1, letter) + "' names no dtype");
      types.push_back(dtype);
    }
  } else if (PyTuple_Check(given.ptr())) {
    for (nb::handle item : given) types.push_back(OptionalDType(item));
  } else {
    throw TypeError("signature must be a type string or a tuple of dtypes");
  }
  const std::size_t operands = ufunc.inputs() + ufunc.outputs();
  if (types.size() == 1 && operands != 1) {
    // One dtype stands for the output, as dtype= does.
    types.insert(types.begin(), operands - 1, std::nullopt);
  }
  if (types.size() != operands) {
    throw ValueError(NameOf(ufunc) + ": the signature must name " + std::to_string(operands) +
                     " dtypes, not " + std::to_string(types.size()));
  }
  return types;
}

constexpr std::size_t kKeywords = 11;

// Named for the interpreter's own strings, so that a comparison of addresses mostly suffices.
struct KeywordField {
  const char* name;
  PyObject* Keywords::*field;
  enum Owner { kAll, kElementwise, kGeneralised } owner;  // ufuncs that have the keyword
  PyObject* interned;
};

std::span<const KeywordField> KeywordFields() {
  static const KeywordField* fields = [] {
    auto* table = new KeywordField[kKeywords]{
        {"out", &Keywords::out, KeywordField::kAll, nullptr},
        {"where", &Keywords::where, KeywordField::kElementwise, nullptr},
        {"dtype", &Keywords::dtype, KeywordField::kAll, nullptr},
        {"casting", &Keywords::casting, KeywordField::kAll, nullptr},
        {"order", &Keywords::order, KeywordField::kAll, nullptr},
        {"signature", &Keywords::signature, KeywordField::kAll, nullptr},
        {"sig", &Keywords::signature, KeywordField::kAll, nullptr},
        {"subok", &Keywords::subok, KeywordField::kAll, nullptr},
        {"axes", &Keywords::axes, KeywordField::kGeneralised, nullptr},
        {"axis", &Keywords::axis, KeywordField::kGeneralised, nullptr},
        {"keepdims", &Keywords::keepdims, KeywordField::kGeneralised, nullptr},
    };
    for (std::size_t i = 0; i < kKeywords; ++i) {
      table[i].interned = PyUnicode_InternFromString(table[i].name);
    }
    return table;
  }();
  return {fields, kKeywords};
}

// Null for a name that the ufunc does not have.
PyObject* Keywords::*FindKeyword(const Ufunc& ufunc, PyObject* name) {
  const auto fit = [&](const KeywordField& field) {
    const bool generalised = !ufunc.signature().empty();
    const auto other = generalised ? KeywordField::kElementwise : KeywordField::kGeneralised;
    return field.owner == other ? nullptr : field.field;
  };
  for (const KeywordField& field : KeywordFields()) {
    if (field.interned == name) return fit(field);
  }
  for (const KeywordField& field : KeywordFields()) {
    if (PyUnicode_CompareWithASCIIString(name, field.name) == 0) return fit(field);
  }
  return nullptr;
}

// One entry of axes=: an axis, or a tuple of axes.
Axes AsCoreAxes(const Ufunc& ufunc, PyObject* item, std::size_t position) {
  if (PyIndex_Check(item)) return Axes(AsIndex(item));
  if (!PyTuple_Check(item)) {
    throw TypeError(NameOf(ufunc) + ": axes item " + std::to_string(position) +
                    " should be a tuple.");
  }
  std::vector<Index> axes;
  for (nb::handle axis : nb::borrow<nb::tuple>(item)) axes.push_back(AsIndex(axis));
  return Axes(std::move(axes));
}

std::vector<Axes> ParseAxes(const Ufunc& ufunc, PyObject* given) {
  if (!PyList_Check(given)) throw TypeError("axes should be a list.");
  std::vector<Axes> axes;
  const auto entries = static_cast<std::size_t>(PyList_GET_SIZE(given));
  for (std::size_t i = 0; i < entries; ++i) {
    axes.push_back(AsCoreAxes(ufunc, PyList_GET_ITEM(given, static_cast<Py_ssize_t>(i)), i));
  }
  const std::size_t operands = ufunc.inputs() + ufunc.outputs();
  if (entries == 0) {
    throw ValueError("axes should be a list with an entry for all " + std::to_string(operands) +
                     " inputs and outputs; entries for outputs can only be omitted if none of "
                     "them has core axes.");
  }
  return axes;
}

[[noreturn]] void RefuseCount(const Ufunc& ufunc, std::size_t given) {
  const std::size_t least = ufunc.inputs();
  const std::size_t most = least + ufunc.outputs();
  throw TypeError(NameOf(ufunc) + "() takes from " + std::to_string(least) + " to " +
                  std::to_string(most) + " positional arguments but " + std::to_string(given) +
                  (given == 1 ? " was given" : " were given"));
}

nb::object OutputTuple(const Outputs& outputs, std::vector<Array>&& results) {
  nb::object tuple = nb::steal(PyTuple_New(static_cast<Py_ssize_t>(results.size())));
  if (!tuple.is_valid()) throw nb::python_error();
  for (std::size_t i = 0; i < results.size(); ++i) {
    PyTuple_SET_ITEM(tuple.ptr(), static_cast<Py_ssize_t>(i),
                     outputs.Result(i, std::move(results[i])).release().ptr());
  }
  return tuple;
}

double AsDouble(PyObject* number) {
  const double value = PyLong_AsDouble(number);
  if (value == -1.0 && PyErr_Occurred() != nullptr) throw nb::python_error();
  return value;
}

double SignedInfinity(PyObject* large) {
  int sign = 0;
  PyLong_AsLongLongAndOverflow(large, &sign);
  return sign * std::numeric_limits<double>::infinity();
}

// A call with nothing but inputs, for ufuncs with one output. The result is made where the object
// has room for it.
PyObject* CallPlain(const Ufunc& ufunc, const Inputs& inputs) {
  nb::object object = nb::inst_alloc(reinterpret_cast<PyObject*>(array_type));
  Array* const room = nb::inst_ptr<Array>(object);
  bool made = false;
  try {
    Calculate(inputs.largest(), [&] {
      new (room) Array(ufunc.call(inputs.operands()));
      made = true;
      return 0;
    });
  } catch (...) {
    // What the calculation's callbacks raise comes after its result.
    if (made) room->~Array();
    throw;
  }
  nb::inst_mark_ready(object);
  return object.release().ptr();
}

// A call with one output and options.
PyObject* CallOne(const Ufunc& ufunc, const Inputs& inputs, const Outputs& outputs, Index elements,
                  const CallOptions& options) {
  Array result = Calculate(elements, [&] { return ufunc.call(inputs.operands(), options); });
  return outputs.Result(0, std::move(result)).release().ptr();
}

PyObject* CallFull(const Ufunc& ufunc, const Inputs& inputs, const Outputs& outputs,
                   const Keywords& keywords) {
  Index elements = inputs.largest();
  for (const Array* out : outputs.arrays()) {
    if (out != nullptr) elements = std::max(elements, out->size());
  }
  if (ufunc.outputs() == 1 && keywords.only_out()) {
    return CallOne(ufunc, inputs, outputs, elements, {.out = outputs.first()});
  }
  const Options options(ufunc, keywords, outputs);
  if (ufunc.outputs() == 1) return CallOne(ufunc, inputs, outputs, elements, options.get());
  std::vector<Array> results =
      Calculate(elements, [&] { return ufunc.call_all(inputs.operands(), options.get()); });
  return OutputTuple(outputs, std::move(results)).release().ptr();
}

// True if the object's type says by `__array_ufunc__ = None` that it handles operators itself.
bool OptsOut(PyObject* object) {
  static PyObject* name = PyUnicode_InternFromString("__array_ufunc__");
  PyObject* found = PyObject_GetAttr(reinterpret_cast<PyObject*>(Py_TYPE(object)), name);
  if (found == nullptr) {
    PyErr_Clear();
    return false;
  }
  Py_DECREF(found);
  return found == Py_None;
}

// Whether an operator of quern.Array takes this object as the other operand: numbers, lists and
// whatever exports a buffer. Other array types get the chance to handle the operator themselves.
bool OperatorTakes(PyObject* object) {
  if (ArrayIn(object) != nullptr || IsWeakNumber(object) || PyBool_Check(object)) return true;
  if (PyList_Check(object) || PyTuple_Check(object) || TimeDType(object)) return true;
  if (PyBytes_Check(object) || PyObject_CheckBuffer(object) == 0) return false;
  return !OptsOut(object);
}

}  // namespace

void Inputs::Add(PyObject* object) {
  if (count_ == kMost) {
    throw NotSupportedError("calls from Python take at most " + std::to_string(kMost) + " inputs");
  }
  const std::size_t position = count_++;
  if (const Array* array = ArrayIn(object)) return AddArray(position, *array);
  if (IsWeakNumber(object)) {
    if (const std::optional<WeakScalar> number = AsWeakScalar(object)) {
      std::construct_at(&operands_[position], *number);
    } else {
      large_objects_[position] = object;
      large_ |= 1u << position;
    }
    return;
  }
  if (PyBool_Check(object)) {
    std::construct_at(&operands_[position], object == Py_True);
    return;
  }
  AddArray(position, converted_.Keep(BorrowArray(object)));
}

void Inputs::AddArray(std::size_t position, const Array& array) {
  std::construct_at(&operands_[position], array);
  largest_ = std::max(largest_, array.size());
}

// A Python integer beyond 64 bits fits no integer dtype. A comparison with integers is decided by
// its sign; otherwise it takes part where the loop computes in floating point, as its nearest value
// there, and is out of range everywhere else.
void Inputs::SettleLarge(const Ufunc& ufunc) {
  bool real = false;
  std::vector<DType> strong;
  std::vector<DType> all(count_, DType::of<std::int64_t>());
  for (std::size_t i = 0; i < count_; ++i) {
    if (IsLarge(i)) continue;
    if (const Array* array = operands_[i].array()) {
      all[i] = array->dtype().native();
      strong.push_back(all[i]);
    }
    const WeakScalar* scalar = operands_[i].scalar();
    real |= scalar != nullptr &&
            (scalar->kind == WeakScalar::Kind::real || scalar->kind == WeakScalar::Kind::complex);
  }
  const auto whole = [](DType dtype) {
    return dtype.kind() == 'i' || dtype.kind() == 'u';
  };
  DType beside = DType::of<std::int64_t>();
  if (!strong.empty() && result_type(strong).kind() != 'b') beside = result_type(strong);
  if (beside.has_unit()) {
    static_cast<void>(ufunc.resolve(all));  // dtypes without a loop are refused as such
    throw OverflowError("Python int too large to convert to C long");
  }
  real |= !whole(beside);
  const bool decided_by_sign = ufunc.info().compares && !real;
  DType loop = DType::of<double>();
  if (!real && !decided_by_sign) {
    loop = ufunc.resolve(std::vector<DType>(count_, beside)).types.front();
    if (whole(loop)) throw OverflowError("Python int too large to convert to C long");
  }
  for (std::size_t i = 0; i < count_; ++i) {
    if (!IsLarge(i)) continue;
    PyObject* large = large_objects_[i];
    if (real || decided_by_sign) {
      const double value = decided_by_sign ? SignedInfinity(large) : AsDouble(large);
      std::construct_at(&operands_[i], WeakScalar{WeakScalar::Kind::real, false, 0, value});
    } else {
      std::construct_at(&operands_[i], converted_.Keep(ScalarArray(large, loop)));
    }
  }
}

Outputs::Outputs(std::size_t count) : count_(count) {
  if (count > kMost) {
    throw NotSupportedError("calls from Python make at most " + std::to_string(kMost) + " outputs");
  }
}

void Outputs::Set(std::size_t position, PyObject* object) {
  if (object == Py_None || object == Py_Ellipsis) return;
  Array* array = ArrayIn(object);
  if (array == nullptr) {
    std::optional<Array> shared = BorrowNumpyArray(object);
    if (!shared) shared = FromExporter(object);
    if (!shared) {
      throw TypeError(std::string("return arrays must be arrays or export writeable memory, not ") +
                      TypeName(object));
    }
    array = &converted_.Keep(std::move(*shared));
  }
  objects_[position] = object;
  arrays_[position] = array;
  any_ = true;
}

void Outputs::SetAll(PyObject* object) {
  if (!PyTuple_Check(object)) {
    if (count_ > 1 && object != Py_None && object != Py_Ellipsis) {
      throw TypeError("'out' must be a tuple of arrays");
    }
    return Set(0, object);
  }
  if (static_cast<std::size_t>(PyTuple_GET_SIZE(object)) != count_) {
    throw ValueError("The 'out' tuple must have exactly one entry per ufunc output");
  }
  for (std::size_t i = 0; i < count_; ++i) {
    Set(i, PyTuple_GET_ITEM(object, static_cast<Py_ssize_t>(i)));
  }
}

AnyObject Outputs::Result(std::size_t position, Array&& computed) const {
  if (objects_[position] != nullptr) return nb::borrow(objects_[position]);
  return WrapArray(std::move(computed));
}

void Keywords::Set(const Ufunc& ufunc, PyObject* name, PyObject* value) {
  PyObject* Keywords::*field = FindKeyword(ufunc, name);
  if (field == nullptr) {
    throw TypeError(NameOf(ufunc) + "() got an unexpected keyword argument '" +
                    TextOf(name, "keyword") + "'");
  }
  if (this->*field != nullptr) throw TypeError("cannot specify both 'sig' and 'signature'");
  this->*field = value;
}

std::optional<Array> AsMask(PyObject* where) {
  if (where == nullptr || where == Py_True) return std::nullopt;
  if (IsWeakNumber(where) || PyBool_Check(where)) return ScalarArray(where, DType::of<bool>());
  return BorrowArray(where);
}

Options::Options(const Ufunc& ufunc, const Keywords& keywords, const Outputs& outputs)
    : where_(AsMask(keywords.where)) {
  if (where_) options_.where = &*where_;
  if (keywords.casting != nullptr) options_.casting = AsCasting(keywords.casting);
  if (keywords.order != nullptr) options_.order = AsOrder(keywords.order);
  if (keywords.dtype != nullptr) options_.dtype = OptionalDType(keywords.dtype);
  if (keywords.signature != nullptr && keywords.signature != Py_None) {
    if (options_.dtype) throw TypeError("cannot specify both 'signature' and 'dtype'");
    signature_ = ParseSignature(ufunc, keywords.signature);
    options_.signature = signature_;
  }
  ReadCoreKeywords(ufunc, keywords);
  if (!outputs.any()) return;
  if (ufunc.outputs() == 1) {
    options_.out = outputs.first();
  } else {
    options_.outs = outputs.arrays();
  }
}

void Options::ReadCoreKeywords(const Ufunc& ufunc, const Keywords& keywords) {
  if (keywords.axes != nullptr) {
    if (keywords.axis != nullptr) throw TypeError("cannot specify both 'axis' and 'axes'");
    axes_ = ParseAxes(ufunc, keywords.axes);
    options_.axes = axes_;
  }
  if (keywords.axis != nullptr) options_.axis = AsIndex(keywords.axis);
  if (keywords.keepdims != nullptr) {
    if (!PyBool_Check(keywords.keepdims)) throw TypeError("'keepdims' must be a boolean");
    options_.keepdims = keywords.keepdims == Py_True;
  }
}

PyObject* CallUfunc(const Ufunc& ufunc, PyObject* const* args, std::size_t nargs,
                    PyObject* kwnames) {
  const std::size_t nin = ufunc.inputs();
  const std::size_t nout = ufunc.outputs();
  if (nargs < nin || nargs > nin + nout) RefuseCount(ufunc, nargs);
  Inputs inputs;
  for (std::size_t i = 0; i < nin; ++i) inputs.Add(args[i]);
  inputs.Settle(ufunc);
  if (nargs == nin && kwnames == nullptr && nout == 1) return CallPlain(ufunc, inputs);

  Keywords keywords;
  const Py_ssize_t named = kwnames == nullptr ? 0 : PyTuple_GET_SIZE(kwnames);
  for (Py_ssize_t i = 0; i < named; ++i) {
    keywords.Set(ufunc, PyTuple_GET_ITEM(kwnames, i), args[nargs + static_cast<std::size_t>(i)]);
  }
  Outputs outputs(nout);
  for (std::size_t i = nin; i < nargs; ++i) outputs.Set(i - nin, args[i]);
  if (keywords.out != nullptr) {
    if (nargs > nin)
      throw TypeError("cannot specify 'out' as both a positional and keyword argument");
    outputs.SetAll(keywords.out);
  }
  return CallFull(ufunc, inputs, outputs, keywords);
}

PyObject* CallBinaryOperator(const Ufunc& ufunc, PyObject* first, PyObject* second, PyObject* out) {
  if (!OperatorTakes(first) || !OperatorTakes(second)) Py_RETURN_NOTIMPLEMENTED;
  Inputs inputs;
  try {
    inputs.Add(first);
    inputs.Add(second);
  } catch (const TypeError&) {
    Py_RETURN_NOTIMPLEMENTED;  // an array of a dtype that quern lacks, say
  }
  inputs.Settle(ufunc);
  if (out == nullptr) return CallPlain(ufunc, inputs);
  Outputs outputs(1);
  outputs.Set(0, out);
  return CallFull(ufunc, inputs, outputs, Keywords());
}

PyObject* CallUnaryOperator(const Ufunc& ufunc, PyObject* operand) {
  Inputs inputs;
  inputs.Add(operand);
  return CallPlain(ufunc, inputs);
}

}  // namespace quern::python
