/// \file
/// Scoring and decoding on the CPU by passes of our own instead of LibTorch's operations.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "cpu/arena.h"
#include "fused/cpu_network.h"
#include "matseq/model.h"

namespace matseq::transformer {

/// Computes what the model's layers compute, to rounding.
class CpuReading : public Reading {
 public:
  /// Sources as `CpuNetwork::pack_sources` takes them. `network` is usable and, like `arenas`, must outlive this.
  CpuReading(const CpuNetwork& network, cpu::Arenas& arenas, const torch::Tensor& source,
             const torch::Tensor& source_lengths);

  TeacherForcedScores score(const torch::Tensor& target, const torch::Tensor& target_lengths) override;
  std::unique_ptr<Decoding> decode(const torch::Tensor& rows, std::int64_t longest) override;

 private:
  const CpuNetwork& network_;
  cpu::Arenas& arenas_;
  cpu::Network bound_;
  cpu::Sequences sources_;
  std::int64_t longest_source_;
  std::vector<float> encoded_;  // (tokens of all sources, width of the encoder)
};

}  // namespace matseq::transformer
