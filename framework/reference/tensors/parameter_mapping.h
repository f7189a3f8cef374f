/// \file
/// `params` of a reference checkpoint and our experiment files.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

#include "configuration/toml_document.h"
#include "reference/reference_flags.h"

namespace matseq {

/// The experiment that a checkpoint's `params` describe. What it has besides the settings of spec section 9 is the
/// state of a process (ranks, host, number of tokens) and is passed over. Throws Error that names the setting.
ReferenceConversion experiment_from_params(const nlohmann::ordered_json& params);

/// The reverse: `params` for a checkpoint to export, with every setting of section 9. `experiment` is a resolved
/// configuration (`config.toml` of a run folder), `tokens` the size of its vocabulary. Throws Error when the reference
/// has no such task or encoding; an optimizer or schedule that it lacks is written down all the same.
nlohmann::ordered_json params_from_experiment(const TomlDocument& experiment, std::int64_t tokens);

}  // namespace matseq
