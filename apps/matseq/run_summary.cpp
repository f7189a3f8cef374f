#include "run_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "matseq/error.h"
#include "matseq/printable.h"
#include "report/figure_text.h"
#include "report/report.h"
#include "report/settings_difference.h"
#include "report/sparkline.h"
#include "report/test_sets.h"
#include "run/criterion.h"
#include "run/duration_text.h"
#include "run/run_folder.h"
#include "text_table.h"

namespace matseq {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr std::size_t spark_width = 40;
constexpr std::size_t most_rows = 16;       ///< of the evaluation, with classes
constexpr std::size_t most_tolerances = 3;  ///< beside that of the accuracy
constexpr std::size_t longest_column = 20;
constexpr std::size_t longest_line = 67;  ///< behind its title

std::string percent(double value) { return std::isfinite(value) ? percent_figure(value) : "-"; }

std::string number(double value) { return std::isfinite(value) ? short_figure(value) : "-"; }

std::string coloured(const std::string& state, const SummaryStyle& style) {
  if (!style.colours) return state;
  const std::map<std::string, int> codes = {{"finished", 32}, {"running", 36}, {"stopped", 33}, {"failed", 31}};
  const auto found = codes.find(state);
  return found == codes.end() ? state : fmt::format("\x1b[{}m{}\x1b[0m", found->second, state);
}

std::string line(const char* title, const std::string& text) { return fmt::format("  {:<10} {}\n", title, text); }

std::string position_text(const RunPosition& position) {
  std::string text = fmt::format("update {}", position.update);
  if (position.updates > 0 && position.update != position.updates) {
    text += fmt::format(" of {} ({}%)", position.updates, 100 * position.update / position.updates);
  }
  return text + fmt::format(", epoch {}", position.epoch);
}

std::string time_text(const RunRecord& record) {
  const RunPosition& position = record.position;
  std::string text = position.seconds > 0 ? duration_text(position.seconds) : "";
  if (position.seconds_left) text += ", about " + duration_text(*position.seconds_left) + " left";
  const double speed = usual_speed(record);
  if (std::isfinite(speed)) text += fmt::format("{}{:.0f} examples/s", text.empty() ? "" : ", ", speed);
  return text;
}

/// "positional base=1000 precision=2".
std::string encoding_text(const FlatSettings& settings, const std::string& side) {
  const std::string prefix = "encoding." + side + ".";
  std::string text = setting_text(settings, prefix + "plugin");
  for (const auto& [key, value] : settings) {
    if (!key.starts_with(prefix) || key == prefix + "plugin") continue;
    text += " " + key.substr(prefix.size()) + "=" + setting_text(settings, key);
  }
  return text;
}

std::string encodings_text(const FlatSettings& settings) {
  const std::string input = encoding_text(settings, "input");
  const std::string output = encoding_text(settings, "output");
  return input == output ? input : input + " -> " + output;
}

std::string task_text(const FlatSettings& settings) {
  std::string text = setting_text(settings, "task.plugin");
  const std::string smallest = setting_text(settings, "task.min_dimension");
  const std::string largest = setting_text(settings, "task.max_dimension");
  if (!smallest.empty()) text += ", dimension " + smallest + (largest == smallest ? "" : " to " + largest);
  const std::string distribution = plain_setting(settings, "task.eigen_distribution");
  return distribution.empty() ? text : text + ", eigenvalues " + distribution;
}

std::vector<double> losses(const RunRecord& record) {
  std::vector<double> values;
  for (const TrainingPoint& point : record.training) values.push_back(point.loss);
  return values;
}

std::vector<double> accuracies(const RunRecord& record, const std::string& set) {
  std::vector<double> values;
  for (const EvaluationPoint& evaluation : record.evaluations) {
    values.push_back(number_at(evaluation.sets, {set, "accuracy"}));
  }
  return values;
}

std::string curve_line(const char* title, const std::vector<double>& values, bool logarithmic, const std::string& first,
                       const std::string& last, const std::string& remark, const SummaryStyle& style) {
  return line(title, fmt::format("{} {} {}{}", first, text_sparkline(values, logarithmic, spark_width, style.ascii),
                                 last, remark));
}

std::string curve_lines(const RunRecord& record, const SummaryStyle& style) {
  std::string text;
  const std::vector<double> loss = losses(record);
  if (!loss.empty()) {
    text += curve_line("loss", loss, true, number(loss.front()), number(loss.back()), "  (log scale)", style);
  }
  const nlohmann::ordered_json& sets = last_sets(record);
  if (sets.empty()) return text;
  const std::string set = sets.begin().key();
  const std::vector<double> accuracy = accuracies(record, set);
  return text + curve_line("accuracy", accuracy, false, percent(accuracy.front()), percent(accuracy.back()),
                           "%  (" + printable(set, longest_column) + ")", style);
}

/// Best values of the validation metrics, by name.
std::map<std::string, double> best_metrics(const ReportedRun& run) {
  try {
    const std::optional<SavedState> state = RunFolder(run.folder).readable_state();
    if (!state) return {};
    std::map<std::string, double> best = state->training.best;
    std::erase_if(best, [](const auto& entry) { return entry.first.starts_with(StoppingCriterion::key_prefix); });
    return best;
  } catch (const Error&) {
    return {};
  }
}

std::string best_line(const ReportedRun& run) {
  std::string text;
  for (const auto& [metric, value] : best_metrics(run)) {
    if (!std::isfinite(value)) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", printable(metric, 60), number(value));
    const auto found =
        std::ranges::find_if(run.record->evaluations, [name = metric, best = value](const EvaluationPoint& point) {
          return evaluation_metric(point.sets, Criterion::parse(name).metric) == best;
        });
    if (found != run.record->evaluations.end()) text += fmt::format(" (epoch {})", found->epoch);
  }
  return text.empty() ? "" : line("best", text);
}

std::size_t class_count(const OrderedJson& set) {
  const auto found = set.find("classes");
  return found != set.end() && found->is_object() ? found->size() : 0;
}

std::vector<std::string> table_row(const std::string& name, const OrderedJson& object,
                                   const std::vector<Figure>& figures) {
  const double examples = number_at(object, {"examples"});
  std::vector<std::string> row = {printable(name, longest_column),
                                  std::isfinite(examples) ? fmt::format("{:.0f}", examples) : "-"};
  for (const Figure& figure : figures) {
    const double value = number_at(object, figure.path);
    row.push_back(figure.percent ? percent(value) : number(value));
  }
  return row;
}

/// Those that 80 characters have room for.
std::vector<Figure> table_figures(const ReportedRun& run) {
  Report only;
  only.runs.push_back(run);
  std::vector<Figure> chosen;
  std::size_t tolerances = 0;
  for (const Figure& figure : figures_of(only)) {
    const bool is_further = figure.tolerance > 0 && !chosen.empty();
    if (is_further && ++tolerances > most_tolerances) continue;
    const bool is_known = is_further || figure.name == "accuracy" || figure.name == "perfect" || !figure.percent;
    if (is_known) chosen.push_back(figure);
  }
  return chosen;
}

std::string evaluation_table(const ReportedRun& run) {
  const OrderedJson& sets = last_sets(*run.record);
  if (sets.empty()) return "";
  const std::vector<Figure> figures = table_figures(run);
  std::vector<TextTable::Column> columns = {{"test set"}, {"examples", TextTable::Align::right}};
  for (const Figure& figure : figures) {
    const std::string title = figure.name.starts_with("within ") ? "<" + figure.name.substr(7) : figure.name;
    columns.push_back({figure.percent ? title : "x-ent.", TextTable::Align::right});
  }
  std::size_t rows = 0;
  for (const auto& [name, object] : sets.items()) rows += 1 + class_count(object);
  TextTable table(columns);
  for (const auto& [name, object] : sets.items()) {
    table.add(table_row(name, object, figures));
    if (rows > most_rows || class_count(object) < 2) continue;
    for (const auto& [class_name, figures_of_class] : object["classes"].items()) {
      table.add(table_row("  " + class_name, figures_of_class, figures));
    }
  }
  return fmt::format("\nevaluation of epoch {}, in %:\n{}", run.record->evaluations.back().epoch, table.text());
}

OrderedJson finite(double value) { return std::isfinite(value) ? OrderedJson(value) : OrderedJson(nullptr); }

/// Leaves out at the end what a terminal's line has no room for, with the comma before.
std::string fitted(const std::string& text) {
  std::string shown = printable(text, 4 * longest_line);
  if (shown.size() <= longest_line) return shown;
  const std::size_t comma = shown.rfind(", ", longest_line);
  return comma == std::string::npos ? printable(shown, longest_line - 3) : shown.substr(0, comma);
}

}  // namespace

