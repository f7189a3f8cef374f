#include "analysis/welch.h"

#include <cmath>

namespace matseq {
namespace {

/// The continued fraction of I_x(a, b) by Lentz's method (DLMF 8.17.22), which converges fast for
/// x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
  constexpr int most_terms = 10000;
  constexpr double tiny = 1e-300;  // in place of a zero, by which it would divide
  constexpr double enough = 1e-16;
  const auto away_from_zero = [](double value) { return std::abs(value) < tiny ? tiny : value; };
  double c = 1;
  double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
  double fraction = d;
  for (int m = 1; m <= most_terms; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double step = 1;
    for (const double term : {even, odd}) {
      d = 1 / away_from_zero(1 + term * d);
      c = away_from_zero(1 + term / c);
      step = c * d;
      fraction *= step;
    }
    if (std::abs(step - 1) < enough) break;
  }
  return fraction;
}

}  // namespace

Sample sample_of(std::span<const double> numbers) {
  Sample sample{numbers.size(), 0, 0};
  if (numbers.empty()) return sample;
  const auto count = static_cast<double>(numbers.size());
  for (const double number : numbers) sample.mean += number / count;
  if (numbers.size() < 2) return sample;
  double squares = 0;
  for (const double number : numbers) squares += (number - sample.mean) * (number - sample.mean);
  sample.deviation = std::sqrt(squares / (count - 1));
  return sample;
}

double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

std::optional<double> welch_p(const Sample& one, const Sample& other) {
  if (one.count < 2 || other.count < 2) return std::nullopt;
  const auto n = static_cast<double>(one.count);
  const auto m = static_cast<double>(other.count);
  const double of_one = one.deviation * one.deviation / n;
  const double of_other = other.deviation * other.deviation / m;
  const double variance = of_one + of_other;
  if (!(variance > 0)) return std::nullopt;
  const double difference = one.mean - other.mean;
  // Welch and Satterthwaite's degrees of freedom.
  const double freedom = variance * variance / (of_one * of_one / (n - 1) + of_other * of_other / (m - 1));
  // x = freedom / (freedom + t^2), without a division by a small variance.
  const double x = freedom * variance / (freedom * variance + difference * difference);
  return incomplete_beta(freedom / 2, 0.5, x);
}

std::optional<double> p_above(const Sample& sample, double bound) {
  if (sample.count < 2) return std::nullopt;
  const double difference = sample.mean - bound;
  if (difference == 0) return 0.5;
  const auto n = static_cast<double>(sample.count);
  const double variance = sample.deviation * sample.deviation / n;
  const double freedom = n - 1;
  // Of both tails; as in welch_p.
  const double p =
      incomplete_beta(freedom / 2, 0.5, freedom * variance / (freedom * variance + difference * difference));
  return difference > 0 ? p / 2 : 1 - p / 2;
}

}  // namespace matseq
