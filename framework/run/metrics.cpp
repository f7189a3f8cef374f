#include "run/metrics.h"

#include <string>
#include <utility>
#include <vector>

namespace matseq {
namespace {

using Scalars = std::vector<std::pair<std::string, double>>;

void collect(const nlohmann::ordered_json& value, const std::string& path, Scalars& scalars) {
  if (value.is_number()) scalars.emplace_back(path, value.get<double>());
  if (!value.is_object()) return;
  for (const auto& [name, member] : value.items()) collect(member, path + "/" + name, scalars);
}

}  // namespace

Metrics::Metrics(const std::filesystem::path& folder, std::int64_t last_update, std::int64_t last_epoch)
    : file_(folder / "metrics.jsonl", last_update, last_epoch), events_(folder, last_update) {}

void Metrics::add(const nlohmann::ordered_json& line) {
  file_.append(line);
  Scalars scalars;
  for (const auto& [name, value] : line.items()) {
    if (name == "update") continue;
    collect(value, value.is_object() ? name : "train/" + name, scalars);
  }
  events_.add(line.at("update").get<std::int64_t>(), scalars);
}

}  // namespace matseq
