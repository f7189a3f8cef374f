// The passes without LibTorch: products by Eigen, as no BLAS is loaded here. Sanitizers look into them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "common/cpu/cross_entropy.h"
#include "decoder.h"
#include "forward_pass.h"
#include "packed_weights.h"
#include "threads/thread_team.h"
#include "training_pass.h"

namespace matseq::cpu {
namespace {

constexpr std::int64_t token_count = 11;
constexpr std::int64_t position_count = 9;

std::mt19937& generator() {
  static std::mt19937 engine(1);
  return engine;
}

std::vector<float> random_values(std::int64_t count, float deviation) {
  std::normal_distribution<float> normal(0, deviation);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = normal(generator());
  return values;
}

// A network that owns its parameters: encoder of width 6 with 2 heads, decoder of width 10 with 2.
class RandomNetwork {
 public:
  RandomNetwork() {
    set_stack(network.encoder, 6);
    set_stack(network.decoder, 10);
    network.encoder_layers.resize(2);
    network.decoder_layers.resize(2);
    for (EncoderLayer& layer : network.encoder_layers) {
      set_attention(layer.self_attention, 6, 6);
      set_rest(layer, 6);
    }
    for (DecoderLayer& layer : network.decoder_layers) {
      set_attention(layer.self_attention, 10, 10);
      set_attention(layer.cross_attention, 10, 6);
      set_norm(layer.norm15, 10);
      set_rest(layer, 10);
    }
    set_linear(network.output, 10, token_count);
    network.token_count = token_count;
    number_turns(network);
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      parameters_[i]->value = values[i].data();
      parameters_[i]->gradient = gradients[i].data();
    }
  }
  RandomNetwork(const RandomNetwork&) = delete;
  RandomNetwork& operator=(const RandomNetwork&) = delete;

  Network network;
  std::vector<std::vector<float>> values;
  std::vector<std::vector<float>> gradients;
  std::int64_t floats = 0;  // of all parameters

 private:
  void set(Parameter& parameter, std::int64_t count, float deviation, float mean) {
    values.push_back(random_values(count, deviation));
    for (float& value : values.back()) value += mean;
    gradients.emplace_back(static_cast<std::size_t>(count), 0.0F);
    parameters_.push_back(&parameter);
    parameter.offset = floats;
    floats += count;
  }
  void set_linear(Linear& layer, std::int64_t in, std::int64_t out) {
    layer.in = in;
    layer.out = out;
    set(layer.weight, in * out, 0.4F, 0);
    set(layer.bias, out, 0.2F, 0);
  }
  void set_norm(Norm& norm, std::int64_t width) {
    set(norm.weight, width, 0.2F, 1);
    set(norm.bias, width, 0.2F, 0);
  }
  void set_attention(Attention& layer, std::int64_t width, std::int64_t source_width) {
    set_linear(layer.query, width, width);
    set_linear(layer.key, source_width, width);
    set_linear(layer.value, source_width, width);
    set_linear(layer.output, width, width);
  }
  template <typename Layer>
  void set_rest(Layer& layer, std::int64_t width) {
    set_norm(layer.norm1, width);
    set_linear(layer.first, width, 4 * width);
    set_linear(layer.second, 4 * width, width);
    set_norm(layer.norm2, width);
  }
  void set_stack(Stack& stack, std::int64_t width) {
    stack.width = width;
    stack.heads = 2;
    stack.position_count = position_count;
    set(stack.tokens, token_count * width, 1, 0);
    set(stack.positions, position_count * width, 1, 0);
    set_norm(stack.norm, width);
  }

