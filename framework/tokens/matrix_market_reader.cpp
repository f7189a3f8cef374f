// The Matrix Market exchange format (https://math.nist.gov/MatrixMarket/formats.html): one matrix a file.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "matseq/error.h"
#include "matseq/printable.h"
#include "tokens/matrix_formats.h"
#include "tokens/number_text.h"

namespace matseq {
namespace {

constexpr std::string_view market_blanks = " \t";

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t at = line.find_first_not_of(market_blanks); at != line.npos;) {
    const std::size_t end = std::min(line.find_first_of(market_blanks, at), line.size());
    fields.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(market_blanks, end);
  }
  return fields;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& letter : result) letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
  return result;
}

class MatrixMarketReader : public MatrixReader {
 public:
  MatrixMarketReader(std::istream& input, const std::string& name) : lines_(input, name) {}

  bool next(ReadMatrix& read) override {
    std::string_view line;
    if (done_ || !lines_.next(line)) return false;
    done_ = true;
    read.place = lines_.place();
    read.task.clear();
    read_banner(line);
    read_size(read.matrix);
    if (coordinates_) {
      read_coordinates(read.matrix);
    } else {
      read_columns(read.matrix);
    }
    if (content(line)) lines_.refuse("text after the last entry; a file of Matrix Market holds one matrix");
    return true;
  }

 private:
  void read_banner(std::string_view line) {
    const std::string text = lower(line);
    const std::vector<std::string_view> fields = fields_of(text);
    if (fields.size() != 5 || fields[0] != "%%matrixmarket" || fields[1] != "matrix") {
      lines_.refuse("no Matrix Market file: it must begin with '%%MatrixMarket matrix FORMAT FIELD SYMMETRY'");
    }
    choose(fields[2], {"coordinate", "array"});
    choose(fields[3], {"real", "integer", "double"});
    choose(fields[4], {"general", "symmetric", "skew-symmetric"});
    coordinates_ = fields[2] == "coordinate";
    symmetric_ = fields[4] != "general";
    skew_ = fields[4] == "skew-symmetric";
  }

  void choose(std::string_view found, const std::vector<std::string_view>& accepted) const {
    if (std::ranges::find(accepted, found) != accepted.end()) return;
    std::string list;
    for (const std::string_view name : accepted) list += (list.empty() ? "'" : ", '") + std::string(name) + "'";
    lines_.refuse(fmt::format("'{}' cannot be read; accepted are {}", printable(found, 40), list));
  }

  /// The next line that is neither empty nor a remark.
  bool content(std::string_view& line) {
    while (lines_.next(line)) {
      const std::size_t first = line.find_first_not_of(market_blanks);
      if (first != line.npos && line[first] != '%') return true;
    }
    return false;
  }

  std::vector<std::string_view> next_fields(std::size_t count, const char* what) {
    std::string_view line;
    if (!content(line)) lines_.refuse(fmt::format("the file ends where {} should stand", what));
    std::vector<std::string_view> fields = fields_of(line);
    if (fields.size() != count) {
      lines_.refuse(fmt::format("{} values in a line; {} is accepted", fields.size(), what));
    }
    return fields;
  }

  std::uint64_t natural(std::string_view text) const {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
      lines_.refuse(fmt::format("'{}' is no natural number", printable(text, 40)));
    }
    return value;
  }

  double number(std::string_view text) const {
    const std::optional<double> value = parse_number(text);
    if (!value) lines_.refuse(fmt::format("'{}' is no number", printable(text, 40)));
    return *value;
  }

  void read_size(Matrix& matrix) {
    const auto fields =
        coordinates_ ? next_fields(3, "the line 'ROWS COLUMNS ENTRIES'") : next_fields(2, "the line 'ROWS COLUMNS'");
    const std::uint64_t rows = natural(fields[0]);
    const std::uint64_t columns = natural(fields[1]);
    require_readable_shape(rows, columns, lines_.place());
    if (symmetric_ && rows != columns) lines_.refuse("a symmetric matrix that is not square");
    if (coordinates_) entries_ = natural(fields[2]);
    if (coordinates_ && entries_ > rows * columns) {
      lines_.refuse(fmt::format("{} entries in a matrix of {} x {}", entries_, rows, columns));
    }
    matrix.resize(rows, columns);
    std::ranges::fill(matrix.values(), 0);
  }

  void read_coordinates(Matrix& matrix) {
    std::vector<bool> seen(matrix.size());
    for (std::uint64_t i = 0; i < entries_; ++i) {
      const auto fields = next_fields(3, "'ROW COLUMN VALUE'");
      const std::uint64_t row = natural(fields[0]);
      const std::uint64_t column = natural(fields[1]);
      if (row < 1 || row > matrix.rows() || column < 1 || column > matrix.columns()) {
        lines_.refuse(fmt::format("row {}, column {} in a matrix of {} x {}; they are counted from 1", row, column,
                                  matrix.rows(), matrix.columns()));
      }
      if (symmetric_ && row < column + (skew_ ? 1 : 0)) {
        lines_.refuse("an entry above the diagonal of a symmetric matrix, of which a file has the lower triangle");
      }
      const std::size_t at = (row - 1) * matrix.columns() + column - 1;
      if (seen[at]) lines_.refuse(fmt::format("a second entry for row {}, column {}", row, column));
      seen[at] = true;
      put(matrix, row - 1, column - 1, number(fields[2]));
    }
  }

  /// Column after column; of symmetric matrices the lower triangle.
  void read_columns(Matrix& matrix) {
    for (std::size_t column = 0; column < matrix.columns(); ++column) {
      const std::size_t first = !symmetric_ ? 0 : column + (skew_ ? 1 : 0);
      for (std::size_t row = first; row < matrix.rows(); ++row) {
        put(matrix, row, column, number(next_fields(1, "one entry a line")[0]));
      }
    }
  }

  void put(Matrix& matrix, std::size_t row, std::size_t column, double value) const {
    if (symmetric_) matrix(column, row) = skew_ ? -value : value;
    matrix(row, column) = value;
  }

  TextLines lines_;
  bool done_ = false;
  bool coordinates_ = false;
  bool symmetric_ = false;
  bool skew_ = false;
  std::uint64_t entries_ = 0;
};

}  // namespace

std::unique_ptr<MatrixReader> make_matrix_market_reader(std::istream& input, const std::string& name) {
  return std::make_unique<MatrixMarketReader>(input, name);
}

}  // namespace matseq
