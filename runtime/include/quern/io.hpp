// NumPy's .npy files, versions 1.0 to 3.0, C and Fortran order, both byte orders.
#ifndef QUERN_IO_HPP_
#define QUERN_IO_HPP_

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "quern/array.hpp"

namespace quern {

// How load brings a file in: read into memory, or mapped (read-only: the array refuses writes;
// copy_on_write: writes stay private to the process).
enum class LoadMode : std::uint8_t { read, map_readonly, map_copy_on_write };

// Throws IoError if the file cannot be opened or read, FormatError if it is no .npy file, is
// truncated, or holds a dtype, shape or header that is not accepted. Never allocates more than the
// file's size plus 64 KiB.
QUERN_EXPORT Array load(const std::filesystem::path& path, LoadMode mode = LoadMode::read);
// Writes the lowest version that fits, in C order unless the array is only Fortran-contiguous.
// The file appears whole or not at all. IoError.
QUERN_EXPORT void save(const std::filesystem::path& path, const Array& array);

// The same for bytes in memory.
QUERN_EXPORT Array load_npy(std::span<const std::byte> bytes);
QUERN_EXPORT std::vector<std::byte> save_npy(const Array& array);

}  // namespace quern

#endif  // QUERN_IO_HPP_
