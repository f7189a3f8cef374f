/// \file
/// Plots as SVG images.
#pragma once

#include <string>
#include <vector>

namespace matseq {

/// What is written along an axis, and its scale. Values outside are drawn at its ends.
struct Axis {
  struct Tick {
    double at;
    std::string label;  ///< empty: a small tick without grid line
  };
  std::string title;
  double from = 0;
  double to = 1;  ///< > from
  bool logarithmic = false;
  std::vector<Tick> ticks;
};

/// An axis from 0 to at least `to`, with about five round ticks.
Axis linear_axis(std::string title, double to);

/// An axis of whole decades that holds `from` to `to`, both > 0, with at least one decade. With `in_percent` the ticks
/// say 1% for 0.01.
Axis logarithmic_axis(std::string title, double from, double to, bool in_percent);

/// A plot with title, legend, two axes and any number of series, drawn in the order in which they were added.
class SvgPlot {
 public:
  struct Point {
    double x;
    double y;
  };
  /// A rectangle of a histogram.
  struct Bar {
    double from;
    double to;
    double bottom;
    double top;
  };

  /// All texts may hold any characters but controls.
  SvgPlot(std::string title, std::string subtitle, Axis x, Axis y);

  void add_bars(const std::string& name, const std::string& colour, const std::vector<Bar>& bars);
  /// Joins the points; with `markers` it marks them too.
  void add_line(const std::string& name, const std::string& colour, const std::vector<Point>& points, bool markers);
  /// A dashed line across the plot, labelled above it.
  void add_vertical_mark(double x, const std::string& label);

  /// The whole file.
  std::string svg() const;

 private:
  double x_position(double x) const;
  double y_position(double y) const;
  void add_legend(const std::string& name, const std::string& symbol);
  std::string grid_and_axes() const;

  std::string title_;
  std::string subtitle_;
  Axis x_;
  Axis y_;
  double legend_x_;  ///< where the next entry of the legend begins
  double legend_y_;
  std::string legend_;  ///< SVG elements, as below
  std::string series_;
  std::string annotation_;  ///< above the series
};

}  // namespace matseq
