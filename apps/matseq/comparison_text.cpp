#include "comparison_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "files/json_number.h"
#include "matseq/printable.h"
#include "run/duration_text.h"
#include "text_table.h"

namespace matseq {
namespace {

using OrderedJson = nlohmann::ordered_json;
using Align = TextTable::Align;

constexpr std::size_t longest_cell = 60;

/// The last part of a setting's name, or all of it where another column ends the same.
std::string title_of(const std::string& column, const std::vector<std::string>& columns) {
  const auto last_part = [](const std::string& name) { return name.substr(name.rfind('.') + 1); };
  const std::string part = last_part(column);
  const auto alike = std::ranges::count_if(columns, [&](const std::string& name) { return last_part(name) == part; });
  // "plugin" says nothing without its table.
  return alike == 1 && part != "plugin" ? part : column;
}

/// A figure and perhaps its deviation, with as many decimals.
std::string value_text(const Sample& value) {
  if (std::isnan(value.mean)) return "";
  const double size = std::abs(value.mean);
  if (size != 0 && (size < 0.01 || size >= 1e7)) {
    return value.count < 2 ? fmt::format("{:.3g}", value.mean)
                           : fmt::format("{:.3g} ± {:.2g}", value.mean, value.deviation);
  }
  const int decimals = size == 0 || size >= 1 ? 2 : 4;
  const std::string mean = fmt::format("{:.{}f}", value.mean, decimals);
  return value.count < 2 ? mean : fmt::format("{} ± {:.{}f}", mean, value.deviation, decimals);
}

std::string count_text(double number) { return std::isnan(number) ? "" : fmt::format("{:.0f}", number); }

std::string p_text(const std::optional<double>& p) {
  if (!p) return "";
  return *p < 0.0001 ? "<0.0001" : fmt::format("{:.4f}", *p);
}

/// "32000", or "32000 (2/3)" where only some reach the target.
std::string target_text(const ComparisonRow& row, const std::string& text) {
  if (row.reached() == 0) return "not reached";
  return row.reached() == row.runs.size() ? text : fmt::format("{} ({}/{})", text, row.reached(), row.runs.size());
}

std::string names_of(const ComparisonRow& row) {
  std::string names;
  for (const ComparedRun& run : row.runs) names += (names.empty() ? "" : ", ") + run.name;
  return names;
}

std::vector<TextTable::Column> columns_of(const Comparison& comparison, const std::optional<double>& target,
                                          bool with_lengths) {
  std::vector<TextTable::Column> columns;
  if (comparison.columns.empty()) columns.push_back({"run"});
  for (const std::string& column : comparison.columns) {
    columns.push_back({printable(title_of(column, comparison.columns), longest_cell)});
  }
  columns.push_back({"n", Align::right});
  columns.push_back({printable(comparison.metric, longest_cell), Align::right});
  for (const std::string& metric : comparison.further) {
    columns.push_back({printable(metric, longest_cell), Align::right});
  }
  columns.push_back({"p", Align::right});
  if (target) {
    columns.push_back({fmt::format("p of {:g}", *target), Align::right});
    columns.push_back({fmt::format("examples to {:g}", *target), Align::right});
    columns.push_back({fmt::format("time to {:g}", *target), Align::right});
  }
  columns.push_back({"examples", Align::right});
  columns.push_back({"time", Align::right});
  columns.push_back({"examples/s", Align::right});
  if (with_lengths) {
    columns.push_back({"tokens in", Align::right});
    columns.push_back({"tokens out", Align::right});
    columns.push_back({"vocabulary", Align::right});
  }
  return columns;
}

std::vector<std::string> cells_of(const Comparison& comparison, const ComparisonRow& row,
                                  const std::optional<double>& target) {
  std::vector<std::string> cells;
  if (comparison.columns.empty()) cells.push_back(printable(names_of(row), longest_cell));
  for (const std::string& setting : row.settings) cells.push_back(printable(setting, longest_cell));
  cells.push_back(std::to_string(row.value.count));
  cells.push_back(value_text(row.value));
  for (const Sample& further : row.further) cells.push_back(value_text(further));
  cells.push_back(p_text(row.p));
  if (target) {
    cells.push_back(p_text(row.target_p));
    cells.push_back(target_text(row, count_text(row.mean_target_examples())));
    cells.push_back(target_text(row, duration_text(row.mean_target_seconds())));
  }
  cells.push_back(count_text(row.mean_examples()));
  cells.push_back(duration_text(row.mean_seconds()));
  cells.push_back(count_text(row.mean_rate()));
  return cells;
}

OrderedJson json_or_null(const std::optional<double>& number) { return number ? json_number(*number) : OrderedJson(); }

OrderedJson json_of(const ComparedRun& run, const std::vector<std::string>& further) {
  OrderedJson json = {
      {"name", printable(run.name)},         {"seed", run.seed},
      {"value", json_number(run.value)},     {"examples", run.examples},
      {"seconds", json_number(run.seconds)}, {"examples_per_second", json_number(run.examples_per_second)}};
  json["examples_to_target"] = run.target_examples ? OrderedJson(*run.target_examples) : OrderedJson();
  json["seconds_to_target"] = json_or_null(run.target_seconds);
  json["further"] = OrderedJson::object();
  for (std::size_t i = 0; i < further.size(); ++i) json["further"][printable(further[i])] = json_number(run.further[i]);
  return json;
}

OrderedJson json_of(const Comparison& comparison, const ComparisonRow& row,
                    const std::optional<SequenceSurvey>& survey) {
  OrderedJson json;
  json["settings"] = OrderedJson::object();
  for (std::size_t i = 0; i < row.settings.size(); ++i) json["settings"][comparison.columns[i]] = row.settings[i];
  json["n"] = row.value.count;
  json["mean"] = json_number(row.value.mean);
  json["deviation"] = row.value.count > 1 ? json_number(row.value.deviation) : OrderedJson();
  json["further"] = OrderedJson::object();
  for (std::size_t i = 0; i < row.further.size(); ++i) {
    json["further"][printable(comparison.further[i])] = {
        {"mean", json_number(row.further[i].mean)},
        {"deviation", row.further[i].count > 1 ? json_number(row.further[i].deviation) : OrderedJson()}};
  }
  json["p"] = json_or_null(row.p);
  json["target_p"] = json_or_null(row.target_p);
  json["reached"] = row.reached();
  json["examples_to_target"] = json_number(row.mean_target_examples());
  json["seconds_to_target"] = json_number(row.mean_target_seconds());
  json["examples"] = json_number(row.mean_examples());
  json["seconds"] = json_number(row.mean_seconds());
  json["examples_per_second"] = json_number(row.mean_rate());
  json["source_tokens"] = survey ? json_number(survey->source_tokens) : OrderedJson();
  json["target_tokens"] = survey ? json_number(survey->target_tokens) : OrderedJson();
  json["vocabulary"] = survey ? OrderedJson(survey->vocabulary) : OrderedJson();
  json["runs"] = OrderedJson::array();
  for (const ComparedRun& run : row.runs) json["runs"].push_back(json_of(run, comparison.further));
  return json;
}

}  // namespace

std::string to_table(const Comparison& comparison, const std::optional<double>& target, const RowSurveys& surveys,
                     TableStyle style) {
  TextTable table(columns_of(comparison, target, !surveys.empty()));
  for (std::size_t i = 0; i < comparison.rows.size(); ++i) {
    std::vector<std::string> cells = cells_of(comparison, comparison.rows[i], target);
    if (!surveys.empty() && surveys[i]) {
      cells.push_back(fmt::format("{:.1f}", surveys[i]->source_tokens));
      cells.push_back(fmt::format("{:.1f}", surveys[i]->target_tokens));
      cells.push_back(std::to_string(surveys[i]->vocabulary));
    }
    table.add(std::move(cells));
  }
  std::string text = comparison.budget + "\n\n" + (style == TableStyle::markdown ? table.markdown() : table.text());
  const bool tested = std::ranges::any_of(comparison.rows, [](const ComparisonRow& row) { return row.p.has_value(); });
  const bool spread =
      std::ranges::any_of(comparison.rows, [](const ComparisonRow& row) { return row.runs.size() > 1; });
  if (tested || spread || target) text += "\n";
  if (spread) text += "n: runs that differ in the seed only; mean ± standard deviation.\n";
  if (tested)
    text +=
        "p: Welch's t-test of the mean against the first row, two-sided; of twenty such by chance one is below 0.05.\n";
  if (target && spread)
    text += fmt::format("p of {:g}: one-sided t-test that the mean is {} than that.\n", *target,
                        comparison.smaller_is_better ? "less" : "more");
  if (target)
    text += fmt::format("to {:g}: the first evaluation that reaches it, mean of the runs that do.\n", *target);
  for (const std::string& note : comparison.notes) text += "note: " + note + "\n";
  return text;
}

OrderedJson to_json(const Comparison& comparison, const std::optional<double>& target, const RowSurveys& surveys) {
  OrderedJson json;
  json["metric"] = printable(comparison.metric);
  json["smaller_is_better"] = comparison.smaller_is_better;
  json["further"] = OrderedJson::array();
  for (const std::string& metric : comparison.further) json["further"].push_back(printable(metric));
  json["target"] = json_or_null(target);
  json["budget"] = comparison.budget;
  json["cut_examples"] = comparison.cut_examples ? OrderedJson(*comparison.cut_examples) : OrderedJson();
  json["cut_seconds"] = json_or_null(comparison.cut_seconds);
  json["columns"] = comparison.columns;
  json["rows"] = OrderedJson::array();
  for (std::size_t i = 0; i < comparison.rows.size(); ++i) {
    json["rows"].push_back(json_of(comparison, comparison.rows[i], surveys.empty() ? std::nullopt : surveys[i]));
  }
  json["notes"] = comparison.notes;
  return json;
}

}  // namespace matseq
