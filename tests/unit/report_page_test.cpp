#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "report/prediction_sample.h"
#include "report/report.h"
#include "report/reported_run.h"
#include "report/settings_difference.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

const std::string hostile = "</script><img src=x onerror=alert(1)>\"'&";

nlohmann::ordered_json figures(double accuracy) {
  return {{"examples", 400},
          {"accuracy", accuracy},
          {"perfect", accuracy / 2},
          {"correct", 99.5},
          {"right_coefficients", 80},
          {"cross_entropy", 3.25},
          {"within", {{"d1", {{"0.05", accuracy}, {"0.01", accuracy / 4}}}}}};
}

/// A run of the given length, with two test sets of two classes.
ReportedRun run_named(const std::string& name, std::size_t points = 20, std::size_t evaluations = 3) {
  ReportedRun run;
  run.name = name;
  run.folder = "/runs/" + name;
  RunRecord record;
  record.settings = {{"task.plugin", "\"eigenvalues\""},
                     {"task.eigen_distribution", "[\"" + name + "\"]"},
                     {"evaluation.tolerances", "[0.05, 0.01]"}};
  record.position.status = RunStatus::finished;
  for (std::size_t i = 0; i < points; ++i) {
    const auto update = static_cast<std::int64_t>(i + 1);
    record.training.push_back(
        {update, 5.0 / std::sqrt(static_cast<double>(i + 1)) + std::sin(static_cast<double>(i)), 1e-4});
    record.times.push_back({update, 0, static_cast<double>(i) / 3, 1234.5});
  }
  for (std::size_t i = 0; i < evaluations; ++i) {
    nlohmann::ordered_json sets = {{"valid", figures(static_cast<double>(i))}, {"laplace", figures(87.5)}};
    sets["valid"]["classes"] = {{"2-2", figures(64.5)}, {"3-3", figures(31.5)}};
    record.evaluations.push_back({static_cast<std::int64_t>(i), static_cast<std::int64_t>(i), 1.5, sets});
  }
  run.record = record;
  return run;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

void expect_parts(const std::string& page, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) EXPECT_NE(page.find(part), std::string::npos) << part;
}

TEST(ReportPage, HasAllSections) {
  const std::string page = report_page({"Title", "today", {run_named("positive"), run_named("uniform")}, {}});
  expect_parts(page, {"<!DOCTYPE html>\n<html lang=\"en\">", "<title>Title</title>", "id=\"run-table\"",
                      "id=\"charts\"", "<noscript>", "Test sets side by side", "id=\"accuracy\"", "id=\"predictions\"",
                      "id=\"configuration\"", "id=\"time\"", "name=\"viewport\"", "aria-live"});
  EXPECT_EQ(count(page, "<table>"), count(page, "<caption>"));
  // The heat map's cells have the number and a colour.
  expect_parts(page, {"<td class=\"n h9\">87.5</td>", "<td class=\"n h6\">64.5</td>"});
  // 1.96 * 50 / sqrt(400)
  expect_parts(page, {"±4.9 (95%)"});
}

TEST(ReportPage, LoadsNothing) {
  const std::string page = report_page({"Title", "today", {run_named("a"), run_named("b")}, {}});
  EXPECT_EQ(page.find("http"), page.find("http-equiv"));
  EXPECT_EQ(count(page, "http"), 1U);
  for (const char* part : {"src=", "@import", "url(", " style=\"", "onclick=\""})
    EXPECT_EQ(count(page, part), 0U) << part;
  expect_parts(page, {"content=\"default-src 'none'; style-src 'sha256-"});
}

TEST(ReportPage, TakesNoMarkupFromRuns) {
  ReportedRun run = run_named(hostile);
  run.failure = "ended " + hostile + "\nlog " + hostile + "\n";
  run.model = hostile;
  run.record->evaluations.back().sets[hostile] = figures(5);
  run.record->evaluations.back().sets["valid"]["classes"][hostile] = figures(5);
  run.record->settings[hostile] = hostile;
  ReportedRun other = run_named("other");
  other.refusal = hostile;
  PredictedExample example;
  example.set = hostile;
  example.task = hostile;
  other.predictions = PredictionSample{0.05, 0, 1, {}, {example}};
  nlohmann::ordered_json analysis = {{"groups",
                                      {{{"set", hostile},
                                        {"task", hostile},
                                        {"accuracy", {{hostile, 5}}},
                                        {"properties", {{hostile, {{"kept", 1}}}}}}}}};
  const std::string page = report_page({hostile, hostile, {run, other}, {{hostile, analysis, std::nullopt}}});
  EXPECT_EQ(count(page, "<img"), 0U);
  EXPECT_EQ(count(page, "</script>"), 2U);
  EXPECT_GT(count(page, "&lt;img"), 10U);
}

TEST(ReportPage, TakesAnyJsonAsAnalysis) {
  for (const char* text :
       {"null", "[]", "{\"groups\": 5}", "{\"groups\": [1, null, {}]}",
        R"({"groups": [{"accuracy": 5, "d1": [], "properties": 3, "examples": "x"}]})",
        R"({"groups": [{"accuracy": {"0.05": "inf"}, "d1": {"right": {"mean": {}, "max": "inf"}}}]})"}) {
    const std::string page = report_page({"t", "", {}, {{"a", nlohmann::ordered_json::parse(text), std::nullopt}}});
    EXPECT_TRUE(page.ends_with("</html>\n")) << text;
  }
}

