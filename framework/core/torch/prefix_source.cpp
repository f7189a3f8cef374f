#include "core/torch/prefix_source.h"

#include <string>
#include <utility>

#include "matseq/error.h"
#include "matseq/torch.h"

namespace matseq {
namespace {

class PrefixDecoder : public IncrementalDecoder {
 public:
  // `sources` has a row for each to decode, and no targets.
  PrefixDecoder(Model& model, SequenceBatch sources, std::int64_t longest)
      : model_(model),
        batch_(std::move(sources)),
        prefixes_(batch_.source.new_empty({batch_.source.size(0), 0})),
        longest_(longest) {
    batch_.target_padded = false;
  }

  torch::Tensor step(const torch::Tensor& tokens) override {
    const torch::NoGradGuard no_gradients;
    if (prefixes_.size(1) == longest_) {
      throw Error("decoding was started for at most " + std::to_string(longest_) + " tokens a row");
    }
    prefixes_ = torch::cat({prefixes_, tokens.unsqueeze(1)}, 1);
    // The token that is asked for; what stands there does not matter.
    batch_.target = torch::cat({prefixes_, torch::zeros_like(tokens).unsqueeze(1)}, 1);
    batch_.target_lengths = torch::full_like(batch_.source_lengths, batch_.target.size(1));
    return model_.logits(batch_).select(1, -1).to(torch::kFloat32);
  }

  void select(const torch::Tensor& rows) override {
    batch_.source = batch_.source.index_select(0, rows);
    batch_.source_lengths = batch_.source_lengths.index_select(0, rows);
    prefixes_ = prefixes_.index_select(0, rows);
  }

 private:
  Model& model_;
  SequenceBatch batch_;
  torch::Tensor prefixes_;  // (rows, tokens so far) int64
  std::int64_t longest_;
};

}  // namespace

PrefixSource::PrefixSource(Model& model, torch::Tensor source, torch::Tensor source_lengths) : model_(model) {
  sources_.source_padded = source_lengths.ne(source.size(1)).any().item<bool>();
  sources_.source = std::move(source);
  sources_.source_lengths = std::move(source_lengths);
}

TeacherForcedScores PrefixSource::score(const torch::Tensor& target, const torch::Tensor& target_lengths) {
  const torch::NoGradGuard no_gradients;
  SequenceBatch batch = sources_;
  batch.target = target;
  batch.target_lengths = target_lengths;
  return score_logits(model_.logits(batch), target, target_lengths);
}

std::unique_ptr<IncrementalDecoder> PrefixSource::decode(const torch::Tensor& rows, std::int64_t longest) {
  SequenceBatch chosen = sources_;
  chosen.source = sources_.source.index_select(0, rows);
  chosen.source_lengths = sources_.source_lengths.index_select(0, rows);
  return std::make_unique<PrefixDecoder>(model_, std::move(chosen), longest);
}

}  // namespace matseq
