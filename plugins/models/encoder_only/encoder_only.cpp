/// \file
/// A transformer encoder whose answer is read off in one pass, all tokens at once.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "common/heads.h"
#include "common/libtorch/layers.h"
#include "common/libtorch/pre_norm_layer.h"
#include "matseq/model.h"
#include "matseq/register.h"
#include "matseq/torch.h"

namespace matseq::encoder_only {
namespace {

struct Options {
  std::int64_t layers = 0;
  std::int64_t width = 0;
  std::int64_t heads = 0;
  std::int64_t tokens = 0;
  std::int64_t positions = 0;  ///< of sources
  std::int64_t places = 0;     ///< of answers
};

class NetworkImpl : public torch::nn::Module {
 public:
  explicit NetworkImpl(const Options& options)
      : tokens_(register_module("embeddings", Table(initial_embeddings(options.tokens, options.width), false))),
        positions_(
            register_module("position_embeddings", Table(initial_embeddings(options.positions, options.width), false))),
        places_(register_module("place_embeddings", Table(initial_embeddings(options.places, options.width), false))),
        layers_(register_module("layers", torch::nn::ModuleList())),
        norm_(register_module("norm", make_layer_norm(options.width))),
        output_(register_module("output", Linear(options.width, options.tokens))) {
    for (std::int64_t i = 0; i < options.layers; ++i) layers_->push_back(PreNormLayer(options.width, options.heads));
  }

  /// What stands in the first `places` places of the answer, (batch, places, width).
  torch::Tensor forward(const torch::Tensor& source, const torch::Tensor& lengths, std::int64_t places) {
    const std::int64_t batch = source.size(0), length = source.size(1);
    const torch::Tensor read = tokens_->weight().index_select(0, source.flatten()).view({batch, length, -1}) +
                               positions_->weight().slice(0, 0, length);
    const torch::Tensor asked = places_->weight().slice(0, 0, places).unsqueeze(0).expand({batch, -1, -1});
    torch::Tensor x = torch::cat({read, asked}, 1).flatten(0, 1);
    const torch::Tensor visible = visible_keys(lengths, length, places);
    for (std::size_t i = 0; i < layers_->size(); ++i) {
      x = layers_->at<PreNormLayerImpl>(i).forward(x, batch, visible);
    }
    return norm_->forward(x.view({batch, length + places, -1}).slice(1, length));
  }

  torch::Tensor project(const torch::Tensor& states) { return output_->forward(states); }

 private:
  /// The source sees itself; a place sees the source, itself and the places before it, so that what stands there does
  /// not depend on how many are asked for. (batch, 1, length + places, length + places)
  static torch::Tensor visible_keys(const torch::Tensor& lengths, std::int64_t length, std::int64_t places) {
    const std::int64_t all = length + places;
    const torch::Tensor position = torch::arange(all, lengths.options());
    const torch::Tensor real = position.unsqueeze(0) < lengths.unsqueeze(1);               // (batch, keys)
    const torch::Tensor before = position.unsqueeze(0) <= position.unsqueeze(1);           // (queries, keys)
    const torch::Tensor of_places = before.logical_and(position.ge(length).unsqueeze(0));  // (queries, keys)
    return real.unsqueeze(1).logical_or(of_places.unsqueeze(0)).unsqueeze(1);
  }

  Table tokens_;
  Table positions_;
  Table places_;
  torch::nn::ModuleList layers_;
  torch::nn::LayerNorm norm_;
  Linear output_;
};
TORCH_MODULE(Network);

/// Reads the places off one by one; what has been read changes nothing.
class Reader : public IncrementalDecoder {
 public:
  Reader(Network network, torch::Tensor states) : network_(std::move(network)), states_(std::move(states)) {}

  torch::Tensor step(const torch::Tensor& /*tokens*/) override {
    return network_->project(states_.select(1, place_++)).to(torch::kFloat32);
  }

  void select(const torch::Tensor& rows) override { states_ = states_.index_select(0, rows); }

 private:
  Network network_;
  torch::Tensor states_;  // (rows, places, width)
  std::int64_t place_ = 0;
};

class Source : public EncodedSource {
 public:
  Source(Network network, torch::Tensor source, torch::Tensor lengths)
      : network_(std::move(network)), source_(std::move(source)), lengths_(std::move(lengths)) {}

  TeacherForcedScores score(const torch::Tensor& target, const torch::Tensor& target_lengths) override {
    return score_logits(network_->project(states(target.size(1) - 1)), target, target_lengths);
  }

  std::unique_ptr<IncrementalDecoder> decode(const torch::Tensor& rows, std::int64_t longest) override {
    return std::make_unique<Reader>(network_, states(longest).index_select(0, rows));
  }

 private:
  /// Computed for as many places as were asked for, once.
  torch::Tensor states(std::int64_t places) {
    const torch::NoGradGuard no_gradients;
    if (!states_.defined() || states_.size(1) < places) states_ = network_->forward(source_, lengths_, places);
    return states_.slice(1, 0, places);
  }

  Network network_;
  torch::Tensor source_;
  torch::Tensor lengths_;
  torch::Tensor states_;
};

Options options_of(const Parameters& parameters, const ModelSetup& setup) {
  Options options;
  options.layers = parameters.integer("layers");
  options.width = parameters.integer("width");
  options.heads = parameters.integer("heads");
  options.tokens = setup.vocabulary_size;
  options.positions = setup.longest_source;
  options.places = setup.longest_target - 1;
  require_whole_heads(parameters, "width", "heads");
  return options;
}

class EncoderOnly : public Model {
 public:
  static ParameterSchema schema() { return stack_schema(); }

  EncoderOnly(const Parameters& parameters, const ModelSetup& setup)
      : options_(options_of(parameters, setup)), network_(options_) {}

  torch::nn::Module& module() override { return *network_; }

  torch::Tensor logits(const SequenceBatch& batch) override {
    return network_->project(network_->forward(batch.source, batch.source_lengths, batch.target.size(1) - 1));
  }

  std::unique_ptr<EncodedSource> encode(const torch::Tensor& source, const torch::Tensor& source_lengths) override {
    return std::make_unique<Source>(network_, source, source_lengths);
  }

  ModelTraits traits() const override { return {.concurrent = true, .graph_capture = false}; }

  std::optional<ParameterRole> role(const std::string& parameter) const override {
    if (parameter.find("embeddings.") != std::string::npos) return ParameterRole::embedding;
    return std::nullopt;
  }

  double operations(std::int64_t source_length, std::int64_t target_length) const override {
    const auto source = static_cast<double>(source_length), target = static_cast<double>(target_length - 1);
    const auto w = static_cast<double>(options_.width);
    const double all = source + target;
    return 2 * (static_cast<double>(options_.layers) * (all * 12 * w * w + 2 * all * all * w) +
                target * w * static_cast<double>(options_.tokens));
  }

 private:
  Options options_;
  Network network_;
};

}  // namespace
}  // namespace matseq::encoder_only

using matseq::encoder_only::EncoderOnly;
MATSEQ_REGISTER(EncoderOnly, "encoder_only", "1.0.0",
                "Transformer encoder that gives all tokens of the answer in one pass")
