/// \file
/// The machine, shared out among runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sweep/sweep_record.h"

namespace matseq {

/// An equal share of `processors` for each of `jobs` runs at a time.
RunShare share_of(std::int64_t processors, std::int64_t jobs);

/// GPUs as CUDA_VISIBLE_DEVICES names them: those that it names already (`visible`, null when it is not set), otherwise
/// all that have a device file in `devices` (/dev).
std::vector<std::string> gpus_of(const char* visible, const std::filesystem::path& devices);

}  // namespace matseq