  std::vector<Parameter*> parameters_;
};

Sequences random_sequences(const std::vector<std::int64_t>& lengths) {
  std::uniform_int_distribution<std::int64_t> token(0, token_count - 1);
  Sequences sequences;
  sequences.begin.push_back(0);
  for (const std::int64_t length : lengths) {
    for (std::int64_t i = 0; i < length; ++i) {
      sequences.tokens.push_back(token(generator()));
      sequences.positions.push_back(i);
    }
    sequences.begin.push_back(sequences.total());
  }
  return sequences;
}

// Some sequences to read and the tokens after each of the target's.
struct Batch {
  Sequences source = random_sequences({9, 1, 4, 5});
  Sequences target = random_sequences({3, 9, 1, 8});
  std::vector<std::int64_t> expected = random_sequences({target.total()}).tokens;
};

double loss_of(const RandomNetwork& parts, const Batch& batch) {
  Arena arena;
  const float* encoded = encode(parts.network, batch.source, arena).result;
  const float* states = decode(parts.network, batch.target, batch.source, encoded, arena).result;
  double loss = 0;
  for (const TokenScore& token : score_tokens(parts.network.output, states, batch.expected, arena)) {
    loss += token.cross_entropy;
  }
  return loss;
}

// A piece for each pair of sequences.
std::vector<Piece> pieces_of(const Batch& batch) {
  std::vector<Piece> pieces(static_cast<std::size_t>(batch.source.count()));
  for (std::int64_t i = 0; i < batch.source.count(); ++i) {
    Piece& piece = pieces[static_cast<std::size_t>(i)];
    append(piece.source, batch.source, i);
    append(piece.target, batch.target, i);
    piece.expected.assign(batch.expected.begin() + batch.target.first(i),
                          batch.expected.begin() + batch.target.first(i + 1));
  }
  return pieces;
}

// The loss; adds `scale` times its gradients. There are 2^depth micro-batches.
double add_gradients(RandomNetwork& parts, const std::vector<Piece>& pieces, double scale, std::size_t threads,
                     std::size_t depth = 0) {
  Arenas arenas;
  GradientTrees trees{.dense = GradientTree(parts.floats)};
  trees.dense.begin(depth, /*empty_root=*/false);
  TrainingPass pass(parts.network, pieces, {.scale = scale}, arenas, trees, threads);
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back([&] { pass.work(); });
  pass.work();
  for (std::thread& other : others) other.join();
  const std::vector<double> losses = pass.finish();
  return std::accumulate(losses.begin(), losses.end(), 0.0);
}

std::vector<std::vector<float>> gradients_by(RandomNetwork& parts, const std::vector<Piece>& pieces,
                                             std::size_t threads, std::size_t depth = 0) {
  for (std::vector<float>& gradient : parts.gradients) std::fill(gradient.begin(), gradient.end(), 0.0F);
  add_gradients(parts, pieces, 0.5, threads, depth);
  return parts.gradients;
}

// As many micro-batches as 2^depth, a power of two that divides the number of the pieces.
std::vector<Piece> micro_batches(std::vector<Piece> pieces, std::size_t depth) {
  const std::size_t each = pieces.size() >> depth;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    pieces[i].place = {.micro_batch = i / each, .first = i % each == 0, .last = i % each + 1 == each};
  }
  return pieces;
}

// The length of the difference as a share of that of the first.
double distance(const std::vector<std::vector<float>>& first, const std::vector<std::vector<float>>& second) {
  double difference = 0, length = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    for (std::size_t j = 0; j < first[i].size(); ++j) {
      difference += std::pow(static_cast<double>(second[i][j]) - static_cast<double>(first[i][j]), 2);
      length += std::pow(static_cast<double>(first[i][j]), 2);
    }
  }
  return std::sqrt(difference / length);
}

TEST(Passes, ThreadsChangeNoBitOfTheGradients) {
  RandomNetwork parts;
  const Batch batch;
  for (const bool tied : {false, true}) {
    parts.network.tied = tied;
    if (tied) parts.network.output.weight = parts.network.decoder.tokens;
    for (const std::size_t depth : {0, 1, 2}) {
      const std::vector<Piece> pieces = micro_batches(pieces_of(batch), depth);
      const auto alone = gradients_by(parts, pieces, 1, depth);
      for (int round = 0; round < 10; ++round) {
        for (const std::size_t threads : {2, 3, 6}) EXPECT_EQ(gradients_by(parts, pieces, threads, depth), alone);
      }
    }
  }
}

TEST(Passes, MicroBatchesAreAddedInPairsOfPairs) {
  RandomNetwork parts;
  const Batch batch;
  std::vector<std::vector<std::vector<float>>> of_pieces;
  for (const Piece& piece : pieces_of(batch)) of_pieces.push_back(gradients_by(parts, {piece}, 1));
  ASSERT_EQ(of_pieces.size(), 4U);
  std::vector<std::vector<float>> pairs = of_pieces[0], chain = of_pieces[0];
  bool differs = false;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    for (std::size_t j = 0; j < pairs[i].size(); ++j) {
      const float a = of_pieces[0][i][j], b = of_pieces[1][i][j], c = of_pieces[2][i][j], d = of_pieces[3][i][j];
      pairs[i][j] = (a + b) + (c + d);
      chain[i][j] = ((a + b) + c) + d;
      differs = differs || pairs[i][j] != chain[i][j];
    }
  }
  ASSERT_TRUE(differs);
  EXPECT_EQ(gradients_by(parts, micro_batches(pieces_of(batch), 2), 1, 2), pairs);
  EXPECT_EQ(gradients_by(parts, pieces_of(batch), 1), gradients_by(parts, micro_batches(pieces_of(batch), 0), 1));
}

TEST(Passes, GradientsAreTheSlopesOfTheLoss) {
  RandomNetwork parts;
  const Batch batch;
  const double divisor = 2;
  const double loss = add_gradients(parts, {{batch.source, batch.target, batch.expected, {}}}, 1 / divisor, 1);
  EXPECT_NEAR(loss, loss_of(parts, batch), 1e-5 * loss);
  for (std::size_t i = 0; i < parts.values.size(); ++i) {
    std::vector<float>& values = parts.values[i];
    const std::vector<float> kept = values;
    const std::vector<float> direction = random_values(static_cast<std::int64_t>(values.size()), 1);
    double slope = 0, length = 0;
    for (std::size_t j = 0; j < values.size(); ++j) {
      slope += static_cast<double>(parts.gradients[i][j]) * static_cast<double>(direction[j]);
      length += static_cast<double>(direction[j]) * static_cast<double>(direction[j]);
    }
    const auto step = static_cast<float>(3e-3 / std::sqrt(length));
    double losses[2] = {};
    for (int side = 0; side < 2; ++side) {
      for (std::size_t j = 0; j < values.size(); ++j) values[j] = kept[j] + (side == 0 ? step : -step) * direction[j];
      losses[side] = loss_of(parts, batch) / divisor;
    }
    values = kept;
    const double measured = (losses[0] - losses[1]) / (2 * static_cast<double>(step));
    EXPECT_NEAR(measured, slope, 0.01 + 0.02 * std::abs(slope)) << "parameter " << i;
  }
}

