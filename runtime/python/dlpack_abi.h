// The memory layout of DLPack tensors (https://dmlc.github.io/dlpack, versions 0.8 and 1.x), as the
// exchange protocol fixes it.
#ifndef QUERN_PYTHON_DLPACK_ABI_H_
#define QUERN_PYTHON_DLPACK_ABI_H_

#include <cstdint>

namespace quern::python {

inline constexpr std::int32_t kDLDeviceCpu = 1;
inline constexpr std::uint64_t kDLFlagReadOnly = 1;
inline constexpr std::uint64_t kDLFlagCopied = 2;

struct DLDevice {
  std::int32_t type;
  std::int32_t id;
};

struct DLDataType {
  std::uint8_t code;
  std::uint8_t bits;
  std::uint16_t lanes;
};

struct DLTensor {
  void* data;
  DLDevice device;
  std::int32_t ndim;
  DLDataType dtype;
  std::int64_t* shape;
  std::int64_t* strides;  // in elements; null for C order
  std::uint64_t byte_offset;
};

// What a capsule named "dltensor" holds.
struct DLManagedTensor {
  DLTensor tensor;
  void* context;
  void (*deleter)(DLManagedTensor*);
};

struct DLVersion {
  std::uint32_t major;
  std::uint32_t minor;
};

// What a capsule named "dltensor_versioned" holds.
struct DLManagedTensorVersioned {
  DLVersion version;
  void* context;
  void (*deleter)(DLManagedTensorVersioned*);
  std::uint64_t flags;
  DLTensor tensor;
};

}  // namespace quern::python

#endif  // QUERN_PYTHON_DLPACK_ABI_H_
