/// \file
/// A transformer's parameters as plain memory, for passes on the CPU. No LibTorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/cpu/aligned_vector.h"
#include "common/cpu/parameters.h"

namespace matseq::cpu {

struct EncoderLayer {
  Attention self_attention;
  Norm norm1;
  Linear first, second;
  Norm norm2;
};

struct DecoderLayer {
  Attention self_attention;
  Norm norm1;
  Attention cross_attention;
  Norm norm15;
  Linear first, second;
  Norm norm2;
};

struct Stack {
  Parameter tokens;     ///< (tokens, width)
  Parameter positions;  ///< (position_count, width)
  Norm norm;
  std::int64_t width = 0;
  std::int64_t heads = 0;
  std::int64_t position_count = 0;
};

struct Network {
  Stack encoder;
  std::vector<EncoderLayer> encoder_layers;
  Stack decoder;
  std::vector<DecoderLayer> decoder_layers;
  Linear output;      ///< over the vocabulary
  bool tied = false;  ///< the output's weight is `decoder.tokens`
  std::int64_t token_count = 0;
  std::size_t turns = 0;                                   ///< how many `GradientTurns` its layers need
  std::shared_ptr<const AlignedVector<BFloat16>> rounded;  ///< where rounded weights stand
  std::shared_ptr<const AlignedVector<float>> transposed;  ///< where transposed weights stand
};

template <typename Visit>
void visit_linear_layers(Network& network, const Visit& visit) {
  const auto attention = [&](Attention& layer) {
    for (Linear* part : {&layer.query, &layer.key, &layer.value, &layer.output}) visit(*part);
  };
  const auto shared = [&](auto& layer) {
    attention(layer.self_attention);
    visit(layer.first);
    visit(layer.second);
  };
  for (EncoderLayer& layer : network.encoder_layers) shared(layer);
  for (DecoderLayer& layer : network.decoder_layers) {
    shared(layer);
    attention(layer.cross_attention);
  }
  visit(network.output);
}

template <typename Visit>
void visit_norms(Network& network, const Visit& visit) {
  for (Stack* stack : {&network.encoder, &network.decoder}) visit(stack->norm);
  for (EncoderLayer& layer : network.encoder_layers) {
    visit(layer.norm1);
    visit(layer.norm2);
  }
  for (DecoderLayer& layer : network.decoder_layers) {
    visit(layer.norm1);
    visit(layer.norm15);
    visit(layer.norm2);
  }
}

/// Calls `visit(name, parameter)` for every parameter, with its name in checkpoints; a tied output weight is left out.
template <typename Visit>
void visit_parameters(Network& network, bool tied, const Visit& visit) {
  const auto affine = [&](const std::string& name, auto& layer) {
    visit(name + ".weight", layer.weight);
    visit(name + ".bias", layer.bias);
  };
  const auto attention = [&](const std::string& name, Attention& layer) {
    affine(name + ".q_lin", layer.query);
    affine(name + ".k_lin", layer.key);
    affine(name + ".v_lin", layer.value);
    affine(name + ".out_lin", layer.output);
  };
  const auto stack = [&](const std::string& name, Stack& part) {
    visit(name + ".embeddings.weight", part.tokens);
    visit(name + ".position_embeddings.weight", part.positions);
    affine(name + ".layer_norm_emb", part.norm);
  };
  const auto shared = [&](const std::string& name, auto& layer) {
    attention(name + ".self_attention", layer.self_attention);
    affine(name + ".layer_norm1", layer.norm1);
    affine(name + ".ffn.lin1", layer.first);
    affine(name + ".ffn.lin2", layer.second);
    affine(name + ".layer_norm2", layer.norm2);
  };
  stack("encoder", network.encoder);
  for (std::size_t i = 0; i < network.encoder_layers.size(); ++i) {
    shared("encoder.layers." + std::to_string(i), network.encoder_layers[i]);
  }
  stack("decoder", network.decoder);
  for (std::size_t i = 0; i < network.decoder_layers.size(); ++i) {
    const std::string name = "decoder.layers." + std::to_string(i);
    shared(name, network.decoder_layers[i]);
    attention(name + ".cross_attention", network.decoder_layers[i].cross_attention);
    affine(name + ".layer_norm15", network.decoder_layers[i].norm15);
  }
  if (!tied) visit("decoder.proj.weight", network.output.weight);
  visit("decoder.proj.bias", network.output.bias);
}

}  // namespace matseq::cpu
