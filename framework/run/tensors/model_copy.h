/// \file
/// A small copy of a run, to give away.
#pragma once

#include <filesystem>
#include <string>

#include "run/run_folder.h"

namespace matseq {

/// Writes into a new folder what asking and evaluating a run's model takes, and how good it is: config.toml,
/// model.safetensors of its weights `checkpoint` in float16, metrics.jsonl. Throws Error when the folder is there
/// already, when there are no such weights, or when one is too large for float16.
void copy_model(const RunFolder& run, const std::string& checkpoint, const std::filesystem::path& folder);

}  // namespace matseq
