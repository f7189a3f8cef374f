#include "tokens/matrix_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "matseq/error.h"
#include "tokens/json_text.h"

namespace matseq {
namespace {

constexpr const char* matrix_accepted = "a JSON array of rows of equal length, [[1, 2], [3, 4]], is accepted";

double entry(const nlohmann::json& json) {
  if (const std::optional<double> number = number_from_json(json)) return *number;
  // Lists are not written out: they may be nested deeper than the stack.
  throw Error(fmt::format("a matrix entry is no number: {}",
                          json.is_structured()
                              ? json.type_name()
                              : json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).substr(0, 40)));
}

void check_rows(const nlohmann::json& json) {
  if (!json.is_array() || json.empty()) throw Error(fmt::format("no matrix; {}", matrix_accepted));
  for (const nlohmann::json& row : json) {
    if (!row.is_array() || row.empty())
      throw Error(fmt::format("a row of the matrix is no list of numbers; {}", matrix_accepted));
    if (row.size() != json[0].size()) {
      throw Error(
          fmt::format("a matrix has rows of {} and of {} entries; {}", json[0].size(), row.size(), matrix_accepted));
    }
  }
}

}  // namespace

Matrix matrix_from_json(const nlohmann::json& json) {
  check_rows(json);
  Matrix matrix(json.size(), json[0].size());
  double* at = matrix.data();
  for (const nlohmann::json& row : json) {
    for (const nlohmann::json& value : row) *at++ = entry(value);
  }
  return matrix;
}

Matrix parse_matrix(std::string_view text) {
  try {
    return matrix_from_json(parse_json(text));
  } catch (const Error& error) {
    const std::string reason = error.what();
    throw Error(reason.ends_with(matrix_accepted) ? reason : fmt::format("{}; {}", reason, matrix_accepted));
  }
}

std::optional<Matrix> matrix_member(const nlohmann::json& object, const char* key) {
  const nlohmann::json& value = json_member(object, key);
  if (value.is_null()) return std::nullopt;
  return matrix_named(value, key);
}

Matrix matrix_named(const nlohmann::json& json, const char* key) {
  try {
    return matrix_from_json(json);
  } catch (const Error& error) {
    throw Error(fmt::format("'{}': {}", key, error.what()));
  }
}

void append_json(const Matrix& matrix, std::string& text) {
  text += '[';
  for (std::size_t row = 0; row < matrix.rows(); ++row) {
    text += row == 0 ? "[" : ", [";
    for (std::size_t column = 0; column < matrix.columns(); ++column) {
      if (column != 0) text += ", ";
      append_json(matrix(row, column), text);
    }
    text += ']';
  }
  text += ']';
}

}  // namespace matseq
