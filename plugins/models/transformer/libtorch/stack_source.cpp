#include "libtorch/stack_source.h"

#include <utility>

#include "libtorch/cached_decoder.h"

namespace matseq::transformer {

StackSource::StackSource(EncoderStack& encoder, DecoderStack decoder, std::int64_t heads, const torch::Tensor& source,
                         const torch::Tensor& source_lengths)
    : decoder_(std::move(decoder)), heads_(heads) {
  const torch::NoGradGuard no_gradients;
  const bool padded = source_lengths.ne(source.size(1)).any().item<bool>();
  visible_ = visible_tokens(source, source_lengths, padded);
  encoded_ = encoder->forward(source, visible_).view({source.size(0), source.size(1), -1});
}

TeacherForcedScores StackSource::score(const torch::Tensor& target, const torch::Tensor& target_lengths) {
  const torch::NoGradGuard no_gradients;
  const torch::Tensor read = target.slice(1, 0, target.size(1) - 1);
  const torch::Tensor logits = decoder_->project(decoder_->forward(read, encoded_.flatten(0, 1), visible_));
  return score_logits(logits.view({read.size(0), read.size(1), -1}), target, target_lengths);
}

std::unique_ptr<IncrementalDecoder> StackSource::decode(const torch::Tensor& rows, std::int64_t longest) {
  require_hypothesis_positions(longest, decoder_->positions());
  const torch::NoGradGuard no_gradients;
  const torch::Tensor visible = visible_.defined() ? visible_.index_select(0, rows) : visible_;
  return std::make_unique<CachedDecoder>(decoder_, heads_, encoded_.index_select(0, rows).flatten(0, 1), visible,
                                         rows.size(0), longest);
}

}  // namespace matseq::transformer
