#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "matseq/torch.h"
#include "plugins/tensors/checked_plugins.h"

namespace matseq {
namespace {

/// What a tensor has to be. Sizes of -1 are free.
struct Form {
  std::vector<std::int64_t> shape;
  std::optional<torch::ScalarType> type;  ///< none: any floating point
  torch::Device device;
};

bool has_form(const torch::Tensor& tensor, const Form& form) {
  if (!tensor.defined() || tensor.dim() != static_cast<std::int64_t>(form.shape.size())) return false;
  for (std::size_t i = 0; i < form.shape.size(); ++i) {
    if (form.shape[i] >= 0 && tensor.size(static_cast<std::int64_t>(i)) != form.shape[i]) return false;
  }
  const bool type_fits = form.type ? tensor.scalar_type() == *form.type : tensor.is_floating_point();
  return type_fits && tensor.device() == form.device;
}

std::string shape_text(torch::IntArrayRef shape) {
  std::string text;
  for (const std::int64_t size : shape) text += (text.empty() ? "" : ", ") + (size < 0 ? "any" : std::to_string(size));
  return "(" + text + ")";
}

std::string text_of(const torch::Tensor& tensor) {
  if (!tensor.defined()) return "an undefined tensor";
  return fmt::format("{} {} on {}", shape_text(tensor.sizes()), torch::toString(tensor.scalar_type()),
                     tensor.device().str());
}

std::string text_of(const Form& form) {
  return fmt::format("{} {} on {}", shape_text(form.shape), form.type ? torch::toString(*form.type) : "floating point",
                     form.device.str());
}

/// Returns the tensor that the function `name` of a plugin returned.
torch::Tensor require(const PluginOrigin& origin, const char* name, torch::Tensor tensor, const Form& form) {
  if (!has_form(tensor, form)) {
    origin.refuse(fmt::format("returns {} from {}; right is {}", text_of(tensor), name, text_of(form)));
  }
  return tensor;
}

void check_scores(const PluginOrigin& origin, const TeacherForcedScores& scores, std::int64_t examples) {
  const auto expected = static_cast<std::size_t>(examples);
  if (scores.cross_entropy.size() == expected && scores.perfect.size() == expected) return;
  origin.refuse(fmt::format("returns {} cross-entropies and {} verdicts from score(); there are {} examples",
                            scores.cross_entropy.size(), scores.perfect.size(), expected));
}

class CheckedDecoder : public IncrementalDecoder {
 public:
  CheckedDecoder(std::unique_ptr<IncrementalDecoder> decoder, const PluginOrigin& origin, std::int64_t tokens)
      : decoder_(std::move(decoder)), origin_(origin), tokens_(tokens) {}

  torch::Tensor step(const torch::Tensor& tokens) override {
    return require(origin_, "step()", origin_.call("step()", [&] { return decoder_->step(tokens); }),
                   {{tokens.size(0), tokens_}, torch::kFloat32, tokens.device()});
  }

  torch::Tensor likeliest(const torch::Tensor& tokens) override {
    return require(origin_, "likeliest()", origin_.call("likeliest()", [&] { return decoder_->likeliest(tokens); }),
                   {{tokens.size(0)}, torch::kInt64, tokens.device()});
  }

  void select(const torch::Tensor& rows) override {
    origin_.call("select()", [&] { decoder_->select(rows); });
  }

 private:
  std::unique_ptr<IncrementalDecoder> decoder_;
  const PluginOrigin& origin_;
  std::int64_t tokens_;
};

std::unique_ptr<IncrementalDecoder> checked(std::unique_ptr<IncrementalDecoder> decoder, const PluginOrigin& origin,
                                            std::int64_t tokens) {
  if (decoder == nullptr) origin.refuse("returns nothing from decode()");
  return std::make_unique<CheckedDecoder>(std::move(decoder), origin, tokens);
}

class CheckedSource : public EncodedSource {
 public:
  CheckedSource(std::unique_ptr<EncodedSource> source, const PluginOrigin& origin, std::int64_t tokens)
      : source_(std::move(source)), origin_(origin), tokens_(tokens) {}

  TeacherForcedScores score(const torch::Tensor& target, const torch::Tensor& target_lengths) override {
    TeacherForcedScores scores = origin_.call("score()", [&] { return source_->score(target, target_lengths); });
    check_scores(origin_, scores, target.size(0));
    return scores;
  }

  std::unique_ptr<IncrementalDecoder> decode(const torch::Tensor& rows, std::int64_t longest) override {
    return checked(origin_.call("decode()", [&] { return source_->decode(rows, longest); }), origin_, tokens_);
  }

 private:
  std::unique_ptr<EncodedSource> source_;
  const PluginOrigin& origin_;
  std::int64_t tokens_;
};

class CheckedModel : public Model {
 public:
  CheckedModel(std::unique_ptr<Model> model, PluginOrigin origin, std::int64_t tokens)
      : model_(std::move(model)), origin_(std::move(origin)), tokens_(tokens) {
    check_parameters();
    try_small_batch();
  }

  torch::nn::Module& module() override {
    return origin_.call("module()", [&]() -> torch::nn::Module& { return model_->module(); });
  }

