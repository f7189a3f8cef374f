#include "sweep/run_failure.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "files/atomic_file.h"
#include "files/file_descriptor.h"
#include "matseq/printable.h"
#include "run/run_list.h"
#include "run/run_log.h"

namespace matseq {
namespace {

constexpr std::string_view by_signal = "killed by signal ";
constexpr std::size_t most_bytes = 8192;
constexpr int most_lines = 12;
constexpr std::size_t longest_line = 500;

}  // namespace

void write_failure(const std::filesystem::path& run, const RunFailure& failure) {
  write_atomically(run / failure_file, failure.reason + "\n" + failure.log);
}

std::optional<RunFailure> read_failure(const std::filesystem::path& run) {
  const std::filesystem::path file = run / failure_file;
  if (!std::filesystem::exists(file)) return std::nullopt;
  const std::string text = FileDescriptor(file, O_RDONLY).content();
  const std::size_t end = std::min(text.find('\n'), text.size());
  RunFailure failure;
  failure.reason = printable(std::string_view(text).substr(0, end));
  failure.by_signal = failure.reason.starts_with(by_signal);
  failure.log = text.substr(std::min(end + 1, text.size()));
  return failure;
}

void forget_failure(const std::filesystem::path& run) { ::unlink((run / failure_file).c_str()); }

std::string end_of_log(const std::filesystem::path& file) {
  std::string text = last_lines(file, most_bytes);
  while (text.ends_with('\n')) text.pop_back();
  std::size_t begin = text.size();
  for (int line = 0; line < most_lines && begin != std::string::npos && begin > 0; ++line) {
    begin = text.rfind('\n', begin - 1);
  }
  std::string shown;
  for (std::size_t place = begin == std::string::npos ? 0 : begin + (begin > 0 ? 1 : 0); place < text.size();) {
    const std::size_t end = std::min(text.find('\n', place), text.size());
    shown += printable(std::string_view(text).substr(place, end - place), longest_line) + "\n";
    place = end + 1;
  }
  return shown;
}

}  // namespace matseq
