#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "run/run_lock.h"
#include "run_command.h"
#include "small_experiment.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

/// The first of these programs that is installed; empty when none is.
std::string installed(const std::vector<std::string>& programs) {
  for (const std::string& program : programs) {
    const CommandResult result = run_command({"/bin/sh", "-c", "command -v " + program});
    if (result.status == 0) return program;
  }
  return "";
}

/// Two trained runs with two test sets, of which one has predictions, and one that failed.
class ReportTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder();
    write_file(*folder_ / "experiment.toml",
               small_experiment + "[[evaluation.sets]]\nname = \"narrow\"\ntask = { max_input_coeff = 1 }\n");
    fs::create_directories(sweep());
    for (const char* rate : {"0.0005", "0.004"}) {
      const CommandResult result =
          run_matseq({"train", (*folder_ / "experiment.toml").string(), "--set",
                      std::string("optimizer.learning_rate=") + rate, "--run", sweep() / (std::string("lr-") + rate)});
      ASSERT_EQ(result.status, 0) << result.errors;
    }
    const CommandResult result = run_matseq({"eval", run(), "--verbose", "1"});
    ASSERT_EQ(result.status, 0) << result.errors;
    fs::create_directories(sweep() / "lr-1");
    write_file(sweep() / "lr-1" / "failure.txt", "ended with exit status 1\nthe loss was <not> finite\n");
  }
  static void TearDownTestSuite() { delete folder_; }

  static fs::path sweep() { return *folder_ / "sweep"; }
  static fs::path run() { return sweep() / "lr-0.0005"; }
  static fs::path page() { return *folder_ / "report.html"; }

  static std::string made_page(const std::vector<std::string>& inputs) {
    std::vector<std::string> arguments = {"report"};
    arguments.insert(arguments.end(), inputs.begin(), inputs.end());
    arguments.insert(arguments.end(), {"-o", page()});
    const CommandResult result = run_matseq(arguments);
    EXPECT_EQ(result.status, 0) << result.errors;
    return result.status == 0 ? read_file(page()) : "";
  }

  static TemporaryFolder* folder_;
};

TemporaryFolder* ReportTest::folder_ = nullptr;

/// Pages are too long to be printed.
void expect_parts(const std::string& text, const std::vector<std::string>& parts) {
  const std::string shown = text.size() < 4000 ? text : text.substr(0, text.find("</title>") + 8);
  for (const std::string& part : parts) {
    EXPECT_NE(text.find(part), std::string::npos) << "'" << part << "' is not in " << shown;
  }
}

TEST_F(ReportTest, IsOfASweep) {
  const std::string text = made_page({sweep()});
  EXPECT_LT(text.size(), 1'000'000U);
  EXPECT_EQ(text.find("://"), std::string::npos);
  expect_parts(text, {"<title>sweep</title>", "lr-0.0005", "lr-0.004", "1 failed, 2 finished",
                      "the loss was &lt;not&gt; finite", "Test sets side by side", "narrow", "optimizer.learning_rate",
                      "<code>0.0005</code>", "class=\"card wrong\"",
                      "matseq eval " + (sweep() / "lr-0.004").string() + " --verbose 1", "transformer with"});
}

TEST_F(ReportTest, IsOfAnalyses) {
  const CommandResult analysis = run_matseq({"analyze", run(), "--json"});
  ASSERT_EQ(analysis.status, 0) << analysis.errors;
  const std::string file = (*folder_ / "analysis.json").string();
  write_file(file, analysis.output);
  const std::string text = made_page({file, run() / "predictions.jsonl"});
  expect_parts(text, {"<title>2 analyses</title>", "How predictions fail", "d1 error: wrong", "class=\"card wrong\""});
  EXPECT_EQ(text.find("id=\"charts\""), std::string::npos);
}

TEST_F(ReportTest, RefusesWhatItCannotUse) {
  expect_refusal(run_matseq({"report", "/no/such/run"}), {"/no/such/run", "No such file"});
  expect_refusal(run_matseq({"report", *folder_ / "experiment.toml"}),
                 {"experiment.toml", "neither a run", "matseq analyze --json"});
  const fs::path empty = *folder_ / "empty";
  fs::create_directories(empty);
  expect_refusal(run_matseq({"report", empty}), {"is no run and holds none"});
  const fs::path other = *folder_ / "notes.txt";
  write_file(other, "my notes");
  expect_refusal(run_matseq({"report", run(), "-o", other}), {"notes.txt", "no web page"});
  EXPECT_EQ(read_file(other), "my notes");
}

TEST_F(ReportTest, GoesOnWithoutWhatCannotBeRead) {
  const fs::path damaged = *folder_ / "damaged";
  fs::create_directories(damaged);
  write_file(damaged / "config.toml", "[[[");
  const CommandResult result = run_matseq({"report", damaged, run(), "-o", page()});
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.errors.find("damaged/config.toml"), std::string::npos) << result.errors;
  expect_parts(read_file(page()), {"1 finished, 1 unreadable"});
  expect_refusal(run_matseq({"report", damaged, "-o", page()}), {"damaged/config.toml"});
}

TEST_F(ReportTest, IsValidHtml) {
  if (installed({"tidy"}).empty()) GTEST_SKIP() << "tidy is not installed";
  made_page({sweep(), run() / "predictions.jsonl"});
  const CommandResult result = run_command({"tidy", "-quiet", "-errors", "--drop-empty-elements", "no", page()});
  EXPECT_EQ(result.errors, "");
  EXPECT_EQ(result.status, 0);
}

