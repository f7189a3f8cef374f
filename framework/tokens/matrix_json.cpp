#include "tokens/matrix_json.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "matseq/error.h"
#include "tokens/number_text.h"

namespace matseq {
namespace {

constexpr const char* accepted = "a JSON array of rows of equal length, [[1, 2], [3, 4]], is accepted";

double entry(const nlohmann::json& json) {
  if (json.is_number()) return json.get<double>();
  if (const auto* text = json.get_ptr<const std::string*>()) {
    if (const std::optional<double> number = parse_number(*text)) return *number;
  }
  // Lists are not written out: they may be nested deeper than the stack.
  throw Error(fmt::format("a matrix entry is no number: {}",
                          json.is_structured()
                              ? json.type_name()
                              : json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).substr(0, 40)));
}

void check_rows(const nlohmann::json& json) {
  if (!json.is_array() || json.empty()) throw Error(fmt::format("no matrix; {}", accepted));
  for (const nlohmann::json& row : json) {
    if (!row.is_array() || row.empty())
      throw Error(fmt::format("a row of the matrix is no list of numbers; {}", accepted));
    if (row.size() != json[0].size()) {
      throw Error(fmt::format("a matrix has rows of {} and of {} entries; {}", json[0].size(), row.size(), accepted));
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
  nlohmann::json json;
  try {
    json = nlohmann::json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    throw Error(fmt::format("{}; {}", error.what(), accepted));
  }
  return matrix_from_json(json);
}

void append_json(const Matrix& matrix, std::string& text) {
  text += '[';
  for (std::size_t row = 0; row < matrix.rows(); ++row) {
    text += row == 0 ? "[" : ", [";
    for (std::size_t column = 0; column < matrix.columns(); ++column) {
      if (column != 0) text += ", ";
      const double number = matrix(row, column);
      const char* quote = std::isfinite(number) ? "" : "\"";
      text += quote;
      append_number(number, text);
      text += quote;
    }
    text += ']';
  }
  text += ']';
}

}  // namespace matseq