std::string run_summary(const ReportedRun& run, const SummaryStyle& style) {
  std::string text = printable(run.name) + ": " + coloured(state_of(run), style);
  if (run.record) text += ", " + position_text(run.record->position);
  text += "\n";
  if (!run.failure.empty()) text += line("failed", fitted(run.failure.substr(0, run.failure.find('\n'))));
  if (!run.record) return text + (run.refusal.empty() ? "" : line("unreadable", printable(run.refusal, 1000)));
  const std::string time = time_text(*run.record);
  if (!time.empty()) text += line("time", time);
  text += line("task", fitted(task_text(run.record->settings)));
  text += line("encoding", fitted(encodings_text(run.record->settings)));
  if (!run.model.empty()) text += line("model", fitted(run.model));
  return text + curve_lines(*run.record, style) + best_line(run) + evaluation_table(run);
}

nlohmann::ordered_json run_summary_json(const ReportedRun& run) {
  OrderedJson json = {{"name", run.name}, {"folder", run.folder.string()}, {"state", state_of(run)}};
  if (!run.failure.empty()) json["failure"] = run.failure;
  if (!run.refusal.empty()) json["refusal"] = run.refusal;
  if (!run.record) return json;
  const RunRecord& record = *run.record;
  const double none = std::numeric_limits<double>::quiet_NaN();
  json["update"] = record.position.update;
  json["updates"] = record.position.updates;
  json["epoch"] = record.position.epoch;
  json["seconds"] = record.position.seconds;
  json["seconds_left"] = finite(record.position.seconds_left.value_or(none));
  json["examples_per_second"] = finite(usual_speed(record));
  json["task"] = setting_text(record.settings, "task.plugin");
  json["input_encoding"] = encoding_text(record.settings, "input");
  json["output_encoding"] = encoding_text(record.settings, "output");
  json["model"] = run.model;
  json["loss"] = finite(record.training.empty() ? none : record.training.back().loss);
  json["learning_rate"] = finite(record.training.empty() ? none : record.training.back().learning_rate);
  json["best"] = OrderedJson::object();
  for (const auto& [metric, value] : best_metrics(run)) json["best"][metric] = finite(value);
  json["evaluation"] = record.evaluations.empty() ? OrderedJson(nullptr) : last_sets(record);
  return json;
}

}  // namespace matseq
