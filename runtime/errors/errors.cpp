// Keys of the exception classes: the destructors anchor their type information in the library, so
// that a consumer catches across the shared-library border.
#include "quern/errors.hpp"

namespace quern {

Error::~Error() = default;
ValueError::~ValueError() = default;
ShapeError::~ShapeError() = default;
AxisError::~AxisError() = default;
ReadOnlyError::~ReadOnlyError() = default;
FormatError::~FormatError() = default;
TypeError::~TypeError() = default;
CastError::~CastError() = default;
IndexError::~IndexError() = default;
OverflowError::~OverflowError() = default;
FloatingPointError::~FloatingPointError() = default;
IoError::~IoError() = default;
NotSupportedError::~NotSupportedError() = default;
SpecError::~SpecError() = default;

}  // namespace quern
