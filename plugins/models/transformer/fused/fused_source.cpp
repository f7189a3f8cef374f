#include "fused/fused_source.h"

#include <algorithm>

#include "common/cpu/cross_entropy.h"
#include "common/libtorch/encoder_decoder.h"
#include "cpu/forward_pass.h"
#include "fused/fused_decoder.h"

namespace matseq::transformer {

namespace {

cpu::Sequences part(const cpu::Sequences& sequences, const RowRange& rows) {
  cpu::Sequences result;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) append(result, sequences, row);
  return result;
}

}  // namespace

FusedSource::FusedSource(const FusedNetwork& network, cpu::Arenas& arenas, const torch::Tensor& source,
                         const torch::Tensor& source_lengths)
    : network_(network),
      arenas_(arenas),
      bound_(network.bind()),
      sources_(network.pack_sources(source, source_lengths, {0, source.size(0)})),
      longest_source_(source.size(1)) {
  encoded_.reserve(static_cast<std::size_t>(sources_.total() * bound_->encoder.width));
  cpu::Arenas::Loan arena(arenas_);
  for (const RowRange& rows : pieces(sources_.count(), longest_source_)) {
    const cpu::Sequences here = part(sources_, rows);
    const float* encoded = cpu::encode(*bound_, here, *arena).result;
    encoded_.insert(encoded_.end(), encoded, encoded + here.total() * bound_->encoder.width);
    (*arena).reset();
  }
}

TeacherForcedScores FusedSource::score(const torch::Tensor& target, const torch::Tensor& target_lengths) {
  cpu::Arenas::Loan arena(arenas_);
  TeacherForcedScores scores;
  for (const RowRange& rows : pieces(sources_.count(), std::max(longest_source_, target.size(1)))) {
    const TargetTokens tokens = network_.pack_targets(target, target_lengths, rows);
    const float* encoded = encoded_.data() + sources_.first(rows.begin) * bound_->encoder.width;
    const float* states = cpu::decode(*bound_, tokens.read, part(sources_, rows), encoded, *arena).result;
    const std::vector<cpu::TokenScore> found = cpu::score_tokens(bound_->output, states, tokens.expected, *arena);
    for (std::int64_t row = 0; row < tokens.read.count(); ++row) {
      double cross_entropy = 0;
      bool perfect = true;
      for (std::int64_t i = tokens.read.first(row); i < tokens.read.first(row + 1); ++i) {
        const cpu::TokenScore& token = found[static_cast<std::size_t>(i)];
        cross_entropy += token.cross_entropy;
        perfect = perfect && token.likeliest;
      }
      scores.cross_entropy.push_back(cross_entropy);
      scores.perfect.push_back(perfect);
    }
    (*arena).reset();
  }
  return scores;
}

std::unique_ptr<IncrementalDecoder> FusedSource::decode(const torch::Tensor& rows, std::int64_t longest) {
  require_hypothesis_positions(longest, bound_->decoder.position_count);
  cpu::Sequences chosen;
  cpu::AlignedVector<float> encoded;
  for (const std::int64_t row : values_of(rows)) {
    append(chosen, sources_, row);
    const float* first = encoded_.data() + sources_.first(row) * bound_->encoder.width;
    encoded.insert(encoded.end(), first, first + sources_.length(row) * bound_->encoder.width);
  }
  return std::make_unique<FusedDecoder>(network_, bound_, chosen, encoded.data(), longest);
}

}  // namespace matseq::transformer
