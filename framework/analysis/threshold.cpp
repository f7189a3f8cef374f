#include "analysis/threshold.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace matseq {
namespace {

void sort_numbers(std::vector<double>& numbers) {
  std::erase_if(numbers, [](double number) { return std::isnan(number); });
  std::ranges::sort(numbers);
}

double percent_below(const std::vector<double>& sorted, double value) {
  const auto below = std::ranges::lower_bound(sorted, value) - sorted.begin();
  return 100 * static_cast<double>(below) / static_cast<double>(sorted.size());
}

}  // namespace

Threshold best_threshold(std::vector<double> to_be_below, std::vector<double> not_to_be) {
  sort_numbers(to_be_below);
  sort_numbers(not_to_be);
  Threshold best;
  if (to_be_below.empty() || not_to_be.empty()) return best;
  // The share below grows with the value, the other one falls: only the numbers themselves can be where they cross.
  double best_smaller = -1;
  for (const double value : not_to_be) {
    const Threshold candidate{value, percent_below(to_be_below, value), 100 - percent_below(not_to_be, value)};
    const double smaller = std::min(candidate.below, candidate.not_below);
    if (smaller <= best_smaller) continue;
    best_smaller = smaller;
    best = candidate;
  }
  return best;
}

}  // namespace matseq
