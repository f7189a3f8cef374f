#include "tokens/json_text.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "matseq/error.h"
#include "tokens/number_text.h"

namespace matseq {
namespace {

using Json = nlohmann::json;

/// An entry of a prediction's hypotheses is at depth 4.
constexpr int deepest = 32;

/// Without the library's own "[json.exception.parse_error.101] parse error at line 1, ", whose line is not the file's.
std::string_view without_tags(std::string_view message) {
  for (const std::string_view end_of_tag : {"] ", "line 1, "}) {
    const std::size_t tag = message.find(end_of_tag);
    if (tag != message.npos) message.remove_prefix(tag + end_of_tag.size());
  }
  return message;
}

}  // namespace

Json parse_json(std::string_view text) {
  try {
    return Json::parse(text, [](int depth, Json::parse_event_t /*event*/, Json& /*value*/) {
      if (depth > deepest) throw Error(fmt::format("JSON nested deeper than {} levels", deepest));
      return true;
    });
  } catch (const Json::exception& error) {
    throw Error(fmt::format("not JSON: {}", without_tags(error.what())));
  }
}

Json parse_json_object(std::string_view text) {
  Json json = parse_json(text);
  if (!json.is_object()) throw Error("not a JSON object");
  return json;
}

const Json& json_member(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) throw Error(fmt::format("'{}' is missing", key));
  return *found;
}

std::optional<double> number_from_json(const Json& value) {
  if (value.is_number()) {
    const auto number = value.get<double>();
    // "-0" is an integer to the library, which drops its sign, and "0" is an unsigned one.
    return number == 0 && value.is_number_integer() && !value.is_number_unsigned() ? -0.0 : number;
  }
  if (const auto* text = value.get_ptr<const std::string*>()) return parse_number(*text);
  return std::nullopt;
}

void append_json(double number, std::string& text) {
  const char* quote = std::isfinite(number) ? "" : "\"";
  text += quote;
  append_number(number, text);
  text += quote;
}

}  // namespace matseq
