/// \file
/// The transformer of the papers with layers that are gone through several times.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/heads.h"
#include "common/libtorch/context_source.h"
#include "common/libtorch/encoder_decoder.h"
#include "matseq/model.h"
#include "matseq/register.h"
#include "recurrence.h"

namespace matseq::universal {
namespace {

struct Options {
  StackOptions encoder;
  StackOptions decoder;
  RecurrenceOptions encoder_recurrence;
  RecurrenceOptions decoder_recurrence;
  double ponder_cost = 0;
};

using Outcome = RecurrenceImpl::Outcome;

class LoopedEncoderImpl : public StackImpl {
 public:
  LoopedEncoderImpl(const StackOptions& options, const RecurrenceOptions& recurrence)
      : StackImpl(options), recurrence_(register_module("recurrence", Recurrence(recurrence))) {
    for (std::int64_t i = 0; i < options.layers; ++i) layers_->push_back(EncoderLayer(options));
  }

  /// Tokens (batch, length) to states (batch x length, width).
  Outcome forward(const torch::Tensor& tokens, const torch::Tensor& visible) {
    const auto pass = [&](torch::Tensor x, std::int64_t /*step*/) {
      for (std::size_t i = 0; i < layers_->size(); ++i) {
        x = layers_->at<EncoderLayerImpl>(i).forward(x, tokens.size(0), visible);
      }
      return x;
    };
    return recurrence_->run(embed(tokens), pass, /*may_end=*/true);
  }

 private:
  Recurrence recurrence_;
};
TORCH_MODULE(LoopedEncoder);

/// What the decoder's layers look at.
struct Context {
  torch::Tensor visible;             ///< (batch, 1, 1, source length), true at real tokens of the source
  std::vector<KeysValues> sources;   ///< of each layer, in every pass alike
  std::vector<KeysValues> past;      ///< of each layer in each pass: of the target's tokens so far
  torch::Tensor pondered_of_source;  ///< (batch x source length), see Recurrence
  torch::Tensor pondered_of_target;  ///< (batch x target length), of the tokens that were read last

  Context rows(const torch::Tensor& rows) const {
    return {visible.index_select(0, rows), rows_of(sources, rows), rows_of(past, rows), {}, {}};
  }
};

class LoopedDecoderImpl : public StackImpl {
 public:
  LoopedDecoderImpl(const StackOptions& options, std::int64_t source_width, const RecurrenceOptions& recurrence)
      : StackImpl(options),
        recurrence_(register_module("recurrence", Recurrence(recurrence))),
        proj_(register_module("proj", OutputLayer(options.width, options.tokens, /*tied=*/true))) {
    for (std::int64_t i = 0; i < options.layers; ++i) layers_->push_back(DecoderLayer(options, source_width));
  }

  std::vector<KeysValues> sources(const torch::Tensor& encoded, std::int64_t batch) {
    std::vector<KeysValues> all;
    for (std::size_t i = 0; i < layers_->size(); ++i) {
      all.push_back(layer(i).cross_attention()->keys_values(encoded, batch));
    }
    return all;
  }

  /// Of tokens (batch, length), the first of which is the target's `first`-th.
  Outcome forward(const torch::Tensor& tokens, std::int64_t first, Context& context) {
    const std::int64_t batch = tokens.size(0);
    const auto pass = [&](torch::Tensor x, std::int64_t step) {
      for (std::size_t i = 0; i < layers_->size(); ++i) {
        const std::size_t place = static_cast<std::size_t>(step) * layers_->size() + i;
        if (context.past.size() <= place) context.past.resize(place + 1);
        KeysValues& past = context.past[place];
        Attention &self = layer(i).self_attention(), &cross = layer(i).cross_attention();
        past = appended(past, self->keys_values(x, batch));
        // A token alone sees all that came before it.
        const torch::Tensor seen = self->attend(self->queries(x, batch), past, {}, tokens.size(1) > 1);
        x = layer(i).combine(x, seen, cross->attend(cross->queries(x, batch), context.sources[i], context.visible));
      }
      return x;
    };
    // Later tokens look at every pass, also of those that have halted.
    return recurrence_->run(embed(tokens, first), pass, /*may_end=*/false);
  }

