#include "run/run_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <system_error>

#include "matseq/error.h"

namespace fs = std::filesystem;

namespace matseq {

bool is_run_folder(const fs::path& folder) {
  return fs::exists(folder / "config.toml") || fs::exists(folder / failure_file);
}

std::vector<fs::path> runs_in(const fs::path& folder) {
  if (is_run_folder(folder)) return {folder};
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error) throw Error(fmt::format("cannot read the folder '{}': {}", folder.string(), error.message()));
  std::vector<fs::path> runs;
  for (const fs::directory_entry& entry : entries) {
    if (entry.is_directory(error) && is_run_folder(entry.path())) runs.push_back(entry.path());
  }
  if (runs.empty()) {
    throw Error(
        fmt::format("'{}' is no run and holds none: `matseq train` and `matseq sweep` make them", folder.string()));
  }
  std::ranges::sort(
      runs, [](const fs::path& one, const fs::path& other) { return ::strverscmp(one.c_str(), other.c_str()) < 0; });
  return runs;
}

std::vector<fs::path> runs_in(const std::vector<std::string>& folders) {
  std::vector<fs::path> runs;
  std::set<fs::path> seen;
  for (const std::string& folder : folders) {
    for (const fs::path& run : runs_in(fs::path(folder))) {
      if (seen.insert(fs::weakly_canonical(run)).second) runs.push_back(run);
    }
  }
  return runs;
}

}  // namespace matseq
