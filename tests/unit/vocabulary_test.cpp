#include "tokens/vocabulary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "encoders.h"
#include "matseq/error.h"

namespace matseq {
namespace {

/// An encoder of which only the words matter.
class Words : public Encoder {
 public:
  explicit Words(std::vector<std::string> words) : words_(std::move(words)) {}
  const std::vector<std::string>& symbols() const override { return words_; }
  double limit() const override { return 1; }
  std::size_t longest() const override { return 1; }
  Symbol* encode(std::span<const double>, Symbol* out) const override { return out; }
  std::optional<DecodedNumber> decode(std::span<const Symbol>) const override { return std::nullopt; }

 private:
  std::vector<std::string> words_;
};

TEST(Vocabulary, HasFixedWordsThenTheUnionByBytesThenNewCodes) {
  const Words input({"b", "+", "V2", "a"});
  const Words output({"c", "a", "(", "Z"});
  const std::vector<std::string> codes{"M", "P", "b", "P", "Q"};
  const Vocabulary vocabulary(input, output, 10, codes);
  const std::vector<std::string> after(vocabulary.words().begin() + 27, vocabulary.words().end());
  EXPECT_EQ(after, (std::vector<std::string>{"V1", "V10", "V2", "V3", "V4", "V5", "V6", "V7", "V8", "V9", "Z", "a", "b",
                                             "c", "P", "Q"}));
  EXPECT_EQ(vocabulary.word(Vocabulary::boundary), "<s>");
  EXPECT_EQ(vocabulary.word(Vocabulary::padding), "</s>");
  EXPECT_EQ(vocabulary.id("+"), 22);
  EXPECT_EQ(vocabulary.max_dimension(), 10U);
}

TEST(Vocabulary, FindsEveryWordByItsId) {
  const auto fp15 = testing::encoder("FP15");
  const auto p1000 = testing::encoder("P1000");
  const Vocabulary vocabulary(*fp15, *p1000);
  for (std::size_t id = 0; id < vocabulary.size(); ++id) {
    ASSERT_EQ(vocabulary.id(vocabulary.word(static_cast<WordId>(id))), static_cast<WordId>(id));
  }
  EXPECT_EQ(vocabulary.id("N1000e0"), std::nullopt);
  EXPECT_THROW(vocabulary.require("nothing"), Error);
  EXPECT_THROW(vocabulary.word(-1), Error);
  EXPECT_THROW(vocabulary.word(static_cast<WordId>(vocabulary.size())), Error);
}

TEST(Vocabulary, RefusesWordsThatSequencesCannotHold) {
  const Words good({"a"});
  for (const char* word : {"", "a b", "a\n", "<s>", "</s>"}) {
    EXPECT_THROW(Vocabulary(Words({word}), good), Error) << word;
    const std::vector<std::string> codes{word};
    EXPECT_THROW(Vocabulary(good, good, 5, codes), Error) << word;
  }
  EXPECT_THROW(Vocabulary(good, good, 0), Error);
  EXPECT_THROW(Vocabulary(good, good, std::size_t{1} << 40U), Error);
}

}  // namespace
}  // namespace matseq
