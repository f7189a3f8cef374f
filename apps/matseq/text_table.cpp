#include "text_table.h"

#include <algorithm>

namespace matseq {
namespace {

/// Characters of UTF-8.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U; }));
}

}  // namespace

std::string markdown_cell(const std::string& text) {
  std::string escaped;
  for (const char letter : text) {
    if (letter == '|' || letter == '<') escaped += '\\';
    escaped += letter;
  }
  return escaped;
}

std::vector<std::vector<std::string>> TextTable::lines() const {
  std::vector<std::vector<std::string>> lines(1);
  for (const Column& column : columns_) lines[0].push_back(column.title);
  lines.insert(lines.end(), rows_.begin(), rows_.end());
  return lines;
}

std::string TextTable::text() const {
  std::vector<std::size_t> widths(columns_.size());
  for (const std::vector<std::string>& line : lines()) {
    for (std::size_t i = 0; i < std::min(line.size(), widths.size()); ++i)
      widths[i] = std::max(widths[i], width(line[i]));
  }
  std::string text;
  for (const std::vector<std::string>& line : lines()) {
    std::string row;
    for (std::size_t i = 0; i < std::min(line.size(), widths.size()); ++i) {
      const std::string padding(widths[i] - width(line[i]), ' ');
      if (i > 0) row += "  ";
      row += columns_[i].align == Align::left ? line[i] + padding : padding + line[i];
    }
    text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string TextTable::markdown() const {
  std::string text;
  for (const std::vector<std::string>& line : lines()) {
    const bool is_title = text.empty();
    for (std::size_t i = 0; i < columns_.size(); ++i)
      text += "| " + (i < line.size() ? markdown_cell(line[i]) : "") + " ";
    text += "|\n";
    if (!is_title) continue;
    for (const Column& column : columns_) text += column.align == Align::right ? "|---:" : "|---";
    text += "|\n";
  }
  return text;
}

}  // namespace matseq
