/// \file
/// Checks files with Python packages, where a Python has them.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
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

/// The Python of MATSEQ_TEST_PYTHON, or python3, if it has these packages; tests skip without one.
inline std::optional<std::string> find_python(std::initializer_list<const char*> packages) {
  const char* chosen = std::getenv("MATSEQ_TEST_PYTHON");
  std::string python = chosen == nullptr ? "python3" : chosen;
  std::string program = "import importlib.util as u; assert None not in [";
  for (const char* package : packages) program += std::string("u.find_spec(\"") + package + "\"),";
  const std::string command = "'" + python + "' -c '" + program + "]' >/dev/null 2>&1";
  if (std::system(command.c_str()) != 0) return std::nullopt;
  return python;
}

}  // namespace matseq
