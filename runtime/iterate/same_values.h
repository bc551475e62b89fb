// Whether elements kept their values in a conversion.
#ifndef QUERN_ITERATE_SAME_VALUES_H_
#define QUERN_ITERATE_SAME_VALUES_H_

#include "core/fp_flags.h"
#include "quern/array.hpp"

namespace quern {

// True if every element of `converted` has the value of the element of `source`, of the same shape,
// that it was cast from; `met` are the conditions of that cast. The zeros are one value, and so are
// all NaN, which no integer has; a complex number is a real one if its imaginary part is 0. Every
// number has a truth value, and bool keeps no more of it, as in NumPy.
bool SameValues(const Array& source, const Array& converted, FpFlags met);

}  // namespace quern

#endif  // QUERN_ITERATE_SAME_VALUES_H_
