#include "run/run_record.h"

#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "files/file_descriptor.h"
#include "matseq/error.h"
#include "run/criterion.h"
#include "run/json_lines.h"
#include "run/run_folder.h"
#include "run/run_lock.h"

namespace matseq {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// An integer setting of a run's configuration, which has all of them.
std::int64_t number(const FlatSettings& settings, const std::string& key, std::int64_t otherwise) {
  const std::string text = setting_text(settings, key);
  std::int64_t value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::int64_t examples_an_update(const FlatSettings& settings) {
  return std::max<std::int64_t>(
      1, number(settings, "training.batch_size", 1) * number(settings, "training.accumulate_gradients", 1));
}

std::int64_t updates_an_epoch(const FlatSettings& settings) {
  const std::int64_t examples = examples_an_update(settings);
  return std::max<std::int64_t>(1, (number(settings, "training.epoch_size", 1) + examples - 1) / examples);
}

/// A record of an evaluation has objects, one a test set, beside the counts of the training examples.
bool is_evaluation(const nlohmann::ordered_json& line) {
  return std::ranges::any_of(line.items(),
                             [](const auto& entry) { return entry.key() != "data" && entry.value().is_object(); });
}

nlohmann::ordered_json sets_of(const nlohmann::ordered_json& line) {
  nlohmann::ordered_json sets = nlohmann::ordered_json::object();
  for (const auto& [key, value] : line.items()) {
    if (key != "data" && value.is_object()) sets[key] = value;
  }
  return sets;
}

std::int64_t integer(const nlohmann::ordered_json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

double real(const nlohmann::ordered_json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_number() ? found->get<double>() : unknown;
}

bool has_stopped_improving(const TrainingState& state, const FlatSettings& settings) {
  const auto criterion = StoppingCriterion::parse(setting_text(settings, "training.stopping_criterion"));
  return criterion && criterion->should_stop(state);
}

RunPosition position_of(const std::filesystem::path& path, const FlatSettings& settings) {
  const RunFolder folder(path);
  RunPosition position;
  const std::int64_t max_epoch = number(settings, "training.max_epoch", 0);
  position.updates = max_epoch * updates_an_epoch(settings);
  const std::optional<SavedState> saved = folder.readable_state();
  if (saved) {
    position.update = saved->training.update;
    position.epoch = saved->training.epoch;
  }
  const bool finished =
      saved && (saved->training.epoch >= max_epoch || has_stopped_improving(saved->training, settings));
  if (RunLock::is_held(path)) {
    position.status = RunStatus::running;
  } else if (saved) {
    position.status = finished ? RunStatus::finished : RunStatus::stopped;
  } else if (!folder.weight_names().empty()) {
    position.status = RunStatus::model_only;
  }
  const nlohmann::ordered_json time =
      last_json_line(path / "times.jsonl", [](const nlohmann::ordered_json&) { return true; });
  if (time.is_object()) {
    position.update = std::max(position.update, integer(time, "update"));
    position.seconds = std::max(0.0, real(time, "seconds"));
  }
  if (position.status == RunStatus::running && position.update > 0 && position.seconds > 0) {
    position.seconds_left = position.seconds / static_cast<double>(position.update) *
                            static_cast<double>(std::max<std::int64_t>(0, position.updates - position.update));
  }
  const nlohmann::ordered_json evaluation = last_json_line(path / "metrics.jsonl", is_evaluation);
  if (evaluation.is_object()) {
    position.evaluation = sets_of(evaluation);
    if (position.status == RunStatus::model_only) {
      position.update = integer(evaluation, "update");
      position.epoch = integer(evaluation, "epoch");
    }
  }
  return position;
}

FlatSettings settings_of(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder / "config.toml")) {
    throw Error("'" + folder.string() + "' is no run: it has no config.toml, which `matseq train` writes");
  }
  const std::filesystem::path file = folder / "config.toml";
  return with_framework_defaults(flat_configuration(FileDescriptor(file, O_RDONLY).content(), file.string()));
}

}  // namespace

const char* to_string(RunStatus status) {
  switch (status) {
    case RunStatus::not_begun:
      return "not begun";
    case RunStatus::running:
      return "running";
    case RunStatus::stopped:
      return "stopped";
    case RunStatus::finished:
      return "finished";
    case RunStatus::model_only:
      return "a model alone";
  }
  return "";
}

RunPosition run_position(const std::filesystem::path& folder) { return position_of(folder, settings_of(folder)); }

RunRecord read_run_record(const std::filesystem::path& folder) {
  RunRecord record;
  record.folder = folder;
  record.name = std::filesystem::absolute(folder / "").lexically_normal().parent_path().filename().string();
  record.settings = settings_of(folder);
  record.position = position_of(folder, record.settings);
  record.examples_an_update = examples_an_update(record.settings);
  record.times = read_run_times(folder);
  for (JsonLine& line : read_json_lines(folder / "metrics.jsonl")) {
    const std::int64_t update = integer(line.value, "update");
    if (is_evaluation(line.value)) {
      record.evaluations.push_back(
          {update, integer(line.value, "epoch"), seconds_at(record.times, update), sets_of(line.value)});
    } else {
      record.training.push_back({update, real(line.value, "loss"), real(line.value, "learning_rate")});
    }
  }
  return record;
}

double evaluation_metric(const nlohmann::ordered_json& sets, const std::string& metric) {
  const nlohmann::ordered_json* inner = &sets;
  std::string_view rest = metric;
  // A key may have dots, as tolerances and the sets of averaged weights do: the longest that there is counts.
  while (inner->is_object()) {
    std::size_t end = rest.size();
    auto found = inner->find(std::string(rest));
    while (found == inner->end() && end > 0 && (end = rest.rfind('.', end - 1)) != std::string_view::npos) {
      found = inner->find(std::string(rest.substr(0, end)));
    }
    if (found == inner->end()) return unknown;
    if (end == rest.size()) return found->is_number() ? found->get<double>() : unknown;
    inner = &*found;
    rest.remove_prefix(end + 1);
  }
  return unknown;
}

double seconds_at(const std::vector<RunTime>& times, std::int64_t update) {
  RunTime before;
  for (const RunTime& time : times) {
    if (time.update == update) return time.seconds;
    if (time.update > update) {
      const double share =
          static_cast<double>(update - before.update) / static_cast<double>(time.update - before.update);
      return before.seconds + share * (time.seconds - before.seconds);
    }
    before = time;
  }
  return unknown;
}

}  // namespace matseq
