/// \file
/// The readers of the formats behind `make_matrix_reader`, and what they share.
#pragma once

#include <cstdint>
#include <istream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tokens/matrix_reader.h"

namespace matseq {

/// The lines of a stream, each of bounded length, with their numbers.
class TextLines {
 public:
  TextLines(std::istream& input, std::string name) : input_(input), name_(std::move(name)) {}

  /// The next line without its end and without a byte order mark before the first; false after the last. Throws Error
  /// for one that is too long.
  bool next(std::string_view& line);

  /// "NAME:LINE" of the line given last.
  std::string place() const;
  /// Throws Error "NAME:LINE: REASON".
  [[noreturn]] void refuse(const std::string& reason) const;

 private:
  std::istream& input_;
  std::string name_;
  std::string line_;
  std::uint64_t number_ = 0;
};

/// Throws Error unless a matrix may have this shape; `place` goes before the message.
void require_readable_shape(std::uint64_t rows, std::uint64_t columns, const std::string& place);

std::unique_ptr<MatrixReader> make_json_reader(std::istream& input, const std::string& name);
std::unique_ptr<MatrixReader> make_csv_reader(std::istream& input, const std::string& name);
std::unique_ptr<MatrixReader> make_matrix_market_reader(std::istream& input, const std::string& name);
std::unique_ptr<MatrixReader> make_npy_reader(std::istream& input, const std::string& name);

}  // namespace matseq
