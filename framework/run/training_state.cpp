#include "run/training_state.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>

#include "files/json_number.h"
#include "matseq/error.h"

namespace matseq {
namespace {

/// JSON has no infinities, and every other double must come back to the bit: both hold for its bits.
std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

}  // namespace

nlohmann::ordered_json to_json(const TrainingState& state) {
  nlohmann::ordered_json best = nlohmann::ordered_json::object();
  for (const auto& [name, value] : state.best) best[name] = json_number(value);
  return {{"format", 1},
          {"update", state.update},
          {"epoch", state.epoch},
          {"update_in_epoch", state.update_in_epoch},
          {"data", to_json(state.data)},
          {"loss_sum", state.loss_sum},
          {"loss_sum_bits", bits(state.loss_sum)},
          {"loss_count", state.loss_count},
          {"skipped", state.skipped},
          {"loss_scale", state.loss_scale},
          {"scale_growth", state.scale_growth},
          {"best", best},
          {"epochs_without_improvement", state.epochs_without_improvement}};
}

TrainingState training_state_from_json(const nlohmann::json& json, const std::filesystem::path& file) {
  try {
    if (json.at("format").get<int>() != 1) {
      throw Error(fmt::format("{}: it was written by another version of matseq", file.string()));
    }
    TrainingState state;
    json.at("update").get_to(state.update);
    json.at("epoch").get_to(state.epoch);
    json.at("update_in_epoch").get_to(state.update_in_epoch);
    if (json.contains("data")) state.data = example_counts_from_json(json.at("data"));  // runs of 0.1.0 have none
    state.loss_sum = std::bit_cast<double>(json.at("loss_sum_bits").get<std::uint64_t>());
    json.at("loss_count").get_to(state.loss_count);
    json.at("skipped").get_to(state.skipped);
    json.at("loss_scale").get_to(state.loss_scale);
    json.at("scale_growth").get_to(state.scale_growth);
    for (const auto& [name, value] : json.at("best").items()) {
      state.best[name] = value.is_null() ? std::nan("") : value.get<double>();
    }
    json.at("epochs_without_improvement").get_to(state.epochs_without_improvement);
    if (state.update < 0 || state.epoch < 0 || state.update_in_epoch < 0 || !std::isfinite(state.loss_sum) ||
        !(state.loss_scale >= 1) || !std::isfinite(state.loss_scale)) {
      throw Error(fmt::format("{}: its counters are out of range", file.string()));
    }
    return state;
  } catch (const nlohmann::json::exception& error) {
    throw Error(fmt::format("{}: not a training state of matseq: {}", file.string(), error.what()));
  }
}

}  // namespace matseq
