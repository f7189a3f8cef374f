#include "tokens/encoding_spec.h"

#include <gtest/gtest.h>

#include "matseq/error.h"

namespace matseq {
namespace {

std::int64_t integer(const EncodingSpec& spec, const std::string& name) {
  return std::get<std::int64_t>(spec.table.entries.at(name).value);
}

std::string message(const std::string& name) {
  try {
    parse_encoding(name, "config.toml:7: encoding.input");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(EncodingSpec, KnowsThePresetsOfThePapers) {
  const EncodingSpec p10 = parse_encoding("P10", "");
  EXPECT_EQ(p10.plugin, "positional");
  EXPECT_EQ(integer(p10, "precision"), 2);
  EXPECT_EQ(integer(p10, "base"), 10);
  EXPECT_EQ(integer(parse_encoding("P1000", ""), "base"), 1000);
  EXPECT_EQ(parse_encoding("B1999", "").plugin, "float_symbol");
  const EncodingSpec fp15 = parse_encoding("FP15", "");
  EXPECT_EQ(fp15.plugin, "floating_point");
  EXPECT_EQ(integer(fp15, "precision"), 2);
  EXPECT_EQ(integer(fp15, "exponents"), 16);
}

TEST(EncodingSpec, ReadsReferenceSpecs) {
  const EncodingSpec positional = parse_encoding("float,3,10000", "place");
  EXPECT_EQ(positional.plugin, "positional");
  EXPECT_EQ(integer(positional, "precision"), 3);
  EXPECT_EQ(integer(positional, "base"), 10000);
  EXPECT_EQ(positional.table.entries.at("base").where, "place");
  EXPECT_EQ(integer(parse_encoding("floatsymbol,1", ""), "precision"), 1);
  EXPECT_EQ(integer(parse_encoding("FP15,3,15", ""), "exponents"), 15);
}

TEST(EncodingSpec, TakesPluginsByName) {
  const EncodingSpec spec = parse_encoding("my_encoder2", "");
  EXPECT_EQ(spec.plugin, "my_encoder2");
  EXPECT_TRUE(spec.table.entries.empty());
}

TEST(EncodingSpec, ReadsTables) {
  ParameterTable table;
  table.where = "config.toml:3";
  table.prefix = "encoding.output";
  EXPECT_THROW(parse_encoding(table), Error);
  table.set("plugin", std::int64_t{1});
  EXPECT_THROW(parse_encoding(table), Error);
  table.set("plugin", std::string("positional"));
  table.set("base", std::int64_t{7});
  const EncodingSpec spec = parse_encoding(table);
  EXPECT_EQ(spec.plugin, "positional");
  EXPECT_EQ(spec.table.entries.size(), 1U);
  EXPECT_EQ(integer(spec, "base"), 7);
  EXPECT_EQ(spec.table.prefix, "encoding.output");
}

TEST(EncodingSpec, ErrorsSayPlaceReasonAndWhatIsAccepted) {
  for (const char* name :
       {"", "P100", "fp15", "FP16", "float", "float,2", "float,2,10,3", "float,2,x", "float,2,10 ", "float,,10",
        "flot,2,10", "FP15,2", "floatsymbol", "P1000,", ",", "Roman Numbers", "float,99999999999999999999,10"}) {
    const std::string text = message(name);
    EXPECT_NE(text.find("config.toml:7: encoding.input"), text.npos) << name << ": " << text;
    EXPECT_NE(text.find("ccepted"), text.npos) << name << ": " << text;
  }
  EXPECT_NE(message("P100").find("did you mean 'P10"), std::string::npos) << message("P100");
  EXPECT_NE(message("fp15").find("did you mean 'FP15'?"), std::string::npos) << message("fp15");
  EXPECT_NE(message("flot,2,10").find("did you mean 'float'?"), std::string::npos) << message("flot,2,10");
  EXPECT_NE(message("float,2").find("float,PRECISION,BASE"), std::string::npos) << message("float,2");
}

}  // namespace
}  // namespace matseq
