// Slots that make, read and convert arrays, and those that read and write files.

#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "capi/handle.h"
#include "capi/slots.h"
#include "capi/status.h"
#include "core/array_access.h"
#include "quern/io.hpp"

namespace quern::capi {
namespace {

static_assert(std::is_same_v<Index, std::int64_t>, "shapes are handed out without conversion");

// The shape that a caller passes; null stands for no axes only where there are none.
std::span<const Index> ShapeOf(int32_t ndim, const int64_t* shape, const char* what) {
  if (ndim < 0) {
    throw ShapeError(std::string(what) + ": ndim is " + std::to_string(ndim) +
                     "; at least 0 is accepted");
  }
  if (ndim > 0) NotNull(shape, (std::string(what) + ": shape").c_str());
  return {shape, static_cast<std::size_t>(ndim)};
}

// The caller's to release.
qn_array* NewHandle(Array array) { return std::make_unique<qn_array>(std::move(array)).release(); }

CastingLevel LevelOf(int32_t casting, const char* what) {
  if (casting < QN_CAST_NO || casting > QN_CAST_SAME_VALUE) {
    throw ValueError(std::string(what) + ": there is no casting level " + std::to_string(casting) +
                     "; 0 (no) to 5 (same_value) are accepted");
  }
  return static_cast<CastingLevel>(casting);
}

// Runs the deleter of a foreign buffer, once it has been taken over: until then the memory is the
// caller's whatever happens.
struct Release {
  qn_deleter deleter;
  void* context;
  std::shared_ptr<bool> taken_over = std::make_shared<bool>(false);

  void operator()() const {
    if (*taken_over && deleter != nullptr) deleter(context);
  }
};

std::vector<Index> StridesOf(std::span<const Index> shape, const int64_t* strides, DType dtype) {
  if (strides != nullptr) return {strides, strides + shape.size()};
  std::vector<Index> dense(shape.size());
  DenseStrides(shape, dtype.size(), /*columns_first=*/false, dense);
  return dense;
}

}  // namespace

qn_status array_new(int32_t dtype, int32_t ndim, const int64_t* shape, qn_array** result) noexcept {
  return Guard([&] {
    constexpr const char* kWhat = "qn_array_new";
    NotNull(result, "qn_array_new: result");
    *result = NewHandle(zeros(ShapeOf(ndim, shape, kWhat), DTypeOf(dtype, kWhat)));
  });
}

qn_status array_from_buffer(void* data, int32_t dtype, int32_t ndim, const int64_t* shape,
                            const int64_t* strides, int writable, qn_deleter deleter, void* context,
                            qn_array** result) noexcept {
  return Guard([&] {
    constexpr const char* kWhat = "qn_array_from_buffer";
    NotNull(result, "qn_array_from_buffer: result");
    const std::span<const Index> extents = ShapeOf(ndim, shape, kWhat);
    const DType type = DTypeOf(dtype, kWhat);
    if (CheckedSize(extents, type.size(), kWhat) > 0) NotNull(data, "qn_array_from_buffer: data");
    const Release release{deleter, context};
    Array array = Array::from_memory(data, type, extents, StridesOf(extents, strides, type),
                                     writable != 0, release);
    *result = NewHandle(std::move(array));
    *release.taken_over = true;
  });
}

void array_retain(qn_array* array) noexcept {
  GuardValue(0, [&] {
    NotNull(array, "qn_array_retain: array")->owners.fetch_add(1, std::memory_order_relaxed);
    return 0;
  });
}

void array_release(qn_array* array) noexcept {
  ClearMessage();
  if (array == nullptr) return;
  // What any owner did to the handle happens before its end.
  if (array->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) delete array;
}

int32_t array_ndim(const qn_array* array) noexcept {
  return GuardValue<int32_t>(0, [&] {
    return static_cast<int32_t>(NotNull(array, "qn_array_ndim: array")->array.ndim());
  });
}

const int64_t* array_shape(const qn_array* array) noexcept {
  return GuardValue<const int64_t*>(
      nullptr, [&] { return NotNull(array, "qn_array_shape: array")->array.shape().data(); });
}

const int64_t* array_strides(const qn_array* array) noexcept {
  return GuardValue<const int64_t*>(
      nullptr, [&] { return NotNull(array, "qn_array_strides: array")->array.strides().data(); });
}

void* array_data(const qn_array* array) noexcept {
  return GuardValue<void*>(nullptr,
                           [&] { return NotNull(array, "qn_array_data: array")->array.data(); });
}

int32_t array_dtype(const qn_array* array) noexcept {
  return GuardValue<int32_t>(
      -1, [&] { return NumberOf(NotNull(array, "qn_array_dtype: array")->array.dtype()); });
}

int array_is_writable(const qn_array* array) noexcept {
  return GuardValue(
      0, [&] { return NotNull(array, "qn_array_is_writable: array")->array.writeable() ? 1 : 0; });
}

qn_status array_cast(qn_array* array, int32_t dtype, int32_t casting, qn_array** result) noexcept {
  return Guard([&] {
    constexpr const char* kWhat = "qn_array_cast";
    NotNull(result, "qn_array_cast: result");
    const Array& source = NotNull(array, "qn_array_cast: array")->array;
    *result = NewHandle(source.astype(DTypeOf(dtype, kWhat), LevelOf(casting, kWhat)));
  });
}

qn_status npy_load(const char* path, int map, qn_array** result) noexcept {
  return Guard([&] {
    NotNull(path, "qn_npy_load: path");
    NotNull(result, "qn_npy_load: result");
    *result = NewHandle(load(path, map != 0 ? LoadMode::map_readonly : LoadMode::read));
  });
}

qn_status npy_save(const char* path, qn_array* array) noexcept {
  return Guard([&] {
    NotNull(path, "qn_npy_save: path");
    save(path, NotNull(array, "qn_npy_save: array")->array);
  });
}

}  // namespace quern::capi
