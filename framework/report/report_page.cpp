// The page around the sections.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "matseq/error.h"
#include "report/figure_text.h"
#include "report/markup.h"
#include "report/report.h"
#include "report/sections.h"
#include "report/test_sets.h"
#include "report_texts.h"

namespace matseq {
namespace {

constexpr std::array<ReportDetail, 7> details = {{{500, 200, 6, true},
                                                  {250, 100, 4, true},
                                                  {160, 40, 3, true},
                                                  {100, 20, 2, true},
                                                  {240, 60, 2, false},
                                                  {60, 20, 1, false},
                                                  {24, 8, 0, false}}};

int hexadecimal_digit(char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; }

/// A digest in hexadecimal digits as a policy of the page names it.
std::string digest_source(std::string_view hexadecimal) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr unsigned six_bits = 63;
  std::string base64;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char digit : hexadecimal) {
    bits = (bits << 4U) | static_cast<std::uint32_t>(hexadecimal_digit(digit));
    count += 4;
    if (count < 6) continue;
    count -= 6;
    base64 += letters[(bits >> static_cast<unsigned>(count)) & six_bits];
  }
  if (count > 0) base64 += letters[(bits << static_cast<unsigned>(6 - count)) & six_bits];
  base64.append((4 - base64.size() % 4) % 4, '=');
  return "'sha256-" + base64 + "'";
}

/// Nothing is loaded, and no other style or script counts than matseq's own, whatever a run's files hold.
std::string policy() {
  return fmt::format(
      "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
      digest_source(embedded::report_css_sha256), digest_source(embedded::report_js_sha256));
}

/// "3 finished, 1 failed".
std::string states_text(const Report& report) {
  std::map<std::string, std::size_t> counts;
  for (const ReportedRun& run : report.runs) ++counts[state_of(run)];
  std::string text;
  for (const auto& [state, count] : counts) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, state);
  return text;
}

std::string tasks_text(const Report& report) {
  std::set<std::string> tasks;
  for (const ReportedRun& run : report.runs) {
    if (run.record) tasks.insert(setting_text(run.record->settings, "task.plugin"));
  }
  std::string text;
  for (const std::string& task : tasks) text += (text.empty() ? "" : ", ") + task;
  return text;
}

std::string best_text(const Report& report) {
  const ReportedRun* best_run = nullptr;
  BestAccuracy best;
  for (const ReportedRun& run : report.runs) {
    const std::optional<BestAccuracy> own = run.record ? best_accuracy(*run.record) : std::nullopt;
    if (!own || (best_run != nullptr && own->accuracy <= best.accuracy)) continue;
    best_run = &run;
    best = *own;
  }
  if (best_run == nullptr) return "";
  const std::vector<std::string> sets = test_sets(report);
  return fmt::format("{}% <small>{}, epoch {}{}</small>", percent_figure(best.accuracy),
                     sets.empty() ? "" : html_text(sets[0]), best.epoch,
                     report.runs.size() > 1 ? ", by " + html_text(best_run->name) : "");
}

/// The facts at the top.
std::string summary(const Report& report) {
  std::string text;
  const auto add = [&text](const char* term, const std::string& fact) {
    if (!fact.empty()) text += fmt::format("<li><span>{}</span> <strong>{}</strong></li>\n", term, fact);
  };
  if (!report.runs.empty()) {
    if (report.runs.size() == 1) {
      add("State", state_of(report.runs[0]));
    } else {
      add("Runs", fmt::format("{} <small>{}</small>", report.runs.size(), states_text(report)));
    }
    add("Task", html_text(tasks_text(report)));
    add("Best accuracy", best_text(report));
  }
  if (!report.analyses.empty()) add("Analyses", std::to_string(report.analyses.size()));
  return "<ul class=\"facts\">\n" + text + "</ul>\n";
}

std::string curves_section(const Report& report, const ReportDetail& detail) {
  const auto has = [](const auto& list, std::size_t most) { return list.size() > most; };
  bool any = false;
  bool thinned = false;
  for (const ReportedRun& run : report.runs) {
    if (!run.record) continue;
    any = true;
    thinned = thinned || has(run.record->training, detail.points) || has(run.record->evaluations, detail.evaluations);
  }
  if (!any) return "";
  const std::string remark =
      thinned ? fmt::format(
                    "Of curves with more points, about {} are shown: the smallest and the largest value of "
                    "every part. Of evaluations, about {}.",
                    detail.points, detail.evaluations)
              : "";
  return section("curves", "Curves", remark,
                 "<noscript><p>The curves are drawn by a script, which is switched off. The tables have all their last "
                 "values.</p></noscript>\n<div id=\"charts\"></div>\n");
}

