// Functions that make arrays, read and write files.

#include "python/creation.h"

#include <cmath>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "python/dtype_binding.h"
#include "python/errors_binding.h"
#include "python/interchange.h"
#include "python/reduction.h"
#include "python/values.h"
#include "quern/errors.hpp"
#include "quern/io.hpp"

namespace quern::python {
namespace {

ArrayObject AsArrayFunction(nb::handle object, nb::handle dtype, nb::handle copy) {
  const std::optional<DType> target = OptionalDType(dtype);
  const bool must_copy = copy.ptr() == Py_True;
  const bool may_copy = copy.ptr() != Py_False;
  Converted converted = AsArray(object, target);
  const bool cast = target && *target != converted.array.dtype();
  if ((cast || !converted.shared) && !may_copy) {
    throw ValueError("Unable to avoid copy while creating an array as requested.");
  }
  if (cast) return WrapArray(AsArrayOf(object, target));
  if (must_copy && converted.shared) {
    return WrapArray(
        Calculate(converted.array.size(), [&] { return converted.array.copy(Order::K); }));
  }
  if (ArrayIn(object.ptr()) != nullptr) return nb::borrow<ArrayObject>(object);
  return WrapArray(std::move(converted.array));
}

Array NewArray(nb::handle shape, nb::handle dtype, nb::handle order) {
  const Order layout = AsOrder(order);
  return Array(AsShape(shape), OptionalDType(dtype).value_or(DType()), layout);
}

ArrayObject Filled(nb::handle shape, nb::handle value, nb::handle dtype, nb::handle order) {
  const Array filler = AsArray(value, OptionalDType(dtype)).array;
  const Array array(AsShape(shape), OptionalDType(dtype).value_or(filler.dtype().native()),
                    AsOrder(order));
  Calculate(array.size(), [&] {
    array.assign(filler, CastingLevel::unsafe);
    return 0;
  });
  return WrapArray(Array(array));
}

ArrayObject FilledWith(long value, nb::handle shape, nb::handle dtype, nb::handle order) {
  const nb::object type = dtype.is_none() ? nb::object(WrapDType(DType())) : nb::borrow(dtype);
  return Filled(shape, nb::int_(value), type, order);
}

// Whole numbers are counted in integers, which a detour through floating point would round.
Array WholeRange(std::int64_t start, std::int64_t stop, std::int64_t step) {
  if (step == 0) throw ValueError("arange: the step must not be zero");
  std::vector<std::int64_t> values;
  __extension__ using Wide = __int128;
  const Wide span = Wide{stop} - start;
  const Wide count = (span + step + (step > 0 ? -1 : 1)) / step;
  if (count <= 0 || (span > 0) != (step > 0)) {
    return Array({0}, DType::of<std::int64_t>());
  }
  if (count > PTRDIFF_MAX / 8) throw ValueError("arange: maximum allowed size exceeded");
  Array array({static_cast<Index>(count)}, DType::of<std::int64_t>());
  auto* next = reinterpret_cast<std::int64_t*>(array.data());
  for (Index i = 0; i < array.size(); ++i) next[i] = start + i * step;
  return array;
}

double AsDouble(nb::handle number) {
  const double value = PyFloat_AsDouble(number.ptr());
  if (value == -1.0 && PyErr_Occurred() != nullptr) throw nb::python_error();
  return value;
}

ArrayObject Arange(nb::handle first, nb::handle second, nb::handle step, nb::handle dtype) {
  const nb::object zero = nb::int_(0);
  const nb::object one = nb::int_(1);
  const nb::handle start = second.is_none() ? nb::handle(zero) : first;
  const nb::handle stop = second.is_none() ? first : second;
  const nb::handle stride = step.is_none() ? nb::handle(one) : step;
  const std::optional<DType> target = OptionalDType(dtype);
  if (PyLong_Check(start.ptr()) && PyLong_Check(stop.ptr()) && PyLong_Check(stride.ptr())) {
    Array range = WholeRange(AsIndex(start), AsIndex(stop), AsIndex(stride));
    if (!target || *target == range.dtype()) return WrapArray(std::move(range));
    return WrapArray(Calculate(range.size(), [&] { return range.astype(*target); }));
  }
  return WrapArray(
      arange(AsDouble(start), AsDouble(stop), AsDouble(stride), target.value_or(DType())));
}

std::filesystem::path AsPath(nb::handle file) {
  const nb::object text = nb::steal(PyOS_FSPath(file.ptr()));
  if (!text.is_valid()) throw nb::python_error();
  std::string path =
      PyBytes_Check(text.ptr()) ? PyBytes_AS_STRING(text.ptr()) : TextOf(text, "file");
  if (path.find('\0') != std::string::npos) throw ValueError("embedded null character in path");
  return path;
}

LoadMode AsLoadMode(nb::handle mmap_mode) {
  if (mmap_mode.is_none()) return LoadMode::read;
  const std::string mode = TextOf(mmap_mode, "mmap_mode");
  if (mode == "r") return LoadMode::map_readonly;
  if (mode == "c") return LoadMode::map_copy_on_write;
  throw ValueError("load: mmap_mode must be None, 'r' or 'c' (got '" + mode + "')");
}

std::span<const std::byte> BytesOf(nb::handle bytes) {
  char* data = nullptr;
  Py_ssize_t size = 0;
  if (PyBytes_AsStringAndSize(bytes.ptr(), &data, &size) < 0) throw nb::python_error();
  return {reinterpret_cast<const std::byte*>(data), static_cast<std::size_t>(size)};
}

ArrayObject Load(nb::handle file, nb::handle mmap_mode) {
  if (nb::hasattr(file, "read")) {
    const nb::object content = file.attr("read")();
    return WrapArray(load_npy(BytesOf(content)));
  }
  const std::filesystem::path path = AsPath(file);
  const LoadMode mode = AsLoadMode(mmap_mode);
  try {
    return WrapArray(Calculate(kKeepLock + 1, [&] { return load(path, mode); }));
  } catch (const IoError& error) {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) throw;
    PyErr_SetString(PyExc_FileNotFoundError, error.what());
    throw nb::python_error();
  }
}

nb::object NpyBytes(const Array& array) {
  const std::vector<std::byte> bytes = save_npy(array);
  return nb::bytes(bytes.data(), bytes.size());
}

void Save(nb::handle file, nb::handle object) {
  const Array array = AsArray(object).array;
  if (nb::hasattr(file, "write")) {
    file.attr("write")(NpyBytes(array));
    return;
  }
  std::filesystem::path path = AsPath(file);
  if (path.extension() != ".npy") path += ".npy";
  Calculate(kKeepLock + 1, [&] {
    save(path, array);
    return 0;
  });
}

void BindFilled(nb::module_& module) {
  module.def(
      "empty",
      [](nb::handle shape, nb::handle dtype, nb::handle order) {
        return WrapArray(NewArray(shape, dtype, order));
      },
      nb::arg("shape"), nb::arg("dtype") = nb::none(), nb::arg("order").none() = "C",
      "An array of undefined elements.");
  for (const auto& [name, value] : {std::pair{"zeros", 0L}, std::pair{"ones", 1L}}) {
    module.def(
        name,
        [value = value](nb::handle shape, nb::handle dtype, nb::handle order) {
          return FilledWith(value, shape, dtype, order);
        },
        nb::arg("shape"), nb::arg("dtype") = nb::none(), nb::arg("order").none() = "C",
        "An array of equal elements.");
  }
  module.def("full", &Filled, nb::arg("shape"), nb::arg("fill_value"),
             nb::arg("dtype") = nb::none(), nb::arg("order").none() = "C",
             "An array of equal elements.");
  module.def("arange", &Arange, nb::arg("start"), nb::arg("stop") = nb::none(),
             nb::arg("step") = nb::none(), nb::arg("dtype") = nb::none(),
             "[start, stop) in equal steps; arange(stop) starts at 0.");
}

}  // namespace

