// The curves of a report, for the page's script.
#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "matseq/printable.h"
#include "report/markup.h"
#include "report/sections.h"
#include "report/test_sets.h"
#include "report/thinning.h"
#include "tokens/number_text.h"

namespace matseq {
namespace {

using Json = nlohmann::ordered_json;

/// With five significant digits, which no screen can show more of; null for what is not finite.
Json rounded(double number) {
  if (!std::isfinite(number)) return nullptr;
  return parse_number(fmt::format("{:.5g}", number)).value_or(number);
}

/// By update; not a number where no line of times.jsonl tells.
class Speeds {
 public:
  explicit Speeds(const std::vector<RunTime>& times) : times_(&times) {}

  /// At updates that never fall.
  double at(std::int64_t update) {
    while (place_ < times_->size() && (*times_)[place_].update < update) ++place_;
    const bool known = place_ < times_->size() && (*times_)[place_].update == update;
    return known ? (*times_)[place_].examples_per_second : std::nan("");
  }

 private:
  const std::vector<RunTime>* times_;
  std::size_t place_ = 0;
};

Json training_curve(const RunRecord& record, std::size_t most) {
  std::vector<double> losses;
  for (const TrainingPoint& point : record.training) losses.push_back(point.loss);
  Json curve = {{"u", Json::array()},
                {"t", Json::array()},
                {"loss", Json::array()},
                {"rate", Json::array()},
                {"speed", Json::array()}};
  Speeds speeds(record.times);
  for (const std::size_t place : thinned(losses, most)) {
    const TrainingPoint& point = record.training[place];
    curve["u"].push_back(point.update);
    curve["t"].push_back(rounded(seconds_at(record.times, point.update)));
    curve["loss"].push_back(rounded(point.loss));
    curve["rate"].push_back(rounded(point.learning_rate));
    curve["speed"].push_back(rounded(speeds.at(point.update)));
  }
  return curve;
}

/// The evaluations that are kept: about as many in every part of the run, the first and the last among them.
std::vector<std::size_t> kept_evaluations(const RunRecord& record, std::size_t most) {
  std::vector<double> accuracies;
  for (const EvaluationPoint& evaluation : record.evaluations) {
    accuracies.push_back(evaluation.sets.empty() ? std::nan("") : number_at(evaluation.sets.front(), {"accuracy"}));
  }
  return thinned(accuracies, most);
}

Json evaluation_curve(const RunRecord& record, const std::vector<std::string>& sets, const std::vector<Figure>& figures,
                      std::size_t most) {
  Json curve = {{"u", Json::array()}, {"t", Json::array()}, {"epoch", Json::array()}, {"sets", Json::object()}};
  const std::vector<std::size_t> places = kept_evaluations(record, most);
  for (const std::size_t place : places) {
    const EvaluationPoint& evaluation = record.evaluations[place];
    curve["u"].push_back(evaluation.update);
    curve["t"].push_back(rounded(evaluation.seconds));
    curve["epoch"].push_back(evaluation.epoch);
  }
  for (std::size_t set = 0; set < sets.size(); ++set) {
    if (!last_sets(record).contains(sets[set])) continue;
    Json values = Json::array();
    for (const Figure& figure : figures) {
      std::vector<std::string> path = {sets[set]};
      path.insert(path.end(), figure.path.begin(), figure.path.end());
      Json row = Json::array();
      for (const std::size_t place : places) row.push_back(rounded(number_at(record.evaluations[place].sets, path)));
      values.push_back(std::move(row));
    }
    curve["sets"][std::to_string(set)] = std::move(values);
  }
  return curve;
}

}  // namespace

nlohmann::ordered_json curve_data(const Report& report, const ReportDetail& detail) {
  const std::vector<std::string> sets = test_sets(report);
  const std::vector<Figure> figures = figures_of(report, detail.all_figures);
  Json data = {{"runs", Json::array()}, {"sets", Json::array()}, {"figures", Json::array()}};
  for (const std::string& set : sets) data["sets"].push_back(printable(set));
  for (const Figure& figure : figures) {
    data["figures"].push_back({{"name", figure.name}, {"percent", figure.percent}, {"tolerance", figure.tolerance}});
  }
  for (const ReportedRun& run : report.runs) {
    Json one = {{"name", printable(run.name)}, {"batch", 1}, {"train", nullptr}, {"eval", nullptr}};
    if (run.record) {
      one["batch"] = run.record->examples_an_update;
      one["train"] = training_curve(*run.record, detail.points);
      one["eval"] = evaluation_curve(*run.record, sets, figures, detail.evaluations);
    }
    data["runs"].push_back(std::move(one));
  }
  return data;
}

}  // namespace matseq
