// TOML as flat tables that know where each value stands.
#include "configuration/toml_document.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "matseq/error.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

template <typename Value>
Value value(const ParameterTable& table, const std::string& key) {
  return std::get<Value>(table.entries.at(key).value);
}

std::string message(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    parse_toml(text, "test.toml", overrides);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

constexpr const char* text = R"(top = 1
[task]
plugin = "eigenvalues"
noisy_input = true
sigma = 0.25
eigen_distribution = ["laplace", "uniform"]

[model]
encoder = { layers = 6, width = 512 }
[model.decoder]
layers = 1

[evaluation]
tolerances = [0.05, 1]
counts = [1, 2]
[[evaluation.sets]]
name = "first"
task = { sigma = 1 }
[[evaluation.sets]]
name = "second"
)";

TEST(TomlDocument, KeepsTypesAndDotsNestedKeys) {
  const TomlDocument document = parse_toml(text, "test.toml", {});
  EXPECT_EQ(document.name, "test.toml");
  EXPECT_EQ(value<std::int64_t>(document.values, "top"), 1);
  const ParameterTable& task = document.tables.at("task");
  EXPECT_EQ(task.prefix, "task");
  EXPECT_EQ(value<std::string>(task, "plugin"), "eigenvalues");
  EXPECT_TRUE(value<bool>(task, "noisy_input"));
  EXPECT_EQ(value<double>(task, "sigma"), 0.25);
  EXPECT_EQ(value<std::vector<std::string>>(task, "eigen_distribution"),
            (std::vector<std::string>{"laplace", "uniform"}));
  const ParameterTable& model = document.tables.at("model");
  EXPECT_EQ(value<std::int64_t>(model, "encoder.layers"), 6);
  EXPECT_EQ(value<std::int64_t>(model, "decoder.layers"), 1);
  const ParameterTable& evaluation = document.tables.at("evaluation");
  EXPECT_EQ(value<std::vector<double>>(evaluation, "tolerances"), (std::vector<double>{0.05, 1}));
  EXPECT_EQ(value<std::vector<std::int64_t>>(evaluation, "counts"), (std::vector<std::int64_t>{1, 2}));
  const auto sets = value<std::vector<ParameterTable>>(evaluation, "sets");
  ASSERT_EQ(sets.size(), 2U);
  EXPECT_EQ(value<std::string>(sets[1], "name"), "second");
  EXPECT_EQ(value<std::int64_t>(sets[0], "task.sigma"), 1);
}

TEST(TomlDocument, KnowsTheLineOfEveryValue) {
  const TomlDocument document = parse_toml(text, "test.toml", {"task.sigma=3"});
  EXPECT_EQ(document.values.entries.at("top").where, "test.toml:1");
  EXPECT_EQ(document.tables.at("task").where, "test.toml:2");
  EXPECT_EQ(document.tables.at("task").entries.at("noisy_input").where, "test.toml:4");
  EXPECT_EQ(document.tables.at("task").entries.at("sigma").where, "--set task.sigma=3");
  EXPECT_EQ(document.tables.at("model").entries.at("encoder.width").where, "test.toml:9");
}

TEST(TomlDocument, OverridesApplyInOrder) {
  const TomlDocument document =
      parse_toml(text, "test.toml",
                 {"task.sigma=1", "task.sigma=2.5", "task.plugin=transpose", "model.encoder.width=64", "data.seed=9",
                  "task.eigen_distribution=[\"semicircle\"]", "evaluation.sets=[]", "data.reload_data=a b\"c.txt"});
  EXPECT_EQ(value<double>(document.tables.at("task"), "sigma"), 2.5);
  EXPECT_EQ(value<std::string>(document.tables.at("task"), "plugin"), "transpose");
  EXPECT_EQ(value<std::int64_t>(document.tables.at("model"), "encoder.width"), 64);
  EXPECT_EQ(value<std::int64_t>(document.tables.at("model"), "encoder.layers"), 6);
  EXPECT_EQ(value<std::int64_t>(document.tables.at("data"), "seed"), 9);
  EXPECT_EQ(value<std::string>(document.tables.at("data"), "reload_data"), "a b\"c.txt");
  // A table may take the place of a token, and the other way round.
  const TomlDocument encodings = parse_toml("[encoding]\ninput = \"P10\"\noutput = { plugin = \"positional\" }", "t",
                                            {"encoding.input.plugin=positional", "encoding.output=FP15"});
  EXPECT_EQ(value<std::string>(encodings.tables.at("encoding"), "input.plugin"), "positional");
  EXPECT_EQ(value<std::string>(encodings.tables.at("encoding"), "output"), "FP15");
  EXPECT_FALSE(encodings.tables.at("encoding").entries.contains("output.plugin"));
}

