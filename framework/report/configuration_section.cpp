// Configuration: in what runs differ, and what they have in common.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/html_table.h"
#include "report/markup.h"
#include "report/sections.h"
#include "report/settings_difference.h"

namespace matseq {
namespace {

constexpr std::size_t most_settings = 400;
constexpr std::size_t longest_value = 120;

std::string value_html(const FlatSettings& settings, const std::string& key) {
  const auto found = settings.find(key);
  return found == settings.end() ? "<span class=\"soft\">not set</span>"
                                 : "<code>" + html_text(found->second, longest_value) + "</code>";
}

std::string difference_table(const Report& report, const std::vector<std::string>& keys) {
  std::vector<HtmlTable::Column> columns = {{"Run"}};
  for (const std::string& key : keys) columns.push_back({html_text(key)});
  HtmlTable table("Settings in which the runs differ.", "Settings that differ", columns);
  for (std::size_t i = 0; i < report.runs.size(); ++i) {
    if (!report.runs[i].record) continue;
    std::vector<HtmlTable::Cell> row = {{html_text(report.runs[i].name), std::nullopt, ""}};
    for (const std::string& key : keys) {
      row.push_back({value_html(report.runs[i].record->settings, key), std::nullopt, ""});
    }
    table.add(i, row);
  }
  return table.html();
}

std::string common_table(const FlatSettings& settings, const std::vector<std::string>& differing) {
  HtmlTable table("Settings, as <code>config.toml</code> has them.", "Settings in common", {{"Setting"}, {"Value"}});
  std::size_t count = 0;
  for (const auto& [key, value] : settings) {
    if (std::ranges::binary_search(differing, key)) continue;
    if (++count > most_settings) break;
    table.add(std::nullopt, {{html_text(key), std::nullopt, ""}, {value_html(settings, key), std::nullopt, ""}});
  }
  const std::size_t left_out = settings.size() > most_settings ? settings.size() - most_settings : 0;
  return table.html() + (left_out > 0 ? fmt::format("<p>{} more are left out.</p>\n", left_out) : "");
}

}  // namespace

std::string configuration_section(const Report& report) {
  const auto first = std::ranges::find_if(report.runs, [](const ReportedRun& run) { return run.record.has_value(); });
  if (first == report.runs.end()) return "";
  const auto count = std::ranges::count_if(report.runs, [](const ReportedRun& run) { return run.record.has_value(); });
  std::vector<std::string> differing = differing_settings(report);
  const std::string common = fmt::format("<details><summary>{}</summary>\n{}</details>\n",
                                         count == 1 ? "All settings" : "Settings that all runs have in common",
                                         common_table(first->record->settings, differing));
  std::string text;
  if (differing.size() > most_settings) differing.resize(most_settings);
  if (!differing.empty()) {
    text = difference_table(report, differing);
  } else if (count > 1) {
    text = "<p>All runs have the same settings.</p>\n";
  }
  return section("configuration", "Configuration", "", text + common);
}

}  // namespace matseq
