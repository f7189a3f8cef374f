#include "report/test_sets.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "report/figure_text.h"
#include "tokens/number_text.h"

namespace matseq {
namespace {

constexpr std::size_t most_tolerances = 8;

/// The tolerances of all runs in the norm of the first, as texts, from the largest.
std::vector<std::string> tolerances_of(const Report& report, const std::string& norm) {
  std::vector<std::string> tolerances;
  for (const ReportedRun& run : report.runs) {
    if (!run.record) continue;
    for (const auto& [set, figures] : last_sets(*run.record).items()) {
      const auto within = figures.find("within");
      if (within == figures.end() || !within->is_object() || !within->contains(norm)) continue;
      for (const auto& [tolerance, share] : (*within)[norm].items()) {
        if (std::ranges::find(tolerances, tolerance) == tolerances.end() && parse_number(tolerance)) {
          tolerances.push_back(tolerance);
        }
      }
    }
  }
  std::ranges::sort(tolerances, [](const std::string& one, const std::string& other) {
    return parse_number(one).value_or(0) > parse_number(other).value_or(0);
  });
  if (tolerances.size() > most_tolerances) tolerances.resize(most_tolerances);
  return tolerances;
}

}  // namespace

double number_at(const nlohmann::ordered_json& object, const std::vector<std::string>& path) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  const nlohmann::ordered_json* inner = &object;
  for (const std::string& key : path) {
    if (!inner->is_object()) return none;
    const auto found = inner->find(key);
    if (found == inner->end()) return none;
    inner = &*found;
  }
  const double number = inner->is_number() ? inner->get<double>() : none;
  return std::isfinite(number) ? number : none;
}

std::vector<std::string> test_sets(const Report& report) {
  std::vector<std::string> names;
  for (const ReportedRun& run : report.runs) {
    if (!run.record) continue;
    for (const auto& [set, figures] : last_sets(*run.record).items()) {
      if (names.size() < most_sets && std::ranges::find(names, set) == names.end()) names.push_back(set);
    }
  }
  return names;
}

std::vector<Figure> figures_of(const Report& report, bool all) {
  std::string norm = "d1";
  double first = 0;
  for (const ReportedRun& run : report.runs) {
    if (!run.record) continue;
    norm = accuracy_norm(run.record->settings);
    first = first_tolerance(run.record->settings);
    break;
  }
  std::vector<Figure> figures = {{"accuracy", {"accuracy"}, true, first}};
  const Figure perfect = {"perfect", {"perfect"}, true, 0};
  if (!all) return {figures[0], perfect};
  for (const std::string& tolerance : tolerances_of(report, norm)) {
    const double number = parse_number(tolerance).value_or(0);
    if (number == first) continue;
    figures.push_back({"within " + tolerance_text(tolerance), {"within", norm, tolerance}, true, number});
  }
  figures.push_back(perfect);
  figures.push_back({"correct", {"correct"}, true, 0});
  figures.push_back({"right coefficients", {"right_coefficients"}, true, 0});
  figures.push_back({"cross-entropy", {"cross_entropy"}, false, 0});
  return figures;
}

}  // namespace matseq
