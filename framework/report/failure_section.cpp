// What failed, and what in the runs asks for a look.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/markup.h"
#include "report/sections.h"

namespace matseq {
namespace {

constexpr std::size_t longest_failure = 4000;
constexpr std::size_t longest_reason = 600;

/// Updates whose loss was not finite.
std::string loss_remark(const RunRecord& record) {
  const auto gaps =
      std::ranges::count_if(record.training, [](const TrainingPoint& point) { return std::isnan(point.loss); });
  if (gaps == 0) return "";
  return fmt::format("{} of {} log lines have no loss: all their updates were skipped because it was not finite", gaps,
                     record.training.size());
}

std::string entry(const Report& report, std::size_t place, const std::string& reason, const std::string& rest) {
  return fmt::format("<div class=\"failure\" data-run=\"{}\"><h3>{}</h3>\n<p>{}</p>\n{}</div>\n", place,
                     html_text(report.runs[place].name), html_text(reason, longest_reason), rest);
}

std::string failure_of(const Report& report, std::size_t place) {
  const ReportedRun& run = report.runs[place];
  std::string text;
  if (!run.failure.empty()) {
    const std::size_t end = std::min(run.failure.find('\n'), run.failure.size());
    const std::string log = run.failure.substr(std::min(end + 1, run.failure.size()));
    const std::string shown = log.size() > longest_failure ? log.substr(log.size() - longest_failure) : log;
    text += entry(report, place, run.failure.substr(0, end),
                  shown.empty() ? ""
                                : "<details open><summary>Last lines of its log</summary>\n<pre tabindex=\"0\">" +
                                      html_lines(shown, longest_failure) + "</pre></details>\n");
  }
  if (!run.refusal.empty()) text += entry(report, place, run.refusal, "");
  if (run.record) {
    const std::string remark = loss_remark(*run.record);
    if (!remark.empty()) text += entry(report, place, remark, "");
  }
  return text;
}

}  // namespace

std::string failure_section(const Report& report) {
  std::string text;
  for (std::size_t i = 0; i < report.runs.size(); ++i) text += failure_of(report, i);
  if (text.empty()) return "";
  return section("failures", "What failed", "", text);
}

}  // namespace matseq
