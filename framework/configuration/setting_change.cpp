#include "configuration/setting_change.h"

namespace matseq {
namespace {

/// The value of a key that at least one of the two has.
std::string value_of(const std::string& key, const FlatSettings& settings, const FlatSettings& others,
                     const SettingDefaults& defaults) {
  const auto found = settings.find(key);
  return found != settings.end() ? found->second : defaults.text(others, key);
}

}  // namespace

std::optional<SettingChange> first_change(const FlatSettings& before, const FlatSettings& after,
                                          const SettingDefaults& defaults, const CountsAsChange& counts) {
  for (const FlatSettings* keys : {&after, &before}) {
    for (const auto& [key, value] : *keys) {
      SettingChange change{key, value_of(key, before, after, defaults), value_of(key, after, before, defaults)};
      if (change.before != change.after && (!counts || counts(change))) return change;
    }
  }
  return std::nullopt;
}

}  // namespace matseq
