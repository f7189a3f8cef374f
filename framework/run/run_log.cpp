#include "run/run_log.h"

#include <fstream>
#include <iterator>
#include <string_view>

namespace matseq {
namespace {

/// A run's first lines, before those of the updates.
constexpr std::streamsize beginning = 1 << 16;

std::string read_at_most(std::ifstream& file, std::streamsize count) {
  std::string text(static_cast<std::size_t>(count), '\0');
  file.read(text.data(), count);
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace

std::string model_line(const std::filesystem::path& folder) {
  constexpr std::string_view before = ", model ";
  std::ifstream file(folder / "train.log", std::ios::binary);
  const std::string text = file ? read_at_most(file, beginning) : "";
  for (std::size_t end = text.size(); end > 0;) {
    const std::size_t begin = text.rfind('\n', end - 1) + 1;  // npos + 1 is 0
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    const std::size_t model = line.find(before);
    if (model != line.npos && line.find(" parameters, ") != line.npos) {
      return std::string(line.substr(model + before.size()));
    }
    end = begin == 0 ? 0 : begin - 1;
  }
  return "";
}

std::string last_lines(const std::filesystem::path& file, std::size_t most) {
  std::ifstream stream(file, std::ios::binary | std::ios::ate);
  if (!stream) return "";
  const std::streamoff size = stream.tellg();
  const auto wanted = static_cast<std::streamoff>(most);
  stream.seekg(size > wanted ? size - wanted : 0);
  std::string text = read_at_most(stream, static_cast<std::streamsize>(most));
  if (size <= wanted) return text;
  const std::size_t line = text.find('\n');
  return line == text.npos || line + 1 == text.size() ? text : text.substr(line + 1);
}

}  // namespace matseq
