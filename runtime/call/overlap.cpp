// Do two strided arrays share a byte? The exact question is a bounded Diophantine equation, NP-hard
// in the number of axes. Two cheap tests settle what occurs in practice: the bounds of memory, and
// residues. If g divides every stride of both arrays, element addresses of each lie in one residue
// class modulo g; the arrays are disjoint if the byte ranges of the two classes are. That covers
// a[::2] beside a[1::2], columns of a table and fields of a record. Whatever is left is taken for a
// clash, and costs a copy of the input.
#include "call/overlap.h"

#include <algorithm>
#include <numeric>

#include "core/array_access.h"

namespace quern {
namespace {

bool SameGeometry(const Array& a, const Array& b) {
  return a.data() == b.data() && a.itemsize() == b.itemsize() &&
         std::ranges::equal(a.shape(), b.shape()) && std::ranges::equal(a.strides(), b.strides());
}

Index CommonStride(const Array& array, Index divisor) {
  for (std::size_t axis = 0; axis < array.ndim(); ++axis) {
    if (array.shape()[axis] > 1) divisor = std::gcd(divisor, array.strides()[axis]);
  }
  return divisor;
}

bool ResiduesDisjoint(const Array& a, const Array& b) {
  const Index modulus = CommonStride(b, CommonStride(a, 0));
  if (modulus == 0) return false;
  const Index distance = b.data() - a.data();
  const Index residue = ((distance % modulus) + modulus) % modulus;
  return residue >= static_cast<Index>(a.itemsize()) &&
         residue + static_cast<Index>(b.itemsize()) <= modulus;
}

}  // namespace

bool WritesClash(const Array& output, const Array& input) {
  return output.may_share_memory(input) && !SameGeometry(output, input) &&
         !ResiduesDisjoint(output, input);
}

bool WritesMeet(const Array& first, const Array& second) {
  return first.may_share_memory(second) && !ResiduesDisjoint(first, second);
}

}  // namespace quern