/// The page as a browser leaves it; `script` runs in it once it is ready.
std::string browsed(const std::string& browser, const fs::path& page, const std::string& script) {
  const TemporaryFolder folder;
  std::string text = read_file(page);
  const std::size_t policy = text.find("<meta http-equiv");  // which allows no script but the page's own
  if (!script.empty()) {
    text.erase(policy, text.find('\n', policy) - policy);
    text.insert(text.rfind("</body>"), "<script>" + script + "</script>\n");
  }
  write_file(folder / "page.html", text);
  const CommandResult result = run_command(
      {browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + (folder / "profile").string(),
       "--virtual-time-budget=5000", "--dump-dom", "file://" + (folder / "page.html").string()});
  EXPECT_EQ(result.status, 0) << result.errors;
  return result.output;
}

TEST_F(ReportTest, WorksInABrowser) {
  const std::string browser = installed({"chromium", "chromium-browser", "google-chrome"});
  if (browser.empty()) GTEST_SKIP() << "no Chromium is installed";
  made_page({sweep()});
  // As it is, under its own policy.
  const std::string dom = browsed(browser, page(), "");
  expect_parts(dom,
               {"data-ready=\"true\"", "<figcaption>Training loss, logarithmic</figcaption>", "class=\"curve k1 d1\""});
  EXPECT_EQ(dom.find("data-error"), std::string::npos);
  // And used: a run is switched off, the table sorted, a curve read by keys, the other test set chosen.
  const std::string used = browsed(browser, page(), R"(
    const found = [];
    const table = document.querySelector("#run-table table");
    const drawn = () => document.querySelectorAll("figure")[0].querySelectorAll(".plot > svg path.curve").length;
    found.push("drawn " + drawn());
    const column = [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent === "learning_rate");
    table.tHead.rows[0].cells[column].querySelector("button").click();
    found.push(table.tHead.rows[0].cells[column].getAttribute("aria-sort"));
    found.push([...table.tBodies[0].rows].map((row) => row.cells[0].textContent).join(" "));
    const plot = document.querySelector(".plot");
    plot.dispatchEvent(new KeyboardEvent("keydown", { key: "End" }));
    found.push(document.getElementById("said").textContent);
    table.querySelector("input[value='1']").click();
    found.push("drawn " + drawn());
    const choice = document.querySelector("#accuracy select");
    choice.value = "1";
    choice.dispatchEvent(new Event("change"));
    found.push([...document.querySelectorAll("#accuracy [data-choice]")].filter((block) => !block.hidden).map((block) => block.dataset.choice).join());
    document.title = found.join("|");)");
  expect_parts(used, {"<title>drawn 2|descending|lr-0.004 lr-0.0005 lr-1|update 20: lr-", "|drawn 1|narrow</title>"});
  EXPECT_EQ(used.find("data-error"), std::string::npos);
}

TEST_F(ReportTest, ShowsARun) {
  ::setenv("LC_ALL", "C.UTF-8", 1);
  const CommandResult result = run_matseq({"show", run()});
  EXPECT_EQ(result.status, 0) << result.errors;
  expect_parts(result.output, {"lr-0.0005: finished, update 20, epoch 2", "examples/s", "transpose, dimension 2",
                               "positional base=10", "transformer with", "loss ", "█", "best       valid.accuracy",
                               "evaluation of epoch 2", "narrow", "x-ent."});
  EXPECT_EQ(result.output.find('\x1b'), std::string::npos);
  for (std::size_t begin = 0; begin < result.output.size(); begin = result.output.find('\n', begin) + 1) {
    const std::string line = result.output.substr(begin, result.output.find('\n', begin) - begin);
    const auto characters =
        std::ranges::count_if(line, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; });
    EXPECT_LE(characters, 80) << line;
  }
}

TEST_F(ReportTest, ShowsInAsciiWhereTheLocaleHasNoMore) {
  ::setenv("LC_ALL", "C", 1);
  const CommandResult result = run_matseq({"show", run()});
  EXPECT_EQ(result.status, 0) << result.errors;
  EXPECT_TRUE(std::ranges::all_of(result.output, [](char byte) { return static_cast<unsigned char>(byte) < 0x80; }))
      << result.output;
  EXPECT_NE(result.output.find('#'), std::string::npos);
}

TEST_F(ReportTest, ShowsARunThatTrains) {
  const fs::path copy = *folder_ / "running";
  fs::copy(run(), copy, fs::copy_options::recursive);
  const RunLock lock(copy);
  expect_parts(run_matseq({"show", copy}).output, {"running: running, update 20", "left"});
}

TEST_F(ReportTest, ShowsASweepAsJson) {
  const CommandResult result = run_matseq({"show", sweep(), "--json"});
  ASSERT_EQ(result.status, 0) << result.errors;
  const nlohmann::json json = nlohmann::json::parse(result.output);
  ASSERT_EQ(json["runs"].size(), 3U);
  EXPECT_EQ(json["runs"][0]["name"], "lr-0.0005");
  EXPECT_EQ(json["runs"][0]["state"], "finished");
  EXPECT_EQ(json["runs"][0]["update"], 20);
  EXPECT_TRUE(json["runs"][0]["loss"].is_number());
  EXPECT_EQ(json["runs"][0]["evaluation"]["narrow"]["examples"], 32);
  EXPECT_TRUE(json["runs"][0]["best"].contains("valid.accuracy"));
  EXPECT_FALSE(json["runs"][0]["best"].contains("stopping _valid.cross_entropy"));
  EXPECT_EQ(json["runs"][2]["state"], "failed");
  expect_parts(run_matseq({"show", sweep()}).output, {"lr-1: failed", "ended with exit status 1"});
}

TEST_F(ReportTest, ShowRefusesWhatIsNoRun) {
  expect_refusal(run_matseq({"show", "/no/such/run"}), {"/no/such/run", "No such file"});
}

}  // namespace
}  // namespace matseq
