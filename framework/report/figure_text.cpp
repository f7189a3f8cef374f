#include "report/figure_text.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <optional>

#include "tokens/number_text.h"

namespace matseq {
namespace {

constexpr const char* nothing = "–";

}  // namespace

std::string percent_figure(double percent) {
  if (!std::isfinite(percent)) return nothing;
  const bool rounds_to_an_end = (percent > 0 && percent < 0.05) || (percent >= 99.95 && percent < 100);
  // Of millions of examples one may be wrong: that is not all of them.
  if (rounds_to_an_end) return fmt::format("{:.2f}", std::fmin(std::fmax(percent, 0.01), 99.99));
  return fmt::format("{:.1f}", percent);
}

std::string short_figure(double number) { return std::isfinite(number) ? fmt::format("{:.4g}", number) : nothing; }

std::string grouped_figure(std::int64_t number) {
  std::string digits = fmt::format("{}", number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t place = digits.size(); place > first + 3;) {
    place -= 3;
    digits.insert(place, "\u202f");
  }
  return digits;
}

std::string tolerance_text(const std::string& tolerance) {
  const std::optional<double> number = parse_number(tolerance);
  return number ? fmt::format("{:.4g}%", 100 * *number) : tolerance;
}

}  // namespace matseq
