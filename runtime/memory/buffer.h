// Array memory: 64-byte-aligned blocks from a bounded cache of freed ones.
#ifndef QUERN_MEMORY_BUFFER_H_
#define QUERN_MEMORY_BUFFER_H_

#include <cstddef>
#include <memory>

#include "quern/runtime.hpp"

namespace quern {

// Alignment of every block in bytes.
inline constexpr std::size_t kBufferAlignment = 64;

// An uninitialised block of at least `bytes` bytes (zero gives a valid block too), given back when
// the last owner goes. Throws std::bad_alloc.
std::shared_ptr<void> AllocateBuffer(std::size_t bytes);

}  // namespace quern

#endif  // QUERN_MEMORY_BUFFER_H_
