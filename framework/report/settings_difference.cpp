#include "report/settings_difference.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

namespace matseq {

std::vector<std::string> differing_settings(const Report& report) {
  std::map<std::string, std::set<std::string>> values;
  std::map<std::string, std::size_t> uses;
  std::size_t runs = 0;
  for (const ReportedRun& run : report.runs) {
    if (!run.record) continue;
    ++runs;
    for (const auto& [key, text] : run.record->settings) {
      values[key].insert(text);
      ++uses[key];
    }
  }
  std::vector<std::string> keys;
  for (const auto& [key, texts] : values) {
    if (texts.size() > 1 || uses[key] < runs) keys.push_back(key);
  }
  return keys;
}

std::vector<std::string> telling_settings(const Report& report, std::size_t most) {
  constexpr std::size_t longest_value = 28;
  constexpr std::array<std::string_view, 6> tables = {"task.",      "encoding.", "model.",
                                                      "optimizer.", "schedule.", "data."};
  const auto rank = [&](const std::string& key) {
    return std::ranges::find_if(tables, [&](std::string_view table) { return key.starts_with(table); }) -
           tables.begin();
  };
  std::vector<std::string> keys = differing_settings(report);
  std::erase_if(keys, [&](const std::string& key) {
    return std::ranges::any_of(report.runs, [&](const ReportedRun& run) {
      return run.record && plain_setting(run.record->settings, key).size() > longest_value;
    });
  });
  const auto is_everywhere = [&](const std::string& key) {
    return std::ranges::none_of(
        report.runs, [&](const ReportedRun& run) { return run.record && !run.record->settings.contains(key); });
  };
  // Of runs of different tasks, which they are says more than all that follows from it.
  std::ranges::stable_sort(keys, {}, [&](const std::string& key) {
    return std::tuple(key.ends_with(".plugin") ? 0 : 1, is_everywhere(key) ? 0 : 1, rank(key));
  });
  keys.resize(std::min(most, keys.size()));
  return keys;
}

std::string plain_setting(const FlatSettings& settings, const std::string& key) {
  std::string text = setting_text(settings, key);
  std::erase_if(text, [](char letter) { return letter == '"' || letter == '\''; });
  const bool list_of_one = text.starts_with('[') && text.ends_with(']') && text.find(',') == std::string::npos;
  return list_of_one ? text.substr(1, text.size() - 2) : text;
}

std::vector<std::string> short_names(const std::vector<std::string>& keys) {
  const auto last_part = [](const std::string& key) { return key.substr(key.rfind('.') + 1); };
  std::map<std::string, int> uses;
  for (const std::string& key : keys) ++uses[last_part(key)];
  std::vector<std::string> names;
  for (const std::string& key : keys) names.push_back(uses[last_part(key)] > 1 ? key : last_part(key));
  return names;
}

}  // namespace matseq
