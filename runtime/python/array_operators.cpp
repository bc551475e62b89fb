// Operators. Which ufunc an operator stands for is the registry's to say, by the symbol in the
// ufunc's spec; here is only where CPython keeps the function for a symbol.

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "core/tables.h"
#include "python/array_slots.h"
#include "python/errors_binding.h"
#include "python/ufunc_call.h"
#include "python/values.h"
#include "quern/errors.hpp"

namespace quern::python {
namespace {

// Python's operators: the symbol (or, for operators written as calls, the function's name), and the
// slots of the operator and of its in-place form.
struct BinaryOperator {
  std::string_view symbol;
  int slot;
  int in_place;
};
constexpr std::array kBinary{
    BinaryOperator{"+", Py_nb_add, Py_nb_inplace_add},
    BinaryOperator{"-", Py_nb_subtract, Py_nb_inplace_subtract},
    BinaryOperator{"*", Py_nb_multiply, Py_nb_inplace_multiply},
    BinaryOperator{"/", Py_nb_true_divide, Py_nb_inplace_true_divide},
    BinaryOperator{"//", Py_nb_floor_divide, Py_nb_inplace_floor_divide},
    BinaryOperator{"%", Py_nb_remainder, Py_nb_inplace_remainder},
    BinaryOperator{"@", Py_nb_matrix_multiply, Py_nb_inplace_matrix_multiply},
    BinaryOperator{"&", Py_nb_and, Py_nb_inplace_and},
    BinaryOperator{"|", Py_nb_or, Py_nb_inplace_or},
    BinaryOperator{"^", Py_nb_xor, Py_nb_inplace_xor},
    BinaryOperator{"<<", Py_nb_lshift, Py_nb_inplace_lshift},
    BinaryOperator{">>", Py_nb_rshift, Py_nb_inplace_rshift},
    BinaryOperator{"**", Py_nb_power, Py_nb_inplace_power},
};
struct UnaryOperator {
  std::string_view symbol;
  int slot;
};
constexpr std::array kUnary{
    UnaryOperator{"-", Py_nb_negative},
    UnaryOperator{"+", Py_nb_positive},
    UnaryOperator{"~", Py_nb_invert},
    UnaryOperator{"abs", Py_nb_absolute},
};
// In the order of CPython's numbers Py_LT to Py_GE.
constexpr std::array<std::string_view, 6> kComparisons{"<", "<=", "==", "!=", ">", ">="};

std::array<const Ufunc*, kBinary.size()> binary_ufuncs;
std::array<const Ufunc*, kUnary.size()> unary_ufuncs;
std::array<const Ufunc*, kComparisons.size()> comparison_ufuncs;

// The ufunc with this symbol or, for operators written as calls, with this name or alias.
const Ufunc* FindOperator(std::string_view symbol, std::size_t inputs) {
  for (const Ufunc* ufunc : Ufunc::all()) {
    if (ufunc->inputs() != inputs || ufunc->outputs() != 1) continue;
    if (ufunc->info().operator_symbol == symbol || ufunc->name() == symbol) return ufunc;
    for (std::string_view alias : ufunc->aliases()) {
      if (alias == symbol) return ufunc;
    }
  }
  return nullptr;
}

// Bytes would take NotImplemented as leave to join the array's memory to themselves.
void RefuseBytes(PyObject* first, PyObject* second) {
  if (PyBytes_Check(first) || PyBytes_Check(second)) {
    throw TypeError("operators of arrays do not take bytes");
  }
}

template <std::size_t Row>
PyObject* Binary(PyObject* first, PyObject* second) {
  return Guard([&] {
    RefuseBytes(first, second);
    return CallBinaryOperator(*binary_ufuncs[Row], first, second, nullptr);
  });
}

template <std::size_t Row>
PyObject* InPlace(PyObject* self, PyObject* other) {
  return Guard([&] { return CallBinaryOperator(*binary_ufuncs[Row], self, other, self); });
}

// pow(a, b, c) has no meaning for arrays.
template <std::size_t Row>
PyObject* Power(PyObject* first, PyObject* second, PyObject* modulus) {
  if (modulus != Py_None) Py_RETURN_NOTIMPLEMENTED;
  return Binary<Row>(first, second);
}
template <std::size_t Row>
PyObject* InPlacePower(PyObject* first, PyObject* second, PyObject* modulus) {
  if (modulus != Py_None) Py_RETURN_NOTIMPLEMENTED;
  return InPlace<Row>(first, second);
}

template <std::size_t Row>
PyObject* Unary(PyObject* operand) {
  return Guard([&] { return CallUnaryOperator(*unary_ufuncs[Row], operand); });
}

PyObject* Compare(PyObject* first, PyObject* second, int operation) {
  const Ufunc* ufunc = comparison_ufuncs[static_cast<std::size_t>(operation)];
  if (ufunc == nullptr) Py_RETURN_NOTIMPLEMENTED;
  return Guard([&] { return CallBinaryOperator(*ufunc, first, second, nullptr); });
}

int Truth(PyObject* self) {
  return GuardNumber([&] {
    const Array& array = *nb::inst_ptr<Array>(self);
    if (array.size() == 1) return array.item<bool>() ? 1 : 0;
    throw ValueError(
        array.size() == 0
            ? "The truth value of an empty array is ambiguous. Use `array.size > 0` to "
              "check that an array is not empty."
            : "The truth value of an array with more than one element is ambiguous. "
              "Use a.any() or a.all()");
  });
}

nb::object OnlyNumber(PyObject* self) {
  const Array& array = *nb::inst_ptr<Array>(self);
  if (array.ndim() != 0) {
    throw TypeError("only 0-dimensional arrays can be converted to Python scalars");
  }
  return ToNumber(array);
}

PyObject* ToInt(PyObject* self) {
  return Guard([&] { return PyNumber_Long(OnlyNumber(self).ptr()); });
}
PyObject* ToFloat(PyObject* self) {
  return Guard([&] { return PyNumber_Float(OnlyNumber(self).ptr()); });
}
PyObject* ToIndex(PyObject* self) {
  return Guard([&] {
    const Array& array = *nb::inst_ptr<Array>(self);
    if (array.ndim() != 0 || (array.dtype().kind() != 'i' && array.dtype().kind() != 'u')) {
      throw TypeError("only integer scalar arrays can be converted to a scalar index");
    }
    return ToNumber(array).release().ptr();
  });
}

template <class Function>
void Add(std::vector<PyType_Slot>& slots, int slot, Function* function) {
  slots.push_back({slot, reinterpret_cast<void*>(function)});
}

template <std::size_t Row>
void AddBinary(std::vector<PyType_Slot>& slots) {
  constexpr BinaryOperator row = kBinary[Row];
  binary_ufuncs[Row] = FindOperator(row.symbol, 2);
  if (binary_ufuncs[Row] == nullptr) return;
  if constexpr (row.slot == Py_nb_power) {
    Add(slots, row.slot, &Power<Row>);
    Add(slots, row.in_place, &InPlacePower<Row>);
  } else {
    Add(slots, row.slot, &Binary<Row>);
    Add(slots, row.in_place, &InPlace<Row>);
  }
}

template <std::size_t Row>
void AddUnary(std::vector<PyType_Slot>& slots) {
  unary_ufuncs[Row] = FindOperator(kUnary[Row].symbol, 1);
  if (unary_ufuncs[Row] != nullptr) Add(slots, kUnary[Row].slot, &Unary<Row>);
}

template <std::size_t... Rows>
void AddAllBinary(std::vector<PyType_Slot>& slots, std::index_sequence<Rows...>) {
  (AddBinary<Rows>(slots), ...);
}
template <std::size_t... Rows>
void AddAllUnary(std::vector<PyType_Slot>& slots, std::index_sequence<Rows...>) {
  (AddUnary<Rows>(slots), ...);
}

}  // namespace

void AddOperatorSlots(std::vector<PyType_Slot>& slots) {
  AddAllBinary(slots, std::make_index_sequence<kBinary.size()>());
  AddAllUnary(slots, std::make_index_sequence<kUnary.size()>());
  for (std::size_t i = 0; i < kComparisons.size(); ++i) {
    comparison_ufuncs[i] = FindOperator(kComparisons[i], 2);
  }
  Add(slots, Py_tp_richcompare, &Compare);
  Add(slots, Py_tp_hash, &PyObject_HashNotImplemented);
  Add(slots, Py_nb_bool, &Truth);
  Add(slots, Py_nb_int, &ToInt);
  Add(slots, Py_nb_float, &ToFloat);
  Add(slots, Py_nb_index, &ToIndex);
}

}  // namespace quern::python
