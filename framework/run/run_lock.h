/// \file
/// One process at a time works on a run.
#pragma once

#include <filesystem>

#include "files/file_descriptor.h"

namespace matseq {

/// Holds the file run.lock of a run's folder while it lives, and makes the folder. The system frees the lock of a
/// process that dies, whatever it left in the folder; a copy of the folder has a lock of its own.
class RunLock {
 public:
  /// Throws Error that names the other process and its host when one has the lock. On a file system without locks there
  /// is none.
  explicit RunLock(const std::filesystem::path& folder);
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;
  /// Removes the file, and the folder if it made that and nothing was put into it.
  ~RunLock();

  /// Whether a process has the lock now. Asking does not disturb one that is about to take it.
  static bool is_held(const std::filesystem::path& folder);

 private:
  bool made_folder_;
  FileDescriptor file_;
};

}  // namespace matseq
