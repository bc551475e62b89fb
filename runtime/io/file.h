// Files of the operating system, as far as .npy files need them.
//
// All functions throw IoError with the path and the system's reason; `operation` is the public
// function on whose behalf they work and begins the message.
#ifndef QUERN_IO_FILE_H_
#define QUERN_IO_FILE_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace quern::io {

// "load: 'a.npy'", the beginning of every message about a file.
std::string Where(std::string_view operation, const std::filesystem::path& path);

// A regular file open for reading.
class InputFile {
 public:
  // IoError also for directories, pipes and devices: their size is not known in advance, and what
  // is read is bounded by it.
  InputFile(std::string_view operation, const std::filesystem::path& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  std::uint64_t size() const { return size_; }  // bytes, when it was opened
  const std::string& where() const { return where_; }
  // Fills `out` from byte `offset` on. IoError if the file ends before, because it shrank
  // meanwhile.
  void Read(std::uint64_t offset, std::span<std::byte> out) const;

  // The first `bytes` > 0 bytes of a file in memory, until the last copy of the pointer is gone. A
  // writeable mapping is private: the file never changes. Reading a mapping whose file another
  // process has shortened meanwhile kills the process with SIGBUS, as with any mapping.
  std::shared_ptr<std::byte> Map(std::size_t bytes, bool writeable) const;

 private:
  std::string where_;
  int descriptor_;
  std::uint64_t size_;
};

// A file that appears at its path whole or not at all: what is written goes to a temporary file in
// the same directory, ".name.quern-<random>", which Commit renames; without Commit it is removed.
//
// A symbolic link is followed: the file it leads to is replaced, the link stays. A replaced file
// keeps its permission bits; a new one gets those that the process's umask leaves. Other names
// (hard links) of a replaced file keep its old content, and so do mappings of it. A path that is
// neither absent nor a regular file (a pipe, /dev/stdout) is written to directly. Nothing is
// promised about a crash of the machine: the data is not forced to the disk.
class OutputFile {
 public:
  OutputFile(std::string_view operation, const std::filesystem::path& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void Write(std::span<const std::byte> bytes);
  void Commit();

 private:
  void OpenDirectly();
  void OpenTemporary(bool replaces, unsigned mode);

  std::string where_;
  std::filesystem::path target_;
  std::filesystem::path temporary_;  // empty when writing directly
  int descriptor_ = -1;
};

}  // namespace quern::io

#endif  // QUERN_IO_FILE_H_
