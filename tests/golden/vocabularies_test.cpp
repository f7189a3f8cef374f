// Every pair of encodings of vocabularies.json: all tokens, by their digest.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "encoders.h"
#include "sha256.h"
#include "tokens/vocabulary.h"

namespace matseq {
namespace {

std::string join(const std::vector<std::string>& tokens) {
  std::string text;
  for (const std::string& token : tokens) text += (text.empty() ? "" : "\n") + token;
  return text;
}

TEST(Vocabularies, AreTheReferences) {
  ASSERT_EQ(testing::sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  std::ifstream file(MATSEQ_TEST_DATA "/golden/vocabularies.json");
  const nlohmann::json cases = nlohmann::json::parse(file);
  ASSERT_FALSE(cases.empty());
  for (const nlohmann::json& json : cases) {
    SCOPED_TRACE(json["input_encoding"].get<std::string>() + " to " + json["output_encoding"].get<std::string>());
    const auto input = testing::encoder(json["input_encoding"]);
    const auto output = testing::encoder(json["output_encoding"]);
    const Vocabulary vocabulary(*input, *output, json["max_encoder_dimension"].get<std::size_t>());
    ASSERT_EQ(vocabulary.size(), json["n_words"].get<std::size_t>());
    for (std::size_t i = 0; i < json["first_60"].size(); ++i) {
      EXPECT_EQ(vocabulary.token(static_cast<TokenId>(i)), json["first_60"][i].get<std::string>());
    }
    for (const auto& [id, token] : json["samples"].items()) {
      EXPECT_EQ(vocabulary.token(std::stoi(id)), token.get<std::string>());
      EXPECT_EQ(vocabulary.id(token.get<std::string>()), std::stoi(id));
    }
    EXPECT_EQ(testing::sha256(join(vocabulary.tokens())), json["sha256_of_words_joined_by_newline"].get<std::string>());
  }
}

}  // namespace
}  // namespace matseq
