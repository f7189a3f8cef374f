#include "tokens/encoding_inspection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace matseq {
namespace {

constexpr int smallest_decade = -6;  ///< of the plot; what is less stands there

/// The plot's row of an error, 0 at the top for 100% and more; two rows a decade.
std::size_t row_of(double error) {
  constexpr int rows = -2 * smallest_decade;
  if (!(error > 0)) return rows;
  return static_cast<std::size_t>(std::clamp(-std::round(2 * std::log10(error)), 0.0, static_cast<double>(rows)));
}

}  // namespace

double WrittenNumber::relative_error() const {
  if (!read) return std::numeric_limits<double>::infinity();
  if (*read == number) return 0;
  return number == 0 ? std::numeric_limits<double>::infinity() : std::abs(*read - number) / std::abs(number);
}

WrittenNumber write_number(const Encoder& encoder, double number) {
  WrittenNumber written;
  written.number = number;
  std::vector<Token> tokens(encoder.longest());
  const Token* const end = encoder.encode({&number, 1}, tokens.data());
  tokens.resize(static_cast<std::size_t>(end - tokens.data()));
  for (const Token token : tokens) written.tokens.push_back(encoder.tokens().at(static_cast<std::size_t>(token)));
  if (const std::optional<DecodedNumber> read = encoder.decode(tokens)) written.read = read->value;
  return written;
}

std::vector<RoundingError> rounding_errors(const Encoder& encoder, double low, double high, std::size_t parts) {
  constexpr std::size_t numbers_a_part = 199;  // a prime, so that no grid of an encoding falls together with them
  const double step = (std::log(high) - std::log(low)) / static_cast<double>(parts);
  std::vector<RoundingError> errors;
  for (std::size_t part = 0; part < parts; ++part) {
    RoundingError error;
    const double begin = std::log(low) + step * static_cast<double>(part);
    error.from = std::exp(begin);
    error.to = std::exp(begin + step);
    for (std::size_t i = 0; i < numbers_a_part; ++i) {
      const double at = (static_cast<double>(i) + 0.5) / static_cast<double>(numbers_a_part);
      const double one = write_number(encoder, std::exp(begin + step * at)).relative_error();
      error.mean += one / static_cast<double>(numbers_a_part);
      error.largest = std::max(error.largest, one);
    }
    errors.push_back(error);
  }
  return errors;
}

std::size_t longest_sequence(const Encoder& encoder, std::size_t n) { return 2 + n * n * encoder.longest(); }

std::vector<std::string> rounding_plot(const std::vector<std::vector<RoundingError>>& curves) {
  const std::size_t width = curves.empty() ? 0 : curves.front().size();
  std::vector<std::string> picture(row_of(0) + 1, std::string(width, ' '));
  for (std::size_t curve = 0; curve < curves.size(); ++curve) {
    for (std::size_t x = 0; x < width; ++x) {
      char& place = picture[row_of(curves[curve][x].largest)][x];
      place = place == ' ' ? static_cast<char>('a' + curve) : '*';
    }
  }
  std::vector<std::string> lines;
  for (std::size_t row = 0; row < picture.size(); ++row) {
    const double percent = 100 * std::pow(10, -static_cast<double>(row) / 2);
    lines.push_back(
        (row % 2 == 0 ? fmt::format("{:>8}% |", fmt::format("{:.4g}", percent)) : std::string(10, ' ') + "|") +
        picture[row]);
  }
  lines.push_back(std::string(10, ' ') + "+" + std::string(width, '-'));
  if (width == 0) return lines;
  const std::string left = fmt::format("{:.3g}", curves.front().front().from);
  const std::string right = fmt::format("{:.3g}", curves.front().back().to);
  const std::size_t gap = width > left.size() + right.size() ? width - left.size() - right.size() : 1;
  lines.push_back(std::string(11, ' ') + left + std::string(gap, ' ') + right);
  return lines;
}

}  // namespace matseq
