/// \file
/// An encoder-decoder transformer as they are built today, each innovation an option.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/heads.h"
#include "common/libtorch/context_source.h"
#include "common/libtorch/gated_feed_forward.h"
#include "common/libtorch/layers.h"
#include "common/libtorch/norm.h"
#include "common/libtorch/rotary_attention.h"
#include "matseq/model.h"
#include "matseq/refuse_parameter.h"
#include "matseq/register.h"
#include "matseq/torch.h"

namespace matseq::modern {
namespace {

struct Options {
  std::int64_t encoder_layers = 0;
  std::int64_t decoder_layers = 0;
  std::int64_t width = 0;
  std::int64_t heads = 0;
  bool rms_norm = true;
  bool rotary = true;
  bool qk_norm = true;
  std::string feed_forward;  ///< "swiglu", "squared_relu" or "relu"
  bool tied_output = false;
  double logit_cap = 0;  ///< 0: none
  std::int64_t tokens = 0;
  std::int64_t positions = 0;  ///< learned ones, where they are not rotary
};

/// Every sublayer adds to what comes in what it makes of its norm.
class EncoderLayerImpl : public torch::nn::Module {
 public:
  explicit EncoderLayerImpl(const Options& options);
  torch::Tensor forward(torch::Tensor x, const torch::Tensor& visible);

 private:
  Norm norm1_;
  RotaryAttention attention_;
  Norm norm2_;
  GatedFeedForward ffn_;
};
TORCH_MODULE(EncoderLayer);

class DecoderLayerImpl : public torch::nn::Module {
 public:
  explicit DecoderLayerImpl(const Options& options);

  /// What its cross-attention looks at, of the encoder's output.
  KeysValues source(const torch::Tensor& encoded) { return cross_attention_->keys_values(encoded, 0); }

  /// Goes on from `past`, undefined at first, which it adds to; `first` is the position of x's first token.
  torch::Tensor forward(torch::Tensor x, std::int64_t first, KeysValues& past, const KeysValues& source,
                        const torch::Tensor& visible);

 private:
  Norm norm1_;
  RotaryAttention self_attention_;
  Norm norm2_;
  RotaryAttention cross_attention_;
  Norm norm3_;
  GatedFeedForward ffn_;
};
TORCH_MODULE(DecoderLayer);

EncoderLayerImpl::EncoderLayerImpl(const Options& options)
    : norm1_(register_module("norm1", Norm(options.width, options.rms_norm))),
      attention_(
          register_module("attention", RotaryAttention(options.width, options.heads, options.rotary, options.qk_norm))),
      norm2_(register_module("norm2", Norm(options.width, options.rms_norm))),
      ffn_(register_module("ffn", GatedFeedForward(options.width, options.feed_forward))) {}

torch::Tensor EncoderLayerImpl::forward(torch::Tensor x, const torch::Tensor& visible) {
  const torch::Tensor normed = norm1_->forward(x);
  x = x + attention_->attend(attention_->queries(normed, 0), attention_->keys_values(normed, 0), visible, false);
  return x + ffn_->forward(norm2_->forward(x));
}

DecoderLayerImpl::DecoderLayerImpl(const Options& options)
    : norm1_(register_module("norm1", Norm(options.width, options.rms_norm))),
      self_attention_(register_module("self_attention",
                                      RotaryAttention(options.width, options.heads, options.rotary, options.qk_norm))),
      norm2_(register_module("norm2", Norm(options.width, options.rms_norm))),
      cross_attention_(
          register_module("cross_attention", RotaryAttention(options.width, options.heads, false, options.qk_norm))),
      norm3_(register_module("norm3", Norm(options.width, options.rms_norm))),
      ffn_(register_module("ffn", GatedFeedForward(options.width, options.feed_forward))) {}

torch::Tensor DecoderLayerImpl::forward(torch::Tensor x, std::int64_t first, KeysValues& past, const KeysValues& source,
                                        const torch::Tensor& visible) {
  const torch::Tensor normed = norm1_->forward(x);
  past = appended(past, self_attention_->keys_values(normed, first));
  // A token alone sees all that came before it.
  x = x + self_attention_->attend(self_attention_->queries(normed, first), past, {}, x.size(1) > 1);
  x = x + cross_attention_->attend(cross_attention_->queries(norm2_->forward(x), first), source, visible, false);
  return x + ffn_->forward(norm3_->forward(x));
}

/// What the decoder's layers look at.
struct Context {
  torch::Tensor visible;            ///< (batch, 1, 1, source length), true at real tokens of the source
  std::vector<KeysValues> sources;  ///< of each layer
  std::vector<KeysValues> past;     ///< of each layer: of the target's tokens so far

