#include "run/example_counts.h"

#include <nlohmann/json.hpp>
#include <numeric>

namespace matseq {
namespace {

constexpr std::array<const char*, rejection_kinds> names = {"refused", "not_finite", "beyond_limit", "source_too_long",
                                                            "target_too_long"};

}  // namespace

const char* to_string(Rejection reason) { return names[static_cast<std::size_t>(reason)]; }

void ExampleCounts::add(const ExampleCounts& other) {
  examples += other.examples;
  sources_out_of_range += other.sources_out_of_range;
  targets_not_decodable += other.targets_not_decodable;
  for (const auto& [category, counts] : other.rejected) {
    ByReason& own = rejected[category];
    for (std::size_t reason = 0; reason < rejection_kinds; ++reason) own[reason] += counts[reason];
  }
}

void ExampleCounts::reject(const std::string& category, Rejection reason) {
  ++rejected[category][static_cast<std::size_t>(reason)];
}

std::uint64_t ExampleCounts::rejections(Rejection reason) const {
  std::uint64_t sum = 0;
  for (const auto& [category, counts] : rejected) sum += counts[static_cast<std::size_t>(reason)];
  return sum;
}

std::uint64_t ExampleCounts::rejections() const {
  std::uint64_t sum = 0;
  for (const auto& [category, counts] : rejected) sum = std::accumulate(counts.begin(), counts.end(), sum);
  return sum;
}

nlohmann::ordered_json to_json(const ExampleCounts& counts) {
  nlohmann::ordered_json classes = nlohmann::ordered_json::object();
  for (const auto& [category, by_reason] : counts.rejected) {
    for (std::size_t reason = 0; reason < rejection_kinds; ++reason) {
      if (by_reason[reason] > 0) classes[category][names[reason]] = by_reason[reason];
    }
  }
  return {{"examples", counts.examples},
          {"rejected", counts.rejections()},
          {"sources_out_of_range", counts.sources_out_of_range},
          {"targets_not_decodable", counts.targets_not_decodable},
          {"classes", classes}};
}

ExampleCounts example_counts_from_json(const nlohmann::json& json) {
  ExampleCounts counts;
  json.at("examples").get_to(counts.examples);
  json.at("sources_out_of_range").get_to(counts.sources_out_of_range);
  json.at("targets_not_decodable").get_to(counts.targets_not_decodable);
  for (const auto& [category, reasons] : json.at("classes").items()) {
    ExampleCounts::ByReason& by_reason = counts.rejected[category];
    for (std::size_t reason = 0; reason < rejection_kinds; ++reason) {
      const auto found = reasons.find(names[reason]);
      if (found != reasons.end()) found->get_to(by_reason[reason]);
    }
  }
  return counts;
}

}  // namespace matseq
