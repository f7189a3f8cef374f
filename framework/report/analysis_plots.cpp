#include "report/analysis_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "analysis/analysis_report.h"
#include "report/svg_plot.h"

namespace matseq {
namespace {

constexpr const char* right_colour = "#0072b2";
constexpr const char* wrong_colour = "#d55e00";
constexpr const char* count_colour = "#dfe3e8";
/// Okabe and Ito's, which people with any colour vision can tell apart; as many as there can be tolerances.
constexpr std::array<const char*, 9> colours = {"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9",
                                                "#d55e00", "#000000", "#b8a900", "#999999"};

constexpr long bins_per_decade = 8;
constexpr long most_bins = 48;
constexpr int curve_points = 400;
/// What is closer to perfect than this is rounding of the encoding; a logarithmic axis has to begin somewhere.
constexpr double smallest_shown = 1e-6;
constexpr double largest_shown = 1e12;
constexpr double share_of_the_few = 0.002;
constexpr std::size_t longest_title_name = 24;
constexpr std::size_t longest_file_name = 80;

/// What a logarithmic axis has to show.
struct Range {
  double from = std::numeric_limits<double>::infinity();
  double to = 0;

  bool empty() const { return to == 0; }
  void include(double number) {
    from = std::min(from, number);
    to = std::max(to, number);
  }
};

/// From the few smallest, which would stretch the axis for nothing, to the largest of the finite numbers.
Range range_of(std::vector<double> numbers) {
  std::erase_if(numbers, [](double number) { return !std::isfinite(number); });
  Range range;
  if (numbers.empty()) return range;
  range.include(std::clamp(*std::ranges::max_element(numbers), smallest_shown, largest_shown));
  std::erase_if(numbers, [](double number) { return number < smallest_shown; });
  if (numbers.empty()) return range;
  const auto few = static_cast<std::ptrdiff_t>(static_cast<double>(numbers.size()) * share_of_the_few);
  std::ranges::nth_element(numbers, numbers.begin() + few);
  range.include(std::min(numbers[static_cast<std::size_t>(few)], largest_shown));
  return range;
}

/// Bins of one width on a logarithmic axis.
class Bins {
 public:
  explicit Bins(const Axis& axis)
      : first_(std::log10(axis.from)),
        decades_(std::log10(axis.to / axis.from)),
        count_(std::min(most_bins, bins_per_decade * std::lround(decades_))) {}

  std::size_t size() const { return static_cast<std::size_t>(count_); }
  double edge(std::size_t bin) const { return at(static_cast<double>(bin)); }
  double middle(std::size_t bin) const { return at(static_cast<double>(bin) + 0.5); }
  /// The bin of a value; those outside the axis belong to its first or last bin.
  std::size_t of(double value) const {
    const auto count = static_cast<double>(count_);
    const double position = count * (std::log10(std::max(value, smallest_shown)) - first_) / decades_;
    return static_cast<std::size_t>(std::clamp(position, 0.0, count - 0.5));
  }

 private:
  double at(double bin) const { return std::pow(10, first_ + decades_ * bin / static_cast<double>(count_)); }

  double first_;
  double decades_;
  long count_;
};

double percent(double part, std::size_t whole) { return 100 * part / static_cast<double>(whole); }

std::string left_out(std::size_t count) {
  return count == 0 ? "" : fmt::format("; {} without a value left out", count);
}

/// A name short enough for a title or a file.
std::string shortened(const std::string& name, std::size_t longest) {
  if (name.size() <= longest) return name;
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0U) == 0x80) --end;  // not within a letter of UTF-8
  return name.substr(0, end) + "...";
}

/// The share of `sorted` numbers up to x, for x along the axis, as a share of `whole`.
std::vector<SvgPlot::Point> cumulative_curve(const std::vector<double>& sorted, std::size_t whole, const Axis& axis) {
  std::vector<SvgPlot::Point> points;
  for (int i = 0; i <= curve_points; ++i) {
    const double x = axis.from * std::pow(axis.to / axis.from, static_cast<double>(i) / curve_points);
    const auto below = std::ranges::upper_bound(sorted, x) - sorted.begin();
    points.push_back({x, percent(static_cast<double>(below), whole)});
  }
  return points;
}

/// The plots of one group.
class GroupPlots {
 public:
  GroupPlots(const PredictionGroup& group, const std::vector<double>& tolerances)
      : group_(group), tolerances_(tolerances) {}

  std::string error_histogram() const;
  // None where there is nothing to show.
  std::optional<std::string> accuracy_by_condition() const;
  std::optional<std::string> condition_curves() const;
  std::optional<std::string> deviation_curves(std::size_t property) const;

