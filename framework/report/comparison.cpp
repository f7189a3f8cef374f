#include "report/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "matseq/error.h"
#include "matseq/nearest_name.h"
#include "matseq/printable.h"
#include "run/criterion.h"
#include "tokens/encoding_spec.h"
#include "tokens/number_text.h"

namespace matseq {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr const char* seed_setting = "data.seed";

/// A run's evaluation, as far as it counts here.
struct Point {
  std::int64_t examples = 0;
  double seconds = unknown;
  double value = unknown;
  const nlohmann::ordered_json* sets = nullptr;  ///< all figures of the evaluation
};

struct Candidate {
  const RunRecord* run = nullptr;
  FlatSettings settings;      ///< with encodings by name, without the seed
  std::vector<Point> points;  ///< whose value is a number, in order
};

/// Everything below `prefix` becomes one setting: the encoding's name.
void name_encoding(const std::string& prefix, FlatSettings& settings) {
  std::map<std::string, std::string> parameters;
  for (auto at = settings.lower_bound(prefix + "."); at != settings.end() && at->first.starts_with(prefix + ".");) {
    parameters[at->first.substr(prefix.size() + 1)] = setting_text(settings, at->first);
    at = settings.erase(at);
  }
  const std::string plugin = parameters["plugin"];
  parameters.erase("plugin");
  if (!plugin.empty()) settings[prefix] = encoding_name(plugin, parameters);
}

FlatSettings compared_settings(const RunRecord& run) {
  FlatSettings settings;
  for (const auto& [key, value] : run.settings) settings[key] = setting_text(run.settings, key);
  settings.erase(seed_setting);
  for (const char* side : {"encoding.input", "encoding.output"}) name_encoding(side, settings);
  return settings;
}

/// The first text of a list: ["valid.accuracy", ...].
std::string first_metric(const RunRecord& run) {
  const std::string list = setting_text(run.settings, "training.validation_metrics");
  const std::size_t begin = list.find_first_of("\"'");
  if (begin == std::string::npos) return "valid.accuracy";
  return list.substr(begin + 1, list.find(list[begin], begin + 1) - begin - 1);
}

std::vector<Point> points_of(const RunRecord& run, const std::string& metric) {
  std::vector<Point> points;
  for (const EvaluationPoint& evaluation : run.evaluations) {
    const double value = evaluation_metric(evaluation.sets, metric);
    if (!std::isfinite(value)) continue;
    points.push_back({evaluation.update * run.examples_an_update, evaluation.seconds, value, &evaluation.sets});
  }
  return points;
}

/// Only settings in which some differ; of encodings that are the same on both sides everywhere, one.
std::vector<std::string> differing_settings(std::vector<Candidate>& candidates) {
  const bool one_encoding = std::ranges::all_of(candidates, [](const Candidate& candidate) {
    return setting_text(candidate.settings, "encoding.input") == setting_text(candidate.settings, "encoding.output");
  });
  std::set<std::string> keys;
  for (Candidate& candidate : candidates) {
    if (one_encoding) {
      candidate.settings["encoding"] = setting_text(candidate.settings, "encoding.input");
      candidate.settings.erase("encoding.input");
      candidate.settings.erase("encoding.output");
    }
    for (const auto& [key, value] : candidate.settings) keys.insert(key);
  }
  std::erase_if(keys, [&](const std::string& key) {
    const std::string first = setting_text(candidates.front().settings, key);
    return std::ranges::all_of(
        candidates, [&](const Candidate& candidate) { return setting_text(candidate.settings, key) == first; });
  });
  return {keys.begin(), keys.end()};
}

/// Seconds of training between the times noted, without evaluations, for all examples.
double training_rate(const RunRecord& run, const Point& last) {
  double examples = 0;
  double seconds = 0;
  std::int64_t before = 0;
  for (const RunTime& time : run.times) {
    const auto drawn = static_cast<double>((time.update - before) * run.examples_an_update);
    before = time.update;
    if (time.update * run.examples_an_update > last.examples || !(time.examples_per_second > 0) || drawn <= 0) continue;
    examples += drawn;
    seconds += drawn / time.examples_per_second;
  }
  if (seconds > 0) return examples / seconds;
  return last.seconds > 0 ? static_cast<double>(last.examples) / last.seconds : unknown;
}

/// The budget in force, and what it says.
struct Budget {
  std::optional<std::int64_t> examples;
  std::optional<double> seconds;

