#include "analysis/distribution.h"

#include <algorithm>
#include <cmath>

namespace matseq {
namespace {

/// A running mean, which does not overflow as a sum would.
double mean_of(const std::vector<double>& numbers) {
  double mean = 0;
  double count = 0;
  for (const double number : numbers) {
    ++count;
    mean += number / count - mean / count;
  }
  return mean;
}

}  // namespace

double quantile(const std::vector<double>& sorted, double share) {
  const double position = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], position - static_cast<double>(below));
}

Distribution describe(std::vector<double> numbers) {
  Distribution result;
  result.infinite =
      static_cast<std::uint64_t>(std::ranges::count_if(numbers, [](double number) { return std::isinf(number); }));
  std::erase_if(numbers, [](double number) { return !std::isfinite(number); });
  result.count = numbers.size();
  if (numbers.empty()) return result;
  std::ranges::sort(numbers);
  result.mean = mean_of(numbers);
  result.minimum = numbers.front();
  result.quantile_05 = quantile(numbers, 0.05);
  result.quantile_25 = quantile(numbers, 0.25);
  result.median = quantile(numbers, 0.5);
  result.quantile_75 = quantile(numbers, 0.75);
  result.quantile_95 = quantile(numbers, 0.95);
  result.maximum = numbers.back();
  return result;
}

}  // namespace matseq
