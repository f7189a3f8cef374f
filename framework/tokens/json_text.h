/// \file
/// JSON that users hand in, one value a line, and numbers as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace matseq {

/// Parses a text. Throws Error that says what is wrong with it, also when it is nested deeper than any value that
/// matseq reads, which would exhaust the stack of code that walks it.
nlohmann::json parse_json(std::string_view text);

/// Likewise; throws Error when it is no object.
nlohmann::json parse_json_object(std::string_view text);

/// A member that must be there; throws Error when it is not.
const nlohmann::json& json_member(const nlohmann::json& object, const char* key);

/// A number, or a text that is one as C writes doubles ("1e-3", "nan", "-inf"); none for anything else.
std::optional<double> number_from_json(const nlohmann::json& value);

/// Appends a number with the fewest digits that read back as the same double; those that JSON cannot write become texts
/// ("nan", "inf", "-inf"), which `number_from_json` reads.
void append_json(double number, std::string& text);

}  // namespace matseq
