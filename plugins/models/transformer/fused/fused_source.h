/// \file
/// Scoring and decoding on the CPU by passes of our own instead of LibTorch's operations.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/cpu/aligned_vector.h"
#include "common/cpu/arena.h"
#include "fused/fused_network.h"
#include "matseq/model.h"

namespace matseq::transformer {

/// Computes what the model's layers compute, to rounding.
class FusedSource : public EncodedSource {
 public:
  /// Sources as `FusedNetwork::pack_sources` takes them. `network` is usable and, like `arenas`, must outlive this.
  FusedSource(const FusedNetwork& network, cpu::Arenas& arenas, const torch::Tensor& source,
              const torch::Tensor& source_lengths);

  TeacherForcedScores score(const torch::Tensor& target, const torch::Tensor& target_lengths) override;
  std::unique_ptr<IncrementalDecoder> decode(const torch::Tensor& rows, std::int64_t longest) override;

 private:
  const FusedNetwork& network_;
  cpu::Arenas& arenas_;
  std::shared_ptr<const cpu::Network> bound_;
  cpu::Sequences sources_;
  std::int64_t longest_source_;
  cpu::AlignedVector<float> encoded_;  // (tokens of all sources, width of the encoder)
};

}  // namespace matseq::transformer
