/// \file
/// Matrices as JSON: an array of rows.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "matseq/matrix.h"

namespace matseq {

/// Reads an array of rows of equal length, at least 1 x 1. An entry is a JSON number, or a string with a number as C
/// writes doubles ("1e-3", "nan", "-inf"). Throws Error that says what was found and what is accepted.
Matrix matrix_from_json(const nlohmann::json& json);
/// Likewise; messages call it `key`.
Matrix matrix_named(const nlohmann::json& json, const char* key);
/// The member `key` of an object, which must be there; none where it is null.
std::optional<Matrix> matrix_member(const nlohmann::json& object, const char* key);
/// Parses the text first; throws Error for what is no JSON too.
Matrix parse_matrix(std::string_view text);

/// Appends an array of rows. Numbers have the fewest digits that read back as the same double; those that JSON cannot
/// write become strings ("nan", "inf", "-inf").
void append_json(const Matrix& matrix, std::string& text);

}  // namespace matseq
