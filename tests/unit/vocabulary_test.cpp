#include "tokens/vocabulary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "encoders.h"
#include "matseq/error.h"

namespace matseq {
namespace {

/// An encoder of which only the tokens matter.
class Tokens : public Encoder {
 public:
  explicit Tokens(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {}
  const std::vector<std::string>& tokens() const override { return tokens_; }
  double limit() const override { return 1; }
  std::size_t longest() const override { return 1; }
  Token* encode(std::span<const double>, Token* out) const override { return out; }
  std::optional<DecodedNumber> decode(std::span<const Token>) const override { return std::nullopt; }

 private:
  std::vector<std::string> tokens_;
};

TEST(Vocabulary, HasFixedTokensThenTheUnionByBytesThenNewCodes) {
  const Tokens input({"b", "+", "V2", "a"});
  const Tokens output({"c", "a", "(", "Z"});
  const std::vector<std::string> codes{"M", "P", "P", "Q"};
  const Vocabulary vocabulary(input, output, 10, codes);
  const std::vector<std::string> after(vocabulary.tokens().begin() + 27, vocabulary.tokens().end());
  EXPECT_EQ(after, (std::vector<std::string>{"V1", "V10", "V2", "V3", "V4", "V5", "V6", "V7", "V8", "V9", "Z", "a", "b",
                                             "c", "P", "Q"}));
  EXPECT_EQ(vocabulary.token(Vocabulary::boundary), "<s>");
  EXPECT_EQ(vocabulary.token(Vocabulary::padding), "</s>");
  EXPECT_EQ(vocabulary.id("+"), 22);
  EXPECT_EQ(vocabulary.max_dimension(), 10U);
}

TEST(Vocabulary, FindsEveryTokenByItsId) {
  const auto fp15 = testing::encoder("FP15");
  const auto p1000 = testing::encoder("P1000");
  const Vocabulary vocabulary(*fp15, *p1000);
  for (std::size_t id = 0; id < vocabulary.size(); ++id) {
    ASSERT_EQ(vocabulary.id(vocabulary.token(static_cast<TokenId>(id))), static_cast<TokenId>(id));
  }
  EXPECT_EQ(vocabulary.id("N1000e0"), std::nullopt);
  EXPECT_THROW(vocabulary.require("nothing"), Error);
  EXPECT_THROW(vocabulary.token(-1), Error);
  EXPECT_THROW(vocabulary.token(static_cast<TokenId>(vocabulary.size())), Error);
}

TEST(Vocabulary, RefusesCodesThatMeanSomethingElse) {
  const Tokens numbers({"7", "E5"});
  const Tokens signs({"+", "7"});
  for (const char* code : {"7", "E5", "V2", "V1000000", "+", "10^", "|", "("}) {
    for (const bool reversed : {false, true}) {
      const std::vector<std::string> codes{"T", code};
      try {
        Vocabulary(reversed ? signs : numbers, reversed ? numbers : signs, 5, codes);
        ADD_FAILURE() << code << " is accepted";
      } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("'" + std::string(code) + "'"), std::string::npos) << error.what();
      }
    }
  }
  const std::vector<std::string> codes{"T", "V", "VX", "8", "E6", "SYM"};
  EXPECT_NO_THROW(Vocabulary(numbers, signs, 5, codes));
}

TEST(Vocabulary, RefusesTokensThatSequencesCannotHold) {
  const Tokens good({"a"});
  for (const char* token : {"", "a b", "a\n", "<s>", "</s>"}) {
    EXPECT_THROW(Vocabulary(Tokens({token}), good), Error) << token;
    const std::vector<std::string> codes{token};
    EXPECT_THROW(Vocabulary(good, good, 5, codes), Error) << token;
  }
  EXPECT_THROW(Vocabulary(good, good, 0), Error);
  EXPECT_THROW(Vocabulary(good, good, std::size_t{1} << 40U), Error);
}

}  // namespace
}  // namespace matseq
