// Untrained models whose every answer is a matrix, by each search.
#include "decoding/constrained.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "decoding/evaluation_mode.h"
#include "encoders.h"
#include "evaluation/hypotheses.h"
#include "make_model.h"

namespace matseq {
namespace {

constexpr std::int64_t sentences = 40;

class Constrained : public ::testing::TestWithParam<const char*> {
 protected:
  Constrained()
      : encoder_(testing::encoder("P10")),
        codes_({"T", "A"}),
        vocabulary_(*encoder_, *encoder_, 10, codes_),
        codec_(std::make_shared<SequenceCodec>(encoder_, vocabulary_, codes_)),
        grammar_(codec_, vocabulary_, 50) {
    settings_.max_output_len = 50;
    settings_.sampling_temperature = GetParam() == std::string("sampling") ? 1 : 0;
    settings_.beam_size = GetParam() == std::string("beam") ? 3 : 1;
    const auto size = static_cast<std::int64_t>(vocabulary_.size());
    const ModelSetup setup = {.vocabulary_size = size, .longest_source = 20, .longest_target = 60};
    model_ = test::make_transformer(setup, {{"encoder.layers", std::int64_t{1}},
                                            {"encoder.width", std::int64_t{32}},
                                            {"encoder.heads", std::int64_t{2}},
                                            {"decoder.layers", std::int64_t{1}},
                                            {"decoder.width", std::int64_t{32}},
                                            {"decoder.heads", std::int64_t{2}}});
    source_ = torch::randint(2, size, {sentences, 12}, torch::kInt64);
    source_.select(1, 0).zero_();
    source_.select(1, 11).zero_();
  }

  std::vector<std::vector<TokenSequence>> found(const std::vector<MatrixGrammar::Wanted>& wanted) {
    const EvaluationMode evaluation_mode(*model_);
    const auto sources = model_->encode(source_, torch::full({sentences}, 12, torch::kInt64));
    const torch::Tensor rows = torch::arange(sentences).flip(0);
    std::optional<Constraint> constraint;
    if (!wanted.empty()) constraint.emplace(Constraint{grammar_, wanted});
    return find_hypotheses(*sources, rows, settings_, constraint, 1);
  }

  std::optional<DecodedMatrix> read(const TokenSequence& tokens) const {
    return codec_->decode_any(std::vector<TokenId>(tokens.begin(), tokens.end()));
  }

  std::shared_ptr<const Encoder> encoder_;
  std::vector<std::string> codes_;
  Vocabulary vocabulary_;
  std::shared_ptr<const SequenceCodec> codec_;
  MatrixGrammar grammar_;
  EvaluationConfiguration settings_;
  std::shared_ptr<Model> model_;
  torch::Tensor source_;
};

TEST_P(Constrained, EveryAnswerIsAMatrix) {
  for (const auto& hypotheses : found(std::vector<MatrixGrammar::Wanted>(sentences))) {
    EXPECT_EQ(hypotheses.size(), static_cast<std::size_t>(settings_.beam_size));
    for (const TokenSequence& tokens : hypotheses) EXPECT_TRUE(read(tokens));
  }
}

TEST_P(Constrained, OfTheCodeAndShapeThatEachRowWants) {
  std::vector<MatrixGrammar::Wanted> wanted;
  for (std::size_t row = 0; row < sentences; ++row) {
    wanted.push_back({.code = vocabulary_.require(codes_[row % 2]), .rows = 1 + row % 3, .columns = 1 + row % 2});
  }
  const auto answers = found(wanted);
  for (std::size_t i = 0; i < sentences; ++i) {
    const std::size_t row = sentences - 1 - i;  // they are asked backwards
    for (const TokenSequence& tokens : answers.at(i)) {
      const auto matrix = read(tokens);
      ASSERT_TRUE(matrix);
      EXPECT_EQ(matrix->code, static_cast<int>(row % 2));
      EXPECT_EQ(matrix->matrix.rows(), 1 + row % 3);
      EXPECT_EQ(matrix->matrix.columns(), 1 + row % 2);
    }
  }
}

// So that the tests above mean something.
TEST_P(Constrained, WithoutThemHardlyAnyIs) {
  int matrices = 0;
  for (const auto& hypotheses : found({})) {
    for (const TokenSequence& tokens : hypotheses) matrices += read(tokens) ? 1 : 0;
  }
  EXPECT_LT(matrices, sentences / 2);
}

INSTANTIATE_TEST_SUITE_P(Searches, Constrained, ::testing::Values("greedy", "sampling", "beam"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace matseq