struct Link {
  const char* id;
  const char* title;
  std::string content;
};

std::string page_of(const Report& report, const ReportDetail& detail, const std::string& remark) {
  const std::array<Link, 8> sections = {{{"runs", "Runs", run_section(report)},
                                         {"failures", "Failures", failure_section(report)},
                                         {"curves", "Curves", curves_section(report, detail)},
                                         {"accuracy", "Accuracy", test_set_section(report, detail)},
                                         {"predictions", "Predictions", prediction_section(report, detail)},
                                         {"analyses", "Analyses", analysis_section(report, detail)},
                                         {"configuration", "Configuration", configuration_section(report)},
                                         {"time", "Time", time_section(report)}}};
  std::string links;
  std::string content;
  for (const Link& link : sections) {
    if (link.content.empty()) continue;
    links += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", link.id, link.title);
    content += link.content;
  }
  const std::string title = html_text(report.title);
  return fmt::format(
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\" content=\"matseq "
             "report\">\n"
             "<title>{}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>",
             policy(), title) +
         std::string(embedded::report_css) +
         fmt::format(
             "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#content\">Skip to the content</a>\n<header>\n"
             "<div class=\"title\"><h1>{}</h1>\n<p>matseq report, {}</p></div>\n<div id=\"theme\"></div>\n</header>\n"
             "<nav aria-label=\"Sections\"><ul>\n{}</ul></nav>\n<main id=\"content\">\n{}{}{}</main>\n"
             "<p id=\"said\" class=\"unseen\" aria-live=\"polite\"></p>\n",
             title, html_text(report.made), links, remark.empty() ? "" : "<p class=\"remark\">" + remark + "</p>\n",
             summary(report), content) +
         "<script type=\"application/json\" id=\"data\">" + script_json(curve_data(report, detail)) +
         "</script>\n<script>" + std::string(embedded::report_js) + "</script>\n</body>\n</html>\n";
}

/// What less detail leaves out, for the page's reader.
std::string detail_remark(const ReportDetail& detail) {
  const std::string predictions =
      detail.predictions > 0
          ? fmt::format("at most {0} right and {0} wrong predictions of a run are shown", detail.predictions)
          : "no predictions are shown";
  return fmt::format(
      "To keep the page under 1 MB, every curve has about {} points at most and {} evaluations, and {}{}. Report fewer "
      "runs "
      "for more.",
      detail.points, detail.evaluations, predictions,
      detail.all_figures ? "" : "; of the figures it has accuracy and perfect predictions, not by class");
}

/// The `most` runs with the best accuracy, in their order.
std::vector<ReportedRun> best_runs(const std::vector<ReportedRun>& runs, std::size_t most) {
  std::vector<std::pair<double, std::size_t>> places;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::optional<BestAccuracy> best = runs[i].record ? best_accuracy(*runs[i].record) : std::nullopt;
    places.emplace_back(best ? -best->accuracy : 1, i);
  }
  std::ranges::sort(places);
  places.resize(std::min(most, places.size()));
  std::ranges::sort(places, {}, &std::pair<double, std::size_t>::second);
  std::vector<ReportedRun> best;
  for (const auto& [accuracy, place] : places) best.push_back(runs[place]);
  return best;
}

}  // namespace

std::string section(const std::string& id, const std::string& title, const std::string& introduction,
                    const std::string& content) {
  return fmt::format(
      "<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">{1}</h2>\n{2}{3}</section>\n", id,
      title, introduction.empty() ? "" : "<p>" + introduction + "</p>\n", content);
}

std::string report_page(const Report& report) {
  std::string page;
  for (const ReportDetail& detail : details) {
    page = page_of(report, detail, &detail == details.data() ? "" : detail_remark(detail));
    if (page.size() < most_page_bytes) return page;
  }
  Report fewer = report;
  while (fewer.runs.size() > 1) {
    const double room = 0.95 * static_cast<double>(most_page_bytes) / static_cast<double>(page.size());
    fewer.runs = best_runs(fewer.runs, static_cast<std::size_t>(room * static_cast<double>(fewer.runs.size())));
    const std::string remark = fmt::format("These are the {} of {} runs with the best accuracy ({}). ",
                                           fewer.runs.size(), report.runs.size(), states_text(report));
    page = page_of(fewer, details.back(), remark + detail_remark(details.back()));
    if (page.size() < most_page_bytes) return page;
  }
  throw Error("the report would be larger than 1 MB even in the least detail; name fewer runs and analyses");
}

}  // namespace matseq
