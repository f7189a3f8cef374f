#include "cpu_decoding.h"

#include <vector>

#include "cached_decoding.h"
#include "cpu/rows.h"

namespace matseq::transformer {

std::vector<std::int64_t> values_of(const torch::Tensor& indices) {
  const torch::Tensor contiguous = indices.contiguous();
  const auto* first = contiguous.data_ptr<std::int64_t>();
  return {first, first + contiguous.numel()};
}

CpuDecoding::CpuDecoding(const CpuNetwork& network, const cpu::Network& bound, const cpu::Sequences& sources,
                         const float* encoded, std::int64_t longest)
    : network_(network), decoder_(bound), longest_(longest) {
  decoder_.add(sources, encoded);
}

void CpuDecoding::step(const torch::Tensor& words, float* logits) {
  require_words_left(steps_++, longest_);
  const std::vector<std::int64_t> next = values_of(words);
  for (const std::int64_t word : next) network_.checked(word);
  decoder_.step(next, logits);
}

torch::Tensor CpuDecoding::step(const torch::Tensor& words) {
  torch::Tensor logits = torch::empty({decoder_.rows(), network_.word_count()}, torch::kFloat32);
  step(words, logits.data_ptr<float>());
  return logits;
}

torch::Tensor CpuDecoding::likeliest(const torch::Tensor& words) {
  const std::int64_t word_count = network_.word_count();
  logits_.resize(static_cast<std::size_t>(decoder_.rows() * word_count));
  step(words, logits_.data());
  torch::Tensor chosen = torch::empty({decoder_.rows()}, torch::kInt64);
  for (std::int64_t row = 0; row < decoder_.rows(); ++row) {
    chosen.data_ptr<std::int64_t>()[row] = cpu::first_of_largest(logits_.data() + row * word_count, word_count);
  }
  return chosen;
}

void CpuDecoding::select(const torch::Tensor& rows) { decoder_.select(values_of(rows)); }

}  // namespace matseq::transformer
