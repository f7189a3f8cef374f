// Greedy decoding, sampling and beam search against plain programs that follow one sentence at a time.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "decoding/beam_search.h"
#include "decoding/greedy.h"
#include "make_model.h"
#include "matseq/error.h"

namespace matseq {
namespace {

// A model whose logits are random numbers that depend on nothing but its seed, the sentence and the tokens so far.
class TableModel : public Model {
 public:
  TableModel(std::uint64_t seed, std::int64_t tokens, double end_bonus)
      : seed_(seed), tokens_(tokens), end_bonus_(end_bonus) {}

  std::vector<float> logits_after(std::int64_t sentence, const TokenSequence& prefix) const {
    std::vector<std::uint32_t> state{static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(sentence)};
    for (const std::int64_t token : prefix) state.push_back(static_cast<std::uint32_t>(token));
    std::seed_seq mixed(state.begin(), state.end());
    std::mt19937 engine(mixed);
    std::normal_distribution<float> normal(0, 2);
    std::vector<float> logits(static_cast<std::size_t>(tokens_));
    for (float& logit : logits) logit = normal(engine);
    logits[0] += static_cast<float>(end_bonus_);
    return logits;
  }

  torch::nn::Module& module() override { return module_; }
  torch::Tensor logits(const SequenceBatch& batch) override {
    std::vector<torch::Tensor> rows;
    for (std::int64_t row = 0; row < batch.source.size(0); ++row) {
      TokenSequence prefix;
      std::vector<torch::Tensor> positions;
      for (std::int64_t i = 0; i + 1 < batch.target.size(1); ++i) {
        prefix.push_back(batch.target[row][i].item<std::int64_t>());
        positions.push_back(torch::tensor(logits_after(batch.source[row][0].item<std::int64_t>(), prefix)));
      }
      rows.push_back(torch::stack(positions));
    }
    return torch::stack(rows);
  }

 private:
  std::uint64_t seed_;
  std::int64_t tokens_;
  double end_bonus_;
  torch::nn::Module module_;
};

struct PlainHypothesis {
  TokenSequence tokens;  // the leading 0 included
  double sum = 0;
};

std::vector<double> log_probabilities(const std::vector<float>& logits) {
  double total = 0;
  for (const float logit : logits) total += std::exp(static_cast<double>(logit));
  std::vector<double> result;
  for (const float logit : logits) result.push_back(logit - std::log(total));
  return result;
}

// Beam search of one sentence, as spec section 7 tells it.
std::vector<Hypothesis> plain_beam_search(const TableModel& model, std::int64_t sentence,
                                          const DecodingOptions& options) {
  const auto beam = static_cast<std::size_t>(options.beam_size);
  std::vector<PlainHypothesis> open{{{0}, 0}};
  std::vector<Hypothesis> finished;
  const auto finish = [&](const PlainHypothesis& hypothesis, double sum) {
    const double score = sum / std::pow(static_cast<double>(hypothesis.tokens.size()), options.length_penalty);
    finished.push_back({TokenSequence(hypothesis.tokens.begin() + 1, hypothesis.tokens.end()), score});
    std::stable_sort(finished.begin(), finished.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
    if (finished.size() > beam) finished.pop_back();
  };
  for (std::int64_t step = 0; step <= options.max_output_length; ++step) {
    struct Candidate {
      std::size_t hypothesis;
      std::int64_t token;
      double sum;
    };
    std::vector<Candidate> candidates;
    for (std::size_t h = 0; h < open.size(); ++h) {
      const std::vector<double> of_token = log_probabilities(model.logits_after(sentence, open[h].tokens));
      for (std::size_t token = 0; token < of_token.size(); ++token) {
        candidates.push_back({h, static_cast<std::int64_t>(token), open[h].sum + of_token[token]});
      }
    }
    std::stable_sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) { return a.sum > b.sum; });
    if (candidates.size() > 2 * beam) candidates.resize(2 * beam);
    const double reachable =
        candidates.front().sum / std::pow(static_cast<double>(options.max_output_length + 1), options.length_penalty);
    if (finished.size() == beam && (options.early_stopping || finished.back().score >= reachable)) break;
    std::vector<PlainHypothesis> next;
    for (const Candidate& candidate : candidates) {
      const PlainHypothesis& hypothesis = open[candidate.hypothesis];
      if (candidate.token == 0 || step == options.max_output_length) {
        finish(hypothesis, candidate.sum);
      } else {
        next.push_back({hypothesis.tokens, candidate.sum});
        next.back().tokens.push_back(candidate.token);
      }
      if (next.size() == beam) break;
    }
    open = next;
  }
  return finished;
}

TokenSequence plain_greedy(const TableModel& model, std::int64_t sentence, const DecodingOptions& options) {
  TokenSequence tokens{0};
  while (static_cast<std::int64_t>(tokens.size()) <= options.max_output_length) {
    const std::vector<float> logits = model.logits_after(sentence, tokens);
    const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
    if (best == 0) break;
    tokens.push_back(best);
  }
  return {tokens.begin() + 1, tokens.end()};
}

// Sentences numbered from 0; a TableModel reads no more of them.
test::PaddedSequences numbered_sentences(std::int64_t count) {
  std::vector<std::vector<std::int64_t>> sentences;
  for (std::int64_t i = 0; i < count; ++i) sentences.push_back({i});
  return test::pad(sentences);
}

TEST(BeamSearch, FindsWhatThePlainProgramFinds) {
  std::mt19937 engine(3);
  const auto between = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine); };
  std::size_t short_hypotheses = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    DecodingOptions options;
    options.beam_size = between(1, 5);
    options.max_output_length = between(1, 7);
    options.early_stopping = between(0, 1) == 1;
    options.length_penalty = std::vector<double>{0, 0.5, 1, 2}[static_cast<std::size_t>(between(0, 3))];
    TableModel model(seed, between(2, 9), between(-2, 3));
    const test::PaddedSequences source = numbered_sentences(between(1, 6));
    const auto found = decode_beam(model, source.tokens, source.lengths, options);
    ASSERT_EQ(static_cast<std::int64_t>(found.size()), source.tokens.size(0));
    for (std::size_t sentence = 0; sentence < found.size(); ++sentence) {
      const auto expected = plain_beam_search(model, static_cast<std::int64_t>(sentence), options);
      const std::string where = "seed " + std::to_string(seed) + " sentence " + std::to_string(sentence);
      ASSERT_EQ(found[sentence].size(), expected.size()) << where;
      for (std::size_t rank = 0; rank < expected.size(); ++rank) {
        EXPECT_EQ(found[sentence][rank].tokens, expected[rank].tokens) << where << " rank " << rank;
        EXPECT_NEAR(found[sentence][rank].score, expected[rank].score, 1e-5) << where << " rank " << rank;
        if (static_cast<std::int64_t>(expected[rank].tokens.size()) < options.max_output_length) ++short_hypotheses;
      }
    }
  }
  EXPECT_GT(short_hypotheses, 300U);  // or the test would say little about finishing
}

