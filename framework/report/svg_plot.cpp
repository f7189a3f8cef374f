#include "report/svg_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <utility>

namespace matseq {
namespace {

// All lengths are in pixels at the image's own size; it scales without loss.
constexpr double width = 760;
constexpr double height = 470;
constexpr double left = 74;
constexpr double right = width - 26;
constexpr double top = 112;
constexpr double bottom = height - 62;
constexpr double first_legend_row = 67;
constexpr double legend_row_height = 18;
constexpr double letter_width = 6.2;  // of the legend's text, on average
constexpr double symbol_width = 24;

constexpr const char* ink = "#222222";
constexpr const char* soft_ink = "#5f6368";
constexpr const char* grid = "#e3e5e8";

std::string escaped(const std::string& text) {
  std::string result;
  for (const char letter : text) {
    switch (letter) {
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '&':
        result += "&amp;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += letter;
    }
  }
  return result;
}

std::string text_element(double x, double y, const char* attributes, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", x, y, attributes, escaped(text));
}

std::string line_element(double x1, double y1, double x2, double y2, const std::string& colour) {
  return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\"/>\n", x1, y1, x2, y2,
                     colour);
}

/// Where a value stands on its axis, from 0 to 1.
double fraction(const Axis& axis, double value) {
  const double part = axis.logarithmic ? std::log(value / axis.from) / std::log(axis.to / axis.from)
                                       : (value - axis.from) / (axis.to - axis.from);
  return std::isnan(part) ? 0 : std::clamp(part, 0.0, 1.0);
}

std::string power_of_ten(int exponent) {
  constexpr std::array<const char*, 10> raised = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = exponent < 0 ? "10⁻" : "10";
  for (const char digit : std::to_string(std::abs(exponent))) text += raised.at(static_cast<std::size_t>(digit - '0'));
  return text;
}

/// `digit` times ten to the `exponent`.
std::string decimal_label(int digit, int exponent, bool in_percent) {
  const int shown = exponent + (in_percent ? 2 : 0);
  const char* unit = in_percent ? "%" : "";
  if (shown >= -4 && shown <= 3) return fmt::format("{:.10g}{}", digit * std::pow(10, shown), unit);
  return (digit == 1 ? "" : fmt::format("{}·", digit)) + power_of_ten(shown) + unit;
}

}  // namespace

Axis linear_axis(std::string title, double to) {
  const double rough = to / 5;
  const double decade = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * decade;
  for (const double factor : {5.0, 2.0, 1.0}) {
    if (factor * decade >= rough * (1 - 1e-9)) step = factor * decade;
  }
  const int count = static_cast<int>(std::ceil(to / step - 1e-9));
  Axis axis{std::move(title), 0, count * step, false, {}};
  for (int i = 0; i <= count; ++i) axis.ticks.push_back({i * step, fmt::format("{:.6g}", i * step)});
  return axis;
}

Axis logarithmic_axis(std::string title, double from, double to, bool in_percent) {
  const int first = static_cast<int>(std::floor(std::log10(from) + 1e-9));
  const int last = std::max(first + 1, static_cast<int>(std::ceil(std::log10(to) - 1e-9)));
  Axis axis{std::move(title), std::pow(10, first), std::pow(10, last), true, {}};
  const int decades = last - first;
  const int labelled_decades = (decades + 7) / 8;  // every how many
  for (int exponent = first; exponent <= last; ++exponent) {
    const bool labelled = (exponent - first) % labelled_decades == 0;
    axis.ticks.push_back({std::pow(10, exponent), labelled ? decimal_label(1, exponent, in_percent) : ""});
    if (exponent == last || decades > 5) continue;
    for (int digit = 2; digit < 10; ++digit) {
      const bool between = decades <= 2 && (digit == 2 || digit == 5);
      axis.ticks.push_back({digit * std::pow(10, exponent), between ? decimal_label(digit, exponent, in_percent) : ""});
    }
  }
  return axis;
}

SvgPlot::SvgPlot(std::string title, std::string subtitle, Axis x, Axis y)
    : title_(std::move(title)),
      subtitle_(std::move(subtitle)),
      x_(std::move(x)),
      y_(std::move(y)),
      legend_x_(left),
      legend_y_(first_legend_row) {}

double SvgPlot::x_position(double x) const { return left + (right - left) * fraction(x_, x); }

double SvgPlot::y_position(double y) const { return bottom - (bottom - top) * fraction(y_, y); }

