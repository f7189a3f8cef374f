#include "run/flat_settings.h"

#include <fcntl.h>
#include <toml++/toml.h>

#include <optional>
#include <sstream>

#include "files/file_descriptor.h"
#include "matseq/error.h"

namespace matseq {
namespace {

std::string text_of(const toml::node& node) {
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
