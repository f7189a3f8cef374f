/// \file
/// Where a checkpoint's bytes come from: a file, or memory (for fuzzing and tests).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "files/file_descriptor.h"

namespace matseq {

/// Bytes that can be read at any place.
class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource();

  /// How messages call it: the file's path.
  virtual std::string name() const = 0;
  virtual std::uint64_t size() const = 0;
  /// Fills `out` from `offset`; throws Error when that reaches beyond the end.
  virtual void read(std::uint64_t offset, std::span<std::byte> out) const = 0;
};

/// A regular file; throws Error with path and reason.
class FileSource : public ByteSource {
 public:
  explicit FileSource(const std::filesystem::path& path);
  std::string name() const override;
  std::uint64_t size() const override;
  void read(std::uint64_t offset, std::span<std::byte> out) const override;

 private:
  FileDescriptor file_;
  std::uint64_t size_;
};

/// Bytes in memory, which must outlive it.
class MemorySource : public ByteSource {
 public:
  MemorySource(std::span<const std::byte> bytes, std::string name);
  std::string name() const override;
  std::uint64_t size() const override;
  void read(std::uint64_t offset, std::span<std::byte> out) const override;

 private:
  std::span<const std::byte> bytes_;
  std::string name_;
};

}  // namespace matseq
