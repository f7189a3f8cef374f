/// \file
/// Token-by-token decoding on the CPU by passes of our own instead of LibTorch's operations.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/cpu/aligned_vector.h"
#include "cpu/decoder.h"
#include "fused/fused_network.h"

namespace matseq::transformer {

/// The values of (rows) int64 on the CPU.
std::vector<std::int64_t> values_of(const torch::Tensor& indices);

/// Decodes as `CachedDecoder` does, to rounding.
class FusedDecoder : public IncrementalDecoder {
 public:
  /// `bound` is what `network`, which must outlive this, has been bound to; `encoded` is what the encoder makes of the
  /// sources.
  FusedDecoder(const FusedNetwork& network, std::shared_ptr<const cpu::Network> bound, const cpu::Sequences& sources,
               const float* encoded, std::int64_t longest);

  torch::Tensor step(const torch::Tensor& tokens) override;
  torch::Tensor likeliest(const torch::Tensor& tokens) override;
  void select(const torch::Tensor& rows) override;

 private:
  void step(const torch::Tensor& tokens, float* logits);

  const FusedNetwork& network_;
  std::shared_ptr<const cpu::Network> bound_;
  cpu::Decoder decoder_;
  std::int64_t longest_;
  std::int64_t steps_ = 0;
  cpu::AlignedVector<float> logits_;
};

}  // namespace matseq::transformer
