/// \file
/// Waits for what other processes do, and finds them.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace matseq::test {

/// Looks again and again whether something is so; false when it is not after so long.
inline bool await(const std::function<bool()>& condition, std::chrono::seconds most = std::chrono::seconds(60)) {
  constexpr std::chrono::milliseconds between_looks{50};
  const auto end = std::chrono::steady_clock::now() + most;
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return true;
    std::this_thread::sleep_for(between_looks);
  }
  return false;
}

/// Processes that a process has started, the first one first.
inline std::vector<pid_t> children(pid_t parent) {
  const std::string id = std::to_string(parent);
  std::ifstream file("/proc/" + id + "/task/" + id + "/children");
  std::vector<pid_t> all;
  for (pid_t child = 0; file >> child;) all.push_back(child);
  return all;
}

}  // namespace matseq::test
