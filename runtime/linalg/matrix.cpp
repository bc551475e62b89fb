#include "linalg/matrix.h"

#include <memory>

#include "memory/buffer.h"

namespace quern {

void* PackScratch(std::size_t bytes) {
  thread_local std::shared_ptr<void> block;
  thread_local std::size_t size = 0;
  if (bytes > size) {
    block.reset();
    size = 0;
    block = AllocateBuffer(bytes);
    size = bytes;
  }
  return block.get();
}

}  // namespace quern
