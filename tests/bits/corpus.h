// Inputs that are the same bits on every machine: made by integer arithmetic, exact operations and
// defined conversions alone.
#ifndef QUERN_TESTS_BITS_CORPUS_H_
#define QUERN_TESTS_BITS_CORPUS_H_

#include <cstddef>

#include "quern/quern.hpp"

namespace quern::bits {

// How many of an array's elements, the first, are special values (zeros, ones, limits, infinities,
// NaN), and how many in all. The others are bit patterns and moderate numbers in turn; without any
// special values all are moderate: small enough for sums of products.
struct Extent {
  Index special;
  Index all;
};

// Every tuple of special values of that many operands, and some more elements.
Extent TuplesOf(std::size_t operands);

// Elements of the dtype; `seed` tells the operands of a loop apart, 0 the first.
Array Corpus(DType dtype, Extent extent, unsigned seed);

}  // namespace quern::bits

#endif  // QUERN_TESTS_BITS_CORPUS_H_
