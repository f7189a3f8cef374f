/// \file
/// The zip files that PyTorch writes: records stored without compression, each beginning at a multiple of 64 bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "files/atomic_file.h"
#include "files/byte_source.h"

namespace matseq {

/// Reads stored records. All that the archive says about itself is checked before it is used: places lie in the file,
/// records do not overlap, so that all of them together are no larger than the file; contents match their checksums.
///
/// LibTorch has a reader of its own, but it allocates what a file asks for before it looks whether that is there,
/// ignores checksums, and has another interface in almost every version.
class ZipReader {
 public:
  /// Reads the directory; `source` must outlive the reader. Throws Error with the source's name and the reason when it
  /// is no such archive.
  explicit ZipReader(const ByteSource& source);

  bool has(const std::string& record) const { return records_.contains(record); }
  std::vector<std::string> names() const;
  /// Bytes of a record; throws Error when there is none of that name.
  std::uint64_t size(const std::string& record) const { return find(record).size; }
  /// Reads a whole record into `out`, which has its size.
  void read(const std::string& record, std::span<std::byte> out) const;
  std::vector<std::byte> read(const std::string& record) const;

 private:
  struct Record {
    std::uint64_t begin = 0;  ///< of the content, counted from the beginning of the file
    std::uint64_t size = 0;
    std::uint32_t checksum = 0;  ///< 0: none, PyTorch can be told to leave it out
  };
  struct Directory {
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
    std::uint64_t entries = 0;
  };

  Directory find_directory() const;
  Directory read_end_of_directory64(std::uint64_t locator) const;
  void read_directory(const Directory& directory);
  std::uint64_t content_begin(std::uint64_t header, const std::string& record) const;
  void refuse_overlaps(const Directory& directory) const;
  const Record& find(const std::string& record) const;
  [[noreturn]] void refuse(const std::string& reason) const;

  const ByteSource& source_;
  std::map<std::string, Record> records_;
};

/// Writes stored records to a file that appears whole or not at all.
class ZipWriter {
 public:
  explicit ZipWriter(std::filesystem::path path) : file_(std::move(path)) {}

  /// Adds a record; each name once.
  void add(const std::string& name, std::span<const std::byte> content);
  void add(const std::string& name, std::string_view content) { add(name, std::as_bytes(std::span(content))); }
  /// Writes the directory and makes the file appear.
  void commit();

 private:
  struct Record {
    std::string name;
    std::uint64_t header = 0;
    std::uint64_t size = 0;
    std::uint32_t checksum = 0;
  };

  void write(std::span<const std::byte> bytes);

  AtomicFile file_;
  std::uint64_t position_ = 0;
  std::vector<Record> records_;
};

}  // namespace matseq