  torch::Tensor project(const torch::Tensor& states) { return proj_->forward(states, embeddings_->weight()); }

 private:
  DecoderLayerImpl& layer(std::size_t index) { return layers_->at<DecoderLayerImpl>(index); }

  Recurrence recurrence_;
  OutputLayer proj_;
};
TORCH_MODULE(LoopedDecoder);

class NetworkImpl : public torch::nn::Module {
 public:
  explicit NetworkImpl(const Options& options)
      : encoder_(register_module("encoder", LoopedEncoder(options.encoder, options.encoder_recurrence))),
        decoder_(register_module("decoder",
                                 LoopedDecoder(options.decoder, options.encoder.width, options.decoder_recurrence))) {}

  Context read(const torch::Tensor& source, const torch::Tensor& lengths) {
    const torch::Tensor visible = visible_tokens(source, lengths, /*padded=*/true);
    const Outcome encoded = encoder_->forward(source, visible);
    return {visible, decoder_->sources(encoded.states, source.size(0)), {}, encoded.pondered, {}};
  }

  torch::Tensor foretell(const torch::Tensor& tokens, std::int64_t first, Context& context) {
    const Outcome decoded = decoder_->forward(tokens, first, context);
    context.pondered_of_target = decoded.pondered;
    return decoder_->project(decoded.states).view({tokens.size(0), tokens.size(1), -1});
  }

  torch::Tensor encoder_output(const torch::Tensor& source, const torch::Tensor& lengths) {
    const torch::Tensor visible = visible_tokens(source, lengths, /*padded=*/true);
    const torch::Tensor states = encoder_->forward(source, visible).states.view({source.size(0), source.size(1), -1});
    return states.masked_fill(visible.view({source.size(0), source.size(1), 1}).logical_not(), 0);
  }

 private:
  LoopedEncoder encoder_;
  LoopedDecoder decoder_;
};
TORCH_MODULE(Network);

class UniversalTransformer : public Model {
 public:
  static ParameterSchema schema() {
    return {
        Parameter::integer("encoder_layers", 1, "layers of the encoder").at_least(1).at_most(1024),
        Parameter::integer("encoder_loops", 6, "passes through them").at_least(1).at_most(1024),
        Parameter::integer("decoder_layers", 1, "layers of the decoder").at_least(1).at_most(1024),
        Parameter::integer("decoder_loops", 1, "passes through them").at_least(1).at_most(1024),
        Parameter::integer("width", 512, "width of all layers, a multiple of the heads").at_least(1).at_most(65536),
        Parameter::integer("heads", 8, "attention heads").at_least(1).at_most(65536),
        Parameter::boolean("step_embeddings", true, "a learned vector is added before each pass"),
        Parameter::text("gate", "none", "how much of a pass a state takes: all, one share, or one for each channel")
            .one_of({"none", "scalar", "channel"}),
        Parameter::real("gate_bias", 0, "initial bias of the gate; the lower, the more of a state stays as it is"),
        Parameter::text("adaptive", "none", "where positions halt when they choose to, after at most all passes")
            .one_of({"none", "encoder", "decoder", "both"}),
        Parameter::real("halting_bias", 0, "initial bias of halting; the higher, the earlier"),
        Parameter::real("halting_threshold", 0.99, "sum of probabilities at which a position halts")
            .at_least(0)
            .at_most(1),
        Parameter::real("ponder_cost", 0.01, "of a pass of a position, in the loss").at_least(0),
    };
  }

  UniversalTransformer(const Parameters& parameters, const ModelSetup& setup)
      : options_(options_of(parameters, setup)), network_(options_) {}

  torch::nn::Module& module() override { return *network_; }

  torch::Tensor logits(const SequenceBatch& batch) override { return foretold(network_, batch); }

