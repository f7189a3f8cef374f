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

/// Counters of examples must not overflow, and doubles must hold them.
constexpr std::int64_t most_updates = std::int64_t{1} << 48;

/// What keeps a training from being in this state; null when nothing does.
const char* implausible(const TrainingState& state) {
  const auto between = [](std::int64_t least, std::int64_t value, std::int64_t most) {
    return least <= value && value <= most;
  };
  if (!between(0, state.update, most_updates)) return "update";
  if (!between(0, state.update_in_epoch, state.update)) return "update_in_epoch";
  // Every epoch has an update.
  if (!between(0, state.epoch, state.update - state.update_in_epoch)) return "epoch";
  if (state.epoch == 0 && state.update_in_epoch != state.update) return "epoch";
  if (!between(0, state.loss_count, state.update)) return "loss_count";
  if (!std::isfinite(state.loss_sum)) return "loss_sum";
  if (!between(0, state.skipped, state.update)) return "skipped";
  if (!(std::isfinite(state.loss_scale) && state.loss_scale >= 1)) return "loss_scale";
  if (!between(0, state.scale_growth, scale_growth_interval)) return "scale_growth";
  if (!between(0, state.epochs_without_improvement, state.epoch)) return "epochs_without_improvement";
  return nullptr;
}

}  // namespace

nlohmann::ordered_json to_json(const TrainingState& state) {
  nlohmann::ordered_json best = nlohmann::ordered_json::object();
  for (const auto& [name, value] : state.best) best[name] = json_number(value);
  return {{"update", state.update},
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

TrainingState training_state_from_json(const nlohmann::ordered_json& json, const std::filesystem::path& file) {
  try {
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
    if (const char* counter = implausible(state)) {
      throw Error(fmt::format("{}: it is damaged: no training comes to its '{}' (update {}, epoch {})", file.string(),
                              counter, state.update, state.epoch));
    }
    return state;
  } catch (const nlohmann::json::exception& error) {
    throw Error(fmt::format("{}: not a training state of matseq: {}", file.string(), error.what()));
  }
}

}  // namespace matseq
