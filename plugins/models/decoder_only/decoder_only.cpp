/// \file
/// Source and target as one sequence, which a transformer foretells from left to right.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/heads.h"
#include "common/libtorch/context_source.h"
#include "common/libtorch/layers.h"
#include "common/libtorch/pre_norm_layer.h"
#include "matseq/model.h"
#include "matseq/register.h"
#include "matseq/torch.h"

namespace matseq::decoder_only {
namespace {

struct Options {
  std::int64_t layers = 0;
  std::int64_t width = 0;
  std::int64_t heads = 0;
  bool prefix = true;
  std::int64_t tokens = 0;
  std::int64_t positions = 0;
};

/// Sources as the layers know them, to go on from.
struct Context {
  torch::Tensor lengths;           ///< (batch), of the sources
  torch::Tensor visible;           ///< (batch, keys), true at real tokens
  std::vector<KeysValues> layers;  ///< each (batch, heads, keys, head width)

  Context rows(const torch::Tensor& rows) const {
    return {lengths.index_select(0, rows), visible.index_select(0, rows), rows_of(layers, rows)};
  }
};

class NetworkImpl : public torch::nn::Module {
 public:
  explicit NetworkImpl(const Options& options)
      : options_(options),
        tokens_(register_module("embeddings", Table(initial_embeddings(options.tokens, options.width), false))),
        positions_(
            register_module("position_embeddings", Table(initial_embeddings(options.positions, options.width), false))),
        layers_(register_module("layers", torch::nn::ModuleList())),
        norm_(register_module("norm", make_layer_norm(options.width))),
        output_(register_module("output", Linear(options.width, options.tokens))) {
    for (std::int64_t i = 0; i < options.layers; ++i) {
      layers_->push_back(PreNormLayer(options.width, options.heads));
    }
  }

  /// Reads sources, (batch, length) with lengths (batch).
  Context read(const torch::Tensor& source, const torch::Tensor& lengths) {
    Context context{lengths, torch::zeros({source.size(0), 0}, lengths.options().dtype(torch::kBool)), {}};
    advance(source, real_tokens(lengths, source.size(1)), torch::zeros_like(lengths), options_.prefix, context);
    return context;
  }

  /// The logits after each of `tokens`, (batch, length, vocabulary size), which follow on what is in `context`, the
  /// `first`-th of the target in front. They are in the context then.
  torch::Tensor foretell(const torch::Tensor& tokens, std::int64_t first, Context& context) {
    const torch::Tensor states =
        advance(tokens, torch::ones_like(tokens, torch::kBool), context.lengths + first, false, context);
    return output_->forward(norm_->forward(states)).view({tokens.size(0), tokens.size(1), -1});
  }

 private:
  /// Takes (batch, length) tokens, of which the first of each row stands at position `first` (batch). They see what is
  /// in the context and each other, all or those before. The last layer's output, (batch x length, width).
  torch::Tensor advance(const torch::Tensor& tokens, const torch::Tensor& real, const torch::Tensor& first,
                        bool both_ways, Context& context) {
    const std::int64_t batch = tokens.size(0), length = tokens.size(1), before = context.visible.size(1);
    const torch::Tensor place = torch::arange(length, tokens.options());
    const torch::Tensor position = first.unsqueeze(1) + place.unsqueeze(0);
    torch::Tensor x =
        tokens_->weight().index_select(0, tokens.flatten()) + positions_->weight().index_select(0, position.flatten());
    context.visible = torch::cat({context.visible, real}, 1);
    torch::Tensor visible = context.visible.view({batch, 1, 1, -1});
    if (!both_ways && length > 1) {
      const torch::Tensor key = torch::arange(before + length, tokens.options());
      visible = visible.logical_and(key.unsqueeze(0) <= (place + before).unsqueeze(1));
    }
    context.layers.resize(layers_->size());
    for (std::size_t i = 0; i < layers_->size(); ++i) {
      x = layers_->at<PreNormLayerImpl>(i).go_on(x, batch, context.layers[i], visible);
    }
    return x;
  }

  Options options_;
  Table tokens_;
  Table positions_;
  torch::nn::ModuleList layers_;
  torch::nn::LayerNorm norm_;
  Linear output_;
};
TORCH_MODULE(Network);

class DecoderOnly : public Model {
 public:
  static ParameterSchema schema() {
    ParameterSchema schema = stack_schema();
    schema.push_back(
        Parameter::boolean("prefix", true, "the source's tokens see all of it; false: those before them only"));
    return schema;
  }

  DecoderOnly(const Parameters& parameters, const ModelSetup& setup)
      : options_(options_of(parameters, setup)), network_(options_) {}

  torch::nn::Module& module() override { return *network_; }

  torch::Tensor logits(const SequenceBatch& batch) override { return foretold(network_, batch); }

  std::unique_ptr<EncodedSource> encode(const torch::Tensor& source, const torch::Tensor& source_lengths) override {
    return std::make_unique<ContextSource<Network, Context>>(network_, source, source_lengths);
  }

  ModelTraits traits() const override { return {.concurrent = true, .graph_capture = false}; }

  std::optional<ParameterRole> role(const std::string& parameter) const override {
    if (parameter.find("embeddings.") != std::string::npos) return ParameterRole::embedding;
    return std::nullopt;
  }

  double operations(std::int64_t source_length, std::int64_t target_length) const override {
    const auto source = static_cast<double>(source_length), target = static_cast<double>(target_length - 1);
    const auto w = static_cast<double>(options_.width);
    const double pairs = source * source + target * (source + target);
    return 2 * (static_cast<double>(options_.layers) * ((source + target) * 12 * w * w + 2 * pairs * w) +
                target * w * static_cast<double>(options_.tokens));
  }

 private:
  static Options options_of(const Parameters& parameters, const ModelSetup& setup) {
    require_whole_heads(parameters, "width", "heads");
    return {.layers = parameters.integer("layers"),
            .width = parameters.integer("width"),
            .heads = parameters.integer("heads"),
            .prefix = parameters.boolean("prefix"),
            .tokens = setup.vocabulary_size,
            .positions = setup.longest_source + setup.longest_target - 1};
  }

  Options options_;
  Network network_;
};

}  // namespace
}  // namespace matseq::decoder_only

using matseq::decoder_only::DecoderOnly;
MATSEQ_REGISTER(DecoderOnly, "decoder_only", "1.0.0", "Source and target as one sequence, foretold from left to right")
