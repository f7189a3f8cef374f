#include "fused/fused_decoder.h"

#include <utility>
#include <vector>

#include "common/cpu/rows.h"
#include "libtorch/cached_decoder.h"

namespace matseq::transformer {

std::vector<std::int64_t> values_of(const torch::Tensor& indices) {
  const torch::Tensor contiguous = indices.contiguous();
  const auto* first = contiguous.data_ptr<std::int64_t>();
  return {first, first + contiguous.numel()};
}

FusedDecoder::FusedDecoder(const FusedNetwork& network, std::shared_ptr<const cpu::Network> bound,
                           const cpu::Sequences& sources, const float* encoded, std::int64_t longest)
    : network_(network), bound_(std::move(bound)), decoder_(*bound_), longest_(longest) {
  decoder_.add(sources, encoded);
}

void FusedDecoder::step(const torch::Tensor& tokens, float* logits) {
  require_tokens_left(steps_++, longest_);
  const std::vector<std::int64_t> next = values_of(tokens);
  for (const std::int64_t token : next) network_.checked(token);
  decoder_.step(next, logits);
}

torch::Tensor FusedDecoder::step(const torch::Tensor& tokens) {
  torch::Tensor logits = torch::empty({decoder_.rows(), network_.token_count()}, torch::kFloat32);
  step(tokens, logits.data_ptr<float>());
  return logits;
}

torch::Tensor FusedDecoder::likeliest(const torch::Tensor& tokens) {
  const std::int64_t token_count = network_.token_count();
  logits_.resize(static_cast<std::size_t>(decoder_.rows() * token_count));
  step(tokens, logits_.data());
  torch::Tensor chosen = torch::empty({decoder_.rows()}, torch::kInt64);
  for (std::int64_t row = 0; row < decoder_.rows(); ++row) {
    chosen.data_ptr<std::int64_t>()[row] = cpu::first_of_largest(logits_.data() + row * token_count, token_count);
  }
  return chosen;
}

void FusedDecoder::select(const torch::Tensor& rows) { decoder_.select(values_of(rows)); }

}  // namespace matseq::transformer
