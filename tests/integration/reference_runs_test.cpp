// Checkpoints of the reference: imported, scored as the reference scored them, trained on, exported again.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "python.h"
#include "run_command.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

using nlohmann::json;

const std::string models = MATSEQ_TEST_DATA "/golden/models/";

struct Search {
  const char* reference;  ///< in the golden file
  const char* setting;    ///< here
};

/// What the reference calls a figure, in ours; none for what ours does not have.
double ours(const json& result, std::string name) {
  const std::string beam = "beam_";
  if (name.starts_with(beam)) name.erase(0, beam.size());
  const json& within = result.at("within");
  if (name == "xe_loss") return result.at("cross_entropy");
  if (name == "acc") return result.at("accuracy");
  if (name == "acc_nb") return result.at("right_coefficients");
  if (name == "acc_d1") return within.at("d2").at("0.05");
  if (name == "acc_d2") return within.at("max").at("0.05");
  if (name == "additional_1") return within.at("d1").at("0.02");
  if (name == "additional_2") return within.at("d1").at("0.01");
  if (name == "additional_3") return within.at("d1").at("0.005");
  if (name == "acc_A") return result.at("classes").at("matrix_sum").at("accuracy");
  if (name == "acc_T") return result.at("classes").at("transpose").at("accuracy");
  if (name.starts_with("acc_")) return result.at("classes").at(name.substr(4)).at("accuracy");
  return result.at(name);
}

class TrainedModels : public testing::TestWithParam<std::string> {};

