// All runs in one table: where they stand, what they differ in, how well they do.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/figure_text.h"
#include "report/html_table.h"
#include "report/markup.h"
#include "report/sections.h"
#include "report/settings_difference.h"
#include "report/sparkline.h"
#include "report/test_sets.h"
#include "run/duration_text.h"

namespace matseq {
namespace {

using Align = HtmlTable::Align;
using Cell = HtmlTable::Cell;

constexpr std::size_t most_telling = 4;  ///< in this table; all are in that of the configuration
constexpr double no_figure = std::numeric_limits<double>::quiet_NaN();

/// A state in words, with a class for its colour.
Cell state_cell(const ReportedRun& run) {
  const std::string state = state_of(run);
  std::string style = state;
  std::ranges::replace(style, ' ', '-');
  return {fmt::format("<span class=\"state {}\">{}</span>", style, state), std::nullopt, ""};
}

Cell setting_cell(const ReportedRun& run, const std::string& key) {
  if (!run.record) return {"–", no_figure, ""};
  const std::string text = plain_setting(run.record->settings, key);
  return {text.empty() ? "–" : html_text(text, 60), std::nullopt, ""};
}

std::vector<double> losses(const RunRecord& record) {
  std::vector<double> values;
  for (const TrainingPoint& point : record.training) values.push_back(point.loss);
  return values;
}

/// Of the first test set.
std::vector<double> accuracies(const RunRecord& record) {
  std::vector<double> values;
  for (const EvaluationPoint& evaluation : record.evaluations) {
    if (!evaluation.sets.empty()) values.push_back(number_at(evaluation.sets.front(), {"accuracy"}));
  }
  return values;
}

double last_or_none(const std::vector<double>& values) { return values.empty() ? no_figure : values.back(); }

std::vector<Cell> progress_cells(const RunRecord& record) {
  const RunPosition& position = record.position;
  const double share =
      position.updates > 0 ? static_cast<double>(position.update) / static_cast<double>(position.updates) : 0;
  const std::string of = position.updates > 0 && position.update != position.updates
                             ? fmt::format(" <small>of {}</small>", grouped_figure(position.updates))
                             : "";
  const double seconds = position.seconds > 0 ? position.seconds : no_figure;
  const std::string duration = duration_text(seconds);
  return {{grouped_figure(position.update) + of, share > 0 ? static_cast<double>(position.update) : 0, ""},
          {duration.empty() ? "–" : duration, seconds, ""}};
}

std::vector<Cell> result_cells(const RunRecord& record, double best_of_all) {
  const std::vector<double> loss = losses(record);
  const std::vector<double> accuracy = accuracies(record);
  const std::optional<BestAccuracy> best = best_accuracy(record);
  const std::string best_text =
      best ? fmt::format("{} <small>epoch {}</small>", percent_figure(best->accuracy), best->epoch) : "–";
  return {
      {svg_sparkline(loss, true) + " " + short_figure(last_or_none(loss)), last_or_none(loss), "curve"},
      {svg_sparkline(accuracy, false) + " " + percent_figure(last_or_none(accuracy)), last_or_none(accuracy), "curve"},
      {best_text, best ? best->accuracy : no_figure, best && best->accuracy >= best_of_all ? "best" : ""}};
}

double best_of_all_runs(const Report& report) {
  double best = 0;
  for (const ReportedRun& run : report.runs) {
    const std::optional<BestAccuracy> own = run.record ? best_accuracy(*run.record) : std::nullopt;
    if (own) best = std::max(best, own->accuracy);
  }
  return report.runs.size() > 1 && best > 0 ? best : std::numeric_limits<double>::infinity();
}

std::vector<HtmlTable::Column> columns_of(const std::vector<std::string>& settings, const std::string& set) {
  std::vector<HtmlTable::Column> columns = {{"Run"}, {"State"}};
  for (const std::string& name : short_names(settings)) columns.push_back({html_text(name)});
  for (const std::string& title :
       {std::string("Updates"), std::string("Time"), std::string("Loss"),
        "Accuracy <small>" + html_text(set) + ", %</small>", std::string("Best <small>%</small>")}) {
    columns.push_back({title, Align::right});
  }
  return columns;
}

}  // namespace

std::string run_section(const Report& report) {
  if (report.runs.empty()) return "";
  const std::vector<std::string> settings = telling_settings(report, most_telling);
  const std::vector<std::string> sets = test_sets(report);
  HtmlTable table(
      "Loss is the mean since the last log line; the small curves are the whole run's, of the loss on a "
      "logarithmic scale.",
      "Runs", columns_of(settings, sets.empty() ? "" : sets[0]));
  const double best = best_of_all_runs(report);
  for (std::size_t i = 0; i < report.runs.size(); ++i) {
    const ReportedRun& run = report.runs[i];
    std::vector<Cell> row = {{html_text(run.name), std::nullopt, ""}, state_cell(run)};
    for (const std::string& key : settings) row.push_back(setting_cell(run, key));
    std::vector<Cell> rest(5, Cell{"–", no_figure, ""});
    if (run.record) {
      rest = progress_cells(*run.record);
      for (Cell& cell : result_cells(*run.record, best)) rest.push_back(std::move(cell));
    }
    row.insert(row.end(), rest.begin(), rest.end());
    table.add(i, row);
  }
  return section("runs", report.runs.size() == 1 ? "Run" : "Runs", "", table.html("id=\"run-table\""));
}

}  // namespace matseq
