/// \file
/// Scoring and decoding by networks that keep what they have read.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "matseq/model.h"
#include "matseq/torch.h"

namespace matseq {

/// What such a network gives: `read(source, lengths)` returns a context of sources (batch, length); `foretell(tokens,
/// first, context)` the logits after each of the tokens (batch, length), the first of which is the target's `first`-th,
/// which are in the context then; `context.rows(rows)` is a copy of these rows.
template <typename Network, typename Context>
class ContextDecoder : public IncrementalDecoder {
 public:
  ContextDecoder(Network network, Context context) : network_(std::move(network)), context_(std::move(context)) {}

  torch::Tensor step(const torch::Tensor& tokens) override {
    const torch::NoGradGuard no_gradients;
    return network_->foretell(tokens.unsqueeze(1), taken_++, context_).squeeze(1).to(torch::kFloat32);
  }

  void select(const torch::Tensor& rows) override { context_ = context_.rows(rows); }

 private:
  Network network_;
  Context context_;
  std::int64_t taken_ = 0;
};

template <typename Network, typename Context>
class ContextSource : public EncodedSource {
 public:
  ContextSource(Network network, const torch::Tensor& source, const torch::Tensor& lengths)
      : network_(std::move(network)) {
    const torch::NoGradGuard no_gradients;
    context_ = network_->read(source, lengths);
  }

  TeacherForcedScores score(const torch::Tensor& target, const torch::Tensor& target_lengths) override {
    const torch::NoGradGuard no_gradients;
    Context context = context_;
    return score_logits(network_->foretell(target.slice(1, 0, target.size(1) - 1), 0, context), target, target_lengths);
  }

  std::unique_ptr<IncrementalDecoder> decode(const torch::Tensor& rows, std::int64_t /*longest*/) override {
    return std::make_unique<ContextDecoder<Network, Context>>(network_, context_.rows(rows));
  }

 private:
  Network network_;
  Context context_;
};

/// The logits of teacher forcing (Model::logits).
template <typename Network>
torch::Tensor foretold(Network& network, const SequenceBatch& batch) {
  auto context = network->read(batch.source, batch.source_lengths);
  return network->foretell(batch.target.slice(1, 0, batch.target.size(1) - 1), 0, context);
}

}  // namespace matseq
