// From a sweep file to its runs: what varies, their names, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "matseq/error.h"
#include "sweep/expansion.h"
#include "sweep/machine_shares.h"
#include "sweep/sweep_file.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

const std::string base = "base = \"base.toml\"\n";

SweepExpansion expanded(const std::string& text, const ShortKeys& known = {}) {
  return expand(parse_sweep_file(base + text, "sweep.toml"), known);
}

std::vector<std::string> names(const SweepExpansion& expansion) {
  std::vector<std::string> all;
  for (const SweepRun& run : expansion.runs) all.push_back(run.name);
  return all;
}

std::string setting(const SweepRun& run, const std::string& key) {
  const auto found = std::ranges::find(run.settings, key, &SweepSetting::key);
  return found == run.settings.end() ? "not set" : toml_value(found->value);
}

void expect_refusal(const std::string& text, const std::vector<std::string>& parts) {
  try {
    expanded(text);
    ADD_FAILURE() << "accepted: " << text;
  } catch (const Error& error) {
    for (const std::string& part : parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << part << " is not in: " << error.what();
    }
  }
}

TEST(SweepExpansion, GridTimesSeeds) {
  const SweepExpansion expansion = expanded(R"(seeds = 2
[grid]
"optimizer.learning_rate" = [1e-3, 3e-4]
"encoding.input" = ["P10", "P1000"]
)");
  EXPECT_EQ(
      names(expansion),
      (std::vector<std::string>{"input=P10,learning_rate=0.001,seed=1", "input=P10,learning_rate=0.0003,seed=1",
                                "input=P1000,learning_rate=0.001,seed=1", "input=P1000,learning_rate=0.0003,seed=1",
                                "input=P10,learning_rate=0.001,seed=2", "input=P10,learning_rate=0.0003,seed=2",
                                "input=P1000,learning_rate=0.001,seed=2", "input=P1000,learning_rate=0.0003,seed=2"}));
  EXPECT_EQ(setting(expansion.runs[7], "encoding.input"), "\"P1000\"");
  EXPECT_EQ(setting(expansion.runs[7], "optimizer.learning_rate"), "0.0003");
  EXPECT_EQ(setting(expansion.runs[7], "data.seed"), "2");
}

TEST(SweepExpansion, EverythingTimesEverything) {
  const SweepExpansion expansion = expanded(R"(seeds = 2
[grid.model]
"dropout" = [0, 0.1]
[random]
count = 3
"optimizer.learning_rate" = { log_uniform = [1e-5, 1e-2] }
[[runs]]
encoding.input = "P10"
[[runs]]
name = "wide"
encoding.input = "P1000"
model.encoder.width = 64
)");
  EXPECT_EQ(expansion.runs.size(), 2U * 2 * 3 * 2);
  EXPECT_EQ(expansion.runs[0].name, "input=P10,dropout=0,draw=1,seed=1");
  EXPECT_EQ(expansion.runs[3].name, "wide,dropout=0.1,draw=1,seed=1");
  EXPECT_EQ(setting(expansion.runs[3], "model.encoder.width"), "64");
  EXPECT_EQ(setting(expansion.runs[0], "model.encoder.width"), "not set");
  EXPECT_EQ(setting(expansion.runs[0], "optimizer.learning_rate"),
            setting(expansion.runs[3], "optimizer.learning_rate"));
  const std::vector<std::string> all = names(expansion);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
}

TEST(SweepExpansion, WithoutAnythingThereIsOneRun) { EXPECT_EQ(names(expanded("")), std::vector<std::string>{"run"}); }

TEST(SweepNames, AreShortestWhereNoOtherKeyEndsSo) {
  const ShortKeys keys = short_keys({"model.encoder.layers", "model.decoder.layers", "data.seed"}, {});
  EXPECT_EQ(keys.at("model.encoder.layers"), "encoder.layers");
  EXPECT_EQ(keys.at("model.decoder.layers"), "decoder.layers");
  EXPECT_EQ(keys.at("data.seed"), "seed");
}

