// The Python literal that a .npy header holds.
#ifndef QUERN_IO_HEADER_LITERAL_H_
#define QUERN_IO_HEADER_LITERAL_H_

#include <string>
#include <string_view>

#include "quern/array.hpp"

namespace quern::io {

// The three entries of the dictionary, as written.
struct HeaderLiteral {
  std::string descr;
  bool fortran_order = false;
  Shape shape;  // signs and sizes unchecked, at most kMaxRank extents
};

// Reads {'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }: the keys in any order, each
// exactly once, white space between words, one comma allowed after the last item. `python2_longs`
// also accepts the `10L` that Python 2 wrote. Anything else, a descr that is not a string included,
// throws FormatError, whose message begins with `where` and gives the position in the header.
// Allocates no more than a few times the text's size; recursion is two levels deep.
HeaderLiteral ParseHeaderLiteral(std::string_view text, bool python2_longs, std::string_view where);

}  // namespace quern::io

#endif  // QUERN_IO_HEADER_LITERAL_H_
