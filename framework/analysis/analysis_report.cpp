#include "analysis/analysis_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "matseq/error.h"

namespace matseq {
namespace {

using OrderedJson = nlohmann::ordered_json;

/// At which the papers look at properties.
constexpr double usual_property_tolerance = 0.01;
/// As many as a terminal's line and a plot's colours allow.
constexpr std::size_t most_tolerances = 9;

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}

std::uint64_t count_below(const std::vector<double>& numbers, double tolerance) {
  return static_cast<std::uint64_t>(std::ranges::count_if(numbers, [=](double number) { return number < tolerance; }));
}

std::vector<double> shares_below(const std::vector<double>& numbers, const std::vector<double>& tolerances,
                                 std::uint64_t whole) {
  std::vector<double> shares;
  for (const double tolerance : tolerances) shares.push_back(percent(count_below(numbers, tolerance), whole));
  return shares;
}

/// Those of the numbers, one for each prediction, that belong to the right or to the wrong predictions.
std::vector<double> selected(const std::vector<double>& numbers, const PredictionGroup& group, double tolerance,
                             bool right) {
  std::vector<double> chosen;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if ((group.errors[i] < tolerance) == right) chosen.push_back(numbers[i]);
  }
  return chosen;
}

RightAndWrong describe_both(const std::vector<double>& numbers, const PredictionGroup& group, double tolerance) {
  return {describe(selected(numbers, group, tolerance, true)), describe(selected(numbers, group, tolerance, false))};
}

GroupReport group_report(const PredictionGroup& group, const AnalysisReport& options) {
  const double first = options.tolerances.front();
  GroupReport result;
  result.set = group.set;
  result.task = group.task;
  result.examples = group.size();
  result.wrong = group.size() - count_below(group.errors, first);
  result.perfect = percent(group.perfect, group.size());
  result.correct = percent(group.correct, group.size());
  result.not_decodable = percent(group.not_decodable, group.size());
  result.accuracy = shares_below(group.errors, options.tolerances, group.size());
  result.error = describe_both(group.errors, group, first);
  if (!group.measures) return result;
  for (std::size_t i = 0; i < group.deviations.size(); ++i) {
    const std::vector<double>& deviations = group.deviations[i];
    const std::vector<double> wrong = selected(deviations, group, first, false);
    result.properties.push_back(
        {group.properties[i], shares_below(deviations, options.property_tolerances, group.size()),
         shares_below(wrong, options.property_tolerances, wrong.size()), describe_both(deviations, group, first)});
  }
  result.conditioned_matrix = group.measures->conditioned_matrix();
  result.condition = describe_both(group.conditions, group, first);
  result.condition_threshold =
      best_threshold(selected(group.conditions, group, first, true), selected(group.conditions, group, first, false));
  return result;
}

void append_percents(std::string& text, const std::string& title, const std::vector<double>& shares) {
  fmt::format_to(std::back_inserter(text), "  {:<42}", title);
  for (const double share : shares) fmt::format_to(std::back_inserter(text), " {:>8.2f}", share);
  text += '\n';
}

void append_heading(std::string& text, const std::string& title, const std::vector<double>& tolerances) {
  fmt::format_to(std::back_inserter(text), "\n{:<44}", title);
  for (const double tolerance : tolerances) fmt::format_to(std::back_inserter(text), " {:>8}", percent_text(tolerance));
  text += '\n';
}

/// Five significant digits, with trailing zeros, for columns to be compared down.
std::string figure(double number) { return fmt::format("{:#.5g}", number); }

void append_distribution(std::string& text, const std::string& title, const Distribution& distribution) {
  fmt::format_to(std::back_inserter(text), "    {:<8} {:>9}", title, distribution.count);
  if (distribution.count > 0) {
    for (const double number : {distribution.mean, distribution.minimum, distribution.quantile_05, distribution.median,
                                distribution.quantile_95, distribution.maximum}) {
      fmt::format_to(std::back_inserter(text), " {:>11}", figure(number));
    }
  }
  if (distribution.infinite > 0) fmt::format_to(std::back_inserter(text), "  and {} infinite", distribution.infinite);
  text += '\n';
}

void append_both(std::string& text, const std::string& title, const RightAndWrong& both) {
  fmt::format_to(std::back_inserter(text), "  {}\n", title);
  append_distribution(text, "right", both.right);
  append_distribution(text, "wrong", both.wrong);
}

void append_group(std::string& text, const GroupReport& group, const AnalysisReport& options) {
  const std::string first = percent_text(options.tolerances.front());
  fmt::format_to(std::back_inserter(text),
                 "{}, {}: {} examples\n"
                 "  {:.2f}% perfect, {:.2f}% matrices of the right shape, {:.2f}% not decodable\n",
                 group.set, group.task, group.examples, group.perfect, group.correct, group.not_decodable);
  append_heading(text, "% right, with a d1 error below", options.tolerances);
  append_percents(text, "all predictions", group.accuracy);
  if (!group.properties.empty()) {
    append_heading(text, "% that keep a property within", options.property_tolerances);
    for (const PropertyReport& property : group.properties) {
      append_percents(text, fmt::format("{}: all", property.property.name), property.kept);
      append_percents(text, fmt::format("{}: the {} wrong at {}", property.property.name, group.wrong, first),
                      property.kept_by_wrong);
    }
  }
  fmt::format_to(std::back_inserter(text), "\n{:<22} {:>11} {:>11} {:>11} {:>11} {:>11} {:>11}\n",
                 fmt::format("right, wrong at {}", first), "mean", "min", "5%", "median", "95%", "max");
  append_both(text, "d1 error", group.error);
  for (const PropertyReport& property : group.properties) {
    append_both(text, fmt::format("{}: {}", property.property.name, property.property.deviation), property.deviation);
  }
  if (!group.conditioned_matrix.empty()) {
    append_both(text, fmt::format("condition number of {}", group.conditioned_matrix), group.condition);
    const Threshold& threshold = group.condition_threshold;
    if (group.condition.right.count > 0 && group.condition.wrong.count > 0) {
      fmt::format_to(std::back_inserter(text),
                     "    told apart best by {:.5g}: {:.2f}% of the right are below it, {:.2f}% of the wrong are not\n",
                     threshold.value, threshold.below, threshold.not_below);
    }
  }
}