  Context rows(const torch::Tensor& rows) const {
    return {visible.index_select(0, rows), rows_of(sources, rows), rows_of(past, rows)};
  }
};

class NetworkImpl : public torch::nn::Module {
 public:
  explicit NetworkImpl(const Options& options)
      : options_(options),
        tokens_(register_module("embeddings", Table(initial_embeddings(options.tokens, options.width), false))),
        encoder_(register_module("encoder", torch::nn::ModuleList())),
        encoder_norm_(register_module("encoder_norm", Norm(options.width, options.rms_norm))),
        decoder_(register_module("decoder", torch::nn::ModuleList())),
        decoder_norm_(register_module("decoder_norm", Norm(options.width, options.rms_norm))) {
    for (std::int64_t i = 0; i < options.encoder_layers; ++i) encoder_->push_back(EncoderLayer(options));
    for (std::int64_t i = 0; i < options.decoder_layers; ++i) decoder_->push_back(DecoderLayer(options));
    if (!options.rotary) {
      const auto table = [&] { return Table(initial_embeddings(options.positions, options.width), false); };
      source_positions_ = register_module("source_position_embeddings", table());
      target_positions_ = register_module("target_position_embeddings", table());
    }
    if (!options.tied_output) {
      output_ = register_module("output", without_bias(options.width, options.tokens));
    }
  }

  torch::Tensor encoder_output(const torch::Tensor& source, const torch::Tensor& visible) {
    torch::Tensor x = embedded(source, 0, source_positions_);
    for (std::size_t i = 0; i < encoder_->size(); ++i) x = encoder_->at<EncoderLayerImpl>(i).forward(x, visible);
    return encoder_norm_->forward(x);
  }

  Context read(const torch::Tensor& source, const torch::Tensor& lengths) {
    Context context{visible_tokens(source, lengths, /*padded=*/true), {}, std::vector<KeysValues>(decoder_->size())};
    const torch::Tensor output = encoder_output(source, context.visible);
    for (std::size_t i = 0; i < decoder_->size(); ++i) {
      context.sources.push_back(decoder_->at<DecoderLayerImpl>(i).source(output));
    }
    return context;
  }

  torch::Tensor foretell(const torch::Tensor& tokens, std::int64_t first, Context& context) {
    torch::Tensor x = embedded(tokens, first, target_positions_);
    for (std::size_t i = 0; i < decoder_->size(); ++i) {
      x = decoder_->at<DecoderLayerImpl>(i).forward(x, first, context.past[i], context.sources[i], context.visible);
    }
    const torch::Tensor states = decoder_norm_->forward(x);
    const torch::Tensor logits =
        output_ ? output_->forward(states) : states.matmul(tokens_->weight().to(states.scalar_type()).t());
    if (options_.logit_cap == 0) return logits;
    return (logits / options_.logit_cap).tanh() * options_.logit_cap;
  }

 private:
  torch::Tensor embedded(const torch::Tensor& tokens, std::int64_t first, const Table& positions) {
    const torch::Tensor x =
        tokens_->weight().index_select(0, tokens.flatten()).view({tokens.size(0), tokens.size(1), -1});
    return positions ? x + positions->weight().slice(0, first, first + tokens.size(1)) : x;
  }

