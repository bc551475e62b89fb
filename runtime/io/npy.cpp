// load, save and their in-memory forms (quern/io.hpp).

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/array_access.h"
#include "io/file.h"
#include "io/npy_header.h"
#include "quern/errors.hpp"
#include "quern/io.hpp"

namespace quern {
namespace {

// Elements that do not lie in file order are written through copies of at most this many bytes.
constexpr std::size_t kCopyBytes = std::size_t{4} << 20;

std::string_view AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::byte> AsBytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

// A truth value is a byte of 0 or 1 everywhere in quern; files may hold any byte, and NumPy takes
// all but 0 as true.
void NormalizeTruthValues(std::span<std::byte> bytes) {
  for (std::byte& byte : bytes) byte = byte == std::byte{0} ? std::byte{0} : std::byte{1};
}

// A new array of the header's dtype and shape whose bytes `read` has filled.
template <class Read>
Array ReadData(const io::NpyHeader& header, const Read& read) {
  Array array(header.shape, header.dtype, header.order);
  const std::span<std::byte> bytes(array.data(), header.data_bytes);
  read(bytes);
  if (header.dtype == DType::of<bool>()) NormalizeTruthValues(bytes);
  return array;
}

io::NpyHeader ReadHeader(const io::InputFile& file) {
  std::array<std::byte, io::kPrefixBytes> storage;
  const std::span<std::byte> start(storage.data(),
                                   std::min<std::uint64_t>(file.size(), storage.size()));
  file.Read(0, start);
  const io::NpyPrefix prefix = io::ParsePrefix(start, file.size(), file.where());
  std::vector<std::byte> dictionary(prefix.length);
  file.Read(prefix.offset, dictionary);
  return io::ParseHeader(prefix, AsText(dictionary), file.size(), file.where());
}

// The mapping is given back when the function object, and with it `memory`, is destroyed; emptying
// the pointer makes that happen as soon as the last handle is gone.
Array MapData(const io::InputFile& file, const io::NpyHeader& header, bool writeable) {
  std::shared_ptr<std::byte> memory = file.Map(header.data_offset + header.data_bytes, writeable);
  std::byte* const data = memory.get() + header.data_offset;
  Shape strides(header.shape.size());
  DenseStrides(header.shape, header.dtype.size(), header.order == Order::F, strides);
  return Array::from_memory(data, header.dtype, header.shape, strides, writeable,
                            [memory]() mutable { memory.reset(); });
}

// Hands the elements of `array` to `write` in C order. What is not contiguous is halved along the
// outermost axis until a copy of the part is small.
template <class Write>
void WriteElements(const Array& array, const Write& write) {
  if (array.size() == 0) return;
  if (array.c_contiguous()) {
    write({array.data(), array.nbytes()});
  } else if (array.nbytes() <= kCopyBytes) {
    WriteElements(array.copy(Order::C), write);
  } else if (array.shape(0) == 1) {
    WriteElements(array(0), write);
  } else {
    const Index middle = array.shape(0) / 2;
    WriteElements(array(Slice{.start = {}, .stop = middle, .step = {}}), write);
    WriteElements(array(Slice{.start = middle, .stop = {}, .step = {}}), write);
  }
}

template <class Write>
void WriteNpy(const Array& array, const Write& write) {
  const bool fortran = !array.c_contiguous() && array.f_contiguous();
  write(AsBytes(io::MakeHeader(array.dtype(), fortran, array.shape())));
  WriteElements(fortran ? array.transpose() : array, write);
}

}  // namespace

Array load(const std::filesystem::path& path, LoadMode mode) {
  const io::InputFile file("load", path);
  const io::NpyHeader header = ReadHeader(file);
  if (mode != LoadMode::read) {
    return MapData(file, header, mode == LoadMode::map_copy_on_write);
  }
  return ReadData(header,
                  [&](std::span<std::byte> bytes) { file.Read(header.data_offset, bytes); });
}

void save(const std::filesystem::path& path, const Array& array) {
  io::OutputFile file("save", path);
  WriteNpy(array, [&](std::span<const std::byte> bytes) { file.Write(bytes); });
  file.Commit();
}

Array load_npy(std::span<const std::byte> bytes) {
  constexpr std::string_view kWhere = "load_npy: the data";
  const io::NpyPrefix prefix =
      io::ParsePrefix(bytes.first(std::min(bytes.size(), io::kPrefixBytes)), bytes.size(), kWhere);
  const io::NpyHeader header = io::ParseHeader(
      prefix, AsText(bytes.subspan(prefix.offset, prefix.length)), bytes.size(), kWhere);
  return ReadData(header, [&](std::span<std::byte> out) {
    std::ranges::copy(bytes.subspan(header.data_offset, out.size()), out.begin());
  });
}

std::vector<std::byte> save_npy(const Array& array) {
  std::vector<std::byte> result;
  WriteNpy(array, [&](std::span<const std::byte> bytes) {
    result.insert(result.end(), bytes.begin(), bytes.end());
  });
  return result;
}

}  // namespace quern
