#include "io/npy_header.h"

#include <algorithm>
#include <limits>

#include "core/array_access.h"
#include "io/header_literal.h"
#include "quern/errors.hpp"

namespace quern::io {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kHeaderAlignment = 64;
// Digits that NumPy leaves room for, so that the growing axis can be rewritten in place.
constexpr std::size_t kGrowthDigits = 21;

[[noreturn]] void Fail(std::string_view where, const std::string& what) {
  throw FormatError(std::string(where) + ": " + what);
}

std::size_t LittleEndian(std::span<const std::byte> bytes) {
  std::size_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | std::to_integer<std::size_t>(bytes[i]);
  }
  return value;
}

std::string AcceptedDTypes() {
  std::string names;
  for (std::size_t id = 0; id < DType::count(); ++id) {
    if (id > 0) names += ", ";
    names += DType::from_id(static_cast<std::uint8_t>(id)).name();
  }
  return names;
}

// NumPy's letter for Python objects, whose data is a pickle, with any byte order and size.
bool IsObject(std::string_view descr) {
  const std::size_t letter = descr.find_first_not_of("|=<>");
  return letter != std::string_view::npos && (descr[letter] == 'O' || descr == "object");
}

DType ParseDescr(const std::string& descr, std::string_view where) {
  if (IsObject(descr)) {
    Fail(where, "holds Python objects (dtype '" + descr +
                    "'), which cannot be read; accepted dtypes are " + AcceptedDTypes());
  }
  try {
    return DType::parse(descr);
  } catch (const Error&) {
    Fail(where, "holds dtype '" + descr.substr(0, 80) + "'; accepted dtypes are " +
                    AcceptedDTypes() + ", in either byte order");
  }
}

// Bytes of the data. As for arrays in memory, the product of the extents that are not zero must be
// countable even where another extent is zero.
std::size_t DataBytes(std::span<const Index> shape, DType dtype, std::string_view where) {
  constexpr auto kMax = static_cast<std::size_t>(std::numeric_limits<Index>::max());
  std::size_t bytes = dtype.size();
  bool is_empty = false;
  for (const Index extent : shape) {
    if (extent < 0) Fail(where, "shape " + ShapeText(shape) + " has a negative extent");
    const auto count = static_cast<std::size_t>(extent);
    is_empty = is_empty || count == 0;
    if (count > 0 && bytes > kMax / count) {
      Fail(where, "shape " + ShapeText(shape) + " of " + std::string(dtype.name()) +
                      " is too large for any memory");
    }
    if (count > 0) bytes *= count;
  }
  return is_empty ? 0 : bytes;
}

}  // namespace

NpyPrefix ParsePrefix(std::span<const std::byte> bytes, std::uint64_t file_bytes,
                      std::string_view where) {
  const std::size_t magic_bytes = std::min(bytes.size(), kMagic.size());
  const bool is_npy = bytes.size() >= kMagic.size() &&
                      std::equal(kMagic.begin(), kMagic.end(), bytes.begin(), [](char a, auto b) {
                        return static_cast<unsigned char>(a) == std::to_integer<unsigned char>(b);
                      });
  if (!is_npy) {
    Fail(where, magic_bytes == 0 ? "is empty; a .npy file is accepted"
                                 : "is no .npy file: it does not begin with \\x93NUMPY");
  }
  if (bytes.size() < kMagic.size() + 4) Fail(where, "ends within its header");
  const int major = std::to_integer<int>(bytes[6]);
  const int minor = std::to_integer<int>(bytes[7]);
  if (major < 1 || major > 3 || minor != 0) {
    Fail(where, "is a .npy file of version " + std::to_string(major) + "." + std::to_string(minor) +
                    "; accepted are 1.0, 2.0 and 3.0");
  }
  const std::size_t field = major == 1 ? 2 : 4;
  const std::size_t offset = kMagic.size() + 2 + field;
  if (bytes.size() < offset) Fail(where, "ends within its header");
  const std::size_t length = LittleEndian(bytes.subspan(offset - field, field));
  if (length > kMaxDictionaryBytes) {
    Fail(where, "announces a header of " + std::to_string(length) + " bytes; at most " +
                    std::to_string(kMaxDictionaryBytes) + " are accepted");
  }
  if (length > file_bytes - offset) Fail(where, "ends within its header");
  return {major <= 2, offset, length};
}

NpyHeader ParseHeader(const NpyPrefix& prefix, std::string_view dictionary,
                      std::uint64_t file_bytes, std::string_view where) {
  HeaderLiteral literal = ParseHeaderLiteral(dictionary, prefix.python2_longs, where);
  NpyHeader header;
  header.dtype = ParseDescr(literal.descr, where);
  header.order = literal.fortran_order ? Order::F : Order::C;
  header.shape = std::move(literal.shape);
  header.data_offset = prefix.offset + prefix.length;
  header.data_bytes = DataBytes(header.shape, header.dtype, where);
  const std::uint64_t present = file_bytes - header.data_offset;
  if (present < header.data_bytes) {
    Fail(where, "is cut short: shape " + ShapeText(header.shape) + " of " +
                    std::string(header.dtype.name()) + " takes " +
                    std::to_string(header.data_bytes) + " bytes after the header, and " +
                    std::to_string(present) + " are there");
  }
  return header;
}

std::string MakeHeader(DType dtype, bool fortran_order, std::span<const Index> shape) {
  std::string dictionary = "{'descr': '" + dtype.str() +
                           "', 'fortran_order': " + (fortran_order ? "True" : "False") +
                           ", 'shape': " + ShapeText(shape) + ", }";
  if (!shape.empty()) {
    const Index growing = fortran_order ? shape.back() : shape.front();
    dictionary.append(kGrowthDigits - std::to_string(growing).size(), ' ');
  }
  return WrapDictionary(dictionary);
}

std::string WrapDictionary(std::string_view dictionary) {
  const auto padded = [&](std::size_t field) {
    const std::size_t bare = kMagic.size() + 2 + field + dictionary.size() + 1;
    // As NumPy does, a header that already fits gets a whole further line of padding.
    return dictionary.size() + 1 + kHeaderAlignment - bare % kHeaderAlignment;
  };
  const bool is_long = padded(2) > std::numeric_limits<std::uint16_t>::max();
  const std::size_t field = is_long ? 4 : 2;
  const std::size_t length = padded(field);

  std::string header(kMagic);
  header += is_long ? '\2' : '\1';
  header += '\0';
  for (std::size_t i = 0; i < field; ++i) header += static_cast<char>(length >> (8 * i) & 0xff);
  header += dictionary;
  header.append(length - dictionary.size() - 1, ' ');
  header += '\n';
  return header;
}

}  // namespace quern::io
