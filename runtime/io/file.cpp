#include "io/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <system_error>
#include <utility>

#include "quern/errors.hpp"

namespace quern::io {
namespace {

// As many links as Linux itself follows before it gives up.
constexpr int kMaxLinks = 40;
constexpr int kTemporaryTries = 100;

[[noreturn]] void Fail(const std::string& where, const std::string& what, int error) {
  throw IoError(where + ": " + what + ": " + std::generic_category().message(error));
}

// The file that a path leads to, which need not exist, so that it and not a link is replaced.
std::filesystem::path FollowLinks(const std::string& where, std::filesystem::path path) {
  std::error_code error;
  for (int i = 0; i < kMaxLinks; ++i) {
    if (!std::filesystem::is_symlink(path, error)) return path;
    const std::filesystem::path target = std::filesystem::read_symlink(path, error);
    if (error) Fail(where, "cannot read the symbolic link", error.value());
    path = path.parent_path() / target;  // an absolute target replaces the parent
  }
  Fail(where, "cannot follow the symbolic links", ELOOP);
}

std::string RandomText() {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device device;
  std::string text;
  for (int i = 0; i < 8; ++i) text += kLetters[device() % kLetters.size()];
  return text;
}

}  // namespace

std::string Where(std::string_view operation, const std::filesystem::path& path) {
  return std::string(operation) + ": '" + path.string() + "'";
}

// O_NONBLOCK keeps a pipe without a writer from blocking; it means nothing to regular files.
InputFile::InputFile(std::string_view operation, const std::filesystem::path& path)
    : where_(Where(operation, path)),
      descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (descriptor_ < 0) Fail(where_, "cannot be opened", errno);
  struct stat status {};
  const int error = ::fstat(descriptor_, &status) == 0 ? 0 : errno;
  if (error == 0 && S_ISREG(status.st_mode)) {
    size_ = static_cast<std::uint64_t>(status.st_size);
    return;
  }
  ::close(descriptor_);
  if (error != 0) Fail(where_, "cannot be examined", error);
  throw IoError(where_ + ": is " + (S_ISDIR(status.st_mode) ? "a directory" : "no regular file") +
                "; a .npy file is accepted");
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::Read(std::uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const ssize_t count = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) Fail(where_, "cannot be read", errno);
    if (count == 0) throw IoError(where_ + ": became shorter while it was read");
    offset += static_cast<std::uint64_t>(count);
    out = out.subspan(static_cast<std::size_t>(count));
  }
}

std::shared_ptr<std::byte> InputFile::Map(std::size_t bytes, bool writeable) const {
  const int protection = writeable ? PROT_READ | PROT_WRITE : PROT_READ;
  const int flags = writeable ? MAP_PRIVATE : MAP_SHARED;
  void* const address = ::mmap(nullptr, bytes, protection, flags, descriptor_, 0);
  if (address == MAP_FAILED) Fail(where_, "cannot be mapped", errno);
  return {static_cast<std::byte*>(address), [bytes](std::byte* begin) {
            ::munmap(begin, bytes);
          }};
}

OutputFile::OutputFile(std::string_view operation, const std::filesystem::path& path)
    : where_(Where(operation, path)), target_(FollowLinks(where_, path)) {
  struct stat status {};
  const bool exists = ::stat(target_.c_str(), &status) == 0;
  if (!exists && errno != ENOENT) Fail(where_, "cannot be opened for writing", errno);
  if (exists && !S_ISREG(status.st_mode)) {
    OpenDirectly();
  } else {
    OpenTemporary(exists, status.st_mode & 07777);
  }
}

void OutputFile::OpenDirectly() {
  descriptor_ = ::open(target_.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor_ < 0) Fail(where_, "cannot be opened for writing", errno);
}

// A file that may not be written to is not replaced either, although rename could.
void OutputFile::OpenTemporary(bool replaces, unsigned mode) {
  if (replaces && ::access(target_.c_str(), W_OK) != 0) {
    Fail(where_, "cannot be opened for writing", errno);
  }
  for (int i = 0; i < kTemporaryTries && descriptor_ < 0; ++i) {
    std::filesystem::path name = "." + target_.filename().string() + ".quern-" + RandomText();
    temporary_ = target_.parent_path() / name;
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0 && errno != EEXIST) break;
  }
  if (descriptor_ < 0) {
    const int error = errno;
    temporary_.clear();
    Fail(where_, "no file can be made beside it", error);
  }
  // A file system without permission bits may refuse, which does no harm.
  if (replaces && ::fchmod(descriptor_, mode) != 0) return;
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void OutputFile::Write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) Fail(where_, "cannot be written", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

// close reports what a network file system found out late; the descriptor is gone either way.
void OutputFile::Commit() {
  if (::close(std::exchange(descriptor_, -1)) != 0) Fail(where_, "cannot be written", errno);
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
    Fail(where_, "cannot be put in place", errno);
  }
  temporary_.clear();
}

}  // namespace quern::io