TEST(SweepNames, StayWhenKeysAreAdded) {
  const ShortKeys before = short_keys({"model.encoder.layers"}, {});
  EXPECT_EQ(before.at("model.encoder.layers"), "layers");
  const ShortKeys after = short_keys({"model.decoder.layers", "model.encoder.layers"}, before);
  EXPECT_EQ(after.at("model.encoder.layers"), "layers");
  EXPECT_EQ(after.at("model.decoder.layers"), "decoder.layers");
}

TEST(SweepNames, AreSafeAndDifferent) {
  EXPECT_EQ(value_name("P10"), "P10");
  EXPECT_EQ(value_name(0.001), "0.001");
  EXPECT_EQ(value_name(true), "true");
  std::set<std::string> all;
  const std::vector<nlohmann::ordered_json> values = {"../a",
                                                      "/a",
                                                      "a",
                                                      "",
                                                      " ",
                                                      "\n",
                                                      {"a"},
                                                      {"a", "b"},
                                                      {{"plugin", "positional"}, {"base", 10}},
                                                      {{"plugin", "positional"}, {"digits", 10}},
                                                      std::string(40, 'x'),
                                                      std::string(41, 'x')};
  for (const nlohmann::ordered_json& value : values) {
    const std::string name = value_name(value);
    EXPECT_TRUE(all.insert(name).second) << name << " of " << value;
    EXPECT_EQ(name.find_first_of("/ \n,="), std::string::npos) << name;
    EXPECT_LE(name.size(), 45U);
  }
  EXPECT_TRUE(value_name({{"base", 10}, {"plugin", "positional"}}).starts_with("positional-10-"));
  EXPECT_LE(joined_name(std::vector<std::string>(50, "input=P1000")).size(), 220U);
}

TEST(SweepDraws, DependOnSeedKeyAndNumberOnly) {
  const std::string three = "[random]\nseed = 7\ncount = 3\n\"a.b\" = { uniform = [0, 1] }\n";
  const SweepExpansion few = expanded(three);
  const SweepExpansion more =
      expanded("[random]\nseed = 7\ncount = 5\n\"a.a\" = { integer = [1, 9] }\n\"a.b\" = { uniform = [0, 1] }\n");
  for (std::size_t i = 0; i < few.runs.size(); ++i) {
    EXPECT_EQ(few.runs[i].name, more.runs[i].name);
    EXPECT_EQ(setting(few.runs[i], "a.b"), setting(more.runs[i], "a.b"));
  }
  EXPECT_NE(setting(few.runs[0], "a.b"), setting(few.runs[1], "a.b"));
  const SweepExpansion other = expanded("[random]\nseed = 8\ncount = 3\n\"a.b\" = { uniform = [0, 1] }\n");
  EXPECT_NE(setting(few.runs[0], "a.b"), setting(other.runs[0], "a.b"));
}

TEST(SweepDraws, KeepToTheirRanges) {
  const SweepExpansion all = expanded(R"([random]
count = 2000
"a.choice" = { choice = ["x", "y"] }
"a.integer" = { integer = [1, 3] }
"a.log" = { log_uniform = [1e-6, 1] }
"a.real" = { uniform = [-2, 3] }
)");
  std::set<std::string> integers;
  std::set<std::string> choices;
  double log_sum = 0;
  double sum = 0;
  for (const SweepRun& run : all.runs) {
    const double log = run.settings[2].value.get<double>();
    const double real = run.settings[3].value.get<double>();
    EXPECT_TRUE(log >= 1e-6 && log <= 1 && real >= -2 && real <= 3) << log << " " << real;
    log_sum += std::log10(log);
    sum += real;
    integers.insert(setting(run, "a.integer"));
    choices.insert(setting(run, "a.choice"));
  }
  EXPECT_EQ(integers, (std::set<std::string>{"1", "2", "3"}));
  EXPECT_EQ(choices, (std::set<std::string>{"\"x\"", "\"y\""}));
  EXPECT_NEAR(log_sum / 2000, -3, 0.2);  // five standard deviations
  EXPECT_NEAR(sum / 2000, 0.5, 0.17);
}

