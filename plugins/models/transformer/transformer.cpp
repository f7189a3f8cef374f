/// \file
/// The sequence-to-sequence transformer of the papers (spec section 4).
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/heads.h"
#include "common/libtorch/encoder_decoder.h"
#include "fused/fused_gradients.h"
#include "fused/fused_network.h"
#include "fused/fused_source.h"
#include "libtorch/stack_source.h"
#include "matseq/model.h"
#include "matseq/refuse_parameter.h"
#include "matseq/register.h"

namespace matseq::transformer {

namespace {

// How many positions get an embedding: as many as the longest sequence needs, if the experiment does not say.
std::int64_t choose_positions(const Parameters& parameters, const ModelSetup& setup) {
  const std::int64_t positions = parameters.integer("positions");
  // The decoder never reads a target's last token.
  const std::int64_t needed = std::max(setup.longest_source, setup.longest_target - 1);
  if (positions == 0) return needed;
  if (positions < needed) {
    refuse_parameter(parameters, "positions",
                     std::to_string(positions) + " are too few for sequences of up to " + std::to_string(needed) +
                         " tokens; raise it, or lower data.max_len and evaluation.max_output_len");
  }
  return positions;
}

StackOptions stack_options(const Parameters& parameters, const ModelSetup& setup, const std::string& stack) {
  StackOptions options;
  options.layers = parameters.integer(stack + ".layers");
  options.width = parameters.integer(stack + ".width");
  options.heads = parameters.integer(stack + ".heads");
  options.dropout = parameters.real("dropout");
  options.attention_dropout = parameters.real("attention_dropout");
  options.tokens = setup.vocabulary_size;
  options.positions = choose_positions(parameters, setup);
  options.sinusoidal = parameters.boolean("sinusoidal_embeddings");
  require_whole_heads(parameters, stack + ".width", stack + ".heads");
  return options;
}

// Encoder and decoder under one name space of parameters.
class EncoderDecoderImpl : public torch::nn::Module {
 public:
  EncoderDecoderImpl(EncoderStack encoder_stack, DecoderStack decoder_stack)
      : encoder(register_module("encoder", std::move(encoder_stack))),
        decoder(register_module("decoder", std::move(decoder_stack))) {}

  EncoderStack encoder;
  DecoderStack decoder;
};
TORCH_MODULE(EncoderDecoder);

}  // namespace

class Transformer : public Model {
 public:
  static ParameterSchema schema();

  Transformer(const Parameters& parameters, const ModelSetup& setup)
      : random_(parameters.real("dropout") > 0 || parameters.real("attention_dropout") > 0),
        encoder_(stack_options(parameters, setup, "encoder")),
        decoder_(stack_options(parameters, setup, "decoder")),
        network_(EncoderStack(encoder_), DecoderStack(decoder_, encoder_.width, parameters.boolean("share_inout_emb"))),
        fused_network_(encoder_, decoder_, parameters.boolean("share_inout_emb"), *network_),
        fused_gradients_(fused_network_, arenas_),
        fused_(parameters.boolean("fused")) {}

  torch::nn::Module& module() override { return *network_; }

  double operations(std::int64_t source_length, std::int64_t target_length) const override;

  ModelTraits traits() const override { return {.concurrent = !is_random(), .graph_capture = true}; }

  std::optional<ParameterRole> role(const std::string& parameter) const override {
    if (parameter.find("embeddings.") != std::string::npos) return ParameterRole::embedding;
    if (parameter == "decoder.proj.weight") return ParameterRole::output;
    return std::nullopt;
  }

  std::shared_ptr<const void> pack_weights() override { return is_fused() ? fused_network_.pack() : nullptr; }

  torch::Tensor logits(const SequenceBatch& batch) override {
    const torch::Tensor scores = network_->decoder->project(hidden(batch));
    return scores.view({batch.target.size(0), -1, scores.size(-1)});
  }

  Loss loss(const SequenceBatch& batch) override;

  std::optional<Loss> add_gradients(const SequenceBatch& batch, double scale, const MicroBatches& cut) override {
    return is_fused() ? fused_gradients_.add(batch, scale, cut) : std::nullopt;
  }

  std::unique_ptr<EncodedSource> encode(const torch::Tensor& source, const torch::Tensor& source_lengths) override;

  torch::Tensor encoder_output(const torch::Tensor& source, const torch::Tensor& source_lengths) override;

 private:
  // Draws numbers for dropout.
  bool is_random() const { return random_ && network_->is_training(); }

  bool is_fused() const { return fused_ && !is_random() && fused_network_.usable(); }

  // The decoder's output at every target token but the last, (batch x (target length - 1), width).
  torch::Tensor hidden(const SequenceBatch& batch) {
    const torch::Tensor visible = visible_tokens(batch.source, batch.source_lengths, batch.source_padded);
    const torch::Tensor encoded = network_->encoder->forward(batch.source, visible);
    return network_->decoder->forward(batch.target.slice(1, 0, batch.target.size(1) - 1), encoded, visible);
  }

