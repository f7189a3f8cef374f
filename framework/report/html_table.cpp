#include "report/html_table.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>

#include "report/markup.h"
#include "tokens/number_text.h"

namespace matseq {
namespace {

std::string class_attribute(const HtmlTable::Column& column, const HtmlTable::Cell& cell) {
  std::string names = column.align == HtmlTable::Align::right ? "n" : "";
  if (!cell.style.empty()) names += (names.empty() ? "" : " ") + cell.style;
  return names.empty() ? "" : " class=\"" + names + "\"";
}

/// Nothing where the content is the number itself, as in most cells of large tables.
std::string sort_attribute(const HtmlTable::Cell& cell) {
  if (!cell.sort || parse_number(cell.content)) return "";
  return std::isfinite(*cell.sort) ? fmt::format(" data-v=\"{:.6g}\"", *cell.sort) : " data-v=\"\"";
}

}  // namespace

void HtmlTable::add(std::optional<std::size_t> run, const std::vector<Cell>& cells) {
  rows_ += run ? fmt::format("<tr data-run=\"{}\">", *run) : "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string attributes = class_attribute(columns_[i], cells[i]) + sort_attribute(cells[i]);
    rows_ += i == 0 ? fmt::format("<th scope=\"row\"{}>{}</th>", attributes, cells[i].content)
                    : fmt::format("<td{}>{}</td>", attributes, cells[i].content);
  }
  rows_ += "</tr>\n";
}

std::string HtmlTable::html(const std::string& attributes) const {
  std::string head;
  for (const Column& column : columns_) {
    head +=
        fmt::format("<th scope=\"col\"{}>{}</th>", column.align == Align::right ? " class=\"n\"" : "", column.title);
  }
  return fmt::format(
      "<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"{}\"{}>\n"
      "<table><caption><span>{}</span></caption>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody></table></div>\n",
      html_text(label_), attributes.empty() ? "" : " " + attributes, caption_, head, rows_);
}

}  // namespace matseq
