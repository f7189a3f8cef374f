#include "run/metrics_file.h"

#include <fmt/format.h>

#include <fstream>
#include <string>

#include "files/atomic_file.h"
#include "matseq/error.h"

namespace matseq {
namespace {

/// More than any other when there is none.
std::int64_t number(const nlohmann::json& line, const char* key) {
  const auto found = line.is_object() ? line.find(key) : line.end();
  return found != line.end() && found->is_number_integer() ? found->get<std::int64_t>()
                                                           : std::numeric_limits<std::int64_t>::max();
}

}  // namespace

MetricsFile::MetricsFile(std::filesystem::path file, std::int64_t last_update, std::int64_t last_epoch)
    : file_(std::move(file)) {
  std::ifstream stream(file_);
  if (!stream) return;
  std::string kept;
  std::string line;
  while (std::getline(stream, line)) {
    const nlohmann::json json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    // A line that a crash cut short is not JSON and is dropped as well.
    if (number(json, "update") <= last_update && number(json, "epoch") <= last_epoch) kept += line + "\n";
  }
  write_atomically(file_, kept);
}

void MetricsFile::append(const nlohmann::ordered_json& line) const {
  std::ofstream stream(file_, std::ios::app);
  stream << line.dump() << "\n" << std::flush;
  if (!stream) throw Error(fmt::format("{}: cannot be written", file_.string()));
}

}  // namespace matseq
