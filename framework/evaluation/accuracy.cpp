#include "evaluation/accuracy.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "files/json_number.h"
#include "matseq/error.h"
#include "matseq/nearest_name.h"

namespace matseq {
namespace {

std::size_t norm_index(const std::string& norm) {
  const auto found = std::ranges::find(norm_names, norm);
  if (found == norm_names.end()) throw Error(fmt::format("'{}' is no norm; accepted: 'max', 'd1', 'd2'", norm));
  return static_cast<std::size_t>(found - norm_names.begin());
}

Accuracy figures(const Counts& counts, std::size_t norm) {
  Accuracy accuracy;
  accuracy.examples = counts.examples;
  const auto examples = static_cast<double>(std::max<std::uint64_t>(counts.examples, 1));
  const auto percent = [examples](auto sum) { return 100 * static_cast<double>(sum) / examples; };
  accuracy.cross_entropy = counts.cross_entropy / examples;
  accuracy.perfect = percent(counts.perfect);
  accuracy.correct = percent(counts.correct);
  accuracy.right_coefficients = percent(counts.right_coefficients);
  if (counts.sampled > 0) accuracy.coverage = 100 * counts.coverage / static_cast<double>(counts.sampled);
  for (std::size_t i = 0; i < counts.within.size(); ++i) {
    for (const std::uint64_t below : counts.within[i]) accuracy.within[i].push_back(percent(below));
  }
  accuracy.accuracy = accuracy.within[norm].empty() ? accuracy.perfect : accuracy.within[norm][0];
  return accuracy;
}

/// No name of a test set has a dot.
constexpr const char* median_suffix = ".median";

std::string tolerance_name(double tolerance) { return fmt::format("{}", tolerance); }

nlohmann::ordered_json to_json(const Accuracy& accuracy, const std::vector<double>& tolerances) {
  nlohmann::ordered_json json = {{"examples", accuracy.examples},
                                 {"accuracy", accuracy.accuracy},
                                 {"perfect", accuracy.perfect},
                                 {"correct", accuracy.correct},
                                 {"right_coefficients", accuracy.right_coefficients},
                                 {"cross_entropy", json_number(accuracy.cross_entropy)}};
  nlohmann::ordered_json within;
  for (std::size_t norm = 0; norm < norm_names.size(); ++norm) {
    nlohmann::ordered_json shares = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < tolerances.size(); ++i) {
      shares[tolerance_name(tolerances[i])] = accuracy.within[norm].at(i);
    }
    within[norm_names[norm]] = shares;
  }
  json["within"] = within;
  if (accuracy.coverage) json["coverage"] = *accuracy.coverage;
  return json;
}

void append_row(std::string& text, const std::string& title, const Accuracy& accuracy, std::size_t norm) {
  fmt::format_to(std::back_inserter(text), "{:<24} {:>8} {:>9.2f} {:>8.2f} {:>8.2f} {:>9.2f} {:>10.4f}", title,
                 accuracy.examples, accuracy.accuracy, accuracy.perfect, accuracy.correct, accuracy.right_coefficients,
                 accuracy.cross_entropy);
  for (const double share : accuracy.within[norm]) fmt::format_to(std::back_inserter(text), " {:>8.2f}", share);
  if (accuracy.coverage) fmt::format_to(std::back_inserter(text), " {:>8.2f}", *accuracy.coverage);
  text += '\n';
}

/// Every figure of a test set that has a name.
std::vector<std::pair<std::string, double>> named_figures(const TestResult& result) {
  const std::string set = result.name + ".";
  std::vector<std::pair<std::string, double>> figures = {{set + "accuracy", result.all.accuracy},
                                                         {set + "perfect", result.all.perfect},
                                                         {set + "correct", result.all.correct},
                                                         {set + "right_coefficients", result.all.right_coefficients},
                                                         {set + "cross_entropy", result.all.cross_entropy}};
  if (result.all.coverage) figures.emplace_back(set + "coverage", *result.all.coverage);
  for (std::size_t norm = 0; norm < norm_names.size(); ++norm) {
    for (std::size_t i = 0; i < result.tolerances.size(); ++i) {
      figures.emplace_back(fmt::format("{}within.{}.{}", set, norm_names[norm], tolerance_name(result.tolerances[i])),
                           result.all.within[norm].at(i));
    }
  }
  return figures;
}

}  // namespace

TestResult summarise(const std::string& name, const Tally& tally, const std::string& norm) {
  const std::size_t chosen = norm_index(norm);
  TestResult result{name, tally.tolerances(), norm, figures(tally.all(), chosen), {}};
  for (const auto& [category, counts] : tally.classes()) result.classes[category] = figures(counts, chosen);
  return result;
}

nlohmann::ordered_json to_json(const TestResult& result) {
  nlohmann::ordered_json json = to_json(result.all, result.tolerances);
  if (result.data != ExampleCounts()) json["data"] = to_json(result.data);
  nlohmann::ordered_json classes = nlohmann::ordered_json::object();
  for (const auto& [category, accuracy] : result.classes) classes[category] = to_json(accuracy, result.tolerances);
  json["classes"] = classes;
  return json;
}

std::string to_table(const std::vector<TestResult>& results) {
  std::string text;
  for (const TestResult& result : results) {
    if (text.empty()) {
      text = fmt::format("{:<24} {:>8} {:>9} {:>8} {:>8} {:>9} {:>10}", "test set", "examples", "accuracy", "perfect",
                         "correct", "right co.", "cross-ent.");
      for (const double tolerance : result.tolerances) {
        fmt::format_to(std::back_inserter(text), " {:>8}", fmt::format("{}<{}", result.norm, tolerance));
      }
      if (std::ranges::any_of(results, [](const TestResult& any) { return any.all.coverage.has_value(); })) {
        fmt::format_to(std::back_inserter(text), " {:>8}", "covered");
      }
      text += '\n';
    }
    const std::size_t norm = norm_index(result.norm);
    append_row(text, result.name, result.all, norm);
    if (result.classes.size() < 2) continue;
    for (const auto& [category, accuracy] : result.classes) append_row(text, "  " + category, accuracy, norm);
  }
  return text;
}

std::string median_set(const std::string& set) { return set + median_suffix; }

double metric(const std::vector<TestResult>& results, const std::string& name) {
  std::vector<std::string> names;
  for (const TestResult& result : results) {
    for (const auto& [figure, value] : named_figures(result)) {
      if (figure == name) return value;
      names.push_back(figure);
    }
  }
  const std::string hint = nearest_name(name, names);
  throw Error(fmt::format("there is no metric '{}'{} Known: {}", name, hint.empty() ? "." : hint, quoted_list(names)));
}

std::vector<std::string> metric_names(const std::vector<std::string>& sets, const std::vector<double>& tolerances) {
  std::vector<std::string> names;
  for (const std::string& set : sets) {
    TestResult result{set, tolerances, "", {}, {}};
    if (set.find(median_suffix) != std::string::npos) result.all.coverage = 0;
    for (std::vector<double>& shares : result.all.within) shares.resize(tolerances.size());
    for (const auto& [figure, value] : named_figures(result)) names.push_back(figure);
  }
  return names;
}

}  // namespace matseq