TEST(TomlDocument, ErrorsSayWhere) {
  EXPECT_TRUE(message("[task]\nplugin = = 1\n").starts_with("test.toml:2:"));
  EXPECT_TRUE(message("a = [1, \"x\"]").starts_with("test.toml:1: 'a' must be a list of numbers"));
  EXPECT_TRUE(message("\n[data]\nseed = 2020-01-01").starts_with("test.toml:3: 'data.seed' is a date or time"));
  for (const char* bad : {"", "=", "=1", "task.sigma", "task..sigma=1", "[task]=1"}) {
    EXPECT_NE(message(text, {bad}).find("accepted is table.key=value"), std::string::npos) << message(text, {bad});
  }
  std::string deep = "a = ";
  for (int i = 0; i < 100; ++i) deep += "{ a = ";
  deep += "1";
  for (int i = 0; i < 100; ++i) deep += " }";
  EXPECT_NE(message(deep).find("nested too deeply"), std::string::npos) << message(deep);
}

TEST(TomlDocument, FilesThatAreNoneAreRefused) {
  const TemporaryFolder folder;
  EXPECT_THROW(read_toml(folder.path(), {}), Error);
  EXPECT_THROW(read_toml(folder / "missing.toml", {}), Error);
  write_file(folder / "binary.toml", std::string("\0\xff\xfe", 3));
  EXPECT_THROW(read_toml(folder / "binary.toml", {}), Error);
  write_file(folder / "good.toml", text);
  EXPECT_EQ(read_toml(folder / "good.toml", {}).tables.size(), 3U);
}

TEST(TomlDocument, FormattedTextReadsBackTheSame) {
  TomlDocument document = parse_toml(text, "test.toml", {});
  ParameterTable& task = document.tables.at("task");
  task.set("third", 1.0 / 3);
  task.set("tiny", 5e-324);
  task.set("huge", 1e300);
  task.set("whole", 3.0);
  task.set("infinite", std::numeric_limits<double>::infinity());
  task.set("largest", std::numeric_limits<std::int64_t>::max());
  task.set("quoted", std::string("a \"b\" \\ \n\t\x01 \xc3\xa9"));
  const TomlDocument again = parse_toml(format_toml(document), "again.toml", {});
  ASSERT_EQ(again.tables.size(), document.tables.size());
  EXPECT_EQ(value<std::int64_t>(again.values, "top"), 1);
  for (const char* key : {"third", "tiny", "huge", "whole", "infinite"}) {
    EXPECT_EQ(value<double>(again.tables.at("task"), key), value<double>(task, key)) << key;
  }
  EXPECT_EQ(value<std::int64_t>(again.tables.at("task"), "largest"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(value<std::string>(again.tables.at("task"), "quoted"), value<std::string>(task, "quoted"));
  EXPECT_EQ(value<std::int64_t>(again.tables.at("model"), "decoder.layers"), 1);
  EXPECT_EQ(value<std::vector<ParameterTable>>(again.tables.at("evaluation"), "sets").size(), 2U);
  EXPECT_EQ(format_toml(again), format_toml(document));
}

TEST(TomlDocument, SubTablesAndMerging) {
  const ParameterTable model = parse_toml(text, "test.toml", {}).tables.at("model");
  const ParameterTable encoder = sub_table(model, "encoder");
  EXPECT_EQ(encoder.prefix, "model.encoder");
  EXPECT_EQ(encoder.entries.size(), 2U);
  EXPECT_EQ(value<std::int64_t>(encoder, "width"), 512);
  const ParameterTable rest = without_sub_table(model, "encoder");
  EXPECT_EQ(rest.entries.size(), 1U);
  EXPECT_TRUE(sub_table(model, "enc").entries.empty());

  ParameterTable more;
  more.set("encoder.width", std::int64_t{64});
  more.set("dropout", 0.1);
  const ParameterTable all = merged(model, more);
  EXPECT_EQ(value<std::int64_t>(all, "encoder.width"), 64);
  EXPECT_EQ(value<std::int64_t>(all, "encoder.layers"), 6);
  EXPECT_EQ(all.entries.size(), 4U);
  EXPECT_TRUE(all.entries.at("encoder.layers").inherited);
  EXPECT_FALSE(all.entries.at("encoder.width").inherited);
}

}  // namespace
}  // namespace matseq