TEST(Passes, ByTransposedWeightsAreTheSame) {
  RandomNetwork parts;
  const Batch batch;
  const double loss = loss_of(parts, batch);
  transpose_weights(parts.network);
  EXPECT_NEAR(loss_of(parts, batch), loss, 1e-5 * loss);
}

// Or the bits of a BLAS's products would depend on where memory happens to lie.
TEST(Passes, PackedWeightsBeginWithALineOfTheCache) {
  RandomNetwork parts;
  transpose_weights(parts.network);
  round_weights(parts.network);
  visit_linear_layers(parts.network, [](const Linear& layer) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(layer.weight.transposed) % cache_line, 0U);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(layer.weight.rounded) % cache_line, 0U);
  });
}

TEST(Passes, DecodingTokenByTokenForetellsWhatThePassOverAllTokensDoes) {
  const RandomNetwork parts;
  const Batch batch;
  Arena arena;
  const float* encoded = encode(parts.network, batch.source, arena).result;
  const float* states = decode(parts.network, batch.target, batch.source, encoded, arena).result;
  const std::vector<TokenScore> scores = score_tokens(parts.network.output, states, batch.expected, arena);
  for (std::int64_t row = 0; row < batch.target.count(); ++row) {
    Decoder decoder(parts.network);
    // The sources in two pieces; then two rows of this one, and one of the first.
    decoder.add(batch.source, encoded);
    const Sequences more = random_sequences({2});
    decoder.add(more, encode(parts.network, more, arena).result);
    decoder.select({row, row, 0});
    ASSERT_EQ(decoder.rows(), 3);
    std::vector<float> logits(3 * token_count);
    for (std::int64_t i = batch.target.first(row); i < batch.target.first(row + 1); ++i) {
      const std::int64_t token = batch.target.tokens[static_cast<std::size_t>(i)];
      decoder.step({(token + 1) % token_count, token, token}, logits.data());
      const TokenScore found = score_token(token_count, std::vector<float>(token_count).data(),
                                           batch.expected[static_cast<std::size_t>(i)], logits.data() + token_count);
      EXPECT_NEAR(found.cross_entropy, scores[static_cast<std::size_t>(i)].cross_entropy, 1e-4);
      EXPECT_EQ(found.likeliest, scores[static_cast<std::size_t>(i)].likeliest);
    }
  }
}

// The threads that share out a batch read one network. The thread sanitizer looks on.
TEST(Passes, OfManyThreadsAreThoseOfOne) {
  RandomNetwork parts;
  transpose_weights(parts.network);
  const Batch batch;
  const double loss = loss_of(parts, batch);
  ThreadTeam team(4);
  std::vector<double> losses(team.size());
  std::vector<std::vector<float>> logits(team.size(), std::vector<float>(token_count));
  team.run([&](std::size_t member) {
    losses[member] = loss_of(parts, batch);
    Arena arena;
    Decoder decoder(parts.network);
    decoder.add(batch.source, encode(parts.network, batch.source, arena).result);
    decoder.select({0});
    decoder.step({2}, logits[member].data());
  });
  EXPECT_EQ(losses, std::vector<double>(team.size(), loss));
  EXPECT_EQ(logits, std::vector<std::vector<float>>(team.size(), logits[0]));
}

// Every product's operands are off by up to 2^-9, what comes of it by some of that.
TEST(Passes, InBFloat16AreTheSameToItsRounding) {
  generator().seed(1);  // a network that does not blow up what is rounded
  RandomNetwork parts;
  const Batch batch;
  const double loss = add_gradients(parts, pieces_of(batch), 0.5, 1);
  std::vector<std::vector<float>> gradients = parts.gradients;
  for (std::vector<float>& gradient : parts.gradients) std::fill(gradient.begin(), gradient.end(), 0.0F);
  round_weights(parts.network);
  const double rounded = add_gradients(parts, pieces_of(batch), 0.5, 1);
  EXPECT_NE(rounded, loss);
  EXPECT_NEAR(rounded, loss, 0.01 * loss);
  EXPECT_LT(distance(gradients, parts.gradients), 0.03);
  const auto shared = gradients_by(parts, pieces_of(batch), 3);
  EXPECT_EQ(gradients_by(parts, pieces_of(batch), 1), shared);
  EXPECT_LT(distance(gradients, shared), 0.03);
}

}  // namespace
}  // namespace matseq::cpu