 private:
  bool right(std::size_t prediction) const { return group_.errors[prediction] < tolerances_[0]; }
  std::string first_tolerance() const { return percent_text(tolerances_[0]); }
  std::string subtitle() const;
  std::vector<double> shown_conditions() const;
  std::string condition_title() const;
  std::vector<double> sorted_numbers(const std::vector<double>& numbers, bool right_ones) const;
  std::optional<SvgPlot> curves(const std::string& title, const std::string& axis_title,
                                const std::vector<double>& numbers, bool in_percent) const;

  const PredictionGroup& group_;
  const std::vector<double>& tolerances_;
};

std::string GroupPlots::subtitle() const {
  const auto right_count =
      static_cast<double>(std::ranges::count_if(group_.errors, [&](double error) { return error < tolerances_[0]; }));
  return fmt::format("{}, {}: {} predictions, {:.2f}% right at {}", shortened(group_.set, longest_title_name),
                     shortened(group_.task, longest_title_name), group_.size(), percent(right_count, group_.size()),
                     first_tolerance());
}

std::string GroupPlots::error_histogram() const {
  Range range = range_of(group_.errors);
  for (const double tolerance : tolerances_) range.include(std::clamp(tolerance, smallest_shown, largest_shown));
  const char* note = group_.perfect == 0 ? "" : " (perfect predictions are in the first bar)";
  const Axis x = logarithmic_axis(fmt::format("relative d1 error{}", note), range.from, range.to, true);
  const Bins bins(x);
  std::vector<double> right_counts(bins.size());
  std::vector<double> wrong_counts(bins.size());
  std::size_t unscored = 0;
  for (std::size_t i = 0; i < group_.size(); ++i) {
    if (std::isfinite(group_.errors[i])) {
      (right(i) ? right_counts : wrong_counts)[bins.of(group_.errors[i])] += 1;
    } else {
      ++unscored;
    }
  }
  std::vector<SvgPlot::Bar> right_bars;
  std::vector<SvgPlot::Bar> wrong_bars;
  double highest = 0;
  for (std::size_t bin = 0; bin < bins.size(); ++bin) {
    const double divide = percent(right_counts[bin], group_.size());
    const double top = percent(right_counts[bin] + wrong_counts[bin], group_.size());
    right_bars.push_back({bins.edge(bin), bins.edge(bin + 1), 0, divide});
    wrong_bars.push_back({bins.edge(bin), bins.edge(bin + 1), divide, top});
    highest = std::max(highest, top);
  }
  SvgPlot plot("Distribution of the d1 error", subtitle() + left_out(unscored), x,
               linear_axis("share of all predictions (%)", highest > 0 ? highest : 1));
  plot.add_bars("right at " + first_tolerance(), right_colour, right_bars);
  plot.add_bars("wrong", wrong_colour, wrong_bars);
  for (const double tolerance : tolerances_) plot.add_vertical_mark(tolerance, percent_text(tolerance));
  return plot.svg();
}

/// As they are, or what is more than 1 where that is the ideal.
std::vector<double> GroupPlots::shown_conditions() const {
  std::vector<double> numbers = group_.conditions;
  if (group_.measures->ideal_condition_is_one()) {
    for (double& number : numbers) number -= 1;
  }
  return numbers;
}

std::string GroupPlots::condition_title() const {
  return fmt::format("condition number of {}{}", group_.measures->conditioned_matrix(),
                     group_.measures->ideal_condition_is_one() ? ", minus 1" : "");
}

std::optional<std::string> GroupPlots::accuracy_by_condition() const {
  const std::vector<double> conditions = shown_conditions();
  const Range range = range_of(conditions);
  if (range.empty()) return std::nullopt;
  const Axis x = logarithmic_axis(condition_title(), range.from, range.to, false);
  const Bins bins(x);
  std::vector<double> counts(bins.size());
  std::vector<std::vector<double>> right_counts(tolerances_.size(), counts);
  std::size_t shown = 0;
  for (std::size_t i = 0; i < group_.size(); ++i) {
    if (!std::isfinite(conditions[i])) continue;
    const std::size_t bin = bins.of(conditions[i]);
    counts[bin] += 1;
    ++shown;
    for (std::size_t t = 0; t < tolerances_.size(); ++t) {
      if (group_.errors[i] < tolerances_[t]) right_counts[t][bin] += 1;
    }
  }
  SvgPlot plot("Accuracy against condition number", subtitle() + left_out(group_.size() - shown), x,
               linear_axis("accuracy (%)", 100));
  std::vector<SvgPlot::Bar> bars;
  for (std::size_t bin = 0; bin < bins.size(); ++bin) {
    bars.push_back({bins.edge(bin), bins.edge(bin + 1), 0, percent(counts[bin], shown)});
  }
  plot.add_bars("share of all predictions", count_colour, bars);
  for (std::size_t t = 0; t < tolerances_.size(); ++t) {
    std::vector<SvgPlot::Point> points;
    for (std::size_t bin = 0; bin < bins.size(); ++bin) {
      if (counts[bin] > 0) points.push_back({bins.middle(bin), 100 * right_counts[t][bin] / counts[bin]});
    }
    plot.add_line("right at " + percent_text(tolerances_[t]), colours.at(t), points, true);
  }
  return plot.svg();
}

