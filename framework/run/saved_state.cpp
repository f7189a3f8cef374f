#include "run/saved_state.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <span>

#include "files/checksum.h"
#include "matseq/error.h"
#include "matseq/printable.h"

namespace matseq {
namespace {

constexpr int format = 2;
constexpr const char* checksum_key = "crc32c";

std::string checksum_of(const nlohmann::ordered_json& json) {
  const std::string text = json.dump();
  return fmt::format("{:08x}", Crc32c::of(std::as_bytes(std::span(text))));
}

nlohmann::ordered_json to_json(const RecordPositions& records) {
  return {{"metrics", records.metrics}, {"events", records.events}, {"event_bytes", records.event_bytes}};
}

/// A name that leads nowhere else: the file is going to be shortened.
bool is_event_file(const std::string& name) {
  return name.empty() || (name.starts_with("events.out.tfevents.") && name.find('/') == std::string::npos);
}

RecordPositions records_from_json(const nlohmann::ordered_json& json) {
  RecordPositions records;
  json.at("metrics").get_to(records.metrics);
  json.at("events").get_to(records.events);
  json.at("event_bytes").get_to(records.event_bytes);
  return records;
}

SavedState from_json(nlohmann::ordered_json json, const std::filesystem::path& file) {
  if (const auto found = json.at("format").get<int>(); found != format) {
    throw Error(fmt::format("{}: it has format {}, of another version of matseq; this one reads format {}",
                            file.string(), found, format));
  }
  const auto checksum = json.at(checksum_key).get<std::string>();
  json.erase(checksum_key);
  if (checksum != checksum_of(json)) {
    throw Error(fmt::format("{}: it is damaged: its content does not have its checksum", file.string()));
  }
  SavedState state;
  state.training = training_state_from_json(json, file);
  state.records = records_from_json(json.at("records"));
  if (!is_event_file(state.records.events)) {
    throw Error(
        fmt::format("{}: it is damaged: '{}' is no event file", file.string(), printable(state.records.events)));
  }
  if (!json.at("data_checksum").is_null()) state.data = json.at("data_checksum").get<std::uint32_t>();
  json.at("model").get_to(state.model);
  json.at("optimizer").get_to(state.optimizer);
  state.average = json.value("average", "");
  return state;
}

}  // namespace

std::string to_text(const SavedState& state) {
  nlohmann::ordered_json json = {{"format", format}};
  json.update(to_json(state.training));
  json["records"] = to_json(state.records);
  json["data_checksum"] = state.data ? nlohmann::ordered_json(*state.data) : nlohmann::ordered_json(nullptr);
  json["model"] = state.model;
  json["optimizer"] = state.optimizer;
  if (!state.average.empty()) json["average"] = state.average;
  json[checksum_key] = checksum_of(json);
  return json.dump(1) + "\n";
}

SavedState saved_state_from_text(const std::string& text, const std::filesystem::path& file) {
  try {
    return from_json(nlohmann::ordered_json::parse(text), file);
  } catch (const nlohmann::json::exception& error) {
    throw Error(fmt::format("{}: it is damaged, or no state of a run: {}", file.string(), error.what()));
  }
}

}  // namespace matseq