void SvgPlot::add_legend(const std::string& name, const std::string& symbol) {
  const double entry_width = symbol_width + letter_width * static_cast<double>(name.size());
  if (legend_x_ > left && legend_x_ + entry_width > right) {
    legend_x_ = left;
    legend_y_ += legend_row_height;
  }
  legend_ += fmt::format("<g transform=\"translate({:.1f},{:.1f})\">{}", legend_x_, legend_y_, symbol);
  legend_ += text_element(symbol_width, 4, "font-size=\"12\" fill=\"#222222\"", name) + "</g>\n";
  legend_x_ += entry_width + 14;
}

void SvgPlot::add_bars(const std::string& name, const std::string& colour, const std::vector<Bar>& bars) {
  add_legend(name, fmt::format("<rect x=\"2\" y=\"-6\" width=\"16\" height=\"12\" fill=\"{}\"/>", colour));
  series_ += fmt::format("<g fill=\"{}\" stroke=\"#ffffff\" stroke-width=\"0.8\">\n", colour);
  for (const Bar& bar : bars) {
    const double x = x_position(bar.from);
    const double y = y_position(bar.top);
    const double bar_height = y_position(bar.bottom) - y;
    if (bar_height <= 0) continue;
    fmt::format_to(std::back_inserter(series_),
                   "<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\"/>\n", x, y,
                   x_position(bar.to) - x, bar_height);
  }
  series_ += "</g>\n";
}

void SvgPlot::add_line(const std::string& name, const std::string& colour, const std::vector<Point>& points,
                       bool markers) {
  std::string symbol =
      fmt::format("<line x1=\"0\" y1=\"0\" x2=\"20\" y2=\"0\" stroke=\"{}\" stroke-width=\"2.2\"/>", colour);
  if (markers) symbol += fmt::format("<circle cx=\"10\" cy=\"0\" r=\"3.4\" fill=\"{}\"/>", colour);
  add_legend(name, symbol);
  std::string path;
  std::string circles;
  for (const Point& point : points) {
    const double x = x_position(point.x);
    const double y = y_position(point.y);
    fmt::format_to(std::back_inserter(path), "{}{:.2f},{:.2f}", path.empty() ? "" : " ", x, y);
    if (!markers) continue;
    fmt::format_to(std::back_inserter(circles), "<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"3.4\"/>\n", x, y);
  }
  fmt::format_to(
      std::back_inserter(series_),
      "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2.2\" stroke-linejoin=\"round\"/>\n"
      "<g fill=\"{}\" stroke=\"#ffffff\" stroke-width=\"1\">\n{}</g>\n",
      path, colour, colour, circles);
}

void SvgPlot::add_vertical_mark(double x, const std::string& label) {
  const double at = x_position(x);
  annotation_ += fmt::format(
      "<line x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\" stroke=\"{3}\" stroke-dasharray=\"4 4\"/>\n",
      at, top - 4, bottom, soft_ink);
  annotation_ += text_element(at, top - 9, "font-size=\"11\" text-anchor=\"middle\" fill=\"#5f6368\"", label);
}

std::string SvgPlot::grid_and_axes() const {
  std::string text;
  for (const Axis::Tick& tick : x_.ticks) {
    const double x = x_position(tick.at);
    if (tick.label.empty()) {
      text += line_element(x, bottom, x, bottom + 3, soft_ink);
      continue;
    }
    text += line_element(x, top, x, bottom, grid) + line_element(x, bottom, x, bottom + 6, soft_ink) +
            text_element(x, bottom + 20, "font-size=\"12\" text-anchor=\"middle\" fill=\"#222222\"", tick.label);
  }
  for (const Axis::Tick& tick : y_.ticks) {
    const double y = y_position(tick.at);
    text += line_element(left, y, right, y, grid) + line_element(left - 6, y, left, y, soft_ink) +
            text_element(left - 10, y + 4, "font-size=\"12\" text-anchor=\"end\" fill=\"#222222\"", tick.label);
  }
  text += text_element((left + right) / 2, height - 16, "font-size=\"13\" text-anchor=\"middle\" fill=\"#222222\"",
                       x_.title);
  text += fmt::format(
      "<text transform=\"translate(20,{:.1f}) rotate(-90)\" font-size=\"13\" text-anchor=\"middle\" "
      "fill=\"{}\">{}</text>\n",
      (top + bottom) / 2, ink, escaped(y_.title));
  return text;
}

std::string SvgPlot::svg() const {
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "font-family=\"Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif\">\n"
      "<title>{2}</title>\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
      width, height, escaped(title_));
  text += text_element(left, 28, "font-size=\"17\" font-weight=\"bold\" fill=\"#222222\"", title_);
  text += text_element(left, 48, "font-size=\"12\" fill=\"#5f6368\"", subtitle_);
  text += legend_ + grid_and_axes() + series_ + annotation_;
  text += line_element(left, bottom, right, bottom, soft_ink) + line_element(left, top, left, bottom, soft_ink);
  return text + "</svg>\n";
}

}  // namespace matseq
