#include "configuration/continuation.h"

#include <gtest/gtest.h>

#include <string>

namespace matseq {
namespace {

constexpr const char* run = R"([task]
plugin = "transpose"
max_dimension = 3
[training]
batch_size = 16
max_epoch = 2
[evaluation]
size = 60
max_output_len = 40
)";

std::string conflict(const std::string& existing, const std::string& wanted) {
  return continuation_conflict(existing, wanted, {});
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(Continuation, OfTheSameExperimentHasNoConflict) { EXPECT_EQ(conflict(run, run), ""); }

TEST(Continuation, HowLongAndHowOftenMayChange) {
  EXPECT_EQ(conflict(run, replaced(run, "max_epoch = 2", "max_epoch = 3")), "");
  EXPECT_EQ(conflict(run, replaced(run, "max_epoch = 2\n", "")), "");
  EXPECT_EQ(conflict(run, replaced(run, "size = 60", "size = 70\ndata = \"x\"")), "");
}

TEST(Continuation, WhatIsLearnedMayNotChange) {
  EXPECT_EQ(conflict(run, replaced(run, "batch_size = 16", "batch_size = 17")),
            "its training.batch_size differs: 16 in the run, 17 in the experiment");
  EXPECT_NE(conflict(run, replaced(run, "max_output_len = 40", "max_output_len = 50")), "");
}

TEST(Continuation, ADataFileMayMoveButNotAppear) {
  const auto with = [](const std::string& file) {
    return std::string(run) + "[data]\nreload_data = \"" + file + "\"\n";
  };
  EXPECT_EQ(conflict(with("/old/train.txt"), with("/new/train.txt")), "");
  EXPECT_NE(conflict(with("/old/train.txt"), with("")), "");
  EXPECT_NE(conflict(with(""), with("/new/train.txt")), "");
}

// Of the framework's own settings; those of plugins are in resolved_experiment_test.
TEST(Continuation, WhatTheRunDoesNotSayIsTheDefault) {
  const std::string table = std::string(run) + "[data]\ndistinct_examples = ";
  EXPECT_EQ(conflict(run, table + "0\n"), "");
  EXPECT_EQ(conflict(run, table + "9\n"), "its data.distinct_examples differs: 0 in the run, 9 in the experiment");
  EXPECT_NE(conflict(table + "9\n", run), "");
}

// A parameter without a default is in the resolved configuration only when it was given.
TEST(Continuation, AKeyOrTableThatOnlyOneOfThemHasIsAConflict) {
  const std::string more = replaced(run, "max_dimension = 3", "max_dimension = 3\nmin_input_coeff = 9");
  EXPECT_EQ(conflict(run, more), "its task.min_input_coeff differs: not set in the run, 9 in the experiment");
  EXPECT_EQ(conflict(more, run), "its task.min_input_coeff differs: 9 in the run, not set in the experiment");
  const std::string table = std::string(run) + "[schedule]\nplugin = \"cosine\"\n";
  EXPECT_NE(conflict(run, table).find("schedule.plugin"), std::string::npos);
  EXPECT_NE(conflict(table, run).find("schedule.plugin"), std::string::npos);
}

}  // namespace
}  // namespace matseq