  torch::Tensor logits(const SequenceBatch& batch) override {
    return require(origin_, "logits()", origin_.call("logits()", [&] { return model_->logits(batch); }),
                   {{batch.target.size(0), batch.target.size(1) - 1, tokens_}, std::nullopt, batch.target.device()});
  }

  Loss loss(const SequenceBatch& batch) override {
    Loss loss = origin_.call("loss()", [&] { return model_->loss(batch); });
    check_loss("loss()", loss, batch);
    if (torch::GradMode::is_enabled() && !total(loss).requires_grad()) {
      origin_.refuse("returns a loss() without gradients; it is computed from the parameters of module()");
    }
    return loss;
  }

  std::optional<Loss> add_gradients(const SequenceBatch& batch, double scale, const MicroBatches& cut) override {
    std::optional<Loss> loss =
        origin_.call("add_gradients()", [&] { return model_->add_gradients(batch, scale, cut); });
    if (loss) {
      const Form form{{static_cast<std::int64_t>(cut.count())}, torch::kFloat64, torch::kCPU};
      require(origin_, "add_gradients()", loss->cross_entropy, form);
      if (loss->auxiliary.defined()) require(origin_, "add_gradients()", loss->auxiliary, form);
    }
    return loss;
  }

  std::unique_ptr<EncodedSource> encode(const torch::Tensor& source, const torch::Tensor& source_lengths) override {
    std::unique_ptr<EncodedSource> encoded =
        origin_.call("encode()", [&] { return model_->encode(source, source_lengths); });
    if (encoded == nullptr) origin_.refuse("returns nothing from encode()");
    return std::make_unique<CheckedSource>(std::move(encoded), origin_, tokens_);
  }

  ModelTraits traits() const override {
    return origin_.call("traits()", [&] { return model_->traits(); });
  }

  std::shared_ptr<const void> pack_weights() override {
    return origin_.call("pack_weights()", [&] { return model_->pack_weights(); });
  }

  std::optional<ParameterRole> role(const std::string& parameter) const override {
    return origin_.call("role()", [&] { return model_->role(parameter); });
  }

  double operations(std::int64_t source_length, std::int64_t target_length) const override {
    const double operations =
        origin_.call("operations()", [&] { return model_->operations(source_length, target_length); });
    if (!std::isfinite(operations) || operations < 0) {
      origin_.refuse(fmt::format("returns {} from operations(); right is a number of at least 0", operations));
    }
    return operations;
  }

  torch::Tensor encoder_output(const torch::Tensor& source, const torch::Tensor& source_lengths) override {
    return require(origin_, "encoder_output()",
                   origin_.call("encoder_output()", [&] { return model_->encoder_output(source, source_lengths); }),
                   {{source.size(0), source.size(1), -1}, std::nullopt, source.device()});
  }

 private:
  void check_loss(const char* name, const Loss& loss, const SequenceBatch& batch) const {
    const Form number{{}, std::nullopt, batch.target.device()};
    require(origin_, name, loss.cross_entropy, number);
    if (loss.auxiliary.defined()) require(origin_, name, loss.auxiliary, number);
  }

  void check_parameters() {
    const auto parameters = module().named_parameters();
    if (parameters.is_empty()) {
      origin_.refuse("has no parameters in its module(); register_parameter and register_module put them there");
    }
    for (const auto& parameter : parameters) {
      if (!parameter.value().defined() || !parameter.value().is_floating_point()) {
        origin_.refuse(fmt::format("has the parameter '{}', {}; parameters are of floating point", parameter.key(),
                                   text_of(parameter.value())));
      }
    }
  }

  /// What is wrong with every batch is found before the first: two sources of different lengths are scored and decoded.
  void try_small_batch() {
    const torch::NoGradGuard no_gradients;
    const bool training = module().is_training();
    module().eval();
    SequenceBatch batch;
    batch.source = torch::tensor({{0, 2, 2, 0}, {0, 2, 0, 1}}, torch::kInt64);
    batch.source_lengths = torch::tensor({4, 3}, torch::kInt64);
    batch.target = torch::tensor({{0, 2, 0, 1}, {0, 2, 2, 0}}, torch::kInt64);
    batch.target_lengths = torch::tensor({3, 4}, torch::kInt64);
    logits(batch);
    const std::unique_ptr<EncodedSource> sources = encode(batch.source, batch.source_lengths);
    sources->score(batch.target, batch.target_lengths);
    const std::unique_ptr<IncrementalDecoder> decoder = sources->decode(torch::tensor({1, 0}, torch::kInt64), 3);
    decoder->step(torch::tensor({0, 0}, torch::kInt64));
    module().train(training);
  }

  std::unique_ptr<Model> model_;
  PluginOrigin origin_;
  std::int64_t tokens_;
};

}  // namespace

std::unique_ptr<Model> checked(std::unique_ptr<Model> model, const PluginOrigin& origin, const ModelSetup& setup) {
  return std::make_unique<CheckedModel>(std::move(model), origin, setup.vocabulary_size);
}

}  // namespace matseq
