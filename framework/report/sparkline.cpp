#include "report/sparkline.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>

#include "report/thinning.h"

namespace matseq {
namespace {

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

std::vector<double> on_scale(const std::vector<double>& values, bool logarithmic) {
  std::vector<double> scaled;
  scaled.reserve(values.size());
  for (const double value : values) {
    const double height = logarithmic ? std::log(value) : value;
    scaled.push_back(std::isfinite(height) ? height : no_value);
  }
  return scaled;
}

struct Span {
  double from = std::numeric_limits<double>::infinity();
  double to = -std::numeric_limits<double>::infinity();

  explicit Span(const std::vector<double>& values) {
    for (const double value : values) {
      if (std::isnan(value)) continue;
      from = std::min(from, value);
      to = std::max(to, value);
    }
  }
  bool empty() const { return to < from; }
  double share(double value) const { return to > from ? (value - from) / (to - from) : 0; }
};

/// The means of `count` equal parts; not a number for one without values.
std::vector<double> means(const std::vector<double>& values, std::size_t count) {
  std::vector<double> result;
  for (std::size_t part = 0; part < count; ++part) {
    double sum = 0;
    std::size_t terms = 0;
    for (std::size_t i = part * values.size() / count; i < (part + 1) * values.size() / count; ++i) {
      if (std::isnan(values[i])) continue;
      sum += values[i];
      ++terms;
    }
    result.push_back(terms == 0 ? no_value : sum / static_cast<double>(terms));
  }
  return result;
}

}  // namespace

std::string svg_sparkline(const std::vector<double>& values, bool logarithmic) {
  constexpr std::size_t most_points = 32;
  constexpr double width = 96;
  constexpr double height = 20;
  constexpr double margin = 2;
  const std::vector<double> scaled = on_scale(values, logarithmic);
  const Span range(scaled);
  if (range.empty() || scaled.size() < 2) return "";
  std::string points;
  for (const std::size_t place : thinned(scaled, most_points)) {
    if (std::isnan(scaled[place])) continue;
    const double x =
        margin + (width - 2 * margin) * static_cast<double>(place) / static_cast<double>(scaled.size() - 1);
    const double y = height - margin - (height - 2 * margin) * range.share(scaled[place]);
    fmt::format_to(std::back_inserter(points), "{}{:.4g},{:.3g}", points.empty() ? "" : " ", x, y);
  }
  return fmt::format("<svg class=\"spark\" viewBox=\"0 0 {} {}\" aria-hidden=\"true\"><polyline points=\"{}\"/></svg>",
                     width, height, points);
}

std::string text_sparkline(const std::vector<double>& values, bool logarithmic, std::size_t width, bool ascii) {
  constexpr std::array<const char*, 8> blocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::array<const char*, 8> letters = {"_", ".", "-", "~", "=", "+", "*", "#"};
  const std::vector<double> parts = means(on_scale(values, logarithmic), std::min(width, values.size()));
  const Span range(parts);
  if (range.empty()) return "";
  std::string line;
  for (const double part : parts) {
    if (std::isnan(part)) {
      line += ' ';
      continue;
    }
    const auto level = static_cast<std::size_t>(std::lround(range.share(part) * (blocks.size() - 1)));
    line += ascii ? letters.at(level) : blocks.at(level);
  }
  return line;
}

}  // namespace matseq
