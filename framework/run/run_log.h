/// \file
/// What only a run's train.log tells.
#pragma once

#include <filesystem>
#include <string>

namespace matseq {

/// "transformer with 294576 parameters, 1328 tokens, device cpu, float32, 2 threads, LibTorch 1.13.0", of the last time
/// the run was begun or continued; empty when the log has no such line.
std::string model_line(const std::filesystem::path& folder);

/// The file's last lines, at most `most` bytes of them: whole lines, or the end of one that is longer; empty when there
/// is no such file.
std::string last_lines(const std::filesystem::path& file, std::size_t most);

}  // namespace matseq
