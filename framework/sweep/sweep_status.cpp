#include "sweep/sweep_status.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include "matseq/error.h"
#include "matseq/printable.h"
#include "run/criterion.h"
#include "sweep/run_failure.h"

namespace matseq {
namespace {

SweepRunState state_of(RunStatus status, bool failed) {
  if (status == RunStatus::finished) return SweepRunState::finished;
  if (status == RunStatus::running) return SweepRunState::running;
  if (failed) return SweepRunState::failed;
  return status == RunStatus::stopped ? SweepRunState::stopped : SweepRunState::waiting;
}

/// How it ended and the last line of its log, which is where a program says why.
std::string reason_of(const RunFailure& failure) {
  constexpr std::string_view own_name = "matseq: ";
  std::string_view log = failure.log;
  while (log.ends_with('\n')) log.remove_suffix(1);
  std::string_view last = log.substr(log.rfind('\n') + 1);
  if (last.starts_with(own_name)) last.remove_prefix(own_name.size());
  return last.empty() ? failure.reason : failure.reason + ": " + printable(last);
}

}  // namespace

const char* to_string(SweepRunState state) {
  switch (state) {
    case SweepRunState::waiting:
      return "waiting";
    case SweepRunState::running:
      return "running";
    case SweepRunState::stopped:
      return "stopped";
    case SweepRunState::finished:
      return "finished";
    case SweepRunState::failed:
      return "failed";
    case SweepRunState::damaged:
      return "damaged";
  }
  return "";
}

double RunStanding::progress() const {
  if (state == SweepRunState::finished) return 1;
  if (position.updates <= 0) return 0;
  return std::min(1.0, static_cast<double>(position.update) / static_cast<double>(position.updates));
}

std::string metric_name(const std::string& metric) { return Criterion::parse(metric).metric; }

RunStanding standing_of(const std::filesystem::path& folder, const SweepRun& run, const std::string& metric) {
  RunStanding standing;
  standing.run = &run;
  standing.metric = std::numeric_limits<double>::quiet_NaN();
  const std::filesystem::path of_run = folder / run.name;
  try {
    const std::optional<RunFailure> failure = read_failure(of_run);
    if (std::filesystem::exists(of_run / "config.toml")) standing.position = run_position(of_run);
    standing.state = state_of(standing.position.status, failure.has_value());
    if (standing.state == SweepRunState::failed) standing.reason = reason_of(*failure);
    if (standing.position.evaluation.is_object()) {
      standing.metric = evaluation_metric(standing.position.evaluation, metric_name(metric));
    }
  } catch (const Error& error) {
    standing.state = SweepRunState::damaged;
    standing.reason = printable(error.what());
  }
  return standing;
}

std::vector<RunStanding> sweep_standings(const std::filesystem::path& folder, const SweepRecord& record) {
  std::vector<RunStanding> standings;
  standings.reserve(record.runs.size());
  for (const RecordedRun& recorded : record.runs) {
    standings.push_back(standing_of(folder, recorded.run, record.metric));
  }
  const double sign = Criterion::parse(record.metric).smaller_is_better ? -1 : 1;
  std::ranges::stable_sort(standings, [sign](const RunStanding& one, const RunStanding& other) {
    if (std::isnan(one.metric) || std::isnan(other.metric)) return !std::isnan(one.metric) && std::isnan(other.metric);
    return sign * one.metric > sign * other.metric;
  });
  return standings;
}

}  // namespace matseq
