/// \file
/// Compares the folders of two runs.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>

#include "temporary_folder.h"

namespace matseq::test {

/// An event file without what depends on the time: every event's wall time and the checksum over it.
inline std::string without_times(const std::string& events) {
  constexpr std::size_t header = 12;
  constexpr std::size_t checksum = 4;
  std::string kept;
  for (std::size_t place = 0; place < events.size();) {
    std::uint64_t length = 0;
    if (events.size() - place < header) return kept + "(cut short)";
    std::memcpy(&length, events.data() + place, sizeof length);
    if (events.size() - place - header < length + checksum) return kept + "(cut short)";
    std::string event = events.substr(place + header, length);
    if (event.starts_with('\x09')) event.erase(0, 9);
    kept += std::to_string(length) + event;
    place += header + length + checksum;
  }
  return kept;
}

/// The content of every file of a run, by name; logs and times.jsonl, which say when things happened, excepted.
inline std::map<std::string, std::string> files_of_run(const std::filesystem::path& run) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(run)) {
    const std::string name = entry.path().filename().string();
    if (name == "train.log" || name == "output.log" || name == "times.jsonl") continue;
    const std::string content = read_file(entry.path());
    files[name] = name.starts_with("events.") ? without_times(content) : content;
  }
  return files;
}

/// Expects the same files with the same bits in both.
inline void expect_same_files(const std::filesystem::path& expected, const std::filesystem::path& run) {
  const std::map<std::string, std::string> wanted = files_of_run(expected);
  const std::map<std::string, std::string> found = files_of_run(run);
  for (const auto& [name, content] : wanted) {
    ASSERT_TRUE(found.contains(name)) << name << " is missing in " << run;
    EXPECT_TRUE(found.at(name) == content) << name << " differs in " << run;
  }
  for (const auto& [name, content] : found) EXPECT_TRUE(wanted.contains(name)) << name << " is too many in " << run;
}

}  // namespace matseq::test
