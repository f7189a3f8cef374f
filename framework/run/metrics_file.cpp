#include "run/metrics_file.h"

#include <fcntl.h>

#include <string>
#include <utility>

namespace matseq {
namespace {

constexpr int open_flags = O_RDWR | O_APPEND | O_NOFOLLOW;

/// Where the last whole line ends.
std::uint64_t end_of_lines(const FileDescriptor& file) {
  const std::string text = file.content();
  const std::size_t last = text.rfind('\n');
  return last == std::string::npos ? 0 : last + 1;
}

}  // namespace

MetricsFile::MetricsFile(std::filesystem::path file, std::uint64_t size) : path_(std::move(file)), size_(size) {
  if (!std::filesystem::exists(std::filesystem::symlink_status(path_))) {
    size_ = 0;
    return;
  }
  file_ = FileDescriptor(path_, open_flags);
  if (file_.size() < size_) size_ = end_of_lines(file_);
  file_.truncate(size_);
}

void MetricsFile::append(const nlohmann::ordered_json& line) {
  if (!file_.is_open()) file_ = FileDescriptor(path_, open_flags | O_CREAT | O_EXCL);
  const std::string text = line.dump() + "\n";
  file_.write(text);
  size_ += text.size();
}

void MetricsFile::sync() {
  if (file_.is_open()) file_.sync();
}

}  // namespace matseq
