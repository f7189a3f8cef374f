#include "run/run_times.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "files/json_number.h"
#include "matseq/error.h"
#include "run/json_lines.h"

namespace matseq {
namespace {

std::filesystem::path times_file(const std::filesystem::path& folder) { return folder / "times.jsonl"; }

std::optional<RunTime> run_time(const nlohmann::ordered_json& line) {
  try {
    const auto rate = line.find("examples_per_second");
    RunTime time{line.at("update").get<std::int64_t>(), line.at("epoch").get<std::int64_t>(),
                 line.at("seconds").get<double>()};
    if (rate != line.end() && rate->is_number()) time.examples_per_second = rate->get<double>();
    return time;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

RunTimes::Past RunTimes::past(const std::filesystem::path& folder, const TrainingState& state) {
  Past found;
  for (const JsonLine& line : read_json_lines(times_file(folder))) {
    const std::optional<RunTime> time = run_time(line.value);
    if (!time) throw Error(times_file(folder).string() + ": this is not what matseq writes there; rename it");
    if (time->update > state.update || time->epoch > state.epoch) break;
    found = {line.end, time->seconds};
  }
  return found;
}

RunTimes::RunTimes(const std::filesystem::path& folder, const TrainingState& from)
    : RunTimes(folder, past(folder, from)) {}

RunTimes::RunTimes(const std::filesystem::path& folder, const Past& past)
    : file_(times_file(folder), past.size), seconds_before_(past.seconds) {}

void RunTimes::add(const TrainingState& state, double examples_per_second) {
  const double seconds =
      seconds_before_ + std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  file_.append({{"update", state.update},
                {"epoch", state.epoch},
                {"seconds", seconds},
                {"examples_per_second", json_number(examples_per_second)}});
}

std::vector<RunTime> read_run_times(const std::filesystem::path& folder) {
  std::vector<RunTime> times;
  for (const JsonLine& line : read_json_lines(times_file(folder))) {
    if (const std::optional<RunTime> time = run_time(line.value)) times.push_back(*time);
  }
  return times;
}

}  // namespace matseq
