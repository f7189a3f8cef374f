/// \file
/// Recurrent encoder and decoder with attention ("Linear algebra with transformers", appendix E).
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/libtorch/attention.h"
#include "common/libtorch/context_source.h"
#include "common/libtorch/layers.h"
#include "matseq/model.h"
#include "matseq/refuse_parameter.h"
#include "matseq/register.h"
#include "matseq/torch.h"
#include "recurrent.h"

namespace matseq::rnn {
namespace {

struct Options {
  bool lstm = true;
  bool bidirectional = true;
  bool attention = true;
  std::int64_t layers = 1;
  std::int64_t width = 0;
  double dropout = 0;
  std::int64_t tokens = 0;

  std::int64_t directions() const { return bidirectional ? 2 : 1; }

  RecurrentOptions stack(std::int64_t states, bool in_two_directions) const {
    return {.lstm = lstm,
            .bidirectional = in_two_directions,
            .layers = layers,
            .input = width,
            .width = states,
            .dropout = dropout};
  }
};

/// What the decoder goes on from.
struct Context {
  torch::Tensor states;   ///< (batch, source length, width), the encoder's
  torch::Tensor visible;  ///< (batch, 1, source length), true at real tokens
  State state;            ///< the decoder's, which begins with the encoder's last

  Context rows(const torch::Tensor& rows) const {
    Context chosen{states.index_select(0, rows), visible.index_select(0, rows), state};
    for (torch::Tensor& layers : chosen.state) layers = layers.index_select(1, rows);
    return chosen;
  }
};

class NetworkImpl : public torch::nn::Module {
 public:
  explicit NetworkImpl(const Options& options)
      : options_(options),
        embedding_(register_module("embedding", torch::nn::Embedding(options.tokens, options.width))),
        encoder_(register_module(
            "encoder", Recurrent(options.stack(options.width / options.directions(), options.bidirectional)))),
        decoder_(register_module("decoder", Recurrent(options.stack(options.width, false)))),
        output_(register_module("output", Linear(options.width, options.tokens))) {
    if (!options.attention) return;
    query_ = register_module("query", without_bias(options.width, options.width));
    combine_ = register_module("combine", Linear(2 * options.width, options.width));
  }

  Context read(const torch::Tensor& source, const torch::Tensor& lengths) {
    auto [states, last] = encoder_->read(embedding_->forward(source), lengths);
    for (torch::Tensor& state : last) state = joined(state);
    return {states, real_tokens(lengths, source.size(1)).unsqueeze(1), std::move(last)};
  }

  torch::Tensor foretell(const torch::Tensor& tokens, std::int64_t /*first*/, Context& context) {
    torch::Tensor hidden = decoder_->forward(embedding_->forward(tokens), context.state);
    if (options_.attention) hidden = combine_->forward(torch::cat({attend(hidden, context), hidden}, -1)).tanh();
    return output_->forward(hidden);
  }

 private:
  /// (layers x directions, batch, width / directions) to (layers, batch, width).
  torch::Tensor joined(const torch::Tensor& state) const {
    if (!options_.bidirectional) return state;
    return state.view({options_.layers, 2, state.size(1), -1}).transpose(1, 2).flatten(2).contiguous();
  }

  /// Luong, Pham, Manning (2015), "general": what of the source each state looks at.
  torch::Tensor attend(const torch::Tensor& hidden, const Context& context) {
    const torch::Tensor scores = query_->forward(hidden).matmul(context.states.transpose(1, 2));
    const torch::Tensor seen =
        scores.masked_fill(context.visible.logical_not(), -std::numeric_limits<float>::infinity());
    return torch::softmax(seen, -1).to(context.states.scalar_type()).matmul(context.states);
  }

  Options options_;
  torch::nn::Embedding embedding_;
  Recurrent encoder_;
  Recurrent decoder_;
  Linear output_;
  Linear query_{nullptr};
  Linear combine_{nullptr};
};
TORCH_MODULE(Network);

Options options_of(const Parameters& parameters, const ModelSetup& setup) {
  Options options;
  options.lstm = parameters.text("cell") == "lstm";
  options.bidirectional = parameters.boolean("bidirectional");
  options.attention = parameters.boolean("attention");
  options.layers = parameters.integer("layers");
  options.width = parameters.integer("width");
  options.dropout = parameters.real("dropout");
  options.tokens = setup.vocabulary_size;
  if (options.width % options.directions() != 0) {
    refuse_parameter(parameters, "width",
                     "a width of " + std::to_string(options.width) +
                         " cannot be shared out to two directions: it must be even, or 'bidirectional' false");
  }
  return options;
}

class Rnn : public Model {
 public:
  static ParameterSchema schema() {
    return {
        Parameter::text("cell", "lstm", "the cell of all layers").one_of({"lstm", "gru"}),
        Parameter::integer("layers", 1, "layers of the encoder, and of the decoder").at_least(1).at_most(1024),
        Parameter::integer("width", 512, "width of embeddings and states; both directions of the encoder together")
            .at_least(1)
            .at_most(65536),
        Parameter::boolean("bidirectional", true, "the encoder reads the source in both directions"),
        Parameter::boolean("attention", true, "the decoder looks at the encoder's states at every token"),
        Parameter::real("dropout", 0, "probability of zeroing a value between two layers").at_least(0).at_most(1),
    };
  }

  Rnn(const Parameters& parameters, const ModelSetup& setup)
      : options_(options_of(parameters, setup)), network_(options_) {}

  torch::nn::Module& module() override { return *network_; }

  torch::Tensor logits(const SequenceBatch& batch) override { return foretold(network_, batch); }

  std::unique_ptr<EncodedSource> encode(const torch::Tensor& source, const torch::Tensor& source_lengths) override {
    return std::make_unique<ContextSource<Network, Context>>(network_, source, source_lengths);
  }

  ModelTraits traits() const override {
    return {.concurrent = options_.dropout == 0 || !network_->is_training(), .graph_capture = false};
  }

  double operations(std::int64_t source_length, std::int64_t target_length) const override {
    const auto source = static_cast<double>(source_length), target = static_cast<double>(target_length - 1);
    const auto w = static_cast<double>(options_.width), layers = static_cast<double>(options_.layers);
    const double gates = options_.lstm ? 4 : 3;
    const double of_encoder = source * layers * gates * (w + w / static_cast<double>(options_.directions())) * w;
    const double of_decoder = target * layers * gates * 2 * w * w;
    const double of_attention = options_.attention ? target * (3 * w * w + 2 * source * w) : 0;
    return 2 * (of_encoder + of_decoder + of_attention + target * w * static_cast<double>(options_.tokens));
  }

  torch::Tensor encoder_output(const torch::Tensor& source, const torch::Tensor& source_lengths) override {
    return network_->read(source, source_lengths).states;
  }

 private:
  Options options_;
  Network network_;
};

}  // namespace
}  // namespace matseq::rnn

using matseq::rnn::Rnn;
MATSEQ_REGISTER(Rnn, "rnn", "1.0.0", "LSTM or GRU encoder and decoder with attention")
