#include "reference_page.h"

#include <fmt/format.h>

#include "configuration/framework_settings.h"
#include "configuration/toml_text.h"
#include "parameter_text.h"
#include "text_table.h"

namespace matseq {
namespace {

constexpr const char* table_head = "\n| key | default | meaning |\n|---|---|---|\n";

std::string row(const Parameter& parameter, const std::string& remark) {
  const std::string value = parameter.default_value ? "`" + toml_text(*parameter.default_value) + "`" : "unset";
  return fmt::format("| `{}` | {} | {}{}{} |\n", parameter.name, value, markdown_cell(parameter.doc),
                     markdown_cell(accepted_text(parameter)), remark);
}

std::string framework_tables() {
  std::string text;
  std::string last;
  for (const FrameworkSetting& setting : framework_settings()) {
    if (setting.table != last) text += fmt::format("\n## `[{}]`\n{}", setting.table, table_head);
    last = setting.table;
    text += row(setting.parameter, setting.changeable ? " \\*" : "");
  }
  return text;
}

std::string plugin_tables(const std::vector<PluginLibrary>& plugins) {
  std::string text;
  std::string last;
  for (const PluginLibrary& plugin : plugins) {
    const std::string kind = to_string(plugin.kind);
    if (kind != last) text += fmt::format("\n## Plugins: {}\n", kind);
    last = kind;
    text += fmt::format("\n### {}\n\n{}.\n", plugin.name, plugin.description);
    text += plugin.schema.empty() ? "It has no parameters.\n" : table_head;
    for (const Parameter& parameter : plugin.schema) text += row(parameter, "");
  }
  return text;
}

}  // namespace

std::string reference_page(const std::vector<PluginLibrary>& plugins) {
  return "# The configuration reference\n\n"
         "All that an experiment file may hold. Written by `matseq help --markdown`; in a terminal, `matseq help "
         "TABLE` and\n"
         "`matseq plugins NAME` say the same. A dotted key stands for a nested table: `encoder.layers` for\n"
         "`encoder = { layers = 4 }`. A run may be continued with other values of the settings marked \\*, and of no "
         "others.\n\n"
         "Beside these tables, `[task]`, `[model]`, `[optimizer]` and `[schedule]` name a `plugin` and hold its "
         "parameters, and\n"
         "`plugin_path`, at the top of the file, lists folders with further plugins.\n" +
         framework_tables() + plugin_tables(plugins);
}

}  // namespace matseq
