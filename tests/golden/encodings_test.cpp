// Every number and matrix of encodings.jsonl: tokens exactly, values to 1e-12 relative.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "encoders.h"
#include "tokens/sequence_codec.h"
#include "tokens/token_text.h"

namespace matseq {
namespace {

struct Case {
  std::size_t line;
  nlohmann::json json;
};

std::vector<Case> load_cases() {
  std::ifstream file(MATSEQ_TEST_DATA "/golden/encodings.jsonl");
  std::vector<Case> cases;
  std::string line;
  while (std::getline(file, line)) cases.push_back({cases.size() + 1, nlohmann::json::parse(line)});
  return cases;
}

struct Encoding {
  explicit Encoding(const std::string& name)
      : encoder(testing::encoder(name)), vocabulary(*encoder, *encoder), codec(encoder, vocabulary) {}

  std::shared_ptr<const Encoder> encoder;
  Vocabulary vocabulary;
  SequenceCodec codec;
};

class Encodings : public ::testing::Test {
 protected:
  const Encoding& encoding(const nlohmann::json& json) {
    return encodings_.try_emplace(json["encoding"], json["encoding"].get<std::string>()).first->second;
  }

  std::map<std::string, Encoding> encodings_;
  std::vector<Case> cases_ = load_cases();
};

void expect_near(double actual, double expected) {
  EXPECT_LE(std::fabs(actual - expected), 1e-12 * std::fabs(expected));
}

TEST_F(Encodings, NumbersBecomeTheReferencesTokens) {
  std::size_t checked = 0;
  for (const auto& [line, json] : cases_) {
    if (!json.contains("value")) continue;
    SCOPED_TRACE("line " + std::to_string(line));
    const double value = std::stod(json["value"].get<std::string>());
    EXPECT_EQ(testing::encode_texts(*encoding(json).encoder, value), json["tokens"].get<std::vector<std::string>>());
    ++checked;
  }
  EXPECT_GT(checked, 1000U);
}

TEST_F(Encodings, TokensBecomeTheReferencesNumbers) {
  std::size_t checked = 0;
  for (const auto& [line, json] : cases_) {
    if (!json.contains("value")) continue;
    SCOPED_TRACE("line " + std::to_string(line));
    const auto tokens = json["tokens"].get<std::vector<std::string>>();
    const std::optional<DecodedNumber> number = testing::decode_texts(*encoding(json).encoder, tokens);
    const double expected = std::stod(json["decoded"].get<std::string>());
    ++checked;
    if (expected < -0x1p63 || expected >= 0x1p64) {
      // These are all integers, which a matrix cannot hold (spec section 2, "Decoding a matrix"): 1e20 written as 100
      // E18.
      EXPECT_FALSE(number.has_value());
      continue;
    }
    ASSERT_TRUE(number.has_value());
    EXPECT_EQ(number->length, tokens.size());
    expect_near(number->value, expected);
  }
  EXPECT_GT(checked, 1000U);
}

TEST_F(Encodings, SequencesBecomeTheReferencesMatrices) {
  std::size_t checked = 0;
  for (const auto& [line, json] : cases_) {
    if (!json.contains("matrix_tokens")) continue;
    SCOPED_TRACE("line " + std::to_string(line));
    const Encoding& used = encoding(json);
    std::string text;
    for (const auto& token : json["matrix_tokens"]) text += token.get<std::string>() + " ";
    std::vector<TokenId> ids;
    append_ids(text, used.vocabulary, ids);
    const std::optional<Matrix> matrix = used.codec.decode(ids, Example::no_code);
    ++checked;

    const nlohmann::json& expected = json["decoded_matrix"];
    ASSERT_EQ(matrix.has_value(), expected.is_array());
    if (!matrix) continue;
    ASSERT_EQ(matrix->rows(), expected.size());
    ASSERT_EQ(matrix->columns(), expected[0].size());
    for (std::size_t row = 0; row < matrix->rows(); ++row) {
      for (std::size_t column = 0; column < matrix->columns(); ++column) {
        expect_near((*matrix)(row, column), std::stod(expected[row][column].get<std::string>()));
      }
    }
  }
  EXPECT_GT(checked, 300U);
}

}  // namespace
}  // namespace matseq