TEST(SweepFile, RefusesWithPlaceAndKey) {
  expect_refusal("seed = 3\n", {"sweep.toml:2", "'seed'", "did you mean 'seeds'"});
  expect_refusal("seeds = 0\n", {"sweep.toml:2", "'seeds'", "from 1 to"});
  expect_refusal("[grid]\n\"a.b\" = 1\n", {"sweep.toml:3", "'a.b'", "list"});
  expect_refusal("[grid]\n\"a.b\" = []\n", {"sweep.toml:3", "'a.b'"});
  expect_refusal("[grid]\n\"a.b\" = [0.1, 1e-1]\n", {"sweep.toml:3", "'a.b'", "0.1", "twice"});
  expect_refusal("[grid]\n\"a b\" = [1]\n", {"sweep.toml:3", "'a b'"});
  expect_refusal("[random]\n\"a.b\" = { uniform = [0, 1] }\n", {"count"});
  expect_refusal("[random]\ncount = 1\n\"a.b\" = { uniform = [1, 0] }\n", {"sweep.toml:4", "'a.b'", "lower"});
  expect_refusal("[random]\ncount = 1\n\"a.b\" = { log_uniform = [0, 1] }\n", {"sweep.toml:4", "above 0"});
  expect_refusal("[random]\ncount = 1\n\"a.b\" = { integer = [0, 1.5] }\n", {"sweep.toml:4", "whole"});
  expect_refusal("[random]\ncount = 1\n\"a.b\" = { normal = [0, 1] }\n", {"sweep.toml:4", "log_uniform"});
  expect_refusal("[[runs]]\nname = \"../x\"\n", {"sweep.toml:3", "../x"});
  expect_refusal("[[runs]]\n\"a.b\" = 1\n[[runs]]\n\"a.b\" = 1\n", {"sweep.toml:4", "two runs", "b=1"});
  expect_refusal("[grid]\n\"a.b\" = [inf]\n", {"sweep.toml:3", "'a.b'"});
  expect_refusal("seeds = 10000\n[grid]\n\"a.b\" = [1,2,3,4,5,6,7,8,9,10,11]\n", {"110000 runs", "100000"});
  EXPECT_THROW(parse_sweep_file("seeds = 1", "sweep.toml"), Error);  // no base
}

TEST(SweepFile, RefusesASettingInTwoPlaces) {
  expect_refusal("[grid]\n\"a.b\" = [1]\n[[runs]]\n\"a.b\" = 2\n", {"sweep.toml:5", "'a.b'", "sweep.toml:3"});
  expect_refusal("[grid]\n\"a.b\" = [1]\n[[runs]]\n\"a.b.c\" = 2\n", {"'a.b.c'", "'a.b'"});
  expect_refusal("seeds = 2\n[grid]\n\"data.seed\" = [1]\n", {"'data.seed'", "sweep.toml:2"});
  expect_refusal("[grid]\n\"a.b\" = [1]\n[random]\ncount = 1\n\"a.b\" = { choice = [1] }\n", {"'a.b'"});
}

TEST(MachineShares, AreEqualAndAtLeastOneThread) {
  EXPECT_EQ(share_of(16, 4).threads, 4);
  EXPECT_EQ(share_of(16, 4).workers, 2);
  EXPECT_EQ(share_of(2, 8).threads, 1);
  EXPECT_EQ(share_of(2, 8).workers, 1);
}

TEST(MachineShares, GpusAreTheVisibleOnesOrAll) {
  const TemporaryFolder devices;
  for (const char* name : {"nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "null"}) write_file(devices / name, "");
  EXPECT_EQ(gpus_of(nullptr, devices.path()), (std::vector<std::string>{"0", "1"}));
  EXPECT_EQ(gpus_of("3,GPU-5f", devices.path()), (std::vector<std::string>{"3", "GPU-5f"}));
  EXPECT_TRUE(gpus_of("", devices.path()).empty());
}

}  // namespace
}  // namespace matseq
