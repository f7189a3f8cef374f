/// \file
/// Files that appear whole or not at all.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "files/file_descriptor.h"

namespace matseq {

/// Writes a file so that, whenever the process or the machine dies, `path` holds the old content or the new.
///
/// The bytes go to "NAME.partial" in the same folder; `commit` puts them on the disk and renames. Without a
/// commit the partial file is removed. One that a killed process left behind is replaced by the next attempt,
/// so leftovers do not pile up; two processes that write one file at the same time get an Error.
class AtomicFile {
 public:
  /// Opens the partial file. Throws Error with path and reason, as all members do.
  explicit AtomicFile(std::filesystem::path path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  void write(std::span<const std::byte> bytes) { file_.write(bytes); }
  void write(std::string_view text) { file_.write(text); }

  /// Puts what has been written on the disk, which a commit does anyhow.
  void sync() { file_.sync(); }

  /// Makes the file appear under its name; nothing may be written afterwards.
  void commit();

  /// Where the bytes go until the commit.
  static std::filesystem::path partial_name(const std::filesystem::path& path);

 private:
  bool still_ours() const;

  std::filesystem::path path_;
  std::filesystem::path partial_;
  FileDescriptor file_;
};

/// Puts what was renamed in a folder on the disk.
void sync_folder(const std::filesystem::path& folder);

/// Replaces the content of `path` in one step.
void write_atomically(const std::filesystem::path& path, std::string_view content);

}  // namespace matseq
