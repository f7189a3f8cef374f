// A model that breaks its contract in the way that its parameter names. Else it foretells a token by the one before.
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "matseq/model.h"
#include "matseq/register.h"
#include "matseq/torch.h"

namespace matseq {
namespace {

class WrongDecoder : public IncrementalDecoder {
 public:
  explicit WrongDecoder(std::string fault) : fault_(std::move(fault)) {}

  torch::Tensor step(const torch::Tensor& tokens) override {
    if (fault_ == "step_throws") throw 42;
    return torch::zeros({tokens.size(0), 3}, tokens.options().dtype(torch::kFloat32));
  }
  void select(const torch::Tensor&) override {}

 private:
  std::string fault_;
};

class WrongSource : public EncodedSource {
 public:
  explicit WrongSource(std::string fault) : fault_(std::move(fault)) {}

  TeacherForcedScores score(const torch::Tensor& target, const torch::Tensor&) override {
    const auto count = static_cast<std::size_t>(target.size(0));
    return {std::vector<double>(fault_ == "score_missing" ? 1 : count), std::vector<bool>(count)};
  }
  std::unique_ptr<IncrementalDecoder> decode(const torch::Tensor&, std::int64_t) override {
    if (fault_ == "decode_nothing") return nullptr;
    return std::make_unique<WrongDecoder>(fault_);
  }

 private:
  std::string fault_;
};

class WrongModel : public Model {
 public:
  static ParameterSchema schema() { return {Parameter::text("fault", "", "what it does wrong")}; }

  WrongModel(const Parameters& parameters, const ModelSetup& setup)
      : fault_(parameters.text("fault")), module_(std::make_shared<torch::nn::Module>()) {
    if (fault_ == "constructor_throws") torch::zeros({2}).view({3});
    if (fault_ == "no_parameters") return;
    table_ = module_->register_parameter("table", torch::randn({setup.vocabulary_size, setup.vocabulary_size}));
    if (fault_ == "integer_parameter") module_->register_parameter("n", torch::ones({2}, torch::kInt64), false);
  }

  torch::nn::Module& module() override { return *module_; }

  torch::Tensor logits(const SequenceBatch& batch) override {
    if (fault_ == "logits_throw") torch::zeros({2}).view({3});
    if (fault_ == "logits_undefined") return {};
    const torch::Tensor right = table_.index({batch.target.slice(1, 0, -1)});
    if (fault_ == "logits_of_all_tokens") return table_.index({batch.target});
    if (fault_ == "logits_of_few_tokens") return right.slice(2, 0, 3);
    if (fault_ == "logits_of_integers") return right.to(torch::kInt64);
    return right;
  }

  Loss loss(const SequenceBatch& batch) override {
    Loss right = Model::loss(batch);
    if (fault_ == "loss_throws") throw std::runtime_error("no fuel");
    if (fault_ == "loss_of_each") return {right.cross_entropy.expand({2}), {}};
    if (fault_ == "loss_undefined") return {};
    if (fault_ == "loss_without_gradients") return {right.cross_entropy.detach(), {}};
    if (fault_ == "auxiliary_of_each") return {right.cross_entropy, torch::zeros({2})};
    return right;
  }

  std::unique_ptr<EncodedSource> encode(const torch::Tensor& source, const torch::Tensor& source_lengths) override {
    if (fault_ == "encode_nothing") return nullptr;
    if (fault_.starts_with("decode") || fault_.starts_with("step") || fault_.starts_with("score")) {
      return std::make_unique<WrongSource>(fault_);
    }
    return Model::encode(source, source_lengths);
  }

  double operations(std::int64_t, std::int64_t) const override { return fault_ == "negative_operations" ? -1 : 0; }

 private:
  std::string fault_;
  std::shared_ptr<torch::nn::Module> module_;
  torch::Tensor table_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::WrongModel, "wrong", "1.2.3", "A model for tests")
