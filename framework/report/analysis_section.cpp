// Failure analyses, as `matseq analyze --json` prints them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/figure_text.h"
#include "report/html_table.h"
#include "report/markup.h"
#include "report/sections.h"
#include "report/test_sets.h"
#include "tokens/json_text.h"

namespace matseq {
namespace {

using Align = HtmlTable::Align;
using Cell = HtmlTable::Cell;
using Json = nlohmann::ordered_json;

constexpr std::size_t most_groups = 40;
constexpr std::size_t most_properties = 20;

const Json& member(const Json& object, const char* key) {
  static const Json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}

std::string text_of(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_string() ? value.get<std::string>() : "";
}

/// A figure of a distribution, which may be a text: "inf".
Cell figure_cell(const Json& value) {
  const std::optional<double> number = value.is_null() ? std::nullopt : number_from_json(value);
  if (!number) return {"–", std::nan(""), ""};
  return {std::isinf(*number) ? "∞" : short_figure(*number), *number, ""};
}

std::string shares_table(const Json& group) {
  const Json& accuracy = member(group, "accuracy");
  if (!accuracy.is_object()) return "";
  std::vector<HtmlTable::Column> columns = {{"Predictions"}};
  for (const auto& [tolerance, share] : accuracy.items()) {
    columns.push_back({"within " + html_text(tolerance_text(tolerance)), Align::right});
  }
  HtmlTable table("Right, with a d1 error below a tolerance, and properties kept, in %.", "Accuracy by tolerance",
                  columns);
  const auto add = [&](const std::string& name, const Json& shares) {
    std::vector<Cell> row = {{name, std::nullopt, ""}};
    for (const auto& [tolerance, ignored] : accuracy.items()) {
      const double share = number_at(shares, {tolerance});
      const auto level = std::isnan(share) ? 0 : std::lround(std::clamp(share, 0.0, 100.0) / 10);
      row.push_back({percent_figure(share), share, std::isnan(share) ? "" : fmt::format("h{}", level)});
    }
    table.add(std::nullopt, row);
  };
  add("right", accuracy);
  const Json& properties = member(group, "properties");
  std::size_t count = 0;
  for (const auto& [name, property] : properties.items()) {
    if (!property.is_object() || ++count > most_properties) continue;
    add(html_text(name) + ": all", member(property, "kept"));
    add(html_text(name) + ": the wrong", member(property, "kept_by_wrong"));
  }
  return table.html();
}

std::string distribution_table(const Json& group) {
  constexpr std::array<const char*, 7> keys = {"count", "mean", "min", "0.05", "median", "0.95", "max"};
  std::vector<HtmlTable::Column> columns = {{"Figure"}};
  for (const char* key : keys) columns.push_back({key[0] == '0' ? tolerance_text(key) : key, Align::right});
  HtmlTable table("Distributions, right and wrong predictions apart.", "Distributions", columns);
  const auto add = [&](const std::string& name, const Json& both) {
    for (const char* side : {"right", "wrong"}) {
      const Json& distribution = member(both, side);
      if (!distribution.is_object()) continue;
      std::vector<Cell> row = {{html_text(name) + ": " + side, std::nullopt, ""}};
      for (const char* key : keys) {
        row.push_back(figure_cell(member(key[0] == '0' ? member(distribution, "quantiles") : distribution, key)));
      }
      table.add(std::nullopt, row);
    }
  };
  add("d1 error", member(group, "d1"));
  add("condition number of " + text_of(member(group, "condition_number"), "of"), member(group, "condition_number"));
  std::size_t count = 0;
  for (const auto& [name, property] : member(group, "properties").items()) {
    if (property.is_object() && ++count <= most_properties) add(name, member(property, "deviation"));
  }
  return table.empty() ? "" : table.html();
}

std::string group_html(const Json& group) {
  const double examples = number_at(group, {"examples"});
  return fmt::format("<h4>{}, {} <small>{} examples</small></h4>\n{}{}", html_text(text_of(group, "set")),
                     html_text(text_of(group, "task")),
                     std::isnan(examples) ? "–" : grouped_figure(std::llround(examples)), shares_table(group),
                     distribution_table(group));
}

}  // namespace

std::string analysis_section(const Report& report, const ReportDetail& detail) {
  std::string text;
  for (const ReportedAnalysis& analysis : report.analyses) {
    std::string groups;
    std::size_t count = 0;
    for (const Json& group : member(analysis.figures, "groups")) {
      if (group.is_object() && ++count <= most_groups) groups += group_html(group);
    }
    if (count > most_groups) groups += fmt::format("<p>{} more groups are left out.</p>\n", count - most_groups);
    if (analysis.predictions) groups += prediction_cards(*analysis.predictions, detail.predictions);
    text += fmt::format("<div data-choice=\"{0}\"><h3>{0}</h3>\n{1}</div>\n", html_text(analysis.name), groups);
  }
  if (text.empty()) return "";
  return section("analyses", "How predictions fail", "",
                 "<div class=\"choices\" data-label=\"Analysis\">\n" + text + "</div>\n");
}

}  // namespace matseq
