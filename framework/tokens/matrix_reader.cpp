#include "tokens/matrix_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "files/byte_order_mark.h"
#include "matseq/error.h"
#include "matseq/printable.h"
#include "tokens/matrix_formats.h"

namespace matseq {
namespace {

/// Room for the largest matrix in one line.
constexpr std::size_t longest_line = std::size_t{64} << 20U;

constexpr std::array<std::pair<std::string_view, MatrixFormat>, 6> endings = {{
    {"json", MatrixFormat::json},
    {"csv", MatrixFormat::csv},
    {"mtx", MatrixFormat::matrix_market},
    {"npy", MatrixFormat::npy},
    {"jsonl", MatrixFormat::json},
    {"ndjson", MatrixFormat::json},
}};
constexpr std::size_t named_formats = 4;

std::optional<MatrixFormat> find_format(std::string_view ending, std::size_t among) {
  const auto* const end = endings.begin() + among;
  const auto* const found =
      std::find_if(endings.begin(), end, [&](const auto& known) { return known.first == ending; });
  return found == end ? std::nullopt : std::optional(found->second);
}

}  // namespace

MatrixReader::~MatrixReader() = default;

std::optional<MatrixFormat> format_named(std::string_view name) { return find_format(name, named_formats); }

std::optional<MatrixFormat> format_of_file(const std::string& name) {
  const std::string ending = std::filesystem::path(name).extension().string();
  return ending.empty() ? std::nullopt : find_format(std::string_view(ending).substr(1), endings.size());
}

std::unique_ptr<MatrixReader> make_matrix_reader(std::istream& input, const std::string& name, MatrixFormat format) {
  switch (format) {
    case MatrixFormat::csv:
      return make_csv_reader(input, name);
    case MatrixFormat::matrix_market:
      return make_matrix_market_reader(input, name);
    case MatrixFormat::npy:
      return make_npy_reader(input, name);
    case MatrixFormat::json:
      break;
  }
  return make_json_reader(input, name);
}

bool TextLines::next(std::string_view& line) {
  ++number_;
  line_.clear();
  std::streambuf& buffer = *input_.rdbuf();
  constexpr int end = std::char_traits<char>::eof();
  int letter = buffer.sbumpc();
  if (letter == end) return false;
  for (; letter != end && letter != '\n'; letter = buffer.sbumpc()) {
    if (line_.size() == longest_line) refuse(fmt::format("a line of more than {} bytes", longest_line));
    line_ += static_cast<char>(letter);
  }
  line = number_ == 1 ? without_byte_order_mark(line_) : std::string_view(line_);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return true;
}

std::string TextLines::place() const { return fmt::format("{}:{}", name_, number_); }

void TextLines::refuse(const std::string& reason) const { throw Error(place() + ": " + reason); }

void require_readable_shape(std::uint64_t rows, std::uint64_t columns, const std::string& place) {
  if (rows == 0 || columns == 0) {
    throw Error(fmt::format("{}: a matrix of {} x {}; it needs at least one row and column", place, rows, columns));
  }
  if (columns > MatrixReader::most_entries || rows > MatrixReader::most_entries / columns) {
    throw Error(fmt::format("{}: a matrix of {} x {}; at most {} entries are read", place, rows, columns,
                            MatrixReader::most_entries));
  }
}

}  // namespace matseq
