// The contract of models, for every kind of cell; that nothing of the source is missed; that it learns.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "make_model.h"
#include "matseq/error.h"
#include "matseq/testing.h"

namespace matseq {
namespace {

constexpr const char* plugin = MATSEQ_PLUGIN_DIR "/matseq_model_rnn.so";

TEST(Rnn, KeepsToItsContract) {
  const std::vector<std::vector<std::string>> all = {
      {"cell=lstm"},
      {"cell=gru", "layers=2"},
      {"cell=lstm", "layers=2", "bidirectional=false", "attention=false"},
      {"cell=gru", "bidirectional=false", "dropout=0.2", "layers=2"}};
  for (std::vector<std::string> settings : all) {
    settings.emplace_back("width=32");
    EXPECT_EQ(testing::broken_contracts(plugin, settings), "") << settings[0];
  }
}

TEST(Rnn, ReadsTheSourceInBothDirections) {
  const ModelSetup setup{.vocabulary_size = 12, .longest_source = 10, .longest_target = 10};
  for (const bool bidirectional : {false, true}) {
    const auto model =
        test::make_model_of("rnn", setup, {{"width", std::int64_t{16}}, {"bidirectional", bidirectional}});
    const SequenceBatch one = test::make_batch({{0, 5, 6, 7, 0}}, {{0, 5, 0}});
    const SequenceBatch other = test::make_batch({{0, 5, 6, 9, 0}}, {{0, 5, 0}});
    const torch::Tensor first = model->encoder_output(one.source, one.source_lengths)[0][1];
    const torch::Tensor second = model->encoder_output(other.source, other.source_lengths)[0][1];
    EXPECT_EQ(torch::equal(first, second), !bidirectional);  // what the first token is made of has seen the third
  }
}

TEST(Rnn, AnOddWidthHasNoTwoHalves) {
  const ModelSetup setup{.vocabulary_size = 12, .longest_source = 10, .longest_target = 10};
  EXPECT_THROW(test::make_model_of("rnn", setup, {{"width", std::int64_t{15}}}), Error);
  EXPECT_NO_THROW(test::make_model_of("rnn", setup, {{"width", std::int64_t{15}}, {"bidirectional", false}}));
}

}  // namespace
}  // namespace matseq