TEST_P(TrainedModels, ScoreAsTheReferenceScoredThem) {
  const TemporaryFolder folder;
  const std::string run = folder / "run";
  const CommandResult imported = run_matseq({"import", models + GetParam() + ".pth", "-o", run});
  ASSERT_EQ(imported.status, 0) << imported.errors;
  std::ifstream file(models + GetParam() + ".json");
  const json golden = json::parse(file).at("scores_percent");
  for (const Search search : {Search{"greedy", "evaluation.beam_search=false"},
                              {"beam1", "evaluation.beam_search=true"},
                              {"beam5", "evaluation.beam_size=5"}}) {
    const CommandResult evaluated =
        run_matseq({"eval", run, "--data", models + GetParam() + ".data", "--set", search.setting, "--json"});
    ASSERT_EQ(evaluated.status, 0) << evaluated.errors;
    const json result = json::parse(evaluated.output).at("valid");
    EXPECT_EQ(result.at("examples"), 1000);
    int compared = 0;
    for (const auto& [name, value] : golden.at(search.reference).items()) {
      const std::string prefix = "valid_numeric_";
      if (!name.starts_with(prefix)) continue;
      const std::string figure = name.substr(prefix.size());
      // A class has half of the examples, so that one of them weighs twice as much.
      const bool of_class = figure.ends_with("_A") || figure.ends_with("_T") || figure.find('-') != std::string::npos;
      const double tolerance = figure == "xe_loss" ? 1e-4 : of_class ? 0.45 : 0.2;
      EXPECT_NEAR(ours(result, figure), value.get<double>(), tolerance + 1e-9) << search.reference << ' ' << name;
      ++compared;
    }
    EXPECT_GE(compared, 11);
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, TrainedModels, testing::Values("trained_eigenvalues", "trained_cotraining"));

// Half of this model's answers are perfect; none of them can be written within 14 tokens.
TEST(ReferenceRuns, WhatCannotBeDecodedIsNotRight) {
  const TemporaryFolder folder;
  const std::string run = folder / "run";
  ASSERT_EQ(run_matseq({"import", models + "trained_cotraining.pth", "-o", run}).status, 0);
  const std::string file = folder / "valid.data";
  write_file(file, "T V1 V1 + 1 E0\tT V1 V1 + 1 E0\n" + read_file(models + "trained_cotraining.data"));
  const auto evaluate = [&](const std::string& data, const std::string& longest) {
    return run_matseq({"eval", run, "--data", data, "--set", "evaluation.size=100", "--set",
                       "evaluation.max_output_len=" + longest, "--json"});
  };
  const CommandResult evaluated = evaluate(file, "14");
  ASSERT_EQ(evaluated.status, 0) << evaluated.errors;
  const json result = json::parse(evaluated.output).at("valid");
  EXPECT_LE(result.at("perfect"), 1);
  EXPECT_LE(result.at("accuracy"), 1);
  EXPECT_EQ(result.at("data").at("targets_not_decodable"), 99);
  EXPECT_NE(evaluated.errors.find("99% of 100 targets"), std::string::npos) << evaluated.errors;
  const CommandResult longer = evaluate(file, "15");
  EXPECT_GE(json::parse(longer.output).at("valid").at("perfect"), 30) << longer.errors;
  expect_refusal(evaluate(models + "trained_cotraining.data", "14"), {"evaluation.max_output_len = 14", "has 15"});
}

TEST(ReferenceRuns, ComeBackAsTheyWere) {
  const TemporaryFolder folder;
  for (const std::string name : {"p1000_shared", "b1999_multi_gpu_half", "fp15_p10_cotraining"}) {
    const std::string run = folder / name;
    const std::string exported = folder / (name + ".pth");
    ASSERT_EQ(run_matseq({"import", models + name + ".pth", "-o", run}).status, 0) << name;
    const CommandResult written = run_matseq({"export", run, "-o", exported});
    ASSERT_EQ(written.status, 0) << written.errors;
    const std::string again = folder / (name + "-again");
    ASSERT_EQ(run_matseq({"import", exported, "-o", again}).status, 0) << name;
    for (const std::string file : {"/model.safetensors", "/optimizer.safetensors", "/config.toml", "/state.json"}) {
      EXPECT_TRUE(read_file(run + file) == read_file(again + file)) << name << file;
    }
  }
}

TEST(ReferenceRuns, AreTrainedOn) {
  const TemporaryFolder folder;
  const std::string run = folder / "run";
  ASSERT_EQ(run_matseq({"import", models + "p1000_shared.pth", "-o", run}).status, 0);
  // What keeps a run from going on may not change; how long it goes on may.
  const CommandResult trained = run_matseq({"train", run, "--set", "training.max_epoch=1"});
  EXPECT_EQ(trained.status, 0) << trained.errors;
  const json state = json::parse(read_file(run + "/state.json"));
  EXPECT_EQ(state.at("update"), 60);
  EXPECT_EQ(state.at("epoch"), 1);
}

TEST(ReferenceRuns, ATrainedRunIsExportedAndPyTorchReadsIt) {
  const TemporaryFolder folder;
  const std::string run = folder / "run";
  const CommandResult trained =
      run_matseq({"train", MATSEQ_SOURCE_DIR "/configs/quickstart.toml", "--run", run, "--set",
                  "training.epoch_size=128", "--set", "training.max_epoch=1", "--set", "evaluation.size=16"});
  ASSERT_EQ(trained.status, 0) << trained.errors;
  const std::string exported = folder / "run.pth";
  ASSERT_EQ(run_matseq({"export", run, "-o", exported}).status, 0);
  const std::string again = folder / "again";
  ASSERT_EQ(run_matseq({"import", exported, "-o", again}).status, 0);
  const auto accuracy = [](const std::string& of) {
    return run_matseq({"eval", of, "--json", "--set", "evaluation.size=64"}).output;
  };
  EXPECT_EQ(accuracy(run), accuracy(again));

  const auto python = find_python({"torch"});
  if (!python) GTEST_SKIP() << "no Python with torch";
  write_file(folder / "check.py", "import torch\nd = torch.load('" + exported + R"(', map_location='cpu')
assert d['encoder']['position_embeddings.weight'].shape == (4096, 64)
assert d['n_total_iter'] == 2 and d['epoch'] == 0 and d['params']['operation'] == 'transpose'
assert d['optimizer']['state'][0]['exp_avg'].shape == (4096, 64)
)");
  EXPECT_TRUE(run_python(*python, folder / "check.py").has_value());
}

TEST(ReferenceRuns, OtherFilesAreRefused) {
  const TemporaryFolder folder;
  write_file(folder / "text.pth", "no checkpoint");
  expect_refusal(run_matseq({"import", folder / "text.pth", "-o", folder / "run"}), {"text.pth"});
  expect_refusal(run_matseq({"import", folder / "missing.pth", "-o", folder / "run"}), {"missing.pth"});
  const std::string whole = read_file(models + "p1000_shared.pth");
  write_file(folder / "cut.pth", whole.substr(0, whole.size() / 2));
  expect_refusal(run_matseq({"import", folder / "cut.pth", "-o", folder / "run"}), {"cut.pth"});
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
  write_file(folder / "taken", "");
  expect_refusal(run_matseq({"import", models + "p1000_shared.pth", "-o", folder / "taken"}), {"taken"});
  expect_refusal(run_matseq({"export", folder / "nothing", "-o", folder / "x.pth"}), {"nothing"});
}

}  // namespace
}  // namespace matseq
