// A model that foretells a token by the one before and the mean of the source's, unless its parameter names something
// that only comparing calls with each other shows.
#include <memory>
#include <random>
#include <string>

#include "matseq/model.h"
#include "matseq/register.h"
#include "matseq/torch.h"

namespace matseq {
namespace {

class CarelessModel : public Model {
 public:
  static ParameterSchema schema() { return {Parameter::text("fault", "", "what it does wrong")}; }

  CarelessModel(const Parameters& parameters, const ModelSetup& setup)
      : fault_(parameters.text("fault")), module_(std::make_shared<torch::nn::Module>()) {
    const std::int64_t tokens = setup.vocabulary_size;
    by_token_ = module_->register_parameter("by_token", torch::randn({tokens, tokens}));
    by_source_ = module_->register_parameter("by_source", torch::randn({tokens, tokens}));
    shift_ = torch::randn({tokens});
    if (fault_ == "unused_parameter") module_->register_parameter("spare", torch::zeros({2}));
    if (fault_ == "own_generator") by_token_.data().add_(static_cast<double>(std::random_device()() % 1000));
  }

  torch::nn::Module& module() override { return *module_; }

  ModelTraits traits() const override { return {.concurrent = true}; }

  torch::Tensor logits(const SequenceBatch& batch) override {
    const std::int64_t read = batch.target.size(1) - 1;
    const torch::Tensor before =
        batch.target.slice(1, fault_ == "sees_the_future" ? 1 : 0, read + (fault_ == "sees_the_future"));
    torch::Tensor scores = by_token_.index_select(0, before.flatten()).view({before.size(0), read, -1});
    scores = scores + source_part(batch).unsqueeze(1);
    if (fault_ == "unregistered") scores = scores + shift_;
    if (fault_ == "infinite") scores = scores / 0;
    if (fault_ == "infinite_gradients") scores = scores + (by_token_ - by_token_.detach()).abs().sqrt().sum();
    if (fault_ == "random") scores = scores + torch::randn_like(scores);
    return scores;
  }

  Loss loss(const SequenceBatch& batch) override {
    SequenceBatch read = batch;
    if (fault_ == "sharp_labels") read.label_smoothing = 0;
    Loss loss = Model::loss(read);
    if (fault_ == "mean_loss") loss.cross_entropy = loss.cross_entropy / batch.target_lengths.sum();
    return loss;
  }

  std::optional<Loss> add_gradients(const SequenceBatch& batch, double scale, const MicroBatches& cut) override {
    if (fault_ != "other_gradients") return std::nullopt;
    const Loss made = loss(batch);
    (made.cross_entropy * scale * 2).backward();
    const auto count = static_cast<std::int64_t>(cut.count());
    return Loss{made.cross_entropy.detach().to(torch::kFloat64).div(count).expand({count}), {}};
  }

 private:
  /// (batch, tokens): of each source the mean row of a table, without its padding.
  torch::Tensor source_part(const SequenceBatch& batch) {
    const torch::Tensor rows =
        by_source_.index_select(0, batch.source.flatten()).view({batch.source.size(0), batch.source.size(1), -1});
    if (fault_ == "counts_padding") return rows.mean(1);
    const torch::Tensor place = torch::arange(batch.source.size(1), batch.source_lengths.options());
    const torch::Tensor within = place.unsqueeze(0).lt(batch.source_lengths.unsqueeze(1)).unsqueeze(2);
    return rows.mul(within).sum(1).div(batch.source_lengths.unsqueeze(1));
  }

  std::string fault_;
  std::shared_ptr<torch::nn::Module> module_;
  torch::Tensor by_token_;
  torch::Tensor by_source_;
  torch::Tensor shift_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::CarelessModel, "careless", "1.2.3", "A model for tests")