TEST(BeamSearch, WithOneBeamAndEarlyStoppingIsGreedy) {
  DecodingOptions options;
  options.max_output_length = 6;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    TableModel model(seed, 6, 1);
    const test::PaddedSequences source = numbered_sentences(5);
    const auto beams = decode_beam(model, source.tokens, source.lengths, options);
    const auto greedy = decode_greedy(model, source.tokens, source.lengths, options);
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(greedy[i], plain_greedy(model, static_cast<std::int64_t>(i), options));
      ASSERT_EQ(beams[i].size(), 1U);
      EXPECT_EQ(beams[i][0].tokens, greedy[i]);
    }
  }
}

TEST(BeamSearch, BreaksTiesAlwaysAlike) {
  class Indifferent : public TableModel {
   public:
    Indifferent() : TableModel(0, 4, 0) {}
    torch::Tensor logits(const SequenceBatch& batch) override {
      return torch::zeros({batch.target.size(0), batch.target.size(1) - 1, 4});
    }
  } model;
  DecodingOptions options;
  options.max_output_length = 2;
  options.beam_size = 2;
  options.length_penalty = 0;
  options.early_stopping = false;
  const test::PaddedSequences source = numbered_sentences(1);
  const auto found = decode_beam(model, source.tokens, source.lengths, options)[0];
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].tokens, TokenSequence{});
  EXPECT_EQ(found[1].tokens, TokenSequence{1});
}

TEST(Decoding, OfSomeSourcesIsThatOfTheseAmongAll) {
  TableModel model(5, 6, 0);
  DecodingOptions options;
  options.max_output_length = 6;
  const test::PaddedSequences source = numbered_sentences(5);
  const std::unique_ptr<EncodedSource> sources = model.encode(source.tokens, source.lengths);
  const torch::Tensor rows = torch::tensor({4, 1}, torch::kInt64);
  const auto all = decode_greedy(model, source.tokens, source.lengths, options);
  EXPECT_EQ(decode_greedy(*sources, rows, options), (std::vector<TokenSequence>{all[4], all[1]}));
  options.beam_size = 3;
  const auto all_beams = decode_beam(model, source.tokens, source.lengths, options);
  const auto beams = decode_beam(*sources, rows, options);
  ASSERT_EQ(beams.size(), 2U);
  EXPECT_EQ(beams[0][0].tokens, all_beams[4][0].tokens);
  EXPECT_EQ(beams[1][0].tokens, all_beams[1][0].tokens);
  EXPECT_TRUE(decode_greedy(*sources, torch::empty({0}, torch::kInt64), options).empty());
}

