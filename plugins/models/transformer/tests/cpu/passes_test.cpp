// The passes without LibTorch: products by Eigen, as no BLAS is loaded here. Sanitizers look into them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "cross_entropy.h"
#include "decoder.h"
#include "forward_pass.h"
#include "linear.h"
#include "products.h"
#include "rows.h"
#include "threads/thread_team.h"
#include "training_pass.h"

namespace matseq::transformer::cpu {
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

 private:
  void set(Parameter& parameter, std::int64_t count, float deviation, float mean) {
    values.push_back(random_values(count, deviation));
    for (float& value : values.back()) value += mean;
    gradients.emplace_back(static_cast<std::size_t>(count), 0.0F);
    parameters_.push_back(&parameter);
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

TEST(Passes, GradientsAreTheSlopesOfTheLoss) {
  RandomNetwork parts;
  const Batch batch;
  Arena arena;
  const double divisor = 2;
  const double loss = loss_and_gradients(parts.network, batch.source, batch.target, batch.expected, divisor, arena);
  EXPECT_NEAR(loss, loss_of(parts, batch) / divisor, 1e-5 * loss);
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
  RandomNetwork parts;
  const Batch batch;
  Arena arena;
  const double loss = loss_and_gradients(parts.network, batch.source, batch.target, batch.expected, 2, arena);
  std::vector<std::vector<float>> gradients = parts.gradients;
  for (std::vector<float>& gradient : parts.gradients) std::fill(gradient.begin(), gradient.end(), 0.0F);
  round_weights(parts.network);
  const double rounded = loss_and_gradients(parts.network, batch.source, batch.target, batch.expected, 2, arena);
  EXPECT_NE(rounded, loss);
  EXPECT_NEAR(rounded, loss, 0.01 * loss);
  double difference = 0, length = 0;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    for (std::size_t j = 0; j < gradients[i].size(); ++j) {
      difference += std::pow(static_cast<double>(parts.gradients[i][j]) - static_cast<double>(gradients[i][j]), 2);
      length += std::pow(static_cast<double>(gradients[i][j]), 2);
    }
  }
  EXPECT_LT(std::sqrt(difference), 0.03 * std::sqrt(length));
}

TEST(Rows, TheFirstOfTheLargestIsFoundWhereverItIs) {
  for (const std::int64_t count : {1, 5, 128, 129, 1000}) {
    std::vector<float> values = random_values(count, 1);
    const auto expect_found = [&](std::int64_t place) { EXPECT_EQ(first_of_largest(values.data(), count), place); };
    expect_found(std::max_element(values.begin(), values.end()) - values.begin());
    for (const std::int64_t place : {count - 1, count / 2, std::int64_t{0}}) {  // of equals the first
      values[static_cast<std::size_t>(place)] = 9;
      expect_found(place);
    }
    values.back() = std::numeric_limits<float>::quiet_NaN();
    expect_found(count - 1);
  }
}

TEST(BFloat16, IsTheNearest) {
  EXPECT_EQ(to_float(to_bfloat16(1)), 1.0F);
  EXPECT_EQ(to_float(to_bfloat16(-3.140625F)), -3.140625F);
  EXPECT_EQ(to_float(to_bfloat16(1.0F + 0x1p-8F)), 1.0F);            // in the middle: to the even one
  EXPECT_EQ(to_float(to_bfloat16(1.0F + 0x3p-8F)), 1.0F + 0x1p-6F);  // likewise
  EXPECT_EQ(to_float(to_bfloat16(1.0F + 0x1.01p-8F)), 1.0F + 0x1p-7F);
  EXPECT_EQ(to_float(to_bfloat16(3.4e38F)), std::numeric_limits<float>::infinity());
  EXPECT_EQ(to_float(to_bfloat16(-std::numeric_limits<float>::infinity())), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(to_float(to_bfloat16(std::numeric_limits<float>::quiet_NaN()))));
}

std::vector<float> as_bfloat16(const std::vector<float>& values, std::vector<BFloat16>& rounded) {
  rounded.resize(values.size());
  round_to_bfloat16(static_cast<std::int64_t>(values.size()), values.data(), rounded.data());
  std::vector<float> result;
  for (const BFloat16 value : rounded) result.push_back(to_float(value));
  return result;
}

TEST(Products, OfBFloat16AreThoseOfTheSameNumbersInFloat32) {
  const ProductShape shape = {5, 33, 18};
  std::vector<BFloat16> a, b;
  const std::vector<float> wide_a = as_bfloat16(random_values(shape.rows * shape.inner, 1), a);
  const std::vector<float> wide_b = as_bfloat16(random_values(shape.columns * shape.inner, 1), b);
  const std::vector<float> before = random_values(shape.rows * shape.columns, 1);
  const auto expect_same = [&](const auto& multiply) {
    std::vector<float> found = before, expected = before;
    multiply(a.data(), b.data(), found.data());
    multiply(wide_a.data(), wide_b.data(), expected.data());
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-4) << i;
  };
  for (const Accumulate accumulate : {Accumulate::no, Accumulate::yes}) {
    expect_same([&](const auto* x, const auto* y, float* z) { multiply(shape, x, y, z, accumulate); });
    expect_same([&](const auto* x, const auto* y, float* z) { multiply_transposed(shape, x, y, z, accumulate); });
  }
  expect_same([&](const auto* x, const auto* y, float* z) { add_transposed_product(shape, x, y, z); });
}

TEST(Products, AreSumsOfProducts) {
  for (const ProductShape& shape : {ProductShape{1, 1, 1}, {3, 5, 7}, {16, 8, 4}, {33, 17, 65}, {2, 1, 0}, {0, 3, 2}}) {
    const std::vector<float> a = random_values(shape.rows * shape.inner, 1);
    const std::vector<float> b = random_values(shape.columns * shape.inner, 1);
    const std::vector<float> before = random_values(shape.rows * shape.columns, 1);
    const auto at = [](const std::vector<float>& values, std::int64_t i) {
      return static_cast<double>(values[static_cast<std::size_t>(i)]);
    };
    std::vector<float> plain = before, transposed = before, sum = before, of_columns = before;
    multiply(shape, a.data(), b.data(), plain.data(), Accumulate::no);
    multiply(shape, a.data(), b.data(), sum.data(), Accumulate::yes);
    multiply_transposed(shape, a.data(), b.data(), transposed.data(), Accumulate::no);
    add_transposed_product(shape, a.data(), b.data(), of_columns.data());
    for (std::int64_t i = 0; i < shape.rows; ++i) {
      for (std::int64_t j = 0; j < shape.columns; ++j) {
        double of_plain = 0, of_transposed = 0, of_transposed_a = 0;
        for (std::int64_t k = 0; k < shape.inner; ++k) {
          of_plain += at(a, i * shape.inner + k) * at(b, k * shape.columns + j);
          of_transposed += at(a, i * shape.inner + k) * at(b, j * shape.inner + k);
          of_transposed_a += at(a, k * shape.rows + i) * at(b, k * shape.columns + j);
        }
        const std::int64_t here = i * shape.columns + j;
        EXPECT_NEAR(at(plain, here), of_plain, 1e-4);
        EXPECT_NEAR(at(sum, here), at(before, here) + of_plain, 1e-4);
        EXPECT_NEAR(at(transposed, here), of_transposed, 1e-4);
        EXPECT_NEAR(at(of_columns, here), at(before, here) + of_transposed_a, 1e-4);
      }
    }
  }
}

}  // namespace
}  // namespace matseq::transformer::cpu
