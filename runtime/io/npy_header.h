// The part of a .npy file before its data: magic, version, length, dictionary.
//
//   bytes    0-5   \x93NUMPY
//            6-7   version: 1.0, 2.0 or 3.0
//            8-    length of the dictionary, little-endian: 2 bytes in 1.0, 4 bytes in 2.0 and 3.0
//            then  the dictionary, padded with spaces to a multiple of 64 bytes in all, ending in
//            \n
//
// 3.0 says that the dictionary is UTF-8 and not Latin-1; the ones accepted here are ASCII.
#ifndef QUERN_IO_NPY_HEADER_H_
#define QUERN_IO_NPY_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "quern/array.hpp"

namespace quern::io {

// Bytes that hold any magic, version and length field.
inline constexpr std::size_t kPrefixBytes = 12;
// The longest dictionary read. The longest that an accepted array needs is some 1,500 bytes; NumPy
// itself refuses more than 10,000 unless told otherwise.
inline constexpr std::size_t kMaxDictionaryBytes = 65536;

// The fields of the first kPrefixBytes bytes.
struct NpyPrefix {
  bool python2_longs;  // the version may come from Python 2
  std::size_t offset;  // where the dictionary begins
  std::size_t length;  // of the dictionary, at most kMaxDictionaryBytes
};

// What the header says of the data, checked: extents are not negative and the bytes are countable.
struct NpyHeader {
  DType dtype;
  Order order = Order::C;  // C or F
  Shape shape;
  std::size_t data_offset = 0;  // from the beginning of the file
  std::size_t data_bytes = 0;
};

// `bytes` is the beginning of the file and holds kPrefixBytes bytes or all of a shorter file.
// `file_bytes` is the size of the whole file. Throws FormatError, whose message begins with
// `where`, for a bad magic, an unknown version, or a dictionary that is too long or that the file
// cuts short.
NpyPrefix ParsePrefix(std::span<const std::byte> bytes, std::uint64_t file_bytes,
                      std::string_view where);

// `dictionary` is the text that `prefix` describes. Throws FormatError likewise for a dictionary,
// dtype or shape that is not accepted and for a file too short for its data. Bytes after the data
// are no error: NumPy ignores them.
NpyHeader ParseHeader(const NpyPrefix& prefix, std::string_view dictionary,
                      std::uint64_t file_bytes, std::string_view where);

// The header of a file: the dictionary as NumPy writes it, with NumPy's padding and spare space.
std::string MakeHeader(DType dtype, bool fortran_order, std::span<const Index> shape);

// A dictionary with prefix and padding, in version 1.0 if its length field can hold it, else 2.0.
std::string WrapDictionary(std::string_view dictionary);

}  // namespace quern::io

#endif  // QUERN_IO_NPY_HEADER_H_
