#include "run/metrics_file.h"

#include <fmt/format.h>

#include <fstream>
#include <string>

#include "files/atomic_file.h"
#include "matseq/error.h"

namespace matseq {

MetricsFile::MetricsFile(std::filesystem::path file, std::int64_t last_update) : file_(std::move(file)) {
  std::ifstream stream(file_);
  if (!stream) return;
  std::string kept;
  std::string line;
  while (std::getline(stream, line)) {
    const nlohmann::json json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    // A line that a crash cut short is not JSON and is dropped as well.
    if (json.is_object() && json.contains("update") && json["update"].is_number_integer() &&
        json["update"].get<std::int64_t>() <= last_update) {
      kept += line + "\n";
    }
  }
  write_atomically(file_, kept);
}

void MetricsFile::append(const nlohmann::ordered_json& line) const {
  std::ofstream stream(file_, std::ios::app);
  stream << line.dump() << "\n" << std::flush;
  if (!stream) throw Error(fmt::format("{}: cannot be written", file_.string()));
}

}  // namespace matseq