std::vector<Index> AsShape(nb::handle shape) {
  if (PyIndex_Check(shape.ptr()) != 0 && !PySequence_Check(shape.ptr())) return {AsIndex(shape)};
  if (!IsSequence(shape.ptr())) {
    throw TypeError(std::string("a shape is an integer or a tuple of integers, not ") +
                    TypeName(shape));
  }
  std::vector<Index> extents;
  for (nb::handle item : shape) extents.push_back(AsIndex(item));
  return extents;
}

nb::tuple PickledForm(const Array& array) {
  const nb::object unpack = nb::module_::import_("quern._pickle").attr("array");
  return nb::make_tuple(unpack, nb::make_tuple(NpyBytes(array)));
}

void BindCreation(nb::module_& module) {
  module.def("asarray", &AsArrayFunction, nb::arg("a"), nb::arg("dtype") = nb::none(),
             nb::arg("copy") = nb::none(),
             "Any object as an array. Memory that the object exports is shared, whatever its\n"
             "layout; copy=True asks for a copy, copy=False refuses one.");
  module.def(
      "from_dlpack",
      [](nb::handle object) {
        std::optional<Array> array = FromDLPack(object);
        if (!array) throw TypeError("from_dlpack: the object has no __dlpack__");
        return WrapArray(std::move(*array));
      },
      nb::arg("x"), "An array over the memory of an object with __dlpack__.");
  BindFilled(module);
  module.def(
      "broadcast_to",
      [](nb::handle array, nb::handle shape) {
        return WrapArray(AsArray(array).array.broadcast_to(AsShape(shape)));
      },
      nb::arg("array"), nb::arg("shape"), "A read-only view of another shape.");
  module.def("load", &Load, nb::arg("file"), nb::arg("mmap_mode") = nb::none(),
             "Reads a .npy file; mmap_mode 'r' or 'c' maps it into memory.");
  module.def("save", &Save, nb::arg("file"), nb::arg("arr"), "Writes a .npy file.");
  module.def("_from_npy", [](nb::bytes content) { return WrapArray(load_npy(BytesOf(content))); });
}

}  // namespace quern::python
