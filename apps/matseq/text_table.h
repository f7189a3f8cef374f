/// \file
/// Tables for terminals.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace matseq {

/// A text as it stands in a cell of a table of Markdown.
std::string markdown_cell(const std::string& text);

/// Columns of texts, two spaces between them, as wide as their widest text in characters; nothing follows a line's
/// last.
class TextTable {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// One text a column; missing ones are empty.
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  /// The titles and all rows, a line each.
  std::string text() const;

  /// The same as a table of Markdown.
  std::string markdown() const;

 private:
  std::vector<std::vector<std::string>> lines() const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace matseq