std::vector<double> GroupPlots::sorted_numbers(const std::vector<double>& numbers, bool right_ones) const {
  std::vector<double> chosen;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (right(i) == right_ones && !std::isnan(numbers[i])) chosen.push_back(numbers[i]);
  }
  std::ranges::sort(chosen);
  return chosen;
}

std::optional<SvgPlot> GroupPlots::curves(const std::string& title, const std::string& axis_title,
                                          const std::vector<double>& numbers, bool in_percent) const {
  Range range = range_of(numbers);
  if (range.empty()) return std::nullopt;
  if (in_percent) range.include(tolerances_[0]);
  const Axis x = logarithmic_axis(axis_title, range.from, range.to, in_percent);
  const std::vector<double> right_ones = sorted_numbers(numbers, true);
  const std::vector<double> wrong_ones = sorted_numbers(numbers, false);
  SvgPlot plot(title, subtitle() + left_out(group_.size() - right_ones.size() - wrong_ones.size()), x,
               linear_axis("share with at most this (%)", 100));
  const auto add = [&](const std::vector<double>& sorted, const std::string& name, const char* colour) {
    if (sorted.empty()) return;
    plot.add_line(fmt::format("{} ({})", name, sorted.size()), colour, cumulative_curve(sorted, sorted.size(), x),
                  false);
  };
  add(right_ones, "right at " + first_tolerance(), right_colour);
  add(wrong_ones, "wrong", wrong_colour);
  return plot;
}

std::optional<std::string> GroupPlots::condition_curves() const {
  const auto plot =
      curves("Condition numbers of right and wrong predictions", condition_title(), shown_conditions(), false);
  return plot ? std::optional(plot->svg()) : std::nullopt;
}

std::optional<std::string> GroupPlots::deviation_curves(std::size_t property) const {
  const Property& measured = group_.properties[property];
  auto plot = curves(fmt::format("Right and wrong predictions: {}", measured.name), measured.deviation,
                     group_.deviations[property], true);
  if (!plot) return std::nullopt;
  for (const double tolerance : tolerances_) plot->add_vertical_mark(tolerance, percent_text(tolerance));
  return plot->svg();
}

/// Letters, digits and '.', '-', '_' of a text, '_' for all others.
std::string plain(const std::string& text) {
  std::string name = shortened(text, longest_file_name);
  for (char& letter : name) {
    const bool kept = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                      (letter >= '0' && letter <= '9') || letter == '.' || letter == '-' || letter == '_';
    if (!kept) letter = '_';
  }
  return name;
}

/// Names of groups that no two have in common.
class GroupNames {
 public:
  std::string add(const PredictionGroup& group) {
    std::string stem = fmt::format("{}-{}", plain(group.set), plain(group.task));
    if (stem.front() == '.') stem.front() = '_';
    std::string name = stem;
    for (int number = 2; !used_.insert(name).second; ++number) name = fmt::format("{}-{}", stem, number);
    return name;
  }

 private:
  std::set<std::string> used_;
};

void add_group(const PredictionGroup& group, const std::vector<double>& tolerances, const std::string& name,
               std::vector<AnalysisPlot>& all) {
  const GroupPlots plots(group, tolerances);
  const auto add = [&](const std::string& what, std::optional<std::string> svg) {
    if (svg) all.push_back({fmt::format("{}.{}.svg", name, what), std::move(*svg)});
  };
  add("d1", plots.error_histogram());
  if (!group.measures) return;
  if (!group.measures->conditioned_matrix().empty()) {
    add("accuracy-by-condition", plots.accuracy_by_condition());
    add("condition-number", plots.condition_curves());
  }
  for (std::size_t i = 0; i < group.deviations.size(); ++i) {
    add(plain(group.properties[i].name), plots.deviation_curves(i));
  }
}

}  // namespace

std::vector<AnalysisPlot> plots(const FailureAnalysis& analysis, const std::vector<double>& tolerances) {
  check_tolerances(tolerances);
  GroupNames names;
  std::vector<AnalysisPlot> all;
  for (const PredictionGroup& group : analysis.groups()) add_group(group, tolerances, names.add(group), all);
  return all;
}

}  // namespace matseq
