// A run that is struck again and again (killed, stopped, refused a file operation) ends as one that never was: every
// file to the bit, no checkpoint lost on the way.
//
// ctest runs a short form. tests/faults/strike.sh runs the long one: MATSEQ_STRIKES and MATSEQ_STRIKE_SEED.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "file_faults.h"
#include "run_command.h"
#include "run_files.h"
#include "small_experiment.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

std::int64_t setting(const char* name, std::int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoll(text);
}

/// What is done to a process.
struct Strike {
  std::string operations;  ///< of files; empty: of all kinds
  std::int64_t at = 0;     ///< number of the operation; 0: none is struck
  std::string action;
  int signal = 0;  ///< 0: none
  std::chrono::milliseconds after{};

  std::string text() const {
    if (signal != 0) return "signal " + std::to_string(signal) + " after " + std::to_string(after.count()) + " ms";
    return action + " at operation " + std::to_string(at) + (operations.empty() ? "" : " of " + operations);
  }
};

/// Environment variables while it lives.
class Environment {
 public:
  explicit Environment(const std::map<std::string, std::string>& variables) : variables_(variables) {
    for (const auto& [name, value] : variables_) ::setenv(name.c_str(), value.c_str(), 1);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() {
    for (const auto& [name, value] : variables_) ::unsetenv(name.c_str());
  }

 private:
  std::map<std::string, std::string> variables_;
};

CommandResult run_struck(const std::vector<std::string>& arguments, const fs::path& run, const Strike& strike,
                         const std::string& count_file = "") {
  std::map<std::string, std::string> variables = {{"LD_PRELOAD", MATSEQ_FILE_FAULTS},
                                                  {"MATSEQ_FAULT_FOLDER", run.string()},
                                                  {"MATSEQ_FAULT_AT", std::to_string(strike.at)}};
  if (!strike.action.empty()) variables["MATSEQ_FAULT_ACTION"] = strike.action;
  if (!strike.operations.empty()) variables["MATSEQ_FAULT_OPERATIONS"] = strike.operations;
  if (!count_file.empty()) variables["MATSEQ_FAULT_COUNT"] = count_file;
  const auto start = [&] {
    const Environment environment(variables);
    return RunningCommand(matseq_command(arguments));
  };
  RunningCommand command = start();
  if (strike.signal != 0) {
    std::this_thread::sleep_for(strike.after);
    if (!command.ended()) command.send(strike.signal);
  }
  return command.wait();
}

/// How far the last checkpoint is; before everything when there is none.
std::tuple<std::int64_t, std::int64_t> progress(const fs::path& run) {
  for (const char* name : {"state.json.next", "state.json"}) {
    if (!fs::exists(run / name)) continue;
    const nlohmann::json state = nlohmann::json::parse(read_file(run / name));
    return {state.at("update").get<std::int64_t>(), state.at("epoch").get<std::int64_t>()};
  }
  return {-1, -1};
}

class StruckRun : public ::testing::Test {
 protected:
  StruckRun() { write_file(config_, often_saved_experiment); }

  std::vector<std::string> train(const fs::path& run) const { return {"train", config_, "--run", run}; }
  static std::vector<std::string> evaluate(const fs::path& run) { return {"eval", run, "--json", "--verbose", "1"}; }

  /// An undisturbed run, with its evaluation; counts its file operations.
  void make_whole() {
    const CommandResult trained = run_struck(train(whole_), whole_, {}, folder_ / "count");
    ASSERT_EQ(trained.status, 0) << trained.errors;
    operations_ = std::atoll(read_file(folder_ / "count").c_str());
    ASSERT_GT(operations_, 100);
    const CommandResult evaluated = run_matseq(evaluate(whole_));
    ASSERT_EQ(evaluated.status, 0) << evaluated.errors;
    evaluation_ = evaluated.output;
  }