  bool holds(const Point& point) const {
    if (examples && point.examples > *examples) return false;
    return !seconds || point.seconds <= *seconds;  // false for what is not known
  }
};

std::string list_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 5;
  std::vector<std::string> shown(names.begin(),
                                 names.begin() + static_cast<std::ptrdiff_t>(std::min(most, names.size())));
  for (std::string& name : shown) name = printable(name, 80);
  const std::string list = quoted_list(shown);
  return names.size() > most ? fmt::format("{} and {} more", list, names.size() - most) : list;
}

/// Of the further metric number `metric`.
Sample further_sample(const ComparisonRow& row, std::size_t metric) {
  std::vector<double> values;
  for (const ComparedRun& run : row.runs) values.push_back(run.further[metric]);
  const bool complete = std::ranges::none_of(values, [](double value) { return std::isnan(value); });
  return complete ? sample_of(values) : Sample{row.runs.size(), unknown, unknown};
}

class Comparer {
 public:
  Comparer(const std::vector<RunRecord>& runs, const ComparisonOptions& options) : options_(options) {
    choose_metric(runs);
    for (const RunRecord& run : runs) {
      Candidate candidate{&run, compared_settings(run), points_of(run, comparison_.metric)};
      if (candidate.points.empty()) {
        no_evaluation_.push_back(run.name);
      } else {
        candidates_.push_back(std::move(candidate));
      }
    }
    require_candidates("no run has been evaluated with this figure yet");
    leave_out_repeats();
  }

  Comparison compare() {
    choose_budget();
    std::erase_if(candidates_, [&](const Candidate& candidate) {
      const bool outside = !budget_.holds(candidate.points.front());
      if (outside) outside_.push_back(candidate.run->name);
      return outside;
    });
    require_candidates("no run has an evaluation within the budget");
    comparison_.columns = differing_settings(candidates_);
    for (const Candidate& candidate : candidates_) add(candidate);
    require_further();
    finish_rows();
    add_notes();
    return std::move(comparison_);
  }

 private:
  void choose_metric(const std::vector<RunRecord>& runs) {
    std::string metric = options_.metric;
    if (metric.empty() && !runs.empty()) metric = first_metric(runs.front());
    const Criterion criterion = Criterion::parse(metric);
    comparison_.smaller_is_better = criterion.smaller_is_better;
    comparison_.metric = criterion.metric;
    for (const std::string& further : options_.further) comparison_.further.push_back(Criterion::parse(further).metric);
  }

  void require_candidates(const std::string& reason) const {
    if (!candidates_.empty()) return;
    throw Error(fmt::format("there is nothing to compare by '{}': {}", printable(comparison_.metric), reason));
  }

  /// The same settings and seed give the same run again, which is no further evidence.
  void leave_out_repeats() {
    std::map<std::pair<FlatSettings, std::string>, std::string> seen;
    std::erase_if(candidates_, [&](const Candidate& candidate) {
      const auto [first, is_new] = seen.try_emplace(
          {candidate.settings, setting_text(candidate.run->settings, seed_setting)}, candidate.run->name);
      if (!is_new) repeats_.push_back(candidate.run->name);
      return !is_new;
    });
  }

  void choose_budget() {
    budget_ = {options_.budget_examples, options_.budget_seconds};
    const auto ends = [&](const Candidate& candidate) { return candidate.points.back().examples; };
    const std::int64_t least = std::ranges::min(candidates_, {}, ends).points.back().examples;
    const std::int64_t most = std::ranges::max(candidates_, {}, ends).points.back().examples;
    if (!budget_.examples && !budget_.seconds) {
      budget_.examples = least;
      comparison_.budget =
          least == most
              ? fmt::format("Every run at its last evaluation, after {} examples.", least)
              : fmt::format("Cut at {} examples, where the shortest run, {}, was last evaluated; the longest has {}.",
                            least, list_of({std::ranges::min(candidates_, {}, ends).run->name}), most);
    } else {
      std::string limits;
      if (budget_.examples) limits = fmt::format("{} examples", *budget_.examples);
      if (budget_.seconds) limits += fmt::format("{}{} seconds", limits.empty() ? "" : " and ", *budget_.seconds);
      comparison_.budget = fmt::format("Cut at {}: every run at its last evaluation within.", limits);
    }
    comparison_.cut_examples = budget_.examples;
    comparison_.cut_seconds = budget_.seconds;
  }

