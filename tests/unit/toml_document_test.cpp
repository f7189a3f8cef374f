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

TEST(TomlDocument, AByteOrderMarkSaysNothing) {
  const TomlDocument document = parse_toml("\xEF\xBB\xBF[task]\nplugin = \"transpose\"\n", "test.toml", {});
  EXPECT_EQ(value<std::string>(document.tables.at("task"), "plugin"), "transpose");
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

TEST(TomlDocument, TextThatIsNestedTooDeeplyIsNotParsed) {
  std::string dotted = "a";
  for (int i = 0; i < 20000; ++i) dotted += ".a";
  EXPECT_EQ(message("x = 1\n" + dotted + " = 1"), "test.toml:2: nested too deeply");
  EXPECT_EQ(message("[" + dotted + "]"), "test.toml:1: nested too deeply");
  EXPECT_NE(message("", {dotted + "=1"}).find("nested too deeply"), std::string::npos);
  EXPECT_EQ(message("a = " + std::string(20000, '[')), "test.toml:1: nested too deeply");
  EXPECT_EQ(message("a.a = {a=[{a=[{" + dotted + " = 1}]}]}"), "test.toml:1: nested too deeply");
  // Dots and brackets that nest nothing.
  const std::string dots(1000, '.');
  const std::string quotes(3, '\'');
  std::string numbers;
  for (int i = 0; i < 1000; ++i) numbers += "1.5, ";
  EXPECT_EQ(message("a = '" + dots + "'\nb = \"" + dots + "\\\"[\"\n# " + dots + "[[[\nc = " + quotes + dots + "\n'['" +
                    quotes + "\nd = \"\"\ne = [" + numbers + "]"),
            "");
}

TEST(TomlDocument, NamesAndValuesHaveALength) {
  EXPECT_NE(message("\n" + std::string(10'000'000, 'k') + " = 1").find("test.toml:2: a key of 10000000 characters"),
            std::string::npos);
  EXPECT_NE(message("[t]\na.b = \"" + std::string(10'000'000, 'k') + "\"").find("test.toml:2: a string of 10000000"),
            std::string::npos);
  EXPECT_NE(message("[t]\na = [\"" + std::string(5000, 'k') + "\"]").find("test.toml:2: a string of 5000"),
            std::string::npos);
  std::string list = "a = [1";
  for (int i = 0; i < 20000; ++i) list += ",1";
  EXPECT_NE(message(list + "]").find("'a' has 20001 elements"), std::string::npos);
}

TEST(TomlDocument, MessagesCannotControlTheTerminal) {
  for (const char* bad : {R"("a\u001b[31m" = 2020-01-01)", R"("a\u001b" = [1, 'x'])"}) {
    EXPECT_NE(message(bad), "");
    EXPECT_EQ(message(bad).find('\x1b'), std::string::npos) << message(bad);
  }
  EXPECT_EQ(message("", {"\x1b[31m"}).find('\x1b'), std::string::npos);
}

TEST(TomlDocument, ShorthandsStandForTablesThatOverridesChange) {
  const Shorthands shorthands = {{"pair", [](const std::string& text_of_pair, const std::string& where) {
                                    ParameterTable first;
                                    first.where = where;
                                    first.set("value", text_of_pair);
                                    first.set("rate", 0.5);
                                    return std::map<std::string, ParameterTable>{{"pair", first}, {"other", first}};
                                  }}};
  const auto parse = [&](const std::string& toml, const std::vector<std::string>& overrides) {
    return parse_toml(toml, "t", overrides, shorthands);
  };
  const TomlDocument document = parse("pair = \"x\"", {"pair.rate=2.5", "other.more=1"});
  EXPECT_TRUE(document.values.entries.empty());
  EXPECT_EQ(value<std::string>(document.tables.at("pair"), "value"), "x");
  EXPECT_EQ(value<double>(document.tables.at("pair"), "rate"), 2.5);
  EXPECT_EQ(value<double>(document.tables.at("other"), "rate"), 0.5);
  EXPECT_EQ(document.tables.at("other").entries.at("rate").where, "t:1");
  // A later one replaces all that the first stood for.
  const TomlDocument replaced = parse("pair = \"x\"", {"other.more=1", "pair=y"});
  EXPECT_EQ(value<std::string>(replaced.tables.at("other"), "value"), "y");
  EXPECT_FALSE(replaced.tables.at("other").entries.contains("more"));
  // What the user wrote as a table is not replaced in silence.
  EXPECT_THROW(parse("pair = \"x\"\n[other]\nrate = 1", {}), Error);
  EXPECT_THROW(parse("[other]\nrate = 1", {"pair=x"}), Error);
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

TEST(TomlDocument, RealNumbersAreWrittenWithTheFewestDigits) {
  TomlDocument document;
  document.tables["t"].set("a", 0.05);
  document.tables["t"].set("b", std::vector<double>{1e-4, 16.0, 1e300});
  document.tables["t"].set("odd key", std::numeric_limits<double>::infinity());
  EXPECT_EQ(format_toml(document), "[t]\na = 0.05\nb = [0.0001, 16.0, 1e+300]\n\"odd key\" = inf\n");
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
