#include "cpu_scoring.h"

#include <algorithm>

#include "cpu/cross_entropy.h"
#include "cpu/forward_pass.h"

namespace matseq::transformer {

TeacherForcedScores CpuScoring::score(const SequenceBatch& batch) {
  const cpu::Network network = network_.bind();
  cpu::Arenas::Loan arena(arenas_);
  TeacherForcedScores scores;
  for (const RowRange& rows : pieces(batch.target.size(0), std::max(batch.source.size(1), batch.target.size(1)))) {
    const cpu::Sequences source = network_.pack_sources(batch.source, batch.source_lengths, rows);
    const TargetWords target = network_.pack_targets(batch.target, batch.target_lengths, rows);
    const float* encoded = cpu::encode(network, source, *arena).result;
    const float* states = cpu::decode(network, target.read, source, encoded, *arena).result;
    const std::vector<cpu::WordScore> words = cpu::score_words(network.output, states, target.expected, *arena);
    for (std::int64_t row = 0; row < target.read.count(); ++row) {
      double cross_entropy = 0;
      bool perfect = true;
      for (std::int64_t i = target.read.first(row); i < target.read.first(row + 1); ++i) {
        const cpu::WordScore& word = words[static_cast<std::size_t>(i)];
        cross_entropy += word.cross_entropy;
        perfect = perfect && word.likeliest;
      }
      scores.cross_entropy.push_back(cross_entropy);
      scores.perfect.push_back(perfect);
    }
    (*arena).reset();
  }
  return scores;
}

}  // namespace matseq::transformer
