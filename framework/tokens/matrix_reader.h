/// \file
/// Matrices that users hand in, one after the other, in the formats that other programs write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "matseq/matrix.h"

namespace matseq {

/// A matrix and where it stood, for messages.
struct ReadMatrix {
  Matrix matrix;
  std::string place;  ///< "FILE:LINE", or "FILE: matrix 3"
  std::string task;   ///< of several tasks the one that is meant, by name or code, where the input says so
};

/// Reads matrices in bounded memory: none has more than `most_entries`.
class MatrixReader {
 public:
  static constexpr std::size_t most_entries = 1'000'000;

  MatrixReader() = default;
  MatrixReader(const MatrixReader&) = delete;
  MatrixReader& operator=(const MatrixReader&) = delete;
  virtual ~MatrixReader();

  /// The next matrix, at least 1 x 1; false after the last. Throws Error with the place of what is none.
  virtual bool next(ReadMatrix& read) = 0;
};

enum class MatrixFormat : std::uint8_t {
  json,           ///< a matrix a line: rows, or an object with "source" and perhaps "task"
  csv,            ///< a row a line, an empty line between matrices
  matrix_market,  ///< coordinate or array, real or integer
  npy,            ///< NumPy's; three dimensions are several matrices
};

/// "json", "csv", "mtx", "npy": names and, but for JSON, usual endings of file names.
std::optional<MatrixFormat> format_named(std::string_view name);

/// By a file name's ending ("jsonl" and "ndjson" are JSON, too); none for an unknown one.
std::optional<MatrixFormat> format_of_file(const std::string& name);

/// Reads from `input`, which must outlive it and is called `name` in messages.
std::unique_ptr<MatrixReader> make_matrix_reader(std::istream& input, const std::string& name, MatrixFormat format);

}  // namespace matseq
