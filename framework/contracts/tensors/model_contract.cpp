#include "contracts/tensors/model_contract.h"

#include <algorithm>
#include <array>
#include <memory>

#include "contracts/trials.h"
#include "matseq/model.h"
#include "matseq/torch.h"
#include "plugins/tensors/checked_plugins.h"

namespace matseq {
namespace {

constexpr std::uint64_t seed = 1;
constexpr double tolerance = 1e-3;  ///< of float32 sums in another order, relative to the largest value
constexpr ModelSetup setup = {.vocabulary_size = 20, .longest_source = 16, .longest_target = 16};
constexpr std::array<std::int64_t, 4> source_lengths = {9, 4, 7, 9};  ///< both boundary tokens included
constexpr std::array<std::int64_t, 4> target_lengths = {5, 8, 3, 6};

struct PaddedSequences {
  torch::Tensor tokens;   // (batch, length) int64
  torch::Tensor lengths;  // (batch) int64
};

template <std::size_t count>
PaddedSequences make_sequences(const std::array<std::int64_t, count>& lengths, std::int64_t first) {
  PaddedSequences made;
  made.lengths = torch::tensor(std::vector<std::int64_t>(lengths.begin(), lengths.end()), torch::kInt64);
  made.tokens = torch::ones({static_cast<std::int64_t>(count), std::ranges::max(lengths)}, torch::kInt64);
  for (std::size_t row = 0; row < count; ++row) {
    torch::Tensor tokens = made.tokens[static_cast<std::int64_t>(row)];
    for (std::int64_t i = 0; i < lengths[row]; ++i) {
      const bool boundary = i == 0 || i + 1 == lengths[row];
      tokens[i] = boundary ? 0 : 2 + (first + 7 * i + 5 * static_cast<std::int64_t>(row)) % (setup.vocabulary_size - 2);
    }
  }
  return made;
}

SequenceBatch make_batch() {
  const PaddedSequences source = make_sequences(source_lengths, 0), target = make_sequences(target_lengths, 3);
  return {source.tokens, source.lengths, target.tokens, target.lengths, true, true};
}

/// One example of a batch without padding.
SequenceBatch alone(const SequenceBatch& batch, std::int64_t row) {
  const auto cut = [row](const torch::Tensor& tokens, const torch::Tensor& lengths) {
    return tokens.slice(0, row, row + 1).slice(1, 0, lengths[row].item<std::int64_t>()).contiguous();
  };
  return {cut(batch.source, batch.source_lengths),
          batch.source_lengths.slice(0, row, row + 1),
          cut(batch.target, batch.target_lengths),
          batch.target_lengths.slice(0, row, row + 1),
          false,
          false};
}

/// The same with label smoothing, which a loss or gradient of a model's own must heed.
SequenceBatch smoothed(SequenceBatch batch) {
  batch.label_smoothing = 0.1;
  return batch;
}

std::string label_text(const SequenceBatch& batch) {
  return batch.label_smoothing > 0 ? fmt::format(" with label_smoothing = {}", batch.label_smoothing) : "";
}

/// Ends a check when two tensors of one shape differ by more than rounding.
void require_close(const torch::Tensor& expected, const torch::Tensor& found, const std::string& what) {
  const double scale = 1 + expected.abs().max().item<double>();
  const double difference = (expected - found).abs().max().item<double>();
  if (!(difference <= tolerance * scale)) broken("{}, by up to {} of {}", what, difference, scale - 1);
}

std::int64_t examples(const SequenceBatch& batch) { return batch.target.size(0); }

class ModelContract {
 public:
  ModelContract(ContractList& list, const CheckedPlugin& plugin) : list_(list), plugin_(plugin) {}

  void check() {
    const bool made = list_.check("shapes and types", [&] {
      model_ = make(plugin_.table);
      model_->module().eval();
      packed_ = model_->pack_weights();
      logits_ = logits_of(*model_, batch_);
      return count_parameters();
    });
    if (!made) return;
    list_.check("finite values", [&] { return check_finite(); });
    list_.check("same logits for the same batch", [&] { return check_repetition(); });
    list_.check("its defaults written out mean the same", [&] { return check_defaults(); });
    list_.check("state restored exactly", [&] { return check_restoring(); });
    list_.check("padding does not count", [&] { return check_padding(); });
    list_.check("later tokens are not seen", [&] { return check_causality(); });
    list_.check("decoding agrees with logits()", [&] { return check_decoding(); });
    list_.check("score() agrees with logits()", [&] { return check_scores(); });
    list_.check("loss is a sum over the tokens", [&] { return check_loss(); });
    list_.check("gradients finite", [&] { return check_gradients(); });
    list_.check("add_gradients() agrees with loss()", [&] { return check_own_gradients(); });
    list_.check("threads", [&] { return check_threads(); });
    list_.check("throughput", [&] { return measure(); });
  }

 private:
  std::unique_ptr<Model> make(const ParameterTable& table) const {
    torch::manual_seed(seed);
    return plugin_.loader.make<Model>(plugin_.library.name, table, setup);
  }

