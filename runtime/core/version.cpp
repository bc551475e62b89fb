#include "quern/runtime.hpp"
#include "quern/version.hpp"

namespace quern {

std::string_view version() { return QUERN_VERSION; }

}  // namespace quern
