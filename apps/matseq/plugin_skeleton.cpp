#include "plugin_skeleton.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>
#include <vector>

#include "skeleton_templates.h"

namespace matseq {
namespace {

using Values = std::vector<std::pair<std::string, std::string>>;

/// "row_sums" as "RowSums".
std::string class_name(const std::string& name) {
  std::string made;
  bool begins = true;
  for (const char letter : name) {
    if (letter != '_') made += static_cast<char>(begins ? std::toupper(static_cast<unsigned char>(letter)) : letter);
    begins = letter == '_';
  }
  return made;
}

/// What the test sets besides the defaults, one string literal.
std::string other_settings(PluginKind kind) {
  switch (kind) {
    case PluginKind::task:
      return R"("absolute=true")";
    case PluginKind::encoder:
      return R"("largest=250")";
    case PluginKind::schedule:
      return R"("updates=10")";
    case PluginKind::optimizer:
      return R"("weight_decay=0.1")";
    case PluginKind::model:
      return R"("width=8")";
  }
  return "";
}

/// A file in apps/matseq/templates, named by its path there, which must be one. In it @NAME@, @CLASS@ and @KIND@ stand
/// for what a plugin has instead, and a few more.
std::string filled_in(std::string_view file, const Values& values) {
  const auto& templates = embedded::skeleton_templates;
  std::string text(std::ranges::find(templates, file, [](const auto& entry) { return entry.first; })->second);
  for (const auto& [mark, value] : values) {
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size())) {
      text.replace(at, mark.size(), value);
    }
  }
  return text;
}

}  // namespace

std::map<std::filesystem::path, std::string> plugin_skeleton(PluginKind kind, const std::string& name) {
  const std::string kind_name = to_string(kind);
  const bool tensors = kind == PluginKind::optimizer || kind == PluginKind::model;
  const Values values = {{"@NAME@", name},
                         {"@CLASS@", class_name(name)},
                         {"@KIND@", kind_name},
                         {"@COMPONENTS@", tensors ? " COMPONENTS torch" : ""},
                         {"@SETTINGS@", other_settings(kind)}};
  const std::vector<std::pair<std::string, std::string>> places = {
      {"common/CMakeLists.txt.in", "CMakeLists.txt"},      {"common/README.md.in", "README.md"},
      {"common/ci.yml.in", ".github/workflows/test.yml"},  {"common/gitignore.in", ".gitignore"},
      {"common/test.cpp.in", name + "_test.cpp"},          {kind_name + "/source.cpp.in", name + ".cpp"},
      {kind_name + "/experiment.toml.in", name + ".toml"},
  };
  std::map<std::filesystem::path, std::string> files;
  for (const auto& [file, place] : places) files[place] = filled_in(file, values);
  return files;
}

}  // namespace matseq
