// Reductions that are composed of ufuncs.
#ifndef QUERN_STATISTICS_HPP_
#define QUERN_STATISTICS_HPP_

#include "quern/ufunc.hpp"

namespace quern {

// Arithmetic mean over axes (all by default): the sum divided by the number of elements that take
// part. Integers and bool give float64, spans of time their own unit, truncated. `initial` is not
// accepted. A mean of nothing is NaN and raises the invalid condition.
QUERN_EXPORT Array mean(const Array& array, const ReduceOptions& options = {});

}  // namespace quern

#endif  // QUERN_STATISTICS_HPP_
