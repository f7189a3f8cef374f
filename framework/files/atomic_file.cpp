#include "files/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "matseq/error.h"

namespace matseq {

namespace {

FileDescriptor create_afresh(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw_file_error("replace", path);
  return {path, O_WRONLY | O_CREAT | O_EXCL};
}

}  // namespace

std::filesystem::path AtomicFile::partial_name(const std::filesystem::path& path) {
  std::filesystem::path partial = path;
  partial += ".partial";
  return partial;
}

AtomicFile::AtomicFile(std::filesystem::path path)
    : path_(std::move(path)), partial_(partial_name(path_)), file_(create_afresh(partial_)) {}

AtomicFile::~AtomicFile() {
  if (file_.is_open() && still_ours()) ::unlink(partial_.c_str());
}

bool AtomicFile::still_ours() const {
  struct stat ours {};
  struct stat there {};
  return ::fstat(file_.get(), &ours) == 0 && ::stat(partial_.c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
         ours.st_dev == there.st_dev;
}

void AtomicFile::commit() {
  file_.sync();
  if (!still_ours()) throw Error(fmt::format("cannot write '{}': another process is writing it", path_.string()));
  if (std::rename(partial_.c_str(), path_.c_str()) != 0) throw_file_error("write", path_);
  file_.close();
  sync_folder(path_.parent_path());  // a rename is on the disk only when the folder is
}

void sync_folder(const std::filesystem::path& folder) {
  FileDescriptor(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY).sync();
}

void write_atomically(const std::filesystem::path& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

}  // namespace matseq
