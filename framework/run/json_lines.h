/// \file
/// Files of one JSON object a line, read while another process may be appending to them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

namespace matseq {

struct JsonLine {
  nlohmann::ordered_json value;
  std::uint64_t end = 0;  ///< where the next line begins, in bytes
};

/// The whole lines that hold an object; others, and a last one without its end, are left out. Empty when there is no
/// such file. Throws FileError when the system refuses to read it.
std::vector<JsonLine> read_json_lines(const std::filesystem::path& file);

/// The last such object that is `wanted`, found from the file's end; null when there is none.
nlohmann::ordered_json last_json_line(const std::filesystem::path& file,
                                      const std::function<bool(const nlohmann::ordered_json&)>& wanted);

}  // namespace matseq