OrderedJson number(double value) {
  return std::isfinite(value) ? OrderedJson(value) : OrderedJson(fmt::format("{}", value));
}

OrderedJson to_json(const Distribution& distribution) {
  OrderedJson json = {{"count", distribution.count}, {"infinite", distribution.infinite}};
  if (distribution.count == 0) return json;
  json["mean"] = number(distribution.mean);
  json["min"] = number(distribution.minimum);
  json["quantiles"] = {{"0.05", number(distribution.quantile_05)},
                       {"0.25", number(distribution.quantile_25)},
                       {"0.5", number(distribution.median)},
                       {"0.75", number(distribution.quantile_75)},
                       {"0.95", number(distribution.quantile_95)}};
  json["median"] = number(distribution.median);
  json["max"] = number(distribution.maximum);
  return json;
}

OrderedJson to_json(const RightAndWrong& both) {
  return {{"right", to_json(both.right)}, {"wrong", to_json(both.wrong)}};
}

OrderedJson by_tolerance(const std::vector<double>& shares, const std::vector<double>& tolerances) {
  OrderedJson json = OrderedJson::object();
  for (std::size_t i = 0; i < shares.size(); ++i) json[fmt::format("{}", tolerances[i])] = shares[i];
  return json;
}

OrderedJson to_json(const GroupReport& group, const AnalysisReport& options) {
  OrderedJson json = {{"set", group.set},
                      {"task", group.task},
                      {"examples", group.examples},
                      {"wrong", group.wrong},
                      {"perfect", group.perfect},
                      {"correct", group.correct},
                      {"not_decodable", group.not_decodable},
                      {"accuracy", by_tolerance(group.accuracy, options.tolerances)},
                      {"d1", to_json(group.error)}};
  if (!group.conditioned_matrix.empty()) {
    json["condition_number"] = to_json(group.condition);
    json["condition_number"]["of"] = group.conditioned_matrix;
    const Threshold& threshold = group.condition_threshold;
    json["condition_number"]["threshold"] = {
        {"value", number(threshold.value)}, {"right_below", threshold.below}, {"wrong_not_below", threshold.not_below}};
  }
  if (group.properties.empty()) return json;
  OrderedJson properties = OrderedJson::object();
  for (const PropertyReport& property : group.properties) {
    properties[property.property.name] = {
        {"measure", property.property.deviation},
        {"kept", by_tolerance(property.kept, options.property_tolerances)},
        {"kept_by_wrong", by_tolerance(property.kept_by_wrong, options.property_tolerances)},
        {"deviation", to_json(property.deviation)}};
  }
  json["properties"] = properties;
  return json;
}

}  // namespace

std::string percent_text(double tolerance) { return fmt::format("{:.4g}%", 100 * tolerance); }

void check_tolerances(const std::vector<double>& tolerances) {
  if (tolerances.empty() || tolerances.size() > most_tolerances) {
    throw Error(fmt::format("{} tolerances; 1 to {} are accepted", tolerances.size(), most_tolerances));
  }
  for (auto tolerance = tolerances.begin(); tolerance != tolerances.end(); ++tolerance) {
    if (!(*tolerance > 0) || std::isinf(*tolerance)) {
      throw Error(fmt::format("the tolerance {} is not accepted; tolerances are above 0, as 0.05 for 5%", *tolerance));
    }
    if (std::find(tolerances.begin(), tolerance, *tolerance) != tolerance) {
      throw Error(fmt::format("the tolerance {} was given twice", *tolerance));
    }
  }
}

AnalysisReport report(const FailureAnalysis& analysis, const std::vector<double>& tolerances) {
  check_tolerances(tolerances);
  AnalysisReport result{tolerances, tolerances, {}};
  if (std::ranges::find(tolerances, usual_property_tolerance) == tolerances.end()) {
    result.property_tolerances.push_back(usual_property_tolerance);
  }
  for (const PredictionGroup& group : analysis.groups()) result.groups.push_back(group_report(group, result));
  return result;
}

std::string to_table(const AnalysisReport& report) {
  std::string text;
  for (const GroupReport& group : report.groups) {
    if (!text.empty()) text += "\n\n";
    append_group(text, group, report);
  }
  return text;
}

nlohmann::ordered_json to_json(const AnalysisReport& report) {
  OrderedJson groups = OrderedJson::array();
  for (const GroupReport& group : report.groups) groups.push_back(to_json(group, report));
  return {{"tolerances", report.tolerances}, {"property_tolerances", report.property_tolerances}, {"groups", groups}};
}

}  // namespace matseq
