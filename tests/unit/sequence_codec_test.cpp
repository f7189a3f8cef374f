#include "tokens/sequence_codec.h"

#include <gtest/gtest.h>

#include <random>

#include "encoders.h"
#include "matseq/error.h"
#include "tokens/token_text.h"

namespace matseq {
namespace {

const std::vector<std::string> codes{"T", "XX", "E"};

class SequenceCodecTest : public ::testing::Test {
 protected:
  std::vector<TokenId> ids(const std::string& text) const {
    std::vector<TokenId> tokens;
    append_ids(text, vocabulary_, tokens);
    return tokens;
  }
  std::string text(const std::vector<TokenId>& tokens) const {
    std::string joined;
    append_tokens(tokens, vocabulary_, joined);
    return joined;
  }
  static Matrix matrix(std::size_t rows, std::size_t columns, const std::vector<double>& values) {
    Matrix made(rows, columns);
    std::copy(values.begin(), values.end(), made.data());
    return made;
  }

  std::shared_ptr<const Encoder> p10_ = testing::encoder("P10");
  std::shared_ptr<const Encoder> fp15_ = testing::encoder("FP15");
  Vocabulary vocabulary_{*fp15_, *p10_, 100, codes};
  SequenceCodec codec_{p10_, vocabulary_};
  SequenceCodec coded_{p10_, vocabulary_, codes};
};

TEST_F(SequenceCodecTest, WritesSizesThenEntriesByRows) {
  std::vector<TokenId> tokens = ids("T");
  codec_.encode(matrix(2, 1, {1.5, -0.25}), Example::no_code, tokens);
  EXPECT_EQ(text(tokens), "T V2 V1 + 1 5 0 E-2 - 2 5 0 E-3");
  const auto decoded = codec_.decode(std::span(tokens).subspan(1), Example::no_code);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, matrix(2, 1, {1.5, -0.25}));
}

TEST_F(SequenceCodecTest, BeginsWithTheCode) {
  std::vector<TokenId> tokens;
  coded_.encode(matrix(1, 1, {2}), 1, tokens);
  EXPECT_EQ(text(tokens), "XX V1 V1 + 2 0 0 E-2");
  EXPECT_TRUE(coded_.decode(tokens, 1));
  EXPECT_FALSE(coded_.decode(tokens, 0));
  EXPECT_FALSE(coded_.decode(tokens, 7));
  EXPECT_FALSE(coded_.decode(tokens, Example::no_code));
  EXPECT_FALSE(coded_.decode({}, 1));
  EXPECT_FALSE(codec_.decode(tokens, Example::no_code));
  EXPECT_FALSE(codec_.decode(tokens, 1));
  EXPECT_EQ(coded_.decode_any(tokens)->code, 1);
  EXPECT_EQ(coded_.decode_any(tokens)->matrix, matrix(1, 1, {2}));
  EXPECT_FALSE(coded_.decode_any(std::span(tokens).subspan(1)));
  EXPECT_EQ(codec_.decode_any(std::span(tokens).subspan(1))->code, Example::no_code);
}

TEST_F(SequenceCodecTest, RefusesWhatHasNoTokens) {
  std::vector<TokenId> tokens;
  EXPECT_THROW(codec_.encode(Matrix(101, 1), Example::no_code, tokens), Error);
  EXPECT_THROW(codec_.encode(Matrix(0, 0), Example::no_code, tokens), Error);
  EXPECT_THROW(codec_.encode(Matrix(1, 1), 0, tokens), Error);
  EXPECT_THROW(coded_.encode(Matrix(1, 1), Example::no_code, tokens), Error);
  EXPECT_THROW(coded_.encode(Matrix(1, 1), 3, tokens), Error);
  EXPECT_THROW(SequenceCodec(testing::encoder("B1999"), vocabulary_), Error);
}

TEST_F(SequenceCodecTest, ReadsOnlyWholeMatrices) {
  EXPECT_TRUE(codec_.decode(ids("V1 V2 + 1 + 2 E1 E1 V5 <s> </s>"), Example::no_code));
  for (const char* bad : {"", "V1", "V1 V1", "V2 V1 + 1 E0", "+ 1", "V0 V1 + 1", "V1 + + 1", "V1 V1 N1e0",
                          "V1 V1 </s> + 1", "V1 V1 nonsense", "V100 V100 + 1 E0"}) {
    EXPECT_FALSE(codec_.decode(ids(bad), Example::no_code)) << bad;
  }
}

TEST_F(SequenceCodecTest, SurvivesAnyIds) {
  std::mt19937_64 random(3);
  const std::vector<TokenId> likely = ids("V1 V2 V3 + - 1 2 . 10^ E0 E-2 E100 T XX <s>");
  int decoded = 0;
  for (int i = 0; i < 200000; ++i) {
    std::vector<TokenId> tokens = random() % 2 == 0 ? ids("V1 V2") : std::vector<TokenId>{};
    const std::size_t count = random() % 14;
    for (std::size_t k = 0; k < count; ++k) {
      tokens.push_back(random() % 20 == 0 ? static_cast<TokenId>(random()) : likely[random() % likely.size()]);
    }
    if (const auto matrix = codec_.decode(tokens, Example::no_code)) {
      ASSERT_LE(matrix->size() + 2, tokens.size());
      ++decoded;
    }
    coded_.decode_any(tokens);
  }
  EXPECT_GT(decoded, 10);
}

TEST_F(SequenceCodecTest, RoundTripsRandomMatrices) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> entry(-10, 10);
  for (const auto& encoder : {p10_, fp15_}) {
    const SequenceCodec codec(encoder, vocabulary_, codes);
    for (int i = 0; i < 500; ++i) {
      Matrix original(1 + random() % 6, 1 + random() % 6);
      for (double& value : original.values()) value = entry(random);
      const int code = static_cast<int>(random() % codes.size());
      std::vector<TokenId> tokens;
      codec.encode(original, code, tokens);
      ASSERT_LE(tokens.size(), codec.longest(original.rows(), original.columns()));
      const auto decoded = codec.decode_any(tokens);
      ASSERT_TRUE(decoded);
      ASSERT_EQ(decoded->code, code);
      ASSERT_EQ(decoded->matrix.rows(), original.rows());
      for (std::size_t k = 0; k < original.size(); ++k) {
        ASSERT_NEAR(decoded->matrix.data()[k], original.data()[k], 0.005001 * std::abs(original.data()[k]));
      }
    }
  }
}

TEST_F(SequenceCodecTest, KnowsTheLongestSequence) {
  EXPECT_EQ(codec_.longest(5, 4), 2U + 20U * 5U);
  EXPECT_EQ(coded_.longest(1, 1), 8U);
}

}  // namespace
}  // namespace matseq
