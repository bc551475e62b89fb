// Step 2 of a call: operands that share memory.
#ifndef QUERN_CALL_OVERLAP_H_
#define QUERN_CALL_OVERLAP_H_

#include "quern/array.hpp"

namespace quern {

// True if writing `output` element by element can change an element of `input` that is still to be
// read. Geometries that coincide exactly are safe: each element is read before it is written. May
// answer true for disjoint arrays of intricate strides, never false for a clash.
bool WritesClash(const Array& output, const Array& input);

}  // namespace quern

#endif  // QUERN_CALL_OVERLAP_H_
