// Dense linear algebra on single core operands: the form that its routines share.
#ifndef QUERN_LINALG_MATRIX_H_
#define QUERN_LINALG_MATRIX_H_

#include <cstddef>

#include "quern/export.hpp"

namespace quern {

// One product c = a b of rows x inner by inner x columns elements. Steps are in bytes and of any
// sign, or 0 but in c, which overlaps neither operand.
struct MatrixOperands {
  const std::byte* a;
  std::ptrdiff_t a_row, a_inner;
  const std::byte* b;
  std::ptrdiff_t b_inner, b_column;
  std::byte* c;
  std::ptrdiff_t c_row, c_column;
  std::size_t rows, inner, columns;
};

// This thread's memory for packed operands: at least `bytes`, 64-byte aligned, uninitialised. Valid
// until the thread's next call; kept from call to call. Throws std::bad_alloc.
QUERN_EXPORT void* PackScratch(std::size_t bytes);

}  // namespace quern

#endif  // QUERN_LINALG_MATRIX_H_