  std::unique_ptr<Model> made_to_evaluate(const ParameterTable& table) const {
    std::unique_ptr<Model> model = make(table);
    model->module().eval();
    return model;
  }

  static torch::Tensor logits_of(Model& model, const SequenceBatch& batch) {
    const torch::NoGradGuard no_gradients;
    return model.logits(batch).to(torch::kFloat32);
  }

  /// Of an example's logits those that foretell its tokens: (target length - 1, tokens).
  torch::Tensor logits_of_example(std::int64_t row) const {
    return logits_[row].slice(0, 0, batch_.target_lengths[row].item<std::int64_t>() - 1);
  }

  std::string count_parameters() const {
    std::int64_t count = 0;
    for (const torch::Tensor& parameter : model_->module().parameters()) count += parameter.numel();
    return fmt::format("{} coefficients in {} parameters", count, model_->module().parameters().size());
  }

  std::string check_finite() const {
    for (std::int64_t row = 0; row < examples(batch_); ++row) {
      if (torch::isfinite(logits_of_example(row)).all().item<bool>()) continue;
      broken("logits() of an example of {} and {} tokens are not finite", source_lengths[static_cast<std::size_t>(row)],
             target_lengths[static_cast<std::size_t>(row)]);
    }
    const torch::NoGradGuard no_gradients;
    const double loss = total(model_->loss(batch_)).item<double>();
    if (!std::isfinite(loss)) broken("loss() is {}", loss);
    return fmt::format("a loss of {:.4g}", loss);
  }

  std::string check_repetition() const {
    require_close(logits_, logits_of(*model_, batch_), "the same batch has other logits when it is asked for again");
    const std::unique_ptr<Model> other = made_to_evaluate(plugin_.table);
    require_close(logits_, logits_of(*other, batch_),
                  "another model from the same seed has other logits; initial values come from LibTorch's default "
                  "generator");
    return "three times";
  }

  std::string check_defaults() const {
    const std::unique_ptr<Model> other = made_to_evaluate(plugin_.complete_table());
    require_close(logits_, logits_of(*other, batch_), "with every default given, the model has other logits");
    return "as a run's config.toml has them";
  }

  /// As a run is continued: what has a name in module() is copied into a new model.
  std::string check_restoring() const {
    torch::manual_seed(seed + 1);
    const std::unique_ptr<Model> other = plugin_.loader.make<Model>(plugin_.library.name, plugin_.table, setup);
    other->module().eval();
    const torch::NoGradGuard no_gradients;
    std::size_t count = 0;
    const auto copy = [&count](const auto& from, const auto& to) {
      for (const auto& tensor : from) {
        to[tensor.key()].copy_(tensor.value());
        ++count;
      }
    };
    copy(model_->module().named_parameters(), other->module().named_parameters());
    copy(model_->module().named_buffers(), other->module().named_buffers());
    require_close(logits_, logits_of(*other, batch_),
                  "a model that was restored from the parameters and buffers of module() has other logits; whatever "
                  "they depend on is registered there");
    return fmt::format("{} tensors", count);
  }

  std::string check_padding() const {
    for (std::int64_t row = 0; row < examples(batch_); ++row) {
      require_close(logits_of_example(row), logits_of(*model_, alone(batch_, row))[0],
                    fmt::format("an example of {} and {} tokens has other logits alone than beside longer ones",
                                batch_.source_lengths[row].item<std::int64_t>(),
                                batch_.target_lengths[row].item<std::int64_t>()));
    }
    return fmt::format("{} examples", examples(batch_));
  }

  std::string check_causality() const {
    constexpr std::int64_t first_changed = 2;
    SequenceBatch changed = batch_;
    changed.target = batch_.target.clone();
    torch::Tensor later = changed.target.slice(1, first_changed);
    later.copy_(torch::where(later.gt(1), (later - 1) % (setup.vocabulary_size - 2) + 2, later));
    const torch::Tensor logits = logits_of(*model_, changed);
    require_close(logits_.slice(1, 0, first_changed), logits.slice(1, 0, first_changed),
                  "logits() of a token change with the tokens after it; each is foretold from those before it");
    return "target tokens changed behind those that were looked at";
  }

  /// Feeds the targets token by token, and turns the rows' order round on the way.
  std::string check_decoding() const {
    const torch::NoGradGuard no_gradients;
    const std::int64_t rows = examples(batch_);
    const std::unique_ptr<EncodedSource> sources = model_->encode(batch_.source, batch_.source_lengths);
    torch::Tensor order = torch::arange(rows, torch::kInt64);
    const std::unique_ptr<IncrementalDecoder> decoder = sources->decode(order, batch_.target.size(1));
    for (std::int64_t position = 0; position + 1 < batch_.target.size(1); ++position) {
      if (position == 2) {
        const torch::Tensor turned = torch::arange(rows - 1, -1, -1, torch::kInt64);
        decoder->select(turned);
        order = turned;
      }
      const torch::Tensor found = decoder->step(batch_.target.index_select(0, order).select(1, position));
      for (std::int64_t row = 0; row < rows; ++row) {
        const auto example = order[row].item<std::int64_t>();
        if (position + 1 >= batch_.target_lengths[example].item<std::int64_t>()) continue;
        require_close(
            logits_[example][position], found[row].to(torch::kFloat32),
            fmt::format("token {} of a target has other logits from step() than from logits()", position + 1));
      }
    }
    return "token by token, with rows in another order on the way";
  }

