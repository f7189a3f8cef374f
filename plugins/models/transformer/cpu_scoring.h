/// \file
/// Scoring the truth on the CPU by a pass of our own instead of LibTorch's operations.
#pragma once

#include "cpu/arena.h"
#include "cpu_network.h"

namespace matseq::transformer {

/// Scores as `Model::score` says, to rounding. May be used by several threads at once.
class CpuScoring {
 public:
  /// `network` must outlive this.
  explicit CpuScoring(const CpuNetwork& network) : network_(network) {}

  /// Of a usable network.
  TeacherForcedScores score(const SequenceBatch& batch);

 private:
  const CpuNetwork& network_;
  cpu::Arenas arenas_;
};

}  // namespace matseq::transformer
