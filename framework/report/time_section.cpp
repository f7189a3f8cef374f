// How long runs took, how fast they were and on what.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/figure_text.h"
#include "report/html_table.h"
#include "report/markup.h"
#include "report/sections.h"
#include "run/duration_text.h"

namespace matseq {
namespace {

using Cell = HtmlTable::Cell;

constexpr double no_time = std::numeric_limits<double>::quiet_NaN();

Cell duration_cell(double seconds) {
  const std::string text = duration_text(seconds);
  return {text.empty() ? "–" : text, seconds, ""};
}

Cell rate_cell(double rate) { return {std::isfinite(rate) ? grouped_figure(std::llround(rate)) : "–", rate, ""}; }

std::vector<Cell> row_of(const Report& report, std::size_t place) {
  const ReportedRun& run = report.runs[place];
  const RunRecord& record = *run.record;
  const double seconds = record.position.seconds > 0 ? record.position.seconds : no_time;
  const auto examples = static_cast<double>(record.position.update * record.examples_an_update);
  return {{html_text(run.name), std::nullopt, ""},
          duration_cell(seconds),
          duration_cell(record.position.seconds_left.value_or(no_time)),
          {grouped_figure(record.position.update * record.examples_an_update), examples, ""},
          rate_cell(usual_speed(record)),
          rate_cell(examples / seconds),
          {run.model.empty() ? "–" : html_text(run.model), std::nullopt, "wide"}};
}

}  // namespace

std::string time_section(const Report& report) {
  constexpr auto right = HtmlTable::Align::right;
  HtmlTable table(
      "Examples/s: the middle one of the speeds in the log, and the average of the whole run with its "
      "evaluations and saving.",
      "Time and throughput",
      {{"Run"},
       {"Time", right},
       {"Left", right},
       {"Examples", right},
       {"Examples/s", right},
       {"<small>with all</small>", right},
       {"Model and machine"}});
  for (std::size_t i = 0; i < report.runs.size(); ++i) {
    if (report.runs[i].record) table.add(i, row_of(report, i));
  }
  return table.empty() ? "" : section("time", "Time and throughput", "", table.html());
}

}  // namespace matseq
