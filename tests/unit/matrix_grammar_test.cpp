// Whatever the grammar allows is a matrix, and it allows every matrix that is written.
#include "tokens/matrix_grammar.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "encoders.h"
#include "matseq/error.h"
#include "matseq/random_stream.h"

namespace matseq {
namespace {

using testing::encoder_of;
using Texts = std::vector<std::string>;
using Integer = std::int64_t;

constexpr std::size_t longest = 60;

struct Language {
  explicit Language(std::shared_ptr<const Encoder> encoder, Texts task_codes = {}, std::size_t most_tokens = longest)
      : codes(std::move(task_codes)),
        vocabulary(*encoder, *encoder, 10, codes),
        codec(std::make_shared<SequenceCodec>(encoder, vocabulary, codes)),
        grammar(codec, vocabulary, most_tokens) {}

  /// A random sequence of allowed tokens.
  std::vector<TokenId> walk(RandomStream& random, const MatrixGrammar::Wanted& wanted) const {
    MatrixGrammar::State state = grammar.begin(wanted);
    std::vector<TokenId> tokens;
    while (true) {
      const std::vector<TokenId> allowed = grammar.allowed(state);
      const auto chosen = random.integer(0, static_cast<std::int64_t>(allowed.size()) - 1);
      const TokenId token = allowed[static_cast<std::size_t>(chosen)];
      if (token == Vocabulary::boundary) return tokens;
      tokens.push_back(token);
      grammar.advance(state, token);
    }
  }

  Texts codes;
  Vocabulary vocabulary;
  std::shared_ptr<const SequenceCodec> codec;
  MatrixGrammar grammar;
};

std::vector<std::shared_ptr<const Encoder>> all_encoders() {
  return {testing::encoder("P10"),
          testing::encoder("P1000"),
          testing::encoder("B1999"),
          testing::encoder("FP15"),
          encoder_of("positional", {{"base", Integer{16}}, {"reversed", true}}),
          encoder_of("positional", {{"base", Integer{16}}, {"fixed_width", true}}),
          encoder_of("balanced"),
          encoder_of("balanced", {{"base", Integer{7}}, {"precision", Integer{1}}}),
          encoder_of("ieee"),
          encoder_of("ieee", {{"base", Integer{2}}, {"exponent_digits", Integer{4}}, {"mantissa_digits", Integer{5}}}),
          encoder_of("normalized")};
}

TEST(MatrixGrammar, WhatItAllowsIsAMatrix) {
  for (const auto& encoder : all_encoders()) {
    const Language language(encoder);
    RandomStream random(random_key(1, "walks"), 0);
    for (int i = 0; i < 100; ++i) {
      const std::vector<TokenId> tokens = language.walk(random, {});
      EXPECT_LE(tokens.size(), longest);
      ASSERT_TRUE(language.codec->decode(tokens, Example::no_code)) << language.vocabulary.token(tokens.back());
    }
  }
}

TEST(MatrixGrammar, WhatIsWrittenIsAllowed) {
  for (const auto& encoder : all_encoders()) {
    const Language language(encoder);
    RandomStream random(random_key(1, "matrices"), 0);
    for (int i = 0; i < 50; ++i) {
      Matrix matrix(2, 2);
      for (double& entry : matrix.values()) {
        entry = random.unit() < 0.1 ? 0 : random.normal(0, 1) * std::pow(10, random.uniform(-2, 0.5));
        entry = std::clamp(entry, -9.9, 9.9);
      }
      std::vector<TokenId> tokens;
      language.codec->encode(matrix, Example::no_code, tokens);
      MatrixGrammar::State state = language.grammar.begin({});
      for (const TokenId token : tokens) {
        ASSERT_TRUE(std::ranges::binary_search(language.grammar.allowed(state), token));
        language.grammar.advance(state, token);
      }
      EXPECT_EQ(language.grammar.allowed(state), std::vector<TokenId>{Vocabulary::boundary});
    }
  }
}

TEST(MatrixGrammar, CodesAndShapesThatAreWantedCome) {
  const Language language(testing::encoder("P1000"), {"T", "A"});
  RandomStream random(random_key(1, "walks"), 0);
  std::set<std::pair<std::size_t, std::size_t>> shapes;
  std::set<int> codes;
  for (int i = 0; i < 300; ++i) {
    const auto any = language.codec->decode_any(language.walk(random, {}));
    ASSERT_TRUE(any);
    shapes.emplace(any->matrix.rows(), any->matrix.columns());
    codes.insert(any->code);
    const TokenId code = language.vocabulary.require("A");
    const auto wanted = language.codec->decode_any(language.walk(random, {.code = code, .rows = 2, .columns = 3}));
    ASSERT_TRUE(wanted);
    EXPECT_EQ(wanted->code, 1);
    EXPECT_EQ(wanted->matrix.rows(), 2U);
    EXPECT_EQ(wanted->matrix.columns(), 3U);
  }
  EXPECT_EQ(codes.size(), 2U);
  // Of 57 tokens for numbers, with room for 19: n rows of p, n p at most 19, and none is left out for its rows.
  for (std::size_t rows = 1; rows <= 10; ++rows) {
    EXPECT_TRUE(std::ranges::any_of(shapes, [&](const auto& shape) { return shape.first == rows; })) << rows;
  }
  const std::vector<TokenId> source = {language.vocabulary.require("A"), language.vocabulary.require("V2")};
  EXPECT_EQ(language.grammar.wanted(source).code, source[0]);
}

TEST(MatrixGrammar, WhereNothingFitsNothingComes) {
  const Language small(testing::encoder("P1000"), {}, 4);  // a 1 x 1 matrix takes 5
  EXPECT_EQ(small.grammar.allowed(small.grammar.begin({})), std::vector<TokenId>{Vocabulary::boundary});
  const Language language(testing::encoder("P1000"));
  EXPECT_EQ(language.grammar.allowed(language.grammar.begin({.rows = 10, .columns = 10})),
            std::vector<TokenId>{Vocabulary::boundary});
  MatrixGrammar::State state = language.grammar.begin({});
  language.grammar.advance(state, language.vocabulary.require("+"));
  EXPECT_EQ(language.grammar.allowed(state), std::vector<TokenId>{Vocabulary::boundary});
}

TEST(Continuations, AreTheWrittenForms) {
  const auto p10 = testing::encoder("P10");
  const auto after = [&](const Texts& begun) {
    Texts texts;
    for (const Token token : p10->continuations(testing::to_tokens(*p10, begun))) {
      texts.push_back(p10->tokens().at(static_cast<std::size_t>(token)));
    }
    return texts;
  };
  EXPECT_EQ(after({}), (Texts{"+", "-"}));
  EXPECT_EQ(after({"-"}), (Texts{"1", "2", "3", "4", "5", "6", "7", "8", "9"}));
  EXPECT_EQ(after({"+"}).size(), 10U);  // zero has a plus
  EXPECT_EQ(after({"+", "0"}), Texts{"E0"});
  EXPECT_EQ(after({"+", "3"}).size(), 10U);
  EXPECT_EQ(after({"+", "3", "1", "4"}).size(), 117U);  // E-100 to E16: larger integers are not read
  EXPECT_EQ(after({"+", "3", "1", "4", "E2"}), Texts{});
  EXPECT_EQ(after({"+", "E2"}), Texts{});
}

}  // namespace
}  // namespace matseq
