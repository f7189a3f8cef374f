#include "run/json_lines.h"

#include <fcntl.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "files/file_descriptor.h"

namespace matseq {
namespace {

/// Deeper than any record; what destroys a value of nlohmann::json needs stack for every level.
constexpr int deepest = 64;

/// Discarded when it is no JSON.
nlohmann::ordered_json parse(std::string_view line) {
  bool too_deep = false;
  nlohmann::ordered_json value = nlohmann::ordered_json::parse(
      line.begin(), line.end(),
      [&too_deep](int depth, nlohmann::ordered_json::parse_event_t /*event*/, nlohmann::ordered_json& /*parsed*/) {
        too_deep = too_deep || depth > deepest;
        return depth <= deepest;
      },
      false);
  return too_deep ? nlohmann::ordered_json(nlohmann::ordered_json::value_t::discarded) : value;
}

/// What a file has from a byte on; empty when there is no such file.
std::string text_from(const FileDescriptor& file, std::uint64_t offset) {
  std::string text(file.size() - offset, '\0');
  file.read(offset, std::as_writable_bytes(std::span(text)));
  return text;
}

constexpr std::uint64_t first_bytes = std::uint64_t{1} << 16U;
constexpr std::uint64_t growth = 8;

}  // namespace

std::vector<JsonLine> read_json_lines(const std::filesystem::path& file) {
  std::vector<JsonLine> lines;
  if (!std::filesystem::exists(file)) return lines;
  const std::string text = text_from(FileDescriptor(file, O_RDONLY), 0);
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    nlohmann::ordered_json value = parse(std::string_view(text).substr(begin, end - begin));
    if (value.is_object()) lines.push_back({std::move(value), end + 1});
  }
  return lines;
}

nlohmann::ordered_json last_json_line(const std::filesystem::path& file,
                                      const std::function<bool(const nlohmann::ordered_json&)>& wanted) {
  if (!std::filesystem::exists(file)) return nullptr;
  const FileDescriptor descriptor(file, O_RDONLY);
  for (std::uint64_t bytes = first_bytes;; bytes *= growth) {
    const std::uint64_t size = descriptor.size();
    const std::uint64_t offset = size - std::min(size, bytes);
    const std::string text = text_from(descriptor, offset);
    std::size_t end = text.rfind('\n');
    while (end != std::string::npos) {
      const std::size_t before = end == 0 ? std::string::npos : text.rfind('\n', end - 1);
      if (before == std::string::npos && offset > 0) break;  // where the line begins has not been read
      const std::size_t begin = before == std::string::npos ? 0 : before + 1;
      nlohmann::ordered_json value = parse(std::string_view(text).substr(begin, end - begin));
      if (value.is_object() && wanted(value)) return value;
      end = before;
    }
    if (offset == 0) return nullptr;
  }
}

}  // namespace matseq
