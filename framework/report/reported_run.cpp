#include "report/reported_run.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string_view>

#include "matseq/error.h"
#include "run/run_list.h"
#include "run/run_log.h"
#include "tokens/number_text.h"

namespace matseq {
namespace {

constexpr std::size_t longest_log = 16384;

/// The last `parts` names of the path.
std::string end_of_path(const std::filesystem::path& folder, std::size_t parts) {
  const std::filesystem::path whole = std::filesystem::absolute(folder / "").lexically_normal().parent_path();
  std::filesystem::path end;
  std::filesystem::path rest = whole;
  for (std::size_t i = 0; i < parts && rest.has_filename(); ++i) {
    end = end.empty() ? rest.filename() : rest.filename() / end;
    rest = rest.parent_path();
  }
  return end.string();
}

void read_predictions_of(ReportedRun& run, std::size_t most) {
  const std::filesystem::path file = run.folder / "predictions.jsonl";
  if (!std::filesystem::exists(file)) return;
  try {
    run.predictions = sample_predictions(file, first_tolerance(run.record->settings), most);
  } catch (const Error& error) {
    run.refusal = error.what();
  }
}

}  // namespace

ReportedRun read_reported_run(const std::filesystem::path& folder, std::size_t most_predictions) {
  ReportedRun run;
  run.folder = folder;
  run.name = end_of_path(folder, 1);
  run.failure = last_lines(folder / failure_file, longest_log);
  if (!run.failure.empty() && !std::filesystem::exists(folder / "config.toml")) return run;
  try {
    run.record = read_run_record(folder);
  } catch (const Error& error) {
    run.refusal = error.what();
    return run;
  }
  run.model = model_line(folder);
  read_predictions_of(run, most_predictions);
  return run;
}

void name_apart(std::vector<ReportedRun>& runs) {
  constexpr std::size_t most_parts = 16;
  for (std::size_t parts = 2; parts <= most_parts; ++parts) {
    std::map<std::string, int> uses;
    for (const ReportedRun& run : runs) ++uses[run.name];
    for (ReportedRun& run : runs) {
      if (uses[run.name] > 1) run.name = end_of_path(run.folder, parts);
    }
  }
}

std::string state_of(const ReportedRun& run) {
  if (!run.failure.empty()) return "failed";
  return run.record ? to_string(run.record->position.status) : "unreadable";
}

double first_tolerance(const FlatSettings& settings) {
  constexpr double usual = 0.05;
  const std::string text = setting_text(settings, "evaluation.tolerances");
  const std::size_t begin = text.find_first_not_of("[ ");
  if (begin == std::string::npos) return usual;
  const std::optional<double> number =
      parse_number(std::string_view(text).substr(begin, text.find_first_of(",]", begin) - begin));
  return number && *number > 0 ? *number : usual;
}

std::string accuracy_norm(const FlatSettings& settings) {
  const std::string norm = setting_text(settings, "evaluation.norm");
  return norm.empty() ? "d1" : norm;
}

double usual_speed(const RunRecord& record) {
  std::vector<double> speeds;
  for (const RunTime& time : record.times) {
    if (std::isfinite(time.examples_per_second)) speeds.push_back(time.examples_per_second);
  }
  if (speeds.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = speeds.begin() + static_cast<std::ptrdiff_t>(speeds.size() / 2);
  std::ranges::nth_element(speeds, middle);
  return *middle;
}

const nlohmann::ordered_json& last_sets(const RunRecord& record) {
  static const nlohmann::ordered_json none = nlohmann::ordered_json::object();
  return record.evaluations.empty() ? none : record.evaluations.back().sets;
}

std::optional<BestAccuracy> best_accuracy(const RunRecord& record) {
  std::optional<BestAccuracy> best;
  for (const EvaluationPoint& evaluation : record.evaluations) {
    if (evaluation.sets.empty()) continue;
    const double accuracy = evaluation_metric(evaluation.sets, evaluation.sets.begin().key() + ".accuracy");
    if (std::isfinite(accuracy) && (!best || accuracy > best->accuracy)) best = {accuracy, evaluation.epoch};
  }
  return best;
}

}  // namespace matseq
