#include "sweep/sweep_record.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "configuration/setting_change.h"
#include "configuration/toml_text.h"
#include "files/atomic_file.h"
#include "files/file_descriptor.h"
#include "matseq/error.h"
#include "matseq/printable.h"

namespace matseq {
namespace {

constexpr int format = 1;
constexpr int deepest = 32;

nlohmann::ordered_json to_json(const RecordedRun& recorded) {
  nlohmann::ordered_json settings = nlohmann::ordered_json::object();
  for (const SweepSetting& setting : recorded.run.settings) settings[setting.key] = setting.value;
  nlohmann::ordered_json differing = nlohmann::ordered_json::object();
  for (const auto& [key, text] : recorded.differing) {
    differing[key] = text ? nlohmann::ordered_json(*text) : nlohmann::ordered_json(nullptr);
  }
  return {
      {"name", recorded.run.name}, {"draw", recorded.run.draw}, {"settings", settings}, {"configuration", differing}};
}

/// A name is joined to a path.
void check_name(const std::string& name) {
  if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos) {
    throw Error(fmt::format("'{}' is no run's name", printable(name)));
  }
}

RecordedRun run_from_json(const nlohmann::ordered_json& json) {
  RecordedRun recorded;
  json.at("name").get_to(recorded.run.name);
  check_name(recorded.run.name);
  json.at("draw").get_to(recorded.run.draw);
  for (const auto& [key, value] : json.at("settings").items()) recorded.run.settings.push_back({key, value, ""});
  for (const auto& [key, text] : json.at("configuration").items()) {
    recorded.differing[key] = text.is_null() ? std::nullopt : std::optional(text.get<std::string>());
  }
  return recorded;
}

SweepRecord record_from_json(const nlohmann::ordered_json& json) {
  if (json.at("format").get<int>() != format) throw Error("it was written by another version of matseq");
  SweepRecord record;
  json.at("metric").get_to(record.metric);
  json.at("threads").get_to(record.share.threads);
  json.at("workers").get_to(record.share.workers);
  json.at("keys").get_to(record.keys);
  json.at("common").get_to(record.common);
  for (const nlohmann::ordered_json& run : json.at("runs")) record.runs.push_back(run_from_json(run));
  return record;
}

nlohmann::ordered_json parse(const std::string& text) {
  return nlohmann::ordered_json::parse(
      text, [](int depth, nlohmann::ordered_json::parse_event_t /*event*/, nlohmann::ordered_json& /*value*/) {
        if (depth > deepest) throw Error("it is nested too deeply");
        return true;
      });
}

const nlohmann::ordered_json* find(const SweepRun& run, const std::string& key) {
  const auto found = std::ranges::find(run.settings, key, &SweepSetting::key);
  return found == run.settings.end() ? nullptr : &found->value;
}

/// The values that a key has in all runs, as TOML.
std::set<std::string> values_of(const SweepRecord& record, const std::string& key) {
  std::set<std::string> values;
  for (const RecordedRun& recorded : record.runs) {
    if (const nlohmann::ordered_json* value = find(recorded.run, key)) values.insert(toml_value(*value));
  }
  return values;
}

std::int64_t draws_of(const SweepRecord& record) {
  std::int64_t most = 0;
  for (const RecordedRun& recorded : record.runs) most = std::max(most, recorded.run.draw);
  return most;
}

/// How the key is called where the user writes it.
std::string written_key(const std::string& key) { return key == seed_key ? "seeds" : key; }

/// Why a run is not among those of the file any more: the key that was changed, as well as can be told.
std::string why_missing(const SweepRun& run, const SweepRecord& after) {
  if (run.draw > draws_of(after)) {
    return fmt::format("'random.count' no longer reaches draw {}", run.draw);
  }
  for (const SweepSetting& setting : run.settings) {
    const std::set<std::string> values = values_of(after, setting.key);
    const std::string key = written_key(setting.key);
    if (values.empty()) return fmt::format("'{}' varies no longer", key);
    const std::string value = toml_value(setting.value);
    if (!values.contains(value)) {
      return fmt::format("'{}' takes the value {} no longer", key, printable(value));
    }
  }
  if (!after.runs.empty()) {
    for (const SweepSetting& setting : after.runs.front().run.settings) {
      if (find(run, setting.key) != nullptr) continue;
      return fmt::format("'{}' varies now, and did not", written_key(setting.key));
    }
  }
  std::string settings;
  for (const SweepSetting& setting : run.settings) {
    settings += fmt::format("{}{} = {}", settings.empty() ? "" : ", ", setting.key, toml_value(setting.value));
  }
  return fmt::format("no run has {}", printable(settings));
}

}  // namespace

std::filesystem::path sweep_record_file(const std::filesystem::path& folder) { return folder / "sweep.json"; }

std::optional<SweepRecord> read_sweep_record(const std::filesystem::path& folder) {
  const std::filesystem::path file = sweep_record_file(folder);
  if (!std::filesystem::exists(file)) return std::nullopt;
  const std::string text = FileDescriptor(file, O_RDONLY).content();
  try {
    return record_from_json(parse(text));
  } catch (const std::exception& error) {
    throw Error(fmt::format("{}: it is damaged, or no sweep of this version of matseq: {}", file.string(),
                            printable(error.what())));
  }
}

void write_sweep_record(const std::filesystem::path& folder, const SweepRecord& record) {
  nlohmann::ordered_json runs = nlohmann::ordered_json::array();
  for (const RecordedRun& run : record.runs) runs.push_back(to_json(run));
  const nlohmann::ordered_json json = {{"format", format},
                                       {"metric", record.metric},
                                       {"threads", record.share.threads},
                                       {"workers", record.share.workers},
                                       {"keys", record.keys},
                                       {"common", record.common},
                                       {"runs", runs}};
  write_atomically(sweep_record_file(folder), json.dump(1) + "\n");
}

void add_run(SweepRecord& record, SweepRun run, const FlatSettings& configuration) {
  if (record.runs.empty()) record.common = configuration;
  RecordedRun recorded{std::move(run), {}};
  for (const auto& [key, text] : configuration) {
    const auto common = record.common.find(key);
    if (common == record.common.end() || common->second != text) recorded.differing[key] = text;
  }
  for (const auto& [key, text] : record.common) {
    if (!configuration.contains(key)) recorded.differing[key] = std::nullopt;
  }
  record.runs.push_back(std::move(recorded));
}

FlatSettings configuration_of(const SweepRecord& record, const RecordedRun& run) {
  FlatSettings all = record.common;
  for (const auto& [key, text] : run.differing) {
    if (text) {
      all[key] = *text;
    } else {
      all.erase(key);
    }
  }
  return all;
}

std::string sweep_conflict(const SweepRecord& before, const SweepRecord& after, const SettingDefaults& defaults) {
  std::unordered_map<std::string, const RecordedRun*> runs;
  for (const RecordedRun& recorded : after.runs) runs[recorded.run.name] = &recorded;
  for (const RecordedRun& recorded : before.runs) {
    const auto now = runs.find(recorded.run.name);
    if (now == runs.end()) {
      return fmt::format("{}, so its run '{}' would be left over", why_missing(recorded.run, after), recorded.run.name);
    }
    const auto change =
        first_change(configuration_of(before, recorded), configuration_of(after, *now->second), defaults);
    if (change) {
      return fmt::format("'{}' was {} in its run '{}', and would be {}", change->key, printable(change->before),
                         recorded.run.name, printable(change->after));
    }
  }
  return "";
}

}  // namespace matseq
