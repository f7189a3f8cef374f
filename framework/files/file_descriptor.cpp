#include "files/file_descriptor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "matseq/error.h"

namespace matseq {

namespace {

/// One call never moves more than 2 GiB on Linux; asking for less keeps the arithmetic of results simple.
constexpr std::size_t largest_transfer = std::size_t{1} << 30;

constexpr mode_t permissions = 0666;

}  // namespace

void throw_file_error(std::string_view what, const std::filesystem::path& path) {
  const int reason = errno;
  throw FileError(fmt::format("cannot {} '{}': {}", what, path.string(), std::generic_category().message(reason)));
}

FileDescriptor::FileDescriptor(std::filesystem::path path, int flags)
    : path_(std::move(path)), descriptor_(::open(path_.c_str(), flags | O_CLOEXEC, permissions)) {
  if (descriptor_ < 0 && errno == ELOOP && (flags & O_NOFOLLOW) != 0) {
    throw FileError(
        fmt::format("'{}' is a symbolic link, which is not followed: a regular file belongs here", path_.string()));
  }
  if (descriptor_ < 0) throw_file_error((flags & O_ACCMODE) == O_RDONLY ? "read" : "write", path_);
}

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::uint64_t FileDescriptor::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) throw_file_error("examine", path_);
  if (!S_ISREG(status.st_mode)) throw Error(fmt::format("'{}' is not a regular file", path_.string()));
  return static_cast<std::uint64_t>(status.st_size);
}

void FileDescriptor::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), std::min(bytes.size(), largest_transfer));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_file_error("write", path_);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void FileDescriptor::read(std::uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const ssize_t got =
        ::pread(descriptor_, out.data(), std::min(out.size(), largest_transfer), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_file_error("read", path_);
    if (got == 0) throw Error(fmt::format("'{}' ends too early", path_.string()));
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
}

std::string FileDescriptor::content() const {
  std::string all(size(), '\0');
  read(0, std::as_writable_bytes(std::span(all)));
  return all;
}

void FileDescriptor::truncate(std::uint64_t size) {
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) throw_file_error("shorten", path_);
}

void FileDescriptor::sync() {
  if (::fsync(descriptor_) != 0) throw_file_error("write", path_);
}

void FileDescriptor::close() {
  // Never repeated after EINTR: on Linux the descriptor is closed even then.
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) throw_file_error("write", path_);
}

}  // namespace matseq
