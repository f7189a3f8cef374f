/// \file
/// Word-by-word decoding on the CPU by passes of our own instead of LibTorch's operations.
#pragma once

#include <cstdint>
#include <vector>

#include "cpu/decoder.h"
#include "cpu_network.h"

namespace matseq::transformer {

/// Decodes as `CachedDecoding` does, to rounding.
class CpuDecoding : public Decoding {
 public:
  /// Sources as `CpuNetwork::pack_sources` takes them. `network` is usable and must outlive this.
  CpuDecoding(const CpuNetwork& network, const torch::Tensor& source, const torch::Tensor& source_lengths,
              std::int64_t longest);

  torch::Tensor step(const torch::Tensor& words) override;
  torch::Tensor likeliest(const torch::Tensor& words) override;
  void select(const torch::Tensor& rows) override;

 private:
  void step(const torch::Tensor& words, float* logits);

  const CpuNetwork& network_;
  cpu::Decoder decoder_;
  std::int64_t longest_;
  std::int64_t steps_ = 0;
  std::vector<float> logits_;
};

}  // namespace matseq::transformer
