/// \file
/// Checks files with Python packages, where a Python has them.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace matseq {

/// Runs a Python program; returns what it printed, or nothing when it failed.
inline std::optional<std::string> run_python(const std::string& python, const std::filesystem::path& program) {
  const std::string command = "'" + python + "' '" + program.string() + "' 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return std::nullopt;
  std::string output;
  for (int letter = std::fgetc(pipe); letter != EOF; letter = std::fgetc(pipe)) output += static_cast<char>(letter);
  const int status = ::pclose(pipe);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return output;
  std::fputs(output.c_str(), stderr);
  return std::nullopt;
}

/// The Python of MATSEQ_TEST_PYTHON, or python3, if it has this package; tests skip without one.
inline std::optional<std::string> find_python(const std::string& package) {
  const char* chosen = std::getenv("MATSEQ_TEST_PYTHON");
  std::string python = chosen == nullptr ? "python3" : chosen;
  const std::string command = "'" + python + "' -c 'import " + package + "' >/dev/null 2>&1";
  if (std::system(command.c_str()) != 0) return std::nullopt;
  return python;
}

}  // namespace matseq
