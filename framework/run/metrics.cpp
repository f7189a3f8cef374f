#include "run/metrics.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "matseq/error.h"

namespace matseq {
namespace {

constexpr const char* metrics_name = "metrics.jsonl";

using Scalars = std::vector<std::pair<std::string, double>>;

void collect(const nlohmann::ordered_json& value, const std::string& path, Scalars& scalars) {
  if (value.is_number()) scalars.emplace_back(path, value.get<double>());
  if (!value.is_object()) return;
  for (const auto& [name, member] : value.items()) collect(member, path + "/" + name, scalars);
}

}  // namespace

RecordPositions Metrics::begin(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / metrics_name;
  if (std::filesystem::exists(std::filesystem::symlink_status(file))) {
    throw Error(
        fmt::format("{}: it belongs to no checkpoint of this folder; move it away, or name another folder with --run",
                    file.string()));
  }
  RecordPositions positions;
  positions.events = TensorBoardWriter::free_name(folder);
  return positions;
}

Metrics::Metrics(const std::filesystem::path& folder, const RecordPositions& from)
    : file_(folder / metrics_name, from.metrics), events_(folder, from.events, from.event_bytes) {
  if (file_.size() < from.metrics) {
    warnings_.push_back(
        fmt::format("{}: it has lost lines of updates before the checkpoint", (folder / metrics_name).string()));
  }
  if (events_.size() < from.event_bytes) {
    warnings_.push_back(fmt::format("{}: it has lost records of updates before the checkpoint; {} goes on",
                                    (folder / from.events).string(), events_.name()));
  }
}

void Metrics::add(const nlohmann::ordered_json& line) {
  file_.append(line);
  Scalars scalars;
  for (const auto& [name, value] : line.items()) {
    if (name == "update") continue;
    collect(value, value.is_object() ? name : "train/" + name, scalars);
  }
  events_.add(line.at("update").get<std::int64_t>(), scalars);
}

RecordPositions Metrics::sync() {
  file_.sync();
  events_.sync();
  return {file_.size(), events_.name(), events_.size()};
}

}  // namespace matseq