  bool random_;
  StackOptions encoder_;
  StackOptions decoder_;
  EncoderDecoder network_;
  FusedNetwork fused_network_;
  cpu::Arenas arenas_;  // of training and scoring, which take turns
  FusedGradients fused_gradients_;
  bool fused_;
};

ParameterSchema Transformer::schema() {
  const auto stack = [](const std::string& name, std::int64_t layers) {
    return ParameterSchema{
        Parameter::integer(name + ".layers", layers, "number of layers of the " + name).at_least(1).at_most(1024),
        Parameter::integer(name + ".width", 512, "width of the " + name + ", a multiple of its heads")
            .at_least(1)
            .at_most(65536),
        Parameter::integer(name + ".heads", 8, "attention heads of the " + name).at_least(1).at_most(65536)};
  };
  ParameterSchema schema = stack("encoder", 6);
  for (Parameter& parameter : stack("decoder", 1)) schema.push_back(std::move(parameter));
  schema.push_back(
      Parameter::real("dropout", 0, "probability of zeroing a value of the embedding or of a sublayer's output")
          .at_least(0)
          .at_most(1));
  schema.push_back(
      Parameter::real("attention_dropout", 0, "probability of zeroing an attention weight").at_least(0).at_most(1));
  schema.push_back(
      Parameter::boolean("share_inout_emb", true, "the output layer's weight is the decoder's token embedding"));
  schema.push_back(Parameter::boolean("sinusoidal_embeddings", false,
                                      "fixed sine and cosine position embeddings instead of learned ones"));
  schema.push_back(Parameter::integer("positions", 0,
                                      "positions that have an embedding (the reference has 4096); 0: as many as "
                                      "data.max_len and evaluation.max_output_len need")
                       .at_least(0)
                       .at_most(1 << 20));
  schema.push_back(Parameter::boolean("fused", true,
                                      "compute on the CPU by fused layers, in float32 and, where the processor has it, "
                                      "bfloat16; false: by LibTorch's operations, with the same results to rounding"));
  return schema;
}

Loss Transformer::loss(const SequenceBatch& batch) {
  torch::Tensor states = hidden(batch);
  torch::Tensor expected = batch.target.slice(1, 1).reshape({-1});
  constexpr std::int64_t ignored = -100;
  if (batch.target_padded) {
    const torch::Tensor real = real_tokens(batch.target_lengths - 1, batch.target.size(1) - 1).flatten();
    if (states.is_cuda()) {
      // Picking the real positions would make the host wait for their number.
      expected = expected.masked_fill(real.logical_not(), ignored);
    } else {
      const torch::Tensor chosen = real.nonzero().squeeze(1);
      states = states.index_select(0, chosen);
      expected = expected.index_select(0, chosen);
    }
  }
  return {at::cross_entropy_loss(network_->decoder->project(states).to(torch::kFloat32), expected, {},
                                 at::Reduction::Sum, ignored, batch.label_smoothing),
          {}};
}

std::unique_ptr<EncodedSource> Transformer::encode(const torch::Tensor& source, const torch::Tensor& source_lengths) {
  if (is_fused() && source.is_cpu()) {
    return std::make_unique<FusedSource>(fused_network_, arenas_, source, source_lengths);
  }
  return std::make_unique<StackSource>(network_->encoder, network_->decoder, decoder_.heads, source, source_lengths);
}

double Transformer::operations(std::int64_t source_length, std::int64_t target_length) const {
  const auto source = static_cast<double>(source_length), target = static_cast<double>(target_length - 1);
  const auto v = static_cast<double>(encoder_.width), w = static_cast<double>(decoder_.width);
  // Query, key, value, output; feed-forward, inwards and out, of four times the width; scores and weighted values.
  const double of_encoder = source * (4 + 8) * v * v + 2 * source * source * v;
  const double of_decoder = target * (4 + 2 + 8) * w * w + 2 * target * (target + source) * w + source * 2 * v * w;
  return 2 * (static_cast<double>(encoder_.layers) * of_encoder + static_cast<double>(decoder_.layers) * of_decoder +
              target * w * static_cast<double>(decoder_.tokens));
}

torch::Tensor Transformer::encoder_output(const torch::Tensor& source, const torch::Tensor& source_lengths) {
  const torch::Tensor visible = visible_tokens(source, source_lengths, true);
  const torch::Tensor encoded = network_->encoder->forward(source, visible).view({source.size(0), source.size(1), -1});
  return encoded.masked_fill(visible.view({source.size(0), source.size(1), 1}).logical_not(), 0);
}

}  // namespace matseq::transformer

using matseq::transformer::Transformer;
MATSEQ_REGISTER(Transformer, "transformer", "1.0.0",
                "Post-norm encoder-decoder transformer of 'Linear algebra with transformers'")