  ComparedRun figures(const Candidate& candidate) const {
    ComparedRun compared;
    compared.folder = candidate.run->folder;
    compared.name = candidate.run->name;
    compared.seed = setting_text(candidate.run->settings, seed_setting);
    Point last;
    for (const Point& point : candidate.points) {
      if (!budget_.holds(point)) continue;
      last = point;
      if (!compared.target_examples && reaches_target(point)) {
        compared.target_examples = point.examples;
        compared.target_seconds = point.seconds;
      }
    }
    compared.value = last.value;
    for (const std::string& metric : comparison_.further) {
      compared.further.push_back(evaluation_metric(*last.sets, metric));
    }
    compared.examples = last.examples;
    compared.seconds = last.seconds;
    compared.examples_per_second = training_rate(*candidate.run, last);
    return compared;
  }

  bool reaches_target(const Point& point) const {
    if (!options_.target) return false;
    return comparison_.smaller_is_better ? point.value <= *options_.target : point.value >= *options_.target;
  }

  void add(const Candidate& candidate) {
    std::vector<std::string> settings;
    for (const std::string& column : comparison_.columns) settings.push_back(setting_text(candidate.settings, column));
    auto row = std::ranges::find(comparison_.rows, settings, &ComparisonRow::settings);
    if (row == comparison_.rows.end()) {
      comparison_.rows.emplace_back().settings = std::move(settings);
      row = comparison_.rows.end() - 1;
    }
    row->runs.push_back(figures(candidate));
    const bool longer_ago = candidate.points.back().examples < budget_.examples.value_or(0);
    if (longer_ago) shorter_.push_back(candidate.run->name);
  }

  void finish_rows() {
    for (ComparisonRow& row : comparison_.rows) {
      std::vector<double> values;
      for (const ComparedRun& run : row.runs) values.push_back(run.value);
      row.value = sample_of(values);
      for (std::size_t i = 0; i < comparison_.further.size(); ++i) row.further.push_back(further_sample(row, i));
      row.p = &row == &comparison_.rows.front() ? std::nullopt : welch_p(comparison_.rows.front().value, row.value);
      if (options_.target) row.target_p = target_p(row.value);
    }
  }

  void require_further() const {
    for (std::size_t i = 0; i < comparison_.further.size(); ++i) {
      const auto lacks = [&](const ComparedRun& run) { return std::isnan(run.further[i]); };
      if (!std::ranges::all_of(comparison_.rows,
                               [&](const ComparisonRow& row) { return std::ranges::all_of(row.runs, lacks); })) {
        continue;
      }
      throw Error(fmt::format("there is nothing to show by '{}': no run has been evaluated with this figure",
                              printable(comparison_.further[i])));
    }
  }

  std::optional<double> target_p(Sample value) const {
    const double sign = comparison_.smaller_is_better ? -1 : 1;
    value.mean *= sign;
    return p_above(value, sign * *options_.target);
  }

  void add_notes() {
    const auto note = [&](const char* what, const std::vector<std::string>& names) {
      if (!names.empty()) comparison_.notes.push_back(fmt::format("{}: {}", what, list_of(names)));
    };
    note("left out, not yet evaluated with this figure", no_evaluation_);
    note("left out, no evaluation within the budget", outside_);
    note("left out, the same settings and seed as a run before", repeats_);
    note("shorter than the budget", shorter_);
    std::vector<std::string> running;
    for (const Candidate& candidate : candidates_) {
      if (candidate.run->position.status == RunStatus::running) running.push_back(candidate.run->name);
    }
    note("still running", running);
  }

