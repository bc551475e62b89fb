// Step 2 of a call: operands that share memory.
#ifndef QUERN_CALL_OVERLAP_H_
#define QUERN_CALL_OVERLAP_H_

#include "quern/array.hpp"

namespace quern {

// True if writing `output` element by element can change an element of `input` that is still to be
// read. Geometries that coincide exactly are safe: each element is read before it is written. May
// answer true for disjoint arrays of intricate strides, never false for a clash.
bool WritesClash(const Array& output, const Array& input);

// True if writing two arrays can write to one byte twice; true also for disjoint arrays of intricate
// strides.
bool WritesMeet(const Array& first, const Array& second);

}  // namespace quern

#endif  // QUERN_CALL_OVERLAP_H_
