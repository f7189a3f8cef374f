#include "evaluation/accuracy.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "matseq/error.h"
#include "matseq/nearest_name.h"

namespace matseq {
namespace {

std::size_t norm_index(const std::string& norm) {
  const auto found = std::ranges::find(norm_names, norm);
  if (found == norm_names.end()) throw Error(fmt::format("'{}' is no norm; accepted: 'max', 'd1', 'd2'", norm));
  return static_cast<std::size_t>(found - norm_names.begin());
}

void count(Accuracy& total, const ExampleResult& example, const std::vector<double>& tolerances) {
  total.examples += 1;
  total.cross_entropy += example.cross_entropy;
  total.perfect += example.perfect ? 1 : 0;
  total.correct += example.correct ? 1 : 0;
  total.right_coefficients += example.share;
  for (std::size_t norm = 0; norm < norm_names.size(); ++norm) {
    total.within[norm].resize(tolerances.size());
    for (std::size_t i = 0; i < tolerances.size(); ++i) {
      total.within[norm][i] += example.perfect || example.errors[norm] < tolerances[i] ? 1 : 0;
    }
  }
}

void divide(Accuracy& total, std::size_t norm) {
  if (total.examples == 0) return;
  const auto examples = static_cast<double>(total.examples);
  total.cross_entropy /= examples;
  const auto percent = [examples](double& value) { value = 100 * value / examples; };
  percent(total.perfect);
  percent(total.correct);
  percent(total.right_coefficients);
  for (std::vector<double>& shares : total.within) std::ranges::for_each(shares, percent);
  total.accuracy = total.within[norm].empty() ? total.perfect : total.within[norm][0];
}

std::string tolerance_name(double tolerance) { return fmt::format("{}", tolerance); }

nlohmann::ordered_json to_json(const Accuracy& accuracy, const std::vector<double>& tolerances) {
  nlohmann::ordered_json json = {{"examples", accuracy.examples},
                                 {"accuracy", accuracy.accuracy},
                                 {"perfect", accuracy.perfect},
                                 {"correct", accuracy.correct},
                                 {"right_coefficients", accuracy.right_coefficients},
                                 {"cross_entropy", accuracy.cross_entropy}};
  nlohmann::ordered_json within;
  for (std::size_t norm = 0; norm < norm_names.size(); ++norm) {
    nlohmann::ordered_json shares = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < tolerances.size(); ++i) {
      shares[tolerance_name(tolerances[i])] = accuracy.within[norm].at(i);
    }
    within[norm_names[norm]] = shares;
  }
  json["within"] = within;
  return json;
}

void append_row(std::string& text, const std::string& title, const Accuracy& accuracy, std::size_t norm) {
  fmt::format_to(std::back_inserter(text), "{:<24} {:>8} {:>9.2f} {:>8.2f} {:>8.2f} {:>9.2f} {:>10.4f}", title,
                 accuracy.examples, accuracy.accuracy, accuracy.perfect, accuracy.correct, accuracy.right_coefficients,
                 accuracy.cross_entropy);
  for (const double share : accuracy.within[norm]) fmt::format_to(std::back_inserter(text), " {:>8.2f}", share);
  text += '\n';
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

TestResult summarise(const std::string& name, const std::vector<ExampleResult>& examples,
                     const std::vector<double>& tolerances, const std::string& norm) {
  const std::size_t chosen = norm_index(norm);
  TestResult result{name, tolerances, norm, {}, {}};
  for (const ExampleResult& example : examples) {
    count(result.all, example, tolerances);
    count(result.classes[example.category], example, tolerances);
  }
  divide(result.all, chosen);
  for (auto& [category, accuracy] : result.classes) divide(accuracy, chosen);
  return result;
}

nlohmann::ordered_json to_json(const TestResult& result) {
  nlohmann::ordered_json json = to_json(result.all, result.tolerances);
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
      text += '\n';
    }
    const std::size_t norm = norm_index(result.norm);
    append_row(text, result.name, result.all, norm);
    if (result.classes.size() < 2) continue;
    for (const auto& [category, accuracy] : result.classes) append_row(text, "  " + category, accuracy, norm);
  }
  return text;
}

double metric(const std::vector<TestResult>& results, const std::string& name) {
  std::vector<std::string> names;
  for (const TestResult& result : results) {
    const std::string set = result.name + ".";
    const std::pair<const char*, double> figures[] = {{"accuracy", result.all.accuracy},
                                                      {"perfect", result.all.perfect},
                                                      {"correct", result.all.correct},
                                                      {"right_coefficients", result.all.right_coefficients},
                                                      {"cross_entropy", result.all.cross_entropy}};
    for (const auto& [figure, value] : figures) {
      if (name == set + figure) return value;
      names.push_back(set + figure);
    }
    for (std::size_t norm = 0; norm < norm_names.size(); ++norm) {
      for (std::size_t i = 0; i < result.tolerances.size(); ++i) {
        names.push_back(fmt::format("{}within.{}.{}", set, norm_names[norm], tolerance_name(result.tolerances[i])));
        if (name == names.back()) return result.all.within[norm][i];
      }
    }
  }
  const std::string hint = nearest_name(name, names);
  throw Error(fmt::format("there is no metric '{}'{} Known: {}", name, hint.empty() ? "." : hint, quoted_list(names)));
}

}  // namespace matseq
