// Nested lists as arrays.
//
// First the shape is read along the first elements; then every element is visited once, checked
// against the shape and kept; then the dtype is known and the elements are converted. Elements may
// run Python code while they are visited (an exporter's attributes), so that each is kept by a
// reference of its own.

#include <algorithm>
#include <complex>
#include <string>
#include <vector>

#include "python/errors_binding.h"
#include "python/interchange.h"
#include "python/time_values.h"
#include "python/values.h"
#include "quern/errors.hpp"

namespace quern::python {
namespace {

class SequenceReader {
 public:
  SequenceReader(nb::handle sequence, bool times) : times_(times) {
    ReadShape(sequence);
    Visit(sequence, 0);
  }

  Array Build(std::optional<DType> wanted) const {
    const DType dtype = wanted ? *wanted : FoundDType();
    const Array built(shape_, dtype);
    if (has_arrays_) {
      FillFromArrays(built);
    } else {
      StoreNumbers(elements_, built);
    }
    return built;
  }

 private:
  // An element: an array for exporters, the object itself for numbers.
  static nb::object Element(nb::handle object) {
    PyObject* raw = object.ptr();
    if (ArrayIn(raw) != nullptr || IsPythonNumber(raw) || PyBool_Check(raw)) {
      return nb::borrow(object);
    }
    if (std::optional<Array> array = FromExporter(object)) return WrapArray(std::move(*array));
    return nb::borrow(object);
  }

  void Push(Index extent) {
    shape_.push_back(extent);
    if (shape_.size() > kMaxRank) {
      throw ValueError("the lists are nested more than " + std::to_string(kMaxRank) + " deep");
    }
  }

  void ReadShape(nb::handle object) {
    nb::object current = Element(object);
    while (ArrayIn(current.ptr()) == nullptr && IsSequence(current.ptr())) {
      const Py_ssize_t length = PySequence_Size(current.ptr());
      if (length < 0) throw nb::python_error();
      Push(length);
      if (length == 0) break;
      nb::object first = nb::steal(PySequence_GetItem(current.ptr(), 0));
      if (!first.is_valid()) throw nb::python_error();
      current = Element(first);
    }
    if (const Array* array = ArrayIn(current.ptr())) {
      for (Index extent : array->shape()) Push(extent);
    }
  }

  [[noreturn]] void RefuseRagged(std::size_t depth) const {
    std::string detected;
    for (std::size_t i = 0; i < depth; ++i) detected += std::to_string(shape_[i]) + ",";
    throw ValueError("the lists have an inhomogeneous shape after " + std::to_string(depth) +
                     " dimensions: (" + detected + ") + parts of different shapes");
  }

  void Visit(nb::handle object, std::size_t depth) {
    const nb::object element = Element(object);
    if (const Array* array = ArrayIn(element.ptr())) return KeepArray(element, *array, depth);
    if (!IsSequence(element.ptr())) {
      if (shape_.size() != depth) RefuseRagged(depth);
      NoteNumber(element.ptr());
      elements_.push_back(element);
      return;
    }
    if (depth == shape_.size()) RefuseRagged(depth);
    const nb::object items = nb::steal(PySequence_Fast(element.ptr(), "not a sequence"));
    if (!items.is_valid()) throw nb::python_error();
    if (PySequence_Fast_GET_SIZE(items.ptr()) != shape_[depth]) RefuseRagged(depth);
    // The list may shrink while its elements are looked at.
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items.ptr()); ++i) {
      Visit(nb::borrow(PySequence_Fast_GET_ITEM(items.ptr(), i)), depth + 1);
    }
    if (PySequence_Fast_GET_SIZE(items.ptr()) != shape_[depth]) RefuseRagged(depth);
  }

  void KeepArray(const nb::object& element, const Array& array, std::size_t depth) {
    const std::span<const Index> inner = std::span<const Index>(shape_).subspan(depth);
    if (!std::ranges::equal(inner, array.shape())) RefuseRagged(depth);
    has_arrays_ = true;
    Note(array.dtype().native());
    elements_.push_back(element);
  }

  void NoteNumber(PyObject* number) {
    if (PyBool_Check(number)) return Note(DType::of<bool>());
    if (PyFloat_Check(number)) return Note(DType::of<double>());
    if (PyComplex_Check(number)) return Note(DType::of<std::complex<double>>());
    if (const std::optional<DType> time = TimeDType(number)) return Note(*time);
    if (times_ && (number == Py_None || PyUnicode_Check(number) != 0)) return;
    if (!PyLong_Check(number)) {
      throw TypeError(std::string("an object of type '") + TypeName(number) +
                      "' cannot become an element of an array");
    }
    const std::optional<WeakScalar> weak = AsWeakScalar(number);
    if (!weak) {
      too_large_ = true;
    } else {
      Note(weak->is_unsigned ? DType::of<std::uint64_t>() : DType::of<std::int64_t>());
    }
  }

  void Note(DType dtype) {
    for (DType seen : dtypes_) {
      if (seen == dtype) return;
    }
    dtypes_.push_back(dtype);
  }

  DType FoundDType() const {
    if (too_large_) throw OverflowError("Python int too large to convert to C long");
    return dtypes_.empty() ? DType::of<double>() : result_type(dtypes_);
  }

  // Each element fills the next stretch of the result in C order.
  void FillFromArrays(const Array& built) const {
    const Array flat = built.reshape({-1});
    Index position = 0;
    for (const nb::object& element : elements_) {
      const Array* array = ArrayIn(element.ptr());
      const Array source = array != nullptr ? *array : ScalarArray(element.ptr(), built.dtype());
      const Array stretch =
          flat.index({Slice{position, position + source.size(), {}}}).reshape(source.shape());
      position += source.size();
      Calculate(source.size(), [&] {
        stretch.assign(source, CastingLevel::unsafe);
        return 0;
      });
    }
  }

  std::vector<Index> shape_;
  std::vector<nb::object> elements_;
  std::vector<DType> dtypes_;
  bool times_;  // elements of datetime64 or timedelta64 are wanted: they may be text and None
  bool has_arrays_ = false;
  bool too_large_ = false;
};

}  // namespace

Array FromSequence(nb::handle sequence, std::optional<DType> dtype) {
  return SequenceReader(sequence, dtype && dtype->has_unit()).Build(dtype);
}

}  // namespace quern::python
