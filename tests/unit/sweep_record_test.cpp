// sweep.json: what it keeps, and which changes of a sweep are refused.
#include "sweep/sweep_record.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "matseq/error.h"
#include "sweep/run_failure.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

SweepRun run_of(const std::string& name, double rate) { return {name, {{"optimizer.learning_rate", rate, ""}}, 0}; }

SweepRecord two_runs() {
  SweepRecord record;
  record.metric = "_valid.cross_entropy";
  record.share = {3, 2};
  record.keys = {{"optimizer.learning_rate", "learning_rate"}};
  add_run(record, run_of("a", 0.1), {{"data.seed", "1"}, {"optimizer.beta1", "0.9"}});
  add_run(record, run_of("b", 1e-300), {{"data.seed", "1"}, {"optimizer.momentum", "0.5"}});
  return record;
}

TEST(SweepRecord, ComesBackAsItWasWritten) {
  const TemporaryFolder folder;
  EXPECT_FALSE(read_sweep_record(folder.path()).has_value());
  const SweepRecord written = two_runs();
  write_sweep_record(folder.path(), written);
  const SweepRecord read = read_sweep_record(folder.path()).value();
  EXPECT_EQ(read.metric, written.metric);
  EXPECT_EQ(read.share.threads, 3);
  EXPECT_EQ(read.share.workers, 2);
  EXPECT_EQ(read.keys, written.keys);
  ASSERT_EQ(read.runs.size(), 2U);
  EXPECT_EQ(read.runs[1].run.name, "b");
  EXPECT_EQ(read.runs[1].run.settings[0].value.get<double>(), 1e-300);
  EXPECT_EQ(configuration_of(read, read.runs[1]), (FlatSettings{{"data.seed", "1"}, {"optimizer.momentum", "0.5"}}));
  EXPECT_EQ(sweep_conflict(read, written, {}), "");
}

TEST(SweepRecord, RefusesWhatItDidNotWrite) {
  const TemporaryFolder folder;
  write_sweep_record(folder.path(), two_runs());
  const std::string good = read_file(folder / "sweep.json");
  for (const auto& [from, to] :
       {std::pair("\"b\"", "\"../b\""), std::pair("\"b\"", "\".\""), std::pair("\"format\": 1", "\"format\": 2"),
        std::pair("\"runs\"", "\"run\""), std::pair("\"threads\": 3", "\"threads\": \"3\"")}) {
    std::string bad = good;
    bad.replace(bad.find(from), std::string(from).size(), to);
    write_file(folder / "sweep.json", bad);
    EXPECT_THROW(read_sweep_record(folder.path()), Error) << to;
  }
  write_file(folder / "sweep.json", std::string(100000, '['));
  EXPECT_THROW(read_sweep_record(folder.path()), Error);
}

TEST(SweepRecord, NamesTheKeyThatChanged) {
  const SweepRecord before = two_runs();
  SweepRecord after = before;
  add_run(after, run_of("c", 0.3), {{"data.seed", "1"}});
  EXPECT_EQ(sweep_conflict(before, after, {}), "");
  EXPECT_NE(sweep_conflict(after, before, {}).find("'optimizer.learning_rate' takes the value 0.3 no longer"),
            std::string::npos);

  after = before;
  after.runs[1].differing["optimizer.momentum"] = "0.6";
  EXPECT_EQ(sweep_conflict(before, after, {}), "'optimizer.momentum' was 0.5 in its run 'b', and would be 0.6");
  after = before;
  after.runs[1].differing["training.ema"] = "0.0";  // a setting that an older matseq did not have, at its default
  EXPECT_EQ(sweep_conflict(before, after, {}), "");
  after.runs[1].differing["training.ema"] = "0.99";
  EXPECT_EQ(sweep_conflict(before, after, {}), "'training.ema' was 0.0 in its run 'b', and would be 0.99");
  after = before;
  after.runs[1].differing.erase("optimizer.beta1");
  EXPECT_EQ(sweep_conflict(before, after, {}), "'optimizer.beta1' was not set in its run 'b', and would be 0.9");
}

TEST(RunFailure, TellsASignalFromAnError) {
  const TemporaryFolder folder;
  EXPECT_FALSE(read_failure(folder.path()).has_value());
  write_failure(folder.path(), {"killed by signal 9 (Killed)", true, "one\ntwo\n"});
  EXPECT_TRUE(read_failure(folder.path())->by_signal);
  EXPECT_EQ(read_failure(folder.path())->log, "one\ntwo\n");
  write_failure(folder.path(), {"exit status 1", false, ""});
  EXPECT_FALSE(read_failure(folder.path())->by_signal);
  EXPECT_EQ(read_failure(folder.path())->reason, "exit status 1");
  forget_failure(folder.path());
  EXPECT_FALSE(read_failure(folder.path()).has_value());
}

TEST(RunFailure, ShowsTheLastLinesOfALog) {
  const TemporaryFolder folder;
  EXPECT_EQ(end_of_log(folder / "none"), "");
  std::string text;
  for (int line = 1; line <= 3000; ++line) text += "line " + std::to_string(line) + "\n";
  write_file(folder / "log", text + "\x1b[2J\n\n");
  const std::string shown = end_of_log(folder / "log");
  EXPECT_TRUE(shown.ends_with("line 2999\nline 3000\n\\x1b[2J\n")) << shown;
  EXPECT_LE(std::count(shown.begin(), shown.end(), '\n'), 12);
  write_file(folder / "log", "only");
  EXPECT_EQ(end_of_log(folder / "log"), "only\n");
  write_file(folder / "log", "");
  EXPECT_EQ(end_of_log(folder / "log"), "");
  write_file(folder / "log", std::string(10000, 'x') + "\n");
  EXPECT_TRUE(end_of_log(folder / "log").starts_with("xxx"));
}

}  // namespace
}  // namespace matseq