  Loss loss(const SequenceBatch& batch) override {
    Context context = network_->read(batch.source, batch.source_lengths);
    const torch::Tensor read = batch.target.slice(1, 0, batch.target.size(1) - 1);
    Loss loss{cross_entropy_sum(network_->foretell(read, 0, context), batch), {}};
    const auto add = [&](const torch::Tensor& pondered, const torch::Tensor& visible) {
      if (!pondered.defined()) return;
      const torch::Tensor cost = pondered.mul(visible.flatten()).sum().to(torch::kFloat32) * options_.ponder_cost;
      loss.auxiliary = loss.auxiliary.defined() ? loss.auxiliary + cost : cost;
    };
    add(context.pondered_of_source, context.visible);
    add(context.pondered_of_target, visible_tokens(read, batch.target_lengths - 1, /*padded=*/true));
    return loss;
  }

  std::unique_ptr<EncodedSource> encode(const torch::Tensor& source, const torch::Tensor& source_lengths) override {
    return std::make_unique<ContextSource<Network, Context>>(network_, source, source_lengths);
  }

  ModelTraits traits() const override { return {.concurrent = true, .graph_capture = false}; }

  std::optional<ParameterRole> role(const std::string& parameter) const override {
    if (parameter.find("embeddings") != std::string::npos) return ParameterRole::embedding;
    return std::nullopt;
  }

  double operations(std::int64_t source_length, std::int64_t target_length) const override {
    const auto source = static_cast<double>(source_length), target = static_cast<double>(target_length - 1);
    const auto w = static_cast<double>(options_.encoder.width);
    const auto passes = [](const StackOptions& stack, const RecurrenceOptions& recurrence) {
      return static_cast<double>(stack.layers * recurrence.loops);
    };
    const double of_encoder = source * 12 * w * w + 2 * source * source * w;
    const double of_decoder = target * 14 * w * w + 2 * target * (target + source) * w;
    return 2 * (passes(options_.encoder, options_.encoder_recurrence) * of_encoder +
                passes(options_.decoder, options_.decoder_recurrence) * of_decoder +
                static_cast<double>(options_.decoder.layers) * source * 2 * w * w +
                target * w * static_cast<double>(options_.decoder.tokens));
  }

  torch::Tensor encoder_output(const torch::Tensor& source, const torch::Tensor& source_lengths) override {
    return network_->encoder_output(source, source_lengths);
  }

 private:
  static Options options_of(const Parameters& parameters, const ModelSetup& setup) {
    require_whole_heads(parameters, "width", "heads");
    const auto stack = [&](const std::string& name) {
      StackOptions options;
      options.layers = parameters.integer(name + "_layers");
      options.width = parameters.integer("width");
      options.heads = parameters.integer("heads");
      options.tokens = setup.vocabulary_size;
      options.positions = std::max(setup.longest_source, setup.longest_target - 1);
      return options;
    };
    const auto recurrence = [&](const std::string& name) {
      RecurrenceOptions options;
      options.width = parameters.integer("width");
      options.loops = parameters.integer(name + "_loops");
      options.step_embeddings = parameters.boolean("step_embeddings") && options.loops > 1;
      options.gate = parameters.text("gate");
      options.gate_bias = parameters.real("gate_bias");
      options.adaptive = parameters.text("adaptive") == name || parameters.text("adaptive") == "both";
      options.halting_bias = parameters.real("halting_bias");
      options.threshold = parameters.real("halting_threshold");
      return options;
    };
    return {stack("encoder"), stack("decoder"), recurrence("encoder"), recurrence("decoder"),
            parameters.real("ponder_cost")};
  }

  Options options_;
  Network network_;
};

}  // namespace
}  // namespace matseq::universal

using matseq::universal::UniversalTransformer;
MATSEQ_REGISTER(UniversalTransformer, "universal_transformer", "1.0.0",
                "Encoder-decoder transformer whose layers are passed several times, with gates and adaptive halting")
