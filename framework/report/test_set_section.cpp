// Accuracy of the last evaluations: test sets side by side, by tolerance, by class.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/figure_text.h"
#include "report/html_table.h"
#include "report/markup.h"
#include "report/sections.h"
#include "report/settings_difference.h"
#include "report/test_sets.h"

namespace matseq {
namespace {

using Align = HtmlTable::Align;
using Cell = HtmlTable::Cell;
using Json = nlohmann::ordered_json;

constexpr std::size_t most_classes = 40;

/// A percentage on a background that deepens with it.
Cell heat_cell(double percent) {
  if (std::isnan(percent)) return {"–", percent, ""};
  const int level = static_cast<int>(std::lround(std::clamp(percent, 0.0, 100.0) / 10));
  return {percent_figure(percent), percent, fmt::format("h{}", level)};
}

Cell figure_cell(const Json& object, const Figure& figure) {
  const double number = number_at(object, figure.path);
  if (figure.percent) return heat_cell(number);
  return {short_figure(number), number, ""};
}

const Json* set_of(const ReportedRun& run, const std::string& set) {
  if (!run.record) return nullptr;
  const Json& sets = last_sets(*run.record);
  const auto found = sets.find(set);
  return found == sets.end() ? nullptr : &*found;
}

/// The runs that have evaluated a test set.
std::vector<std::size_t> runs_with(const Report& report, const std::string& set) {
  std::vector<std::size_t> runs;
  for (std::size_t i = 0; i < report.runs.size(); ++i) {
    if (set_of(report.runs[i], set) != nullptr) runs.push_back(i);
  }
  return runs;
}

/// The settings that say best on what runs were trained, where they differ in that.
std::vector<std::string> task_settings(const Report& report) {
  constexpr std::size_t most_named = 2;
  std::vector<std::string> keys = telling_settings(report, most_named);
  std::erase_if(keys, [](const std::string& key) { return !key.starts_with("task."); });
  return keys;
}

/// What a run was trained on, in the words of these settings: "laplace".
std::string training_task(const ReportedRun& run, const std::vector<std::string>& keys) {
  std::string text;
  for (const std::string& key : keys) {
    const std::string value = plain_setting(run.record->settings, key);
    if (!value.empty()) text += (text.empty() ? "" : ", ") + value;
  }
  return text;
}

HtmlTable heat_table(const Report& report, const std::vector<std::string>& sets, const std::vector<std::string>& keys,
                     const Figure& figure) {
  std::vector<HtmlTable::Column> columns = {{"Trained"}};
  for (const std::string& set : sets) columns.push_back({html_text(set), Align::right});
  HtmlTable table(
      fmt::format("Last evaluation, {} in %. Rows: runs, with what they were trained on where that differs. "
                  "Columns: test sets.",
                  html_text(figure.name)),
      "Test sets side by side: " + figure.name, columns);
  for (std::size_t i = 0; i < report.runs.size(); ++i) {
    if (!report.runs[i].record || last_sets(*report.runs[i].record).empty()) continue;
    const std::string task = training_task(report.runs[i], keys);
    const bool adds = !task.empty() && task != report.runs[i].name;
    std::vector<Cell> row = {
        {html_text(report.runs[i].name) + (adds ? " <small>" + html_text(task, 80) + "</small>" : ""), std::nullopt,
         ""}};
    for (const std::string& set : sets) {
      const Json* object = set_of(report.runs[i], set);
      row.push_back(object == nullptr ? Cell{"–", std::nan(""), ""} : figure_cell(*object, figure));
    }
    table.add(i, row);
  }
  return table;
}

/// How far chance alone moves a share, with 95% of chance: at most, at a share of a half.
std::string chance_text(double examples) {
  constexpr double normal_quantile = 1.96;
  if (!(examples > 0) || std::isinf(examples)) return "";
  return fmt::format("{} examples; chance alone moves a figure by up to ±{:.1f} (95%)",
                     grouped_figure(std::llround(examples)), normal_quantile * 50 / std::sqrt(examples));
}

std::string tolerance_table(const Report& report, const std::string& set, const std::vector<Figure>& figures) {
  std::vector<HtmlTable::Column> columns = {{"Run"}};
  for (const Figure& figure : figures) columns.push_back({html_text(figure.name), Align::right});
  const std::vector<std::size_t> runs = runs_with(report, set);
  double examples = std::numeric_limits<double>::infinity();
  for (const std::size_t i : runs)
    examples = std::fmin(examples, number_at(*set_of(report.runs[i], set), {"examples"}));
  const std::string chance = chance_text(examples);
  HtmlTable table("By tolerance, in %" + (chance.empty() ? "" : ": " + chance) + ".", "Accuracy by tolerance on " + set,
                  columns);
  for (const std::size_t i : runs) {
    std::vector<Cell> row = {{html_text(report.runs[i].name), std::nullopt, ""}};
    for (const Figure& figure : figures) row.push_back(figure_cell(*set_of(report.runs[i], set), figure));
    table.add(i, row);
  }
  return table.html();
}

const Json& classes_of(const Json& set) {
  static const Json no_classes = Json::object();
  const auto found = set.find("classes");
  return found != set.end() && found->is_object() ? *found : no_classes;
}

std::string class_table(const Report& report, const std::string& set) {
  const std::vector<std::size_t> runs = runs_with(report, set);
  std::vector<std::string> names;
  for (const std::size_t i : runs) {
    for (const auto& [name, figures] : classes_of(*set_of(report.runs[i], set)).items()) {
      if (names.size() < most_classes && std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  if (names.size() < 2) return "";
  std::vector<HtmlTable::Column> columns = {{"Run"}};
  for (const std::string& name : names) columns.push_back({html_text(name), Align::right});
  HtmlTable table("By class: accuracy in %.", "Accuracy by class on " + set, columns);
  for (const std::size_t i : runs) {
    const Json& classes = classes_of(*set_of(report.runs[i], set));
    std::vector<Cell> row = {{html_text(report.runs[i].name), std::nullopt, ""}};
    for (const std::string& name : names) row.push_back(heat_cell(number_at(classes, {name, "accuracy"})));
    table.add(i, row);
  }
  return table.html();
}

/// One table a figure, of which the page's script shows one.
std::string heat_maps(const Report& report, const std::vector<std::string>& sets, const std::vector<Figure>& figures) {
  const std::vector<std::string> keys = task_settings(report);
  std::string tables;
  for (const Figure& figure : figures) {
    if (!figure.percent) continue;
    tables += fmt::format("<div data-choice=\"{}\">{}</div>\n", html_text(figure.name),
                          heat_table(report, sets, keys, figure).html());
  }
  return "<div class=\"choices\" data-label=\"Figure\">\n" + tables + "</div>\n";
}

}  // namespace

std::string test_set_section(const Report& report, const ReportDetail& detail) {
  const std::vector<std::string> sets = test_sets(report);
  if (sets.empty()) return "";
  const std::vector<Figure> figures = figures_of(report, detail.all_figures);
  std::string text;
  if (sets.size() > 1) text += section("sets", "Test sets side by side", "", heat_maps(report, sets, figures));
  std::string details;
  for (const std::string& set : sets) {
    details += fmt::format("<div data-choice=\"{0}\"><h3>{0}</h3>\n{1}{2}</div>\n", html_text(set),
                           tolerance_table(report, set, figures), detail.all_figures ? class_table(report, set) : "");
  }
  return text +
         section("accuracy", "Accuracy by tolerance and class",
                 "<strong>Accuracy</strong> counts predictions with every token right or with a relative error below "
                 "the first tolerance; <strong>perfect</strong> those with every token right, "
                 "<strong>correct</strong> those that are a matrix of the right shape.",
                 "<div class=\"choices\" data-label=\"Test set\">\n" + details + "</div>\n");
}

}  // namespace matseq
