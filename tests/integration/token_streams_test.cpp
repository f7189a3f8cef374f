// encode, decode, vocabulary and score as filters: what goes in comes out, and no line can break them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "run_command.h"

namespace matseq {
namespace {

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) all.push_back(line);
  return all;
}

class TokenStreams : public ::testing::TestWithParam<const char*> {};

TEST_P(TokenStreams, MatricesComeBackRounded) {
  const std::string encoding = GetParam();
  const std::string matrices = "[[1.5, -2.25], [0, 1000]]\n[[3.14]]\n[[-1, 2, -3]]\n";
  const CommandResult encoded = run_matseq({"encode", "--matrix", "--encoding", encoding}, matrices);
  ASSERT_EQ(encoded.status, 0) << encoded.errors;
  const CommandResult decoded = run_matseq({"decode", "--encoding", encoding}, encoded.output);
  ASSERT_EQ(decoded.status, 0) << decoded.errors;
  const std::vector<std::string> given = split_lines(matrices);
  const std::vector<std::string> found = split_lines(decoded.output);
  ASSERT_EQ(found.size(), given.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    EXPECT_EQ(nlohmann::json::parse(found[i]), nlohmann::json::parse(given[i])) << encoding;
  }
  // What was rounded once stays as it is.
  EXPECT_EQ(run_matseq({"encode", "--matrix", "--encoding", encoding}, decoded.output).output, encoded.output);
}

TEST_P(TokenStreams, HostileLinesAreNoMatrix) {
  std::vector<std::string> hostile = {"",
                                      " ",
                                      "V1",
                                      "V1 V1",
                                      "V0 V0",
                                      "V100 V100 +",
                                      "V99999999999999999999 V1 + 1 E0",
                                      "V-1 V1 + 1 E0",
                                      "<s> </s> <pad>",
                                      "+ 1 E0",
                                      "\xff\xfe\x01",
                                      std::string("V1 V1 + \0 E0", 12),
                                      "V2 V2 V2 V2 V2 V2",
                                      "[[1]]"};
  std::string long_line = "V100 V100";
  for (int i = 0; i < 100000; ++i) long_line += " V1";
  hostile.push_back(long_line);
  std::string input;
  for (const std::string& line : hostile) input += line + "\n";
  const CommandResult decoded = run_matseq({"decode", "--encoding", GetParam()}, input);
  EXPECT_EQ(decoded.status, 0) << decoded.errors;
  const std::vector<std::string> answers = split_lines(decoded.output);
  ASSERT_EQ(answers.size(), hostile.size());
  for (std::size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(answers[i], "null") << hostile[i].substr(0, 80);
}

INSTANTIATE_TEST_SUITE_P(Encodings, TokenStreams, ::testing::Values("P10", "P1000", "B1999", "FP15"));

TEST(TokenCommandLine, NumbersToTokens) {
  const CommandResult encoded = run_matseq({"encode", "--encoding", "float,2,1000"}, "3.14159\n-0.5\n0\n");
  EXPECT_EQ(encoded.status, 0);
  EXPECT_EQ(encoded.output, "+ 314 E-2\n- 500 E-3\n+ 0 E0\n");
  const CommandResult by_table =
      run_matseq({"encode", "--encoding", "{ plugin = \"positional\", base = 1000 }"}, "3.14159\n-0.5\n0\n");
  EXPECT_EQ(by_table.output, encoded.output) << by_table.errors;
  expect_refusal(run_matseq({"encode", "--encoding", "P10"}, "1\ntwo\n"), {"line 2", "two"});
  expect_refusal(run_matseq({"encode", "--matrix", "--encoding", "P10"}, "[[1, 2], [3]]\n"),
                 {"line 1", "rows of 2 and of 1 entries"});
  expect_refusal(run_matseq({"encode", "--encoding", "P11"}, ""), {"--encoding", "'P11'", "did you mean"});
}

TEST(TokenCommandLine, VocabularyHasEveryTokenOnceInTheOrderOfIds) {
  const CommandResult printed = run_matseq({"vocabulary", "--input", "P10", "--output", "FP15"});
  EXPECT_EQ(printed.status, 0) << printed.errors;
  const std::vector<std::string> tokens = split_lines(printed.output);
  EXPECT_EQ(std::set<std::string>(tokens.begin(), tokens.end()).size(), tokens.size());
  ASSERT_GT(tokens.size(), 27);
  EXPECT_EQ(std::vector<std::string>(tokens.begin(), tokens.begin() + 5),
            (std::vector<std::string>{"<s>", "</s>", "<pad>", "(", ")"}));
  EXPECT_TRUE(std::ranges::is_sorted(tokens.begin() + 27, tokens.end()));
  // Which encoding is the input's makes no difference.
  EXPECT_EQ(run_matseq({"vocabulary", "--input", "FP15", "--output", "P10"}).output, printed.output);
}

TEST(TokenCommandLine, ScoreAnswersEveryLine) {
  const CommandResult scored =
      run_matseq({"score"},
                 R"({"task": "transpose", "source": [[1, 2]], "target": [[1], [2]], "hypothesis": [["1"], [2]]}
{"task": "matrix_sum", "source": [[1, 2]], "target": [[3]], "hypothesis": [[3.3]]}
{"task": "matrix_sum", "source": [[1, 2]], "target": [[3]], "hypothesis": [[3.3]], "coeff_tolerance": 0.2}
{"task": "transpose", "source": [[1, 2]], "target": [[1], [2]], "hypothesis": null}
)");
  ASSERT_EQ(scored.status, 0) << scored.errors;
  const std::vector<std::string> lines = split_lines(scored.output);
  ASSERT_EQ(lines.size(), 4);
  const nlohmann::json exact = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(exact.at("d1"), 0);
  EXPECT_EQ(exact.at("nb"), 1);
  const nlohmann::json near = nlohmann::json::parse(lines[1]);
  EXPECT_NEAR(near.at("max").get<double>(), 0.1, 1e-12);
  EXPECT_NEAR(near.at("d1").get<double>(), 0.1, 1e-12);
  EXPECT_NEAR(near.at("d2").get<double>(), 0.01, 1e-12);
  EXPECT_EQ(near.at("nb"), 0);
  EXPECT_EQ(nlohmann::json::parse(lines[2]).at("nb"), 1);
  for (const char* key : {"max", "d1", "d2", "nb"}) EXPECT_TRUE(nlohmann::json::parse(lines[3]).at(key).is_null());

  expect_refusal(run_matseq({"score"}, "{\"task\": \"transpos\"}\n"), {"line 1", "'source' is missing"});
  expect_refusal(run_matseq({"score"}, "not json\n"), {"line 1", "not JSON"});
}

}  // namespace
}  // namespace matseq
