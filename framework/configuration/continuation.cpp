#include "configuration/continuation.h"

#include <fmt/format.h>

#include <optional>

#include "configuration/flat_configuration.h"
#include "configuration/framework_settings.h"
#include "configuration/setting_change.h"

namespace matseq {
namespace {

/// A data file may have moved. That there is one is what counts here; its content is compared by its checksum.
bool names_file(const std::string& text) { return text != "not set" && text != R"("")"; }

/// Plugins may lie elsewhere, too: `plugin_path` is in no table.
bool counts(const SettingChange& change) {
  const std::size_t dot = change.key.find('.');
  if (dot == std::string::npos || is_changeable(change.key.substr(0, dot), change.key.substr(dot + 1))) return false;
  return change.key != "data.reload_data" || names_file(change.before) != names_file(change.after);
}

}  // namespace

std::string continuation_conflict(const std::string& existing, const std::string& wanted,
                                  const SettingDefaults& defaults) {
  const std::optional<SettingChange> change =
      first_change(flat_configuration(existing, "config.toml of the run"), flat_configuration(wanted, "the experiment"),
                   defaults, counts);
  if (!change) return "";
  return fmt::format("its {} differs: {} in the run, {} in the experiment", change->key, change->before, change->after);
}

}  // namespace matseq
