// Predictions beside the truth, the error of every entry in colour and in words.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/figure_text.h"
#include "report/html_table.h"
#include "report/markup.h"
#include "report/sections.h"

namespace matseq {
namespace {

constexpr std::size_t most_rows = 8;  ///< of a matrix shown, and columns

/// From which relative error on an entry has each of the five colours.
constexpr std::array<double, 4> error_bounds = {0.01, 0.05, 0.2, 1};

std::string entry_text(double value) { return html_text(fmt::format("{:.4g}", value)); }

/// |predicted - wanted| / |wanted|.
double relative_error(double predicted, double wanted) {
  if (predicted == wanted) return 0;
  return std::abs(predicted - wanted) / std::abs(wanted);
}

std::string error_text(double error) {
  constexpr double most_percents = 9.995;
  if (error == 0) return "exact";
  if (!std::isfinite(error)) return "∞";
  return error < most_percents ? fmt::format("{:.3g}%", 100 * error) : fmt::format("×{:.3g}", error);
}

std::string entry_cell(double predicted, double wanted) {
  const double error = relative_error(predicted, wanted);
  const auto level = std::ranges::count_if(error_bounds, [error](double bound) { return !(error < bound); });
  return fmt::format("<td class=\"e{}\">{}<small>{}</small></td>", level, entry_text(predicted), error_text(error));
}

/// The matrix; `truth` tells the errors of its entries, null for none.
std::string matrix_html(const Matrix& matrix, const Matrix* truth, const std::string& title) {
  const std::size_t rows = std::min(matrix.rows(), most_rows);
  const std::size_t columns = std::min(matrix.columns(), most_rows);
  std::string body;
  for (std::size_t row = 0; row < rows; ++row) {
    body += "<tr>";
    for (std::size_t column = 0; column < columns; ++column) {
      const double value = matrix(row, column);
      body += truth != nullptr ? entry_cell(value, (*truth)(row, column)) : "<td>" + entry_text(value) + "</td>";
    }
    body += "</tr>";
  }
  std::string shape = fmt::format("{} × {}", matrix.rows(), matrix.columns());
  if (rows < matrix.rows() || columns < matrix.columns()) {
    shape += fmt::format(", the first {} × {} shown", rows, columns);
  }
  return fmt::format("<table class=\"matrix\"><caption>{} <small>{}</small></caption><tbody>{}</tbody></table>", title,
                     shape, body);
}

/// What is shown of the hypotheses: the first of the target's shape, or else the first that is a matrix.
const Matrix* shown_hypothesis(const PredictedExample& example) {
  const Matrix* any = nullptr;
  for (const std::optional<Matrix>& hypothesis : example.hypotheses) {
    if (!hypothesis) continue;
    if (hypothesis->rows() == example.truth.target.rows() && hypothesis->columns() == example.truth.target.columns()) {
      return &*hypothesis;
    }
    if (any == nullptr) any = &*hypothesis;
  }
  return any;
}

std::string prediction_html(const PredictedExample& example) {
  const Matrix& target = example.truth.target;
  if (example.perfect) return matrix_html(target, &target, "Predicted");
  const Matrix* hypothesis = shown_hypothesis(example);
  if (hypothesis == nullptr) return "<p class=\"nothing\">Predicted: no matrix</p>";
  const bool comparable = hypothesis->rows() == target.rows() && hypothesis->columns() == target.columns();
  return matrix_html(*hypothesis, comparable ? &target : nullptr, comparable ? "Predicted" : "Predicted, wrong shape");
}

std::string verdict(const PredictedExample& example, bool right) {
  const char* mark = right ? "✓ right" : "✗ wrong";
  if (example.perfect) return fmt::format("{}: every token", mark);
  return std::isfinite(example.d1) ? fmt::format("{}: d1 error {:.3g}%", mark, 100 * example.d1)
                                   : fmt::format("{}: cannot be compared", mark);
}

std::string card(const PredictedExample& example, bool right) {
  const auto matrix = [](const Matrix& shown, const char* title) {
    return shown.size() == 0 ? "" : matrix_html(shown, nullptr, title);
  };
  return fmt::format(
      "<article class=\"card {}\"><h4>{} <small>{}, {}</small></h4><div class=\"matrices\">{}{}{}</div></article>\n",
      right ? "right" : "wrong", verdict(example, right), html_text(example.set, 60), html_text(example.task, 60),
      matrix(example.truth.source, "Input"), matrix(example.truth.target, "Target"), prediction_html(example));
}

std::string cards(const std::vector<PredictedExample>& examples, bool right, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < std::min(most, examples.size()); ++i) text += card(examples[i], right);
  return text.empty() ? "" : "<div class=\"cards\">\n" + text + "</div>\n";
}

/// Of the runs without predictions.
std::string missing_text(const Report& report) {
  std::string text;
  std::vector<const ReportedRun*> missing;
  for (const ReportedRun& run : report.runs) {
    if (!run.record || run.predictions) continue;
    if (run.refusal.empty()) {
      missing.push_back(&run);
    } else {
      text += fmt::format("<p>Those of {} cannot be read: {}</p>\n", html_text(run.name), html_text(run.refusal, 500));
    }
  }
  if (missing.empty()) return text;
  const std::string folder = html_text(missing[0]->folder.string(), 500);
  return text +
         (report.runs.size() == 1
              ? fmt::format("<p>There are none yet. <code>matseq eval {} --verbose 1</code> writes them.</p>\n", folder)
              : fmt::format(
                    "<p>{} of {} runs have none. <code>matseq eval {} --verbose 1</code> writes those of {}.</p>\n",
                    missing.size(), report.runs.size(), folder, html_text(missing[0]->name)));
}

}  // namespace

std::string prediction_cards(const PredictionSample& sample, std::size_t most) {
  const std::uint64_t all = sample.right_count + sample.wrong_count;
  const std::size_t shown = std::min(most, sample.right.size()) + std::min(most, sample.wrong.size());
  return fmt::format(
             "<p>{} predictions, {} right and {} wrong with a d1 error below {:.4g}%; {} shown: the file's first of "
             "each "
             "test set in turn.</p>\n",
             grouped_figure(static_cast<std::int64_t>(all)),
             grouped_figure(static_cast<std::int64_t>(sample.right_count)),
             grouped_figure(static_cast<std::int64_t>(sample.wrong_count)), 100 * sample.tolerance, shown) +
         cards(sample.wrong, false, most) + cards(sample.right, true, most);
}

std::string prediction_section(const Report& report, const ReportDetail& detail) {
  std::string text;
  for (std::size_t i = 0; i < report.runs.size(); ++i) {
    const ReportedRun& run = report.runs[i];
    if (!run.predictions) continue;
    text += fmt::format("<div data-choice=\"{0}\" data-run=\"{1}\"><h3>{0}</h3>\n{2}</div>\n", html_text(run.name), i,
                        prediction_cards(*run.predictions, detail.predictions));
  }
  const std::string missing = missing_text(report);
  if (text.empty()) return missing.empty() ? "" : section("predictions", "Predictions", "", missing);
  return section("predictions", "Predictions",
                 "Under every predicted entry stands its relative error, |predicted − target| / |target|. <span "
                 "class=\"scale\"><span class=\"e0\">below 1%</span><span class=\"e1\">1% to 5%</span><span "
                 "class=\"e2\">5% to 20%</span><span class=\"e3\">20% to 100%</span><span "
                 "class=\"e4\">100% and more</span></span>",
                 "<div class=\"choices\" data-label=\"Run\">\n" + text + "</div>\n" + missing);
}

}  // namespace matseq
