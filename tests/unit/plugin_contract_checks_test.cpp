// What `matseq check` says of plugins that break their contract in ways that one call does not show, and of matseq's
// own, which keep to theirs.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "matseq/error.h"
#include "matseq/testing.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

/// A fault, the check that must find it, and what must be said of it.
struct Fault {
  const char* name;
  const char* check;
  std::vector<const char*> said;
};

std::string test_plugin(const std::string& folder, const std::string& file) {
  return (fs::path(MATSEQ_TEST_PLUGINS) / folder / file).string();
}

/// The first line that is about `check`.
std::string line_about(const std::string& check, const std::string& report) {
  const std::size_t begin = report.find(check + ": ");
  return begin == std::string::npos ? "" : report.substr(begin, report.find('\n', begin) - begin);
}

void expect_found(const std::string& file, const std::vector<Fault>& faults) {
  for (const Fault& fault : faults) {
    SCOPED_TRACE(fault.name);
    const std::string report = testing::broken_contracts(file, {std::string("fault=") + fault.name});
    const std::string line = line_about(fault.check, report);
    EXPECT_FALSE(line.empty()) << "nothing is said of '" << fault.check << "': " << report;
    for (const char* part : fault.said) EXPECT_NE(line.find(part), std::string::npos) << line;
  }
}

TEST(PluginContractChecks, MatseqsOwnPluginsKeepToTheirContracts) {
  int count = 0;
  for (const fs::directory_entry& file : fs::directory_iterator(MATSEQ_PLUGIN_DIR)) {
    const std::string name = file.path().filename().string();
    if (name.find("_optimizer_") != std::string::npos || name.find("_model_") != std::string::npos) continue;
    EXPECT_EQ(testing::broken_contracts(file.path().string()), "") << name;
    ++count;
  }
  EXPECT_GE(count, 19);
}

TEST(PluginContractChecks, OtherParametersOfTasks) {
  const fs::path folder(MATSEQ_PLUGIN_DIR);
  const auto check = [&](const char* file, const std::vector<std::string>& settings) {
    EXPECT_EQ(testing::broken_contracts((folder / file).string(), settings), "") << file;
  };
  check("matseq_task_cotraining.so", {R"(components=[{plugin="transpose"}, {plugin="eigenvalues"}])"});
  check("matseq_task_transpose.so", {"rectangular=true", "min_dimension=1", "max_dimension=9"});
  check("matseq_encoder_positional.so", {"base=10", "precision=4"});
}

TEST(PluginContractChecks, RightPluginsPass) {
  EXPECT_EQ(testing::broken_contracts(test_plugin("careless_task", "matseq_task_careless.so"), {"size=4"}), "");
  EXPECT_EQ(testing::broken_contracts(test_plugin("careless_encoder", "matseq_encoder_careless.so")), "");
  EXPECT_EQ(testing::broken_contracts(test_plugin("careless_schedule", "matseq_schedule_careless.so")), "");
}

TEST(PluginContractChecks, FaultsOfTasks) {
  const char* const draws = "same draws for the same stream";
  expect_found(
      test_plugin("careless_task", "matseq_task_careless.so"),
      {{"counts", draws, {"stream 99", "then again", "keeps no state"}},
       {"own_generator", draws, {"draw() takes all randomness from its stream"}},
       {"constant", draws, {"all of 100 streams gave the same example"}},
       {"keeps_target", draws, {"where an earlier target was left behind"}},
       {"rejects_all", "shapes and codes", {"rejected each of 100 streams"}},
       {"infinite_input", "finite values", {"an input that is not finite"}},
       {"no_answer", "finite values", {"no target is finite"}},
       {"heeds_defaults", "its defaults written out mean the same", {"2 x 2", "3 x 3", "with every default given"}},
       {"shared_scratch", "threads", {"while other threads drew, too"}},
       {"truth_is_wrong", "score of the truth is zero", {"stream 0", "d1 = 0.25", "right are errors of 0"}},
       {"blind", "scores of wrong answers", {"every entry is wrong", "error of 0"}},
       {"takes_any_shape", "scores of wrong answers", {"an infinite entry", "`valid` is false"}},
       {"asks_for_unknown", "shapes and codes", {"task 'careless'", "'colour'", "schema"}}});
}

