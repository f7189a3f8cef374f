#include "evaluation/tally.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace matseq {

namespace {

nlohmann::ordered_json json_of(const Counts& counts) {
  return {{"examples", counts.examples},
          {"perfect", counts.perfect},
          {"correct", counts.correct},
          {"within", counts.within},
          {"cross_entropy", counts.cross_entropy},
          {"right_coefficients", counts.right_coefficients},
          {"sampled", counts.sampled},
          {"coverage", counts.coverage}};
}

Counts counts_of(const nlohmann::ordered_json& json) {
  Counts counts;
  json.at("examples").get_to(counts.examples);
  json.at("perfect").get_to(counts.perfect);
  json.at("correct").get_to(counts.correct);
  json.at("within").get_to(counts.within);
  json.at("cross_entropy").get_to(counts.cross_entropy);
  json.at("right_coefficients").get_to(counts.right_coefficients);
  json.at("sampled").get_to(counts.sampled);
  json.at("coverage").get_to(counts.coverage);
  return counts;
}

}  // namespace

void ExampleResult::add(const Score& score) {
  if (!score.valid) return;
  correct = true;
  const std::array<double, 3> found = {score.max, score.d1, score.d2};
  for (std::size_t norm = 0; norm < found.size(); ++norm) {
    if (found[norm] >= 0) errors[norm] = std::min(errors[norm], found[norm]);
  }
  share = std::max(share, score.share);
}

void ExampleResult::set_perfect() {
  perfect = true;
  correct = true;
  errors = {0, 0, 0};
  share = 1;
}

void Counts::add(const ExampleResult& example, const std::vector<double>& tolerances) {
  examples += 1;
  cross_entropy += example.cross_entropy;
  perfect += example.perfect ? 1 : 0;
  correct += example.correct ? 1 : 0;
  right_coefficients += example.share;
  sampled += example.coverage ? 1 : 0;
  coverage += example.coverage.value_or(0);
  for (std::size_t norm = 0; norm < norm_names.size(); ++norm) {
    within[norm].resize(tolerances.size());
    for (std::size_t i = 0; i < tolerances.size(); ++i) {
      within[norm][i] += example.perfect || example.errors[norm] < tolerances[i] ? 1 : 0;
    }
  }
}

void Counts::merge(const Counts& other) {
  examples += other.examples;
  cross_entropy += other.cross_entropy;
  perfect += other.perfect;
  correct += other.correct;
  right_coefficients += other.right_coefficients;
  sampled += other.sampled;
  coverage += other.coverage;
  for (std::size_t norm = 0; norm < norm_names.size(); ++norm) {
    within[norm].resize(std::max(within[norm].size(), other.within[norm].size()));
    for (std::size_t i = 0; i < other.within[norm].size(); ++i) within[norm][i] += other.within[norm][i];
  }
}

Tally::Tally(std::vector<double> tolerances) : tolerances_(std::move(tolerances)) {
  for (std::vector<std::uint64_t>& below : all_.within) below.resize(tolerances_.size());
}

void Tally::add(const ExampleResult& example) {
  all_.add(example, tolerances_);
  classes_[example.category].add(example, tolerances_);
}

void Tally::merge(const Tally& other) {
  all_.merge(other.all_);
  for (const auto& [category, counts] : other.classes_) classes_[category].merge(counts);
}

nlohmann::ordered_json Tally::to_json() const {
  nlohmann::ordered_json classes = nlohmann::ordered_json::object();
  for (const auto& [category, counts] : classes_) classes[category] = json_of(counts);
  return {{"tolerances", tolerances_}, {"all", json_of(all_)}, {"classes", classes}};
}

Tally Tally::from_json(const nlohmann::ordered_json& json) {
  Tally tally(json.at("tolerances").get<std::vector<double>>());
  tally.all_ = counts_of(json.at("all"));
  for (const auto& [category, counts] : json.at("classes").items()) tally.classes_[category] = counts_of(counts);
  return tally;
}

}  // namespace matseq
