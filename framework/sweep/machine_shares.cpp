#include "sweep/machine_shares.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <system_error>

namespace matseq {
namespace {

constexpr std::int64_t usual_workers = 2;  // of `data.workers`

bool is_gpu(std::string_view file) {
  constexpr std::string_view prefix = "nvidia";
  return file.starts_with(prefix) && file.size() > prefix.size() &&
         file.find_first_not_of("0123456789", prefix.size()) == std::string_view::npos;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace

RunShare share_of(std::int64_t processors, std::int64_t jobs) {
  const std::int64_t threads = std::max<std::int64_t>(1, processors / jobs);
  return {threads, std::min(threads, usual_workers)};
}

std::vector<std::string> gpus_of(const char* visible, const std::filesystem::path& devices) {
  if (visible != nullptr) return split(visible);
  std::size_t count = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(devices, error), end; !error && entry != end; entry.increment(error)) {
    if (is_gpu(entry->path().filename().string())) ++count;
  }
  std::vector<std::string> gpus;
  for (std::size_t gpu = 0; gpu < count; ++gpu) gpus.push_back(std::to_string(gpu));
  return gpus;
}

}  // namespace matseq