TEST(PluginContractChecks, AParameterWithoutDocumentation) {
  const std::string report = testing::broken_contracts(test_plugin("undocumented_task", "matseq_task_careless.so"));
  EXPECT_EQ(report,
            "schema complete: the parameter 'fault' has no documentation; each has one line, which `matseq plugins` "
            "prints");
}

TEST(PluginContractChecks, FaultsOfEncoders) {
  expect_found(
      test_plugin("careless_encoder", "matseq_encoder_careless.so"),
      {{"lossy", "round trip", {"it writes 1 as '+ 1', reads that as 0.4", "what is read is written as it was"}},
       {"reads_none_of_7", "round trip", {"it writes 7 as '+ 7' and reads no number there"}},
       {"leaves_tokens", "round trip", {"reads 1 of these 2 tokens"}},
       {"limit_too_large", "round trip", {"reads that as 9", "limit() = 100"}},
       {"context", "numbers one after the other", {"at once give other tokens than one by one"}},
       {"takes_all", "numbers one after the other", {"alone it has 2"}},
       {"no_continuation",
        "what is written can be continued to its end",
        {"after 1 tokens", "do not have the next one"}},
       {"continues_with_signs", "what is written can be continued to its end", {"which it does not read as a number"}},
       {"shared_scratch", "threads", {"while other threads wrote, too"}}});
}

TEST(PluginContractChecks, FaultsOfSchedules) {
  expect_found(test_plugin("careless_schedule", "matseq_schedule_careless.so"),
               {{"counts", "same rate for the same update", {"asked again", "depends on nothing but its arguments"}},
                {"late_not_a_number", "rates finite and not negative", {"nan", "a rate is finite and not negative"}},
                {"shared_scratch", "threads", {"asked while other threads did, too"}}});
}

// What the loader's wrappers see in passing is reported under the check in which they see it.
TEST(PluginContractChecks, FaultsThatOneCallShows) {
  expect_found(test_plugin("wrong_task", "matseq_task_wrong.so"),
               {{"draw_throws", "shapes and codes", {"draw()", "no fuel"}},
                {"no_input", "shapes and codes", {"input of 0 x 3"}},
                {"code_twice", "shapes and codes", {"'X' twice"}},
                {"unprintable_category", "shapes and codes", {"category of 2 bytes"}},
                {"negative_error", "score of the truth is zero", {"d1 = -1"}}});
  expect_found(test_plugin("wrong_encoder", "matseq_encoder_wrong.so"),
               {{"token_77", "tokens, limit and lengths", {"token 77", "0 to 2"}},
                {"longest_0", "tokens, limit and lengths", {"longest() of 0"}},
                {"seldom_token_77", "tokens, limit and lengths", {"token 77"}}});
  expect_found(test_plugin("wrong_schedule", "matseq_schedule_wrong.so"),
               {{"negative", "rates finite and not negative", {"update 5", "not negative"}}});
}

TEST(PluginContractChecks, WhatIsNoPluginOrNoSettingIsAnError) {
  const std::string task = test_plugin("careless_task", "matseq_task_careless.so");
  const auto message = [](const std::string& file, const std::vector<std::string>& settings) -> std::string {
    try {
      return "no error, but: " + testing::broken_contracts(file, settings);
    } catch (const Error& error) {
      return error.what();
    }
  };
  EXPECT_NE(message("nowhere.so", {}).find("there is no such file"), std::string::npos);
  EXPECT_NE(message(test_plugin("wrong_abi", "matseq_task_trial.so"), {}).find("version 999"), std::string::npos);
  EXPECT_NE(message(task, {"siz=3"}).find("did you mean 'size'?"), std::string::npos) << message(task, {"siz=3"});
  EXPECT_NE(message(task, {"size=0"}).find("accepted is from 1"), std::string::npos);
  EXPECT_NE(message(task, {"size"}).find("accepted is key=value"), std::string::npos);
}

}  // namespace
}  // namespace matseq
