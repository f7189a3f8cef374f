/// \file
/// The runs that a user means by a folder: a run, or a folder of runs such as that of a sweep.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace matseq {

/// The file in the folder of a run whose process failed: how it ended in the first line, then the last lines of its
/// log. It is removed when the run is begun again.
inline constexpr const char* failure_file = "failure.txt";

/// Whether it is a run's: it has a config.toml, or has failed before there was one.
bool is_run_folder(const std::filesystem::path& folder);

/// The folder itself when it is a run's, otherwise the runs in it, by name, with numbers in their order (lr-2 before
/// lr-10). Throws Error when there are none.
std::vector<std::filesystem::path> runs_in(const std::filesystem::path& folder);

/// Those of several folders, each run once.
std::vector<std::filesystem::path> runs_in(const std::vector<std::string>& folders);

}  // namespace matseq