  /// Trains once more on the run, struck; goes over to a new one when it has come to its end.
  void strike(const Strike& strike) {
    SCOPED_TRACE(strike.text());
    const auto before = progress(run_);
    const CommandResult result = run_struck(train(run_), run_, strike);
    ++strikes_;
    ++processes_;
    expect_orderly(result, strike);
    EXPECT_GE(progress(run_), before) << "a checkpoint is lost";
    for (const char* sign : {"damaged", "checkpoint before", "has lost"}) {
      EXPECT_EQ(result.errors.find(sign), std::string::npos) << result.errors;
    }
    if (result.status == 0) finish(strike);
  }

  /// The run has come to its end: it must be like the undisturbed one, whatever happens to its evaluation.
  void finish(const Strike& strike) {
    ++finished_;
    if (strike.signal == 0) {
      expect_orderly(run_struck(evaluate(run_), run_, strike), strike);
      ++strikes_;
      ++processes_;
    }
    const CommandResult evaluated = run_matseq(evaluate(run_));
    EXPECT_EQ(evaluated.status, 0) << evaluated.errors;
    EXPECT_EQ(evaluated.output, evaluation_);
    test::expect_same_files(whole_, run_);
    fs::remove_all(run_);
  }

  /// Ended, killed, or with a message; nothing else.
  static void expect_orderly(const CommandResult& result, const Strike& strike) {
    const bool killed =
        result.status == -SIGKILL && (strike.signal == SIGKILL || strike.action == "kill" || strike.action == "torn");
    const bool stopped =
        strike.signal != 0 && (result.status == -strike.signal || result.status == 128 + strike.signal);
    const bool refused = result.status == 1 && (strike.action == "no_space" || strike.action == "broken") &&
                         result.errors.find("matseq: ") != std::string::npos &&
                         result.errors.find("terminate") == std::string::npos;
    EXPECT_TRUE(result.status == 0 || killed || stopped || refused) << result.status << '\n' << result.errors;
  }

  /// Trains the last run to its end.
  void complete() {
    strike({});
    std::cout << strikes_ << " strikes on " << processes_ << " processes; " << finished_
              << " finished runs, each equal to the undisturbed one, whose training has " << operations_
              << " file operations\n";
  }

  TemporaryFolder folder_;
  std::string config_ = folder_ / "experiment.toml";
  fs::path whole_ = folder_ / "whole";
  fs::path run_ = folder_ / "run";
  std::string evaluation_;
  std::int64_t operations_ = 0;
  std::int64_t strikes_ = 0;
  std::int64_t processes_ = 0;
  std::int64_t finished_ = 0;
};

// A process each that comes a little further than the one before, from where that was struck.
TEST_F(StruckRun, AnyOperationKillsOrFails) {
  ASSERT_NO_FATAL_FAILURE(make_whole());
  constexpr std::int64_t processes = 12;
  std::int64_t at = 1;
  for (std::int64_t process = 0; process < processes && !HasFailure(); ++process) {
    strike({"", at, std::string(faults::action_names.at(static_cast<std::size_t>(process) % 5)), 0, {}});
    at += operations_ / processes;
  }
  complete();
}

TEST_F(StruckRun, AtRandom) {
  const std::int64_t strikes = setting("MATSEQ_STRIKES", 12);
  const std::int64_t seed = setting("MATSEQ_STRIKE_SEED", 1);
  ASSERT_NO_FATAL_FAILURE(make_whole());
  std::mt19937_64 random(static_cast<std::uint64_t>(seed));
  const auto below = [&random](std::size_t count) { return static_cast<std::size_t>(random() % count); };
  while (strikes_ < strikes && !HasFailure()) {
    Strike next;
    if (below(3) == 0) {
      next.signal = std::array{SIGKILL, SIGTERM, SIGINT}.at(below(3));
      next.after = std::chrono::milliseconds(below(600));
    } else {
      next.action = faults::action_names.at(below(faults::action_names.size()));
      // Of all, or of one kind: most are writes.
      const bool any = below(2) == 0;
      if (!any) next.operations = faults::operation_names.at(below(faults::operation_names.size()));
      next.at = 1 + static_cast<std::int64_t>(below(static_cast<std::size_t>(any ? operations_ : operations_ / 20)));
    }
    strike(next);
    if (strikes >= 100 && processes_ % 50 == 0) std::cout << strikes_ << " strikes" << std::endl;
  }
  complete();
}

}  // namespace
}  // namespace matseq