  std::string check_scores() const {
    const torch::NoGradGuard no_gradients;
    const TeacherForcedScores expected = score_logits(logits_, batch_.target, batch_.target_lengths);
    const TeacherForcedScores found =
        model_->encode(batch_.source, batch_.source_lengths)->score(batch_.target, batch_.target_lengths);
    require_close(torch::tensor(expected.cross_entropy, torch::kFloat64),
                  torch::tensor(found.cross_entropy, torch::kFloat64),
                  "the cross-entropies of score() are not those of logits()");
    return fmt::format("{} examples", found.cross_entropy.size());
  }

  std::string check_loss() const {
    const torch::NoGradGuard no_gradients;
    std::string figures;
    for (const SequenceBatch& batch : {batch_, smoothed(batch_)}) {
      const torch::Tensor expected = cross_entropy_sum(logits_, batch);
      const torch::Tensor found = model_->loss(batch).cross_entropy.to(torch::kFloat32);
      require_close(expected, found,
                    fmt::format("the cross-entropy of loss() is {:.6g}, and {:.6g} by its logits(), summed over the "
                                "predicted tokens{}; they differ",
                                found.item<double>(), expected.item<double>(), label_text(batch)));
      figures += fmt::format("{}{:.4g}{}", figures.empty() ? "" : ", ", found.item<double>(), label_text(batch));
    }
    return figures;
  }

  std::string check_gradients() const {
    const std::unique_ptr<Model> model = make(plugin_.table);
    model->module().train();
    total(model->loss(batch_)).backward();
    std::size_t count = 0;
    for (const auto& parameter : model->module().named_parameters()) {
      if (!parameter.value().requires_grad()) continue;
      const torch::Tensor& gradient = parameter.value().grad();
      if (!gradient.defined()) {
        broken("'{}' gets no gradient from loss(); use it, or do not register it as a parameter", parameter.key());
      }
      if (!torch::isfinite(gradient).all().item<bool>()) {
        broken("the gradient of '{}' is not finite", parameter.key());
      }
      ++count;
    }
    return fmt::format("of {} parameters", count);
  }

  std::string check_own_gradients() const {
    std::string done = "the same gradients";
    for (const SequenceBatch& batch : {batch_, smoothed(batch_)}) {
      const std::unique_ptr<Model> own = made_to_evaluate(plugin_.table), usual = made_to_evaluate(plugin_.table);
      const std::shared_ptr<const void> packed = own->pack_weights();
      const std::int64_t rows = batch.target.size(0);
      const MicroBatches halves{.begins = {0, rows / 2, rows}, .of_update = 2};
      if (!own->add_gradients(batch, 1, halves)) {
        done = "it leaves them to LibTorch" + label_text(batch);
        continue;
      }
      total(usual->loss(batch)).backward();
      const auto found = own->module().named_parameters();
      for (const auto& parameter : usual->module().named_parameters()) {
        const torch::Tensor& expected = parameter.value().grad();
        if (!expected.defined()) continue;
        const torch::Tensor gradient = found[parameter.key()].grad();
        if (!gradient.defined()) broken("it gives '{}' no gradient{}", parameter.key(), label_text(batch));
        require_close(expected, gradient,
                      fmt::format("the gradient of '{}' is another one{}", parameter.key(), label_text(batch)));
      }
    }
    return done;
  }

  std::string check_threads() const {
    if (!model_->traits().concurrent) return "it serves one at a time";
    try_threads([&](std::size_t) {
      require_close(logits_, logits_of(*model_, batch_),
                    "the same batch has other logits while other threads compute, too; such a model is not "
                    "`concurrent`");
    });
    return "four threads computed the same";
  }

  std::string measure() const {
    model_->module().train();
    const auto examples_a_batch = static_cast<double>(examples(batch_));
    return throughput("examples", examples_a_batch, [&](std::size_t) { total(model_->loss(batch_)).backward(); }) +
           " forwards and backwards in small batches";
  }

  ContractList& list_;
  const CheckedPlugin& plugin_;
  SequenceBatch batch_ = make_batch();
  std::unique_ptr<Model> model_;
  std::shared_ptr<const void> packed_;
  torch::Tensor logits_;  ///< (batch, target length - 1, tokens)
};

}  // namespace

void check_model_contract(ContractList& list, const CheckedPlugin& plugin) { ModelContract(list, plugin).check(); }

}  // namespace matseq
