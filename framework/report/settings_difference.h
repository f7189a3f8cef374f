/// \file
/// Settings of runs, for people: in which they differ, and their values.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "report/report.h"

namespace matseq {

/// The keys of settings that not all runs have with the same value, in alphabetical order.
std::vector<std::string> differing_settings(const Report& report);

/// Of these at most `most` that tell runs apart best: what was trained before how it was evaluated, and no long values.
std::vector<std::string> telling_settings(const Report& report, std::size_t most);

/// Their names as short as they are clear: "learning_rate" where no other key ends so.
std::vector<std::string> short_names(const std::vector<std::string>& keys);

/// A setting's value for people: without quotes, and without brackets if it is a list of one; empty when it is not set.
std::string plain_setting(const FlatSettings& settings, const std::string& key);

}  // namespace matseq
