/// \file
/// Tables of a page: with caption, headers and what they are sorted by.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace matseq {

/// A table whose rows a script can sort, and hide by run.
class HtmlTable {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;  ///< HTML
    Align align = Align::left;
  };
  struct Cell {
    std::string content;         ///< HTML
    std::optional<double> sort;  ///< what it is sorted by; not a number: at the end; none: its text
    std::string style;           ///< names of CSS classes
  };

  /// `caption` is HTML; `label` names the table to who cannot see it, as text. The first column is the rows' header.
  HtmlTable(std::string caption, std::string label, std::vector<Column> columns)
      : caption_(std::move(caption)), label_(std::move(label)), columns_(std::move(columns)) {}

  /// A row of one cell a column; `run` is the place in the report of the run that it belongs to.
  void add(std::optional<std::size_t> run, const std::vector<Cell>& cells);

  bool empty() const { return rows_.empty(); }

  /// The table, within an element that scrolls when it is too wide. `attributes` are added to that element's.
  std::string html(const std::string& attributes = "") const;

 private:
  std::string caption_;
  std::string label_;
  std::vector<Column> columns_;
  std::string rows_;
};

}  // namespace matseq
