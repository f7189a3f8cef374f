#include "tokens/encoding_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <vector>

#include "matseq/error.h"
#include "matseq/nearest_name.h"

namespace matseq {
namespace {

struct Preset {
  const char* name;
  const char* reference_spec;
};
constexpr std::array presets{Preset{"P10", "float,2,10"}, Preset{"P1000", "float,2,1000"},
                             Preset{"B1999", "floatsymbol,2"}, Preset{"FP15", "FP15,2,16"}};

/// A family of encodings as the reference's specs name it.
struct Family {
  std::string_view name;
  const char* plugin;
  std::vector<std::string> parameters;  // in the order of the spec
  const char* form;
};
const std::array<Family, 3>& families() {
  static const std::array<Family, 3> all{
      Family{"float", "positional", {"precision", "base"}, "float,PRECISION,BASE"},
      Family{"floatsymbol", "float_symbol", {"precision"}, "floatsymbol,PRECISION"},
      Family{"FP15", "floating_point", {"precision", "exponents"}, "FP15,PRECISION,EXPONENTS"}};
  return all;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t comma = text.find(','); comma != text.npos; comma = text.find(',')) {
    parts.push_back(text.substr(0, comma));
    text.remove_prefix(comma + 1);
  }
  parts.push_back(text);
  return parts;
}

[[noreturn]] void fail(const std::string& where, const std::string& what) {
  throw Error(where.empty() ? what : where + ": " + what);
}

std::vector<std::string> known_names() {
  std::vector<std::string> names;
  for (const Preset& preset : presets) names.emplace_back(preset.name);
  for (const Family& family : families()) {
    names.emplace_back(family.name);
    names.emplace_back(family.plugin);
  }
  return names;
}

std::int64_t parse_integer(std::string_view text, const std::string& name, const Family& family,
                           const std::string& where) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    fail(where, fmt::format("encoding '{}': '{}' is no integer; {} is accepted", name, text, family.form));
  }
  return value;
}

EncodingSpec parse_reference_spec(const std::string& name, const std::string& where) {
  const std::vector<std::string_view> parts = split(name);
  const auto family = std::find_if(families().begin(), families().end(),
                                   [&](const Family& candidate) { return candidate.name == parts[0]; });
  if (family == families().end()) {
    const std::string suggestion = nearest_name(std::string(parts[0]), {"float", "floatsymbol", "FP15"});
    fail(where, fmt::format("encoding '{}': there is no '{}'{} Accepted: {}", name, parts[0],
                            suggestion.empty() ? "." : suggestion, accepted_encodings()));
  }
  if (parts.size() != family->parameters.size() + 1) {
    fail(where, fmt::format("encoding '{}': {} numbers after '{}', {} is accepted", name, parts.size() - 1, parts[0],
                            family->form));
  }
  EncodingSpec spec;
  spec.plugin = family->plugin;
  spec.table.where = where;
  for (std::size_t i = 0; i < family->parameters.size(); ++i) {
    spec.table.set(family->parameters[i], parse_integer(parts[i + 1], name, *family, where));
  }
  return spec;
}

bool is_plugin_name(const std::string& name) {
  return !name.empty() && name[0] >= 'a' && name[0] <= 'z' && std::all_of(name.begin(), name.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_';
  });
}

bool is_family(const std::string& name) {
  return std::any_of(families().begin(), families().end(), [&](const Family& family) { return family.name == name; });
}

}  // namespace

std::string encoding_name(const std::string& plugin, const std::map<std::string, std::string>& parameters) {
  const auto family = std::find_if(families().begin(), families().end(),
                                   [&](const Family& candidate) { return candidate.plugin == plugin; });
  const bool is_spec = family != families().end() && family->parameters.size() == parameters.size() &&
                       std::all_of(family->parameters.begin(), family->parameters.end(),
                                   [&](const std::string& name) { return parameters.count(name) == 1; });
  if (is_spec) {
    std::string spec(family->name);
    for (const std::string& name : family->parameters) spec += "," + parameters.at(name);
    for (const Preset& preset : presets) {
      if (spec == preset.reference_spec) return preset.name;
    }
    return spec;
  }
  std::string name = plugin;
  for (const auto& [key, value] : parameters) name += (name == plugin ? "(" : ", ") + key + "=" + value;
  return parameters.empty() ? name : name + ")";
}

std::string accepted_encodings() {
  return "'P10', 'P1000', 'B1999', 'FP15', 'float,PRECISION,BASE', 'floatsymbol,PRECISION', "
         "'FP15,PRECISION,EXPONENTS', the name of an encoder plugin, or a table { plugin = \"positional\", ... }";
}

EncodingSpec parse_encoding(const std::string& name, const std::string& where) {
  for (const Preset& preset : presets) {
    if (name == preset.name) return parse_reference_spec(preset.reference_spec, where);
  }
  if (name.find(',') != name.npos || is_family(name)) return parse_reference_spec(name, where);
  // A preset in lower case looks like a plugin.
  std::string upper = name;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char letter) { return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 32) : letter; });
  const bool mistaken_preset =
      std::any_of(presets.begin(), presets.end(), [&](const Preset& preset) { return upper == preset.name; });
  if (!is_plugin_name(name) || mistaken_preset) {
    const std::string suggestion =
        mistaken_preset ? ", did you mean '" + upper + "'?" : nearest_name(name, known_names());
    fail(where, fmt::format("unknown encoding '{}'{} Accepted: {}", name, suggestion.empty() ? "." : suggestion,
                            accepted_encodings()));
  }
  EncodingSpec spec;
  spec.plugin = name;
  spec.table.where = where;
  return spec;
}

EncodingSpec parse_encoding(const ParameterTable& table) {
  const auto plugin = table.entries.find("plugin");
  const std::string place = table.prefix.empty() ? "an encoding" : "encoding '" + table.prefix + "'";
  if (plugin == table.entries.end()) {
    fail(table.where, place + " has no 'plugin', the name of an encoder plugin ('positional', for example)");
  }
  const auto* name = std::get_if<std::string>(&plugin->second.value);
  if (name == nullptr) {
    fail(plugin->second.where, place + ": 'plugin' must be a string, the name of an encoder plugin");
  }
  EncodingSpec spec{*name, table};
  spec.table.entries.erase("plugin");
  return spec;
}

}  // namespace matseq
