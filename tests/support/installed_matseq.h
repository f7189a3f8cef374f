/// \file
/// An installed matseq, for what is built against one.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "run_command.h"
#include "temporary_folder.h"

namespace matseq::test {

inline std::string quoted(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

/// Runs a shell command; standard error goes the way of standard output.
inline CommandResult shell(const std::string& command) { return run_command({"/bin/sh", "-c", command + " 2>&1"}); }

/// Runs shell commands, one after the other until one fails, in `folder` with $HOME being `home`.
inline CommandResult shell(const std::filesystem::path& folder, const std::filesystem::path& home,
                           const std::string& commands) {
  return run_command(
      {"/bin/sh", "-c", "exec 2>&1; set -e; export HOME=" + quoted(home) + "; cd " + quoted(folder) + "\n" + commands});
}

/// Installed below `home`, as "matseq", and moved there from elsewhere.
inline void install_matseq(const std::filesystem::path& home) {
  const std::filesystem::path first = home / "first_place";
  const CommandResult installed = shell("cmake --install " + quoted(MATSEQ_BINARY_DIR) + " --prefix " + quoted(first));
  ASSERT_EQ(installed.status, 0) << installed.output;
  std::filesystem::rename(first, home / "matseq");
}

}  // namespace matseq::test
