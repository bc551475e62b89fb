// Products of large floating-point matrices by BLIS, on the calling thread.
#ifndef QUERN_LINALG_BLIS_H_
#define QUERN_LINALG_BLIS_H_

#include <complex>
#include <cstddef>
#include <initializer_list>

#include "linalg/matrix.h"
#include "quern/export.hpp"

namespace quern {

// True if the operands have a form that BLIS takes: steps that are positive whole numbers of
// elements of `size` bytes.
inline bool TakenByBlis(const MatrixOperands& m, std::ptrdiff_t size) {
  for (std::ptrdiff_t step : {m.a_row, m.a_inner, m.b_inner, m.b_column, m.c_row, m.c_column}) {
    if (step <= 0 || step % size != 0) return false;
  }
  return true;
}

// c = a b for operands that TakenByBlis takes and extents above 0. The order of sums is BLIS's own.
// Conditions stay pending in the hardware of the calling thread, the only one that computes.
QUERN_EXPORT void MultiplyByBlis(const MatrixOperands& m, float);
QUERN_EXPORT void MultiplyByBlis(const MatrixOperands& m, double);
QUERN_EXPORT void MultiplyByBlis(const MatrixOperands& m, std::complex<float>);
QUERN_EXPORT void MultiplyByBlis(const MatrixOperands& m, std::complex<double>);

}  // namespace quern

#endif  // QUERN_LINALG_BLIS_H_
