// Matrices as text: a row a line, numbers between commas, semicolons, tabs or csv_blanks; an empty line ends a matrix,
// and what follows a '#' is a remark.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "matseq/error.h"
#include "matseq/printable.h"
#include "tokens/matrix_formats.h"
#include "tokens/number_text.h"

namespace matseq {
namespace {

constexpr std::string_view csv_blanks = " \t";

class CsvReader : public MatrixReader {
 public:
  CsvReader(std::istream& input, const std::string& name) : lines_(input, name) {}

  bool next(ReadMatrix& read) override {
    std::vector<double> entries;
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::string_view line;
    while (lines_.next(line)) {
      const bool remark = line.find('#') != line.npos;
      line = line.substr(0, line.find('#'));
      if (line.find_first_not_of(csv_blanks) == line.npos) {
        if (rows > 0 && !remark) break;
        continue;
      }
      if (rows == 0) read.place = lines_.place();
      const std::size_t before = entries.size();
      append_row(line, entries);
      const std::size_t width = entries.size() - before;
      if (rows > 0 && width != columns) {
        lines_.refuse(fmt::format(
            "a row of {} numbers in a matrix of {} columns; an empty line would begin another matrix", width, columns));
      }
      columns = width;
      ++rows;
    }
    if (rows == 0) return false;
    read.task.clear();
    read.matrix.resize(rows, columns);
    std::ranges::copy(entries, read.matrix.data());
    return true;
  }

 private:
  void append_row(std::string_view line, std::vector<double>& entries) const {
    const char separator = separator_of(line);
    if (separator == ' ') {
      for (std::size_t at = line.find_first_not_of(csv_blanks); at != line.npos;) {
        const std::size_t end = std::min(line.find_first_of(csv_blanks, at), line.size());
        append(line.substr(at, end - at), entries);
        at = line.find_first_not_of(csv_blanks, end);
      }
      return;
    }
    for (std::size_t at = 0; at <= line.size();) {
      const std::size_t end = std::min(line.find(separator, at), line.size());
      append(line.substr(at, end - at), entries);
      at = end + 1;
    }
  }

  /// What separates the numbers of a line: the first of these that it has, else csv_blanks and tabs.
  static char separator_of(std::string_view line) {
    for (const char separator : {';', ','}) {
      if (line.find(separator) != line.npos) return separator;
    }
    return ' ';
  }

  void append(std::string_view text, std::vector<double>& entries) const {
    const std::optional<double> number = parse_number(text);
    if (!number) {
      lines_.refuse(fmt::format("'{}' is no number; rows of numbers between commas are accepted", printable(text, 40)));
    }
    if (entries.size() == most_entries) {
      lines_.refuse(fmt::format("a matrix of more than {} entries; an empty line would end it", most_entries));
    }
    entries.push_back(*number);
  }

  TextLines lines_;
};

}  // namespace

std::unique_ptr<MatrixReader> make_csv_reader(std::istream& input, const std::string& name) {
  return std::make_unique<CsvReader>(input, name);
}

}  // namespace matseq
