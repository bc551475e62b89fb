// Questions about dtypes: which numbers they hold, what they are, and which is the least for a
// value.
#ifndef QUERN_DTYPE_QUERIES_HPP_
#define QUERN_DTYPE_QUERIES_HPP_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "quern/dtype.hpp"
#include "quern/export.hpp"
#include "quern/ufunc.hpp"

namespace quern {

// The numbers of a floating-point dtype, under NumPy's names. Every value is exact in a double.
struct FloatInfo {
  DType dtype;  // in native byte order
  int bits;     // of an element: 1 for the sign, nexp for the exponent, nmant for the rest
  int nmant;    // of the significand, without the hidden one
  int nexp;
  int iexp;       // the same
  int precision;  // decimal digits that survive, at least 1
  int machep;     // eps is 2^machep
  int negep;      // epsneg is 2^negep
  int minexp;     // smallest_normal is 2^minexp
  int maxexp;     // the least power of two that is too large
  double eps;     // from 1 to the next larger number
  double epsneg;  // from 1 to the next smaller number
  double min;     // finite
  double max;
  double smallest_normal;
  double tiny;  // the same
  double smallest_subnormal;
  double resolution;  // the number nearest to 10^-precision
};

// The numbers of an integer dtype.
struct IntegerInfo {
  DType dtype;  // as it was asked for
  int bits;
  char kind;  // NumPy's letter: 'i' or 'u'
  std::int64_t min;
  std::uint64_t max;
};

// Of a floating-point dtype, or of the parts of a complex one. ValueError for others.
QUERN_EXPORT FloatInfo finfo(DType dtype);
// ValueError for what is no integer.
QUERN_EXPORT IntegerInfo iinfo(DType dtype);

// The least dtype that holds a single value, as NumPy has it; the dtype of an array with axes.
// Integers take the least unsigned dtype, or signed one if negative, floating-point numbers the
// least in whose range they lie with room to spare (below its largest number cut to two digits:
// 65000 for float16), whatever digits that loses; a real infinity or NaN lies in all. Complex
// numbers do the same by their parts, but for infinities and NaN, which keep the dtype. Values of
// dtypes that nothing else becomes (bfloat16, those of packages) keep theirs.
QUERN_EXPORT DType min_scalar_type(const Operand& value);

// The floating-point or complex dtype for calculations with arrays of these dtypes: that which they
// promote to, where integers count as float64. Of no dtypes it is the least. TypeError for dtypes
// that are no numbers.
QUERN_EXPORT DType common_type(std::span<const DType> dtypes);

// The letter of the least dtype of `typeset` that holds all dtypes of `typechars` that are in it,
// or `otherwise` if none is. Letters are NumPy's; those that stand for no dtype are passed over. A
// complex dtype beside a wider floating-point one gives the complex one that holds both, in the set
// or not.
QUERN_EXPORT char mintypecode(std::string_view typechars, std::string_view typeset = "GDFgdf",
                              char otherwise = 'd');

// Whether a dtype is of a kind of the array API standard: "bool", "signed integer", "unsigned
// integer", "integral", "real floating", "complex floating", "numeric". ValueError names them all.
QUERN_EXPORT bool isdtype(DType dtype, std::string_view kind);
// Whether the two differ at most in byte order.
QUERN_EXPORT bool isdtype(DType dtype, DType kind);

// An abstract class of dtypes, as NumPy has them.
struct AbstractInfo {
  std::string_view name;
  std::string_view summary;
  std::optional<AbstractDType> parent;  // the class that it is directly below
};
// All of them, by AbstractDType.
QUERN_EXPORT std::vector<AbstractInfo> abstract_dtypes();

// Whether the first is a subclass of the second, as NumPy's types are: every dtype of itself, in
// whatever byte order, and of the abstract classes that hold it.
QUERN_EXPORT bool issubdtype(DType first, DType second);
QUERN_EXPORT bool issubdtype(DType first, AbstractDType second);
QUERN_EXPORT bool issubdtype(AbstractDType first, AbstractDType second);

}  // namespace quern

#endif  // QUERN_DTYPE_QUERIES_HPP_