TEST(Decoding, OfATransformerIsThatOfItsLogits) {
  const auto model = test::make_transformer({17, 9, 9}, {{"encoder.layers", std::int64_t{1}},
                                                         {"encoder.width", std::int64_t{8}},
                                                         {"encoder.heads", std::int64_t{2}},
                                                         {"decoder.width", std::int64_t{8}},
                                                         {"decoder.heads", std::int64_t{2}}});
  const test::PaddedSequences source = test::pad({{0, 5, 6, 7, 0}, {0, 9, 0}, {0, 4, 4, 8, 0}});
  DecodingOptions options;
  options.max_output_length = 7;
  const auto greedy = decode_greedy(*model, source.tokens, source.lengths, options);
  options.beam_size = 3;
  const auto beams = decode_beam(*model, source.tokens, source.lengths, options);
  EXPECT_TRUE(model->module().is_training());
  const torch::NoGradGuard no_gradients;
  const auto log_probability = [&](std::size_t row, const TokenSequence& tokens, std::int64_t position) {
    TokenSequence target{0};
    target.insert(target.end(), tokens.begin(), tokens.end());
    target.push_back(0);
    const auto i = static_cast<std::int64_t>(row);
    const std::int64_t length = source.lengths[i].item<std::int64_t>();
    const SequenceBatch batch{source.tokens[i].slice(0, 0, length).unsqueeze(0),
                              source.lengths.slice(0, i, i + 1),
                              torch::tensor(target, torch::kInt64).unsqueeze(0),
                              torch::tensor({static_cast<std::int64_t>(target.size())}),
                              false,
                              false};
    return torch::log_softmax(model->logits(batch)[0][position], 0);
  };
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t i = 0; i < greedy[row].size(); ++i) {
      const torch::Tensor after = log_probability(row, greedy[row], static_cast<std::int64_t>(i));
      EXPECT_EQ(after.argmax().item<std::int64_t>(), greedy[row][i]);
    }
    for (const Hypothesis& hypothesis : beams[row]) {
      if (hypothesis.tokens.size() == 7) continue;  // closed by a token that it does not name
      double sum = 0;
      for (std::size_t i = 0; i <= hypothesis.tokens.size(); ++i) {
        const std::int64_t token = i < hypothesis.tokens.size() ? hypothesis.tokens[i] : 0;
        sum += log_probability(row, hypothesis.tokens, static_cast<std::int64_t>(i))[token].item<double>();
      }
      EXPECT_NEAR(hypothesis.score, sum / static_cast<double>(hypothesis.tokens.size() + 1), 1e-5);
    }
  }
}

TEST(Sampling, DrawsTokensByTheirProbability) {
  constexpr std::int64_t draws = 20000;
  TableModel model(11, 5, 0);
  const torch::Tensor source = torch::zeros({draws, 1}, torch::kInt64), lengths = torch::ones({draws}, torch::kInt64);
  DecodingOptions options;
  options.max_output_length = 1;
  options.temperature = 2;
  const auto sampled = decode_sampling(model, source, lengths, options, at::make_generator<at::CPUGeneratorImpl>(1));
  std::vector<float> logits = model.logits_after(0, {0});
  for (float& logit : logits) logit /= 2;
  const std::vector<double> expected = log_probabilities(logits);
  std::vector<double> count(5);
  for (const TokenSequence& tokens : sampled) count[tokens.empty() ? 0U : static_cast<std::size_t>(tokens[0])] += 1;
  for (std::size_t token = 0; token < 5; ++token) {
    const double probability = std::exp(expected[token]);
    const double deviation = std::sqrt(probability * (1 - probability) / draws);
    EXPECT_NEAR(count[token] / draws, probability, 4.5 * deviation) << token;
  }
}

TEST(Sampling, ColdIsGreedyAndSeededIsRepeatable) {
  TableModel model(5, 7, 0);
  const test::PaddedSequences source = numbered_sentences(8);
  DecodingOptions options;
  options.max_output_length = 6;
  const auto sample = [&](std::uint64_t seed) {
    return decode_sampling(model, source.tokens, source.lengths, options,
                           at::make_generator<at::CPUGeneratorImpl>(seed));
  };
  EXPECT_EQ(sample(1), sample(1));
  EXPECT_NE(sample(1), sample(2));
  options.temperature = 1e-3;
  EXPECT_EQ(sample(1), decode_greedy(model, source.tokens, source.lengths, options));
}

TEST(Decoding, RefusesImpossibleOptions) {
  TableModel model(5, 7, 0);
  const test::PaddedSequences source = numbered_sentences(1);
  const auto refused = [&](const DecodingOptions& options) {
    EXPECT_THROW(decode_beam(model, source.tokens, source.lengths, options), Error);
    EXPECT_THROW(decode_greedy(model, source.tokens, source.lengths, options), Error);
  };
  DecodingOptions options;
  refused(options);
  options.max_output_length = 3;
  options.beam_size = 0;
  refused(options);
  options.beam_size = 1;
  options.temperature = 0;
  refused(options);
}

}  // namespace
}  // namespace matseq
