// The exceptions of quern. Every message names the operation, the argument, what it was and what
// would be accepted. When one is thrown nothing has been half written, unless it reports a
// floating-point condition, which is found after the results are in place.
#ifndef QUERN_ERRORS_HPP_
#define QUERN_ERRORS_HPP_

#include <stdexcept>
#include <string>

#include "quern/export.hpp"

namespace quern {

// Base of all of them.
class QUERN_EXPORT Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ~Error() override;
};

// An argument of an acceptable type has an unacceptable value.
class QUERN_EXPORT ValueError : public Error {
 public:
  using Error::Error;
  ~ValueError() override;
};

// Shapes that do not broadcast, reshape or match.
class QUERN_EXPORT ShapeError : public ValueError {
 public:
  using ValueError::ValueError;
  ~ShapeError() override;
};

// An axis that the array does not have.
class QUERN_EXPORT AxisError : public ValueError {
 public:
  using ValueError::ValueError;
  ~AxisError() override;
};

// An array that may not be written to.
class QUERN_EXPORT ReadOnlyError : public ValueError {
 public:
  using ValueError::ValueError;
  ~ReadOnlyError() override;
};

// A file that does not hold what its format demands.
class QUERN_EXPORT FormatError : public ValueError {
 public:
  using ValueError::ValueError;
  ~FormatError() override;
};

// Dtypes for which there is no loop, or an argument of the wrong kind.
class QUERN_EXPORT TypeError : public Error {
 public:
  using Error::Error;
  ~TypeError() override;
};

// A cast that the casting level does not allow.
class QUERN_EXPORT CastError : public TypeError {
 public:
  using TypeError::TypeError;
  ~CastError() override;
};

// A position outside an axis.
class QUERN_EXPORT IndexError : public Error {
 public:
  using Error::Error;
  ~IndexError() override;
};

// An integer that its destination cannot hold.
class QUERN_EXPORT OverflowError : public Error {
 public:
  using Error::Error;
  ~OverflowError() override;
};

// A floating-point condition whose action in the error state is `raise`.
class QUERN_EXPORT FloatingPointError : public Error {
 public:
  using Error::Error;
  ~FloatingPointError() override;
};

// A file that cannot be opened, read or written.
class QUERN_EXPORT IoError : public Error {
 public:
  using Error::Error;
  ~IoError() override;
};

// Something NumPy has and quern does not have yet.
class QUERN_EXPORT NotSupportedError : public Error {
 public:
  using Error::Error;
  ~NotSupportedError() override;
};

// A package of generated tables that does not fit this library.
class QUERN_EXPORT SpecError : public Error {
 public:
  using Error::Error;
  ~SpecError() override;
};

}  // namespace quern

#endif  // QUERN_ERRORS_HPP_
