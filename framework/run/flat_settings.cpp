#include "run/flat_settings.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <toml++/toml.h>

#include <optional>
#include <sstream>

#include "files/file_descriptor.h"
#include "matseq/error.h"

namespace matseq {
namespace {

/// With as few digits as read back to the same bits.
std::string text_of(double number) {
  const std::string text = fmt::format("{}", number);
  return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
}

std::string text_of(const toml::node& node) {
  if (const toml::value<double>* number = node.as_floating_point()) return text_of(number->get());
  if (const toml::array* list = node.as_array()) {
    std::string elements;
    for (const toml::node& element : *list) elements += (elements.empty() ? "" : ", ") + text_of(element);
    return "[" + elements + "]";
  }
  std::ostringstream text;
  node.visit([&text](const auto& value) { text << value; });
  return text.str();
}

void flatten(const toml::table& table, const std::string& prefix, FlatSettings& to) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const toml::table* inner = node.as_table()) {
      flatten(*inner, name + ".", to);
    } else {
      to[name] = text_of(node);
    }
  }
}

}  // namespace

FlatSettings read_flat_settings(const std::filesystem::path& file) {
  const std::string text = FileDescriptor(file, O_RDONLY).content();
  try {
    FlatSettings settings;
    flatten(toml::parse(text), "", settings);
    return settings;
  } catch (const toml::parse_error& error) {
    throw Error(file.string() + ": " + std::string(error.description()));
  }
}

std::string setting_text(const FlatSettings& settings, const std::string& key) {
  const auto found = settings.find(key);
  if (found == settings.end()) return "";
  const std::string& text = found->second;
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

}  // namespace matseq