  const ComparisonOptions& options_;
  Comparison comparison_;
  std::vector<Candidate> candidates_;
  Budget budget_;
  std::vector<std::string> no_evaluation_;
  std::vector<std::string> outside_;
  std::vector<std::string> repeats_;
  std::vector<std::string> shorter_;
};

template <typename Figure>
double mean_of(const std::vector<ComparedRun>& runs, Figure figure) {
  double sum = 0;
  for (const ComparedRun& run : runs) sum += figure(run);
  return sum / static_cast<double>(runs.size());
}

/// Of the runs that reach the target.
template <typename Figure>
double mean_of_reaching(const ComparisonRow& row, Figure figure) {
  std::vector<ComparedRun> reaching = row.runs;
  std::erase_if(reaching, [](const ComparedRun& run) { return !run.target_examples; });
  return reaching.empty() ? unknown : mean_of(reaching, figure);
}

/// What is not known comes last.
bool before(double one, double other) { return !std::isnan(one) && (std::isnan(other) || one < other); }

std::string last_part(const std::string& key) { return key.substr(key.rfind('.') + 1); }

using Order = std::function<bool(const ComparisonRow&, const ComparisonRow&)>;

Order order_by_setting(std::size_t column) {
  return [column](const ComparisonRow& one, const ComparisonRow& other) {
    const std::string& first = one.settings[column];
    const std::string& second = other.settings[column];
    const std::optional<double> number = parse_number(first), other_number = parse_number(second);
    return number && other_number ? *number < *other_number : first < second;
  };
}

Order order_by(const Comparison& comparison, const std::string& key) {
  const auto by = [](double (*figure)(const ComparisonRow&)) -> Order {
    return
        [figure](const ComparisonRow& one, const ComparisonRow& other) { return before(figure(one), figure(other)); };
  };
  if (key == "value") {
    return comparison.smaller_is_better ? by([](const ComparisonRow& row) { return row.value.mean; })
                                        : by([](const ComparisonRow& row) { return -row.value.mean; });
  }
  if (key == "examples_per_second") return by([](const ComparisonRow& row) { return -row.mean_rate(); });
  if (key == "seconds") return by([](const ComparisonRow& row) { return row.mean_seconds(); });
  if (key == "target") return by([](const ComparisonRow& row) { return row.mean_target_examples(); });
  for (std::size_t i = 0; i < comparison.columns.size(); ++i) {
    const std::string& column = comparison.columns[i];
    if (column == key || last_part(column) == key) return order_by_setting(i);
  }
  std::vector<std::string> keys = {"value", "examples_per_second", "seconds", "target"};
  keys.insert(keys.end(), comparison.columns.begin(), comparison.columns.end());
  throw Error(fmt::format("rows cannot be sorted by '{}'{} Accepted: {}", printable(key), nearest_name(key, keys),
                          quoted_list(keys)));
}

}  // namespace

std::size_t ComparisonRow::reached() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(runs, [](const ComparedRun& run) { return run.target_examples.has_value(); }));
}

double ComparisonRow::mean_examples() const {
  return mean_of(runs, [](const ComparedRun& run) { return static_cast<double>(run.examples); });
}

double ComparisonRow::mean_seconds() const {
  return mean_of(runs, [](const ComparedRun& run) { return run.seconds; });
}

double ComparisonRow::mean_rate() const {
  return mean_of(runs, [](const ComparedRun& run) { return run.examples_per_second; });
}

double ComparisonRow::mean_target_examples() const {
  return mean_of_reaching(*this, [](const ComparedRun& run) { return static_cast<double>(*run.target_examples); });
}

double ComparisonRow::mean_target_seconds() const {
  return mean_of_reaching(*this, [](const ComparedRun& run) { return *run.target_seconds; });
}

Comparison compare(const std::vector<RunRecord>& runs, const ComparisonOptions& options) {
  return Comparer(runs, options).compare();
}

void sort_rows(Comparison& comparison, const std::string& key) {
  std::ranges::stable_sort(comparison.rows, order_by(comparison, key));
  for (ComparisonRow& row : comparison.rows) {
    const ComparisonRow& first = comparison.rows.front();
    row.p = &row == &first ? std::nullopt : welch_p(first.value, row.value);
  }
}

}  // namespace matseq
