#include "run/run_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include "matseq/error.h"
#include "matseq/printable.h"

namespace matseq {
namespace {

/// False when it is there already.
bool make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  if (error == std::errc::not_a_directory || error == std::errc::file_exists) {
    throw Error(fmt::format("{}: cannot be made: this or a folder above it is a file; a run has a folder of its own",
                            folder.string()));
  }
  if (error) throw Error(fmt::format("{}: cannot be made: {}", folder.string(), error.message()));
  return made;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

/// Of the whole file. It belongs to the open file, not to the process, and can be asked for without being taken.
struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

/// False when another process has it.
bool lock(const FileDescriptor& file) {
  struct flock wanted = whole_file();
  while (::fcntl(file.get(), F_OFD_SETLK, &wanted) != 0) {
    if (errno == EAGAIN || errno == EACCES) return false;
    if (errno == EOPNOTSUPP || errno == ENOSYS || errno == ENOLCK || errno == EINVAL) return true;  // no locks here
    if (errno != EINTR) throw_file_error("lock", file.path());
  }
  return true;
}

/// Whether the path still leads to this file: who held the lock before removed it in the end.
bool still_there(const FileDescriptor& file) {
  struct stat ours {};
  struct stat there {};
  return ::fstat(file.get(), &ours) == 0 && ::lstat(file.path().c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
         ours.st_dev == there.st_dev;
}

std::string holder(const FileDescriptor& file) {
  std::string text;
  try {
    text = printable(file.content());
  } catch (const Error&) {  // it is being written, or cannot be read here
  }
  return text.empty() ? "another process" : text;
}

FileDescriptor locked(const std::filesystem::path& folder) {
  while (true) {
    FileDescriptor file(folder / "run.lock", O_RDWR | O_CREAT | O_NOFOLLOW);
    if (!lock(file)) {
      throw Error(fmt::format(
          "{}: {} works on this run. Wait until it has ended, or stop it, or name another folder with --run",
          folder.string(), holder(file)));
    }
    if (still_there(file)) return file;
  }
}

}  // namespace

RunLock::RunLock(const std::filesystem::path& folder) : made_folder_(make_folder(folder)), file_(locked(folder)) {
  file_.truncate(0);
  file_.write(fmt::format("process {} on {}", ::getpid(), host_name()));
}

RunLock::~RunLock() {
  ::unlink(file_.path().c_str());
  if (made_folder_) ::rmdir(file_.path().parent_path().c_str());
}

bool RunLock::is_held(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "run.lock";
  if (!std::filesystem::exists(path)) return false;
  const FileDescriptor file(path, O_RDONLY | O_NOFOLLOW);
  struct flock other = whole_file();
  other.l_type = F_RDLCK;  // a reader may ask only for what it could take; a writer's lock is in its way, too
  return ::fcntl(file.get(), F_OFD_GETLK, &other) == 0 && other.l_type != F_UNLCK;
}

}  // namespace matseq
