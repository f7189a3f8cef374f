#include "sweep/sweep_setting.h"

#include <cstdint>

#include "configuration/toml_text.h"

namespace matseq {

std::string toml_value(const nlohmann::ordered_json& value) {
  if (value.is_boolean()) return toml_text(value.get<bool>());
  if (value.is_number_integer()) return toml_text(value.get<std::int64_t>());
  if (value.is_number()) return toml_text(value.get<double>());
  if (value.is_string()) return toml_text(value.get<std::string>());
  std::string text;
  if (value.is_array()) {
    for (const nlohmann::ordered_json& element : value) text += (text.empty() ? "" : ", ") + toml_value(element);
    return "[" + text + "]";
  }
  for (const auto& [key, inner] : value.items()) {
    text += (text.empty() ? "" : ", ") + toml_key(key) + " = " + toml_value(inner);
  }
  return text.empty() ? "{}" : "{ " + text + " }";
}

bool keys_collide(const std::string& one, const std::string& other) {
  return one == other || one.starts_with(other + ".") || other.starts_with(one + ".");
}

}  // namespace matseq
