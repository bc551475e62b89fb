// The storage type of a boolean element: one byte, 0 or 1. A type of its own, so that templates
// tell it from uint8; C++ bool is not used because reading another byte value through it is
// undefined.
#ifndef QUERN_CORE_BOOL_H_
#define QUERN_CORE_BOOL_H_

#include <cstdint>

namespace quern {

enum class Bool : std::uint8_t { kFalse = 0, kTrue = 1 };

}  // namespace quern

#endif  // QUERN_CORE_BOOL_H_