TEST(ReportPage, SaysWhatFailed) {
  ReportedRun failed;
  failed.name = "lr-1";
  failed.failure = "killed by signal 9\nthe last words\n";
  ReportedRun gaps = run_named("gaps");
  gaps.record->training[3].loss = std::nan("");
  ReportedRun unreadable;
  unreadable.name = "lr-2";
  unreadable.refusal = "config.toml: no TOML";
  const std::string page = report_page({"t", "", {failed, gaps, unreadable}, {}});
  expect_parts(page, {"killed by signal 9", "the last words", "1 of 20 log lines have no loss", "config.toml: no TOML",
                      "1 failed", "1 unreadable"});
}

TEST(ReportPage, NamesTheCommandThatWritesPredictions) {
  expect_parts(report_page({"t", "", {run_named("a")}, {}}), {"matseq eval /runs/a --verbose 1"});
}

TEST(ReportPage, OfFiftyRunsIsUnderAMegabyteAndSaysWhatIsLeftOut) {
  Report report{"t", "", {}, {}};
  for (int i = 0; i < 50; ++i) report.runs.push_back(run_named("run-" + std::to_string(i), 3000, 300));
  const std::string page = report_page(report);
  EXPECT_LT(page.size(), most_page_bytes);
  expect_parts(page, {"To keep the page under 1 MB", "run-49"});
}

TEST(ReportPage, OfThousandsOfRunsHasTheBest) {
  Report report{"t", "", {}, {}};
  for (int i = 0; i < 2000; ++i) report.runs.push_back(run_named("run-" + std::to_string(i), 2, 1));
  report.runs.push_back(run_named("the-best", 2, 5));
  const std::string page = report_page(report);
  EXPECT_LT(page.size(), most_page_bytes);
  expect_parts(page, {"of 2001 runs with the best accuracy", "the-best"});
}

TEST(PredictionSample, TakesTheFirstOfEverySetInTurn) {
  const TemporaryFolder folder;
  std::string lines;
  for (const char* set : {"valid", "laplace"}) {
    for (int i = 0; i < 10; ++i) {
      lines += std::string(R"({"set":")") + set + R"(","task":"t","source":[[1]],"target":[[1]],"hypotheses":[[[)" +
               std::to_string(i) + R"(]]],"perfect":false,"correct":true,"errors":{"d1":)" + std::to_string(i) + "}}\n";
    }
  }
  write_file(folder / "p.jsonl", lines);
  const PredictionSample sample = sample_predictions(folder / "p.jsonl", 0.5, 3);
  EXPECT_EQ(sample.right_count, 2U);
  EXPECT_EQ(sample.wrong_count, 18U);
  ASSERT_EQ(sample.wrong.size(), 3U);
  EXPECT_EQ(sample.wrong[0].set + sample.wrong[1].set + sample.wrong[2].set, "validlaplacevalid");
  EXPECT_EQ(sample.wrong[2].d1, 2);
}

TEST(SettingsDifference, IsInKeysAndValues) {
  Report report{"t", "", {run_named("a"), run_named("b")}, {}};
  report.runs[0].record->settings["optimizer.beta"] = "0.9";
  EXPECT_EQ(differing_settings(report), (std::vector<std::string>{"optimizer.beta", "task.eigen_distribution"}));
  report.runs[0].record->settings["evaluation.sets"] = std::string(50, 'x');
  report.runs[0].record->settings["task.plugin"] = "\"transpose\"";
  EXPECT_EQ(telling_settings(report, 3),
            (std::vector<std::string>{"task.plugin", "task.eigen_distribution", "optimizer.beta"}));
  EXPECT_EQ(telling_settings(report, 1), (std::vector<std::string>{"task.plugin"}));
  EXPECT_EQ(short_names({"a.plugin", "b.plugin", "c.rate"}),
            (std::vector<std::string>{"a.plugin", "b.plugin", "rate"}));
  EXPECT_EQ(plain_setting(report.runs[0].record->settings, "task.eigen_distribution"), "a");
  EXPECT_EQ(plain_setting(report.runs[0].record->settings, "evaluation.tolerances"), "[0.05, 0.01]");
}

TEST(ReportedRun, NamesAreTheirOwn) {
  std::vector<ReportedRun> runs(3);
  runs[0].folder = "/one/lr-1";
  runs[1].folder = "/two/lr-1";
  runs[2].folder = "/two/lr-2";
  for (ReportedRun& run : runs) run.name = run.folder.filename().string();
  name_apart(runs);
  EXPECT_EQ(runs[0].name, "one/lr-1");
  EXPECT_EQ(runs[1].name, "two/lr-1");
  EXPECT_EQ(runs[2].name, "lr-2");
}

TEST(ReportedRun, ReadsWhatThereIs) {
  const TemporaryFolder folder;
  write_file(folder / "failure.txt", "ended with exit status 1\n");
  EXPECT_EQ(state_of(read_reported_run(folder.path(), 3)), "failed");
  std::filesystem::remove(folder / "failure.txt");
  write_file(folder / "config.toml", "[");
  const ReportedRun damaged = read_reported_run(folder.path(), 3);
  EXPECT_EQ(state_of(damaged), "unreadable");
  EXPECT_NE(damaged.refusal.find("config.toml"), std::string::npos);
  write_file(folder / "config.toml", "[evaluation]\ntolerances = [0.1, 0.05]\nrates = [5e-4, 1.0]\n");
  write_file(folder / "predictions.jsonl", "no prediction\n");
  const ReportedRun run = read_reported_run(folder.path(), 3);
  EXPECT_EQ(state_of(run), "not begun");
  EXPECT_EQ(first_tolerance(run.record->settings), 0.1);
  EXPECT_NE(run.refusal.find("line 1"), std::string::npos);
}

}  // namespace
}  // namespace matseq
