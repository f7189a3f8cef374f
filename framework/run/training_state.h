/// \file
/// Everything about a run in progress that is not a tensor.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "run/example_counts.h"

namespace matseq {

/// Finite updates before the loss scale of float16 training doubles.
inline constexpr std::int64_t scale_growth_interval = 2000;

/// Where a run stands. With the model's and optimizer's tensors it continues the run exactly.
struct TrainingState {
  std::int64_t update = 0;           ///< updates done
  std::int64_t epoch = 0;            ///< epochs done
  std::int64_t update_in_epoch = 0;  ///< updates done in the current epoch; after all of them it is to be evaluated
  ExampleCounts data;                ///< of the training examples so far
  double loss_sum = 0;               ///< of the updates since the last log line
  std::int64_t loss_count = 0;
  std::int64_t skipped = 0;       ///< updates in a row that were skipped because the loss was not finite
  double loss_scale = 65536;      ///< of float16 training
  std::int64_t scale_growth = 0;  ///< finite updates since the loss scale changed
  /// Best value of each validation metric and of the stopping criterion; not a number while it had no finite one.
  std::map<std::string, double> best;
  std::int64_t epochs_without_improvement = 0;
};

nlohmann::ordered_json to_json(const TrainingState& state);

/// Throws Error that names `file` when something is missing, of the wrong type, or such as no training comes to.
TrainingState training_state_from_json(const nlohmann::ordered_json& json, const std::filesystem::path& file);

}  // namespace matseq
