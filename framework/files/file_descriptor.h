/// \file
/// An open file of the operating system, with errors that name the file and the reason.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "matseq/error.h"

namespace matseq {

/// The operating system refused something of a file; the file's content may be as good as ever.
class FileError : public Error {
 public:
  using Error::Error;
};

/// Owns a file descriptor. Every refusal of the system throws FileError with the path and the system's own reason.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  /// Opens `path` with the flags of open(2); new files get the permissions that the user's umask leaves.
  FileDescriptor(std::filesystem::path path, int flags);
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  const std::filesystem::path& path() const { return path_; }
  bool is_open() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

  /// Bytes in the file; throws for what is not a regular file.
  std::uint64_t size() const;

  /// Writes all `bytes` at the current end or position.
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }

  /// Fills all of `out` from `offset`; throws when the file ends before.
  void read(std::uint64_t offset, std::span<std::byte> out) const;

  /// All that is in a regular file.
  std::string content() const;

  /// Drops everything from `size` on.
  void truncate(std::uint64_t size);

  /// Waits until the content is on the disk.
  void sync();

  /// Closes, and throws when that fails (some file systems report a full disk only here).
  void close();

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// "cannot WHAT 'PATH': REASON", with errno's text as the reason; throws it as FileError.
[[noreturn]] void throw_file_error(std::string_view what, const std::filesystem::path& path);

}  // namespace matseq