  Options options_;
  Table tokens_;
  Table source_positions_{nullptr};
  Table target_positions_{nullptr};
  torch::nn::ModuleList encoder_;
  Norm encoder_norm_;
  torch::nn::ModuleList decoder_;
  Norm decoder_norm_;
  Linear output_{nullptr};
};
TORCH_MODULE(Network);

class ModernTransformer : public Model {
 public:
  static ParameterSchema schema() {
    return {
        Parameter::integer("encoder_layers", 6, "layers of the encoder").at_least(1).at_most(1024),
        Parameter::integer("decoder_layers", 1, "layers of the decoder").at_least(1).at_most(1024),
        Parameter::integer("width", 512, "width of all layers, a multiple of the heads").at_least(1).at_most(65536),
        Parameter::integer("heads", 8, "attention heads").at_least(1).at_most(65536),
        Parameter::text("norm", "rms", "before each sublayer: root mean square, or layer normalisation")
            .one_of({"rms", "layer"}),
        Parameter::text("positions", "rotary", "turned queries and keys, or learned embeddings")
            .one_of({"rotary", "learned"}),
        Parameter::boolean("qk_norm", true, "normalise queries and keys"),
        Parameter::text("feed_forward", "swiglu", "its activation").one_of({"swiglu", "squared_relu", "relu"}),
        Parameter::boolean("tied_output", false, "the output layer's weight is the token embedding"),
        Parameter::real("logit_cap", 0, "logits z become c tanh(z / c); 0: they stay as they are").at_least(0),
    };
  }

  ModernTransformer(const Parameters& parameters, const ModelSetup& setup)
      : options_(options_of(parameters, setup)), network_(options_) {}

  torch::nn::Module& module() override { return *network_; }

  torch::Tensor logits(const SequenceBatch& batch) override { return foretold(network_, batch); }

  std::unique_ptr<EncodedSource> encode(const torch::Tensor& source, const torch::Tensor& source_lengths) override {
    return std::make_unique<ContextSource<Network, Context>>(network_, source, source_lengths);
  }

  ModelTraits traits() const override { return {.concurrent = true, .graph_capture = false}; }

  std::optional<ParameterRole> role(const std::string& parameter) const override {
    if (parameter.find("embeddings.") != std::string::npos) return ParameterRole::embedding;
    if (parameter == "output.weight") return ParameterRole::output;
    return std::nullopt;
  }

  double operations(std::int64_t source_length, std::int64_t target_length) const override {
    const auto source = static_cast<double>(source_length), target = static_cast<double>(target_length - 1);
    const auto w = static_cast<double>(options_.width);
    const double of_encoder = source * 12 * w * w + 2 * source * source * w;
    const double of_decoder = target * 14 * w * w + source * 2 * w * w + 2 * target * (target + source) * w;
    return 2 * (static_cast<double>(options_.encoder_layers) * of_encoder +
                static_cast<double>(options_.decoder_layers) * of_decoder +
                target * w * static_cast<double>(options_.tokens));
  }

 private:
  static Options options_of(const Parameters& parameters, const ModelSetup& setup) {
    require_whole_heads(parameters, "width", "heads");
    Options options;
    options.encoder_layers = parameters.integer("encoder_layers");
    options.decoder_layers = parameters.integer("decoder_layers");
    options.width = parameters.integer("width");
    options.heads = parameters.integer("heads");
    options.rms_norm = parameters.text("norm") == "rms";
    options.rotary = parameters.text("positions") == "rotary";
    options.qk_norm = parameters.boolean("qk_norm");
    options.feed_forward = parameters.text("feed_forward");
    options.tied_output = parameters.boolean("tied_output");
    options.logit_cap = parameters.real("logit_cap");
    options.tokens = setup.vocabulary_size;
    options.positions = std::max(setup.longest_source, setup.longest_target - 1);
    if (options.rotary && options.width / options.heads % 2 != 0) {
      refuse_parameter(parameters, parameters.given("heads") ? "heads" : "width",
                       "rotary positions turn pairs of channels, and each head has " +
                           std::to_string(options.width / options.heads) + ", an odd number");
    }
    return options;
  }

  Options options_;
  Network network_;
};

}  // namespace
}  // namespace matseq::modern

using matseq::modern::ModernTransformer;
MATSEQ_REGISTER(ModernTransformer, "modern_transformer", "1.0.0",
                "Encoder-decoder transformer: pre-norm, rotary positions, QK-norm, SwiGLU, each an option")
