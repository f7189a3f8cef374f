// A model of one's own, as short as can be: a recurrent network reads the source, and another one, which starts from
// where that one ended, foretells the target token by token.
#include <matseq/model.h>
#include <matseq/register.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/rnn.h>

#include <memory>
#include <tuple>

class Network : public torch::nn::Module {
 public:
  Network(std::int64_t vocabulary, std::int64_t width)
      : embedding(register_module("embedding", torch::nn::Embedding(vocabulary, width))),
        encoder(register_module("encoder", torch::nn::GRU(torch::nn::GRUOptions(width, width).batch_first(true)))),
        decoder(register_module("decoder", torch::nn::GRU(torch::nn::GRUOptions(width, width).batch_first(true)))),
        output(register_module("output", torch::nn::Linear(width, vocabulary))) {}

  torch::nn::Embedding embedding;
  torch::nn::GRU encoder;
  torch::nn::GRU decoder;
  torch::nn::Linear output;
};

class Gru : public matseq::Model {
 public:
  // What the [model] table of the TOML file may hold.
  static matseq::ParameterSchema schema() {
    return {matseq::Parameter::integer("width", 64, "width of embeddings and states").at_least(1).at_most(65536)};
  }

  Gru(const matseq::Parameters& parameters, const matseq::ModelSetup& setup)
      : network_(std::make_shared<Network>(setup.vocabulary_size, parameters.integer("width"))) {}

  torch::nn::Module& module() override { return *network_; }

  at::Tensor logits(const matseq::SequenceBatch& batch) override {
    // (batch, source length, width); what comes after a source's last token does not count.
    const at::Tensor states = std::get<0>(network_->encoder(network_->embedding(batch.source)));
    const at::Tensor last = batch.source_lengths.sub(1).view({-1, 1, 1}).expand({-1, 1, states.size(2)});
    const at::Tensor start = states.gather(1, last).transpose(0, 1).contiguous();  // (1, batch, width)
    const at::Tensor read = batch.target.slice(1, 0, batch.target.size(1) - 1);    // all but the last token
    return network_->output(std::get<0>(network_->decoder(network_->embedding(read), start)));
  }

 private:
  std::shared_ptr<Network> network_;
};

MATSEQ_REGISTER(Gru, "gru", "1.0.0", "A recurrent encoder and a recurrent decoder")
