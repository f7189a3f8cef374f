#include "fused/fused_gradients.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "cpu/training_pass.h"
#include "matseq/parallel.h"

namespace matseq::transformer {

std::optional<Loss> FusedGradients::add(const SequenceBatch& batch, double scale) {
  if (!batch.source.is_cpu() || !network_.trainable()) return std::nullopt;
  const torch::NoGradGuard no_gradients;
  std::vector<cpu::Piece> parts;
  const auto most_threads = static_cast<std::size_t>(torch::get_num_threads());
  for (const RowRange& rows : pieces(batch.source_lengths, batch.target_lengths, most_threads)) {
    TargetTokens target = network_.pack_targets(batch.target, batch.target_lengths, rows);
    parts.push_back({network_.pack_sources(batch.source, batch.source_lengths, rows), std::move(target.read),
                     std::move(target.expected)});
  }
  const cpu::Network network = network_.bind_gradients();
  const std::size_t threads = std::min(most_threads, parts.size());
  cpu::TrainingPass pass(network, parts, scale, arenas_, threads);
  if (most_threads > 1) {
    // Also for a single piece: outside such a loop a BLAS may share out a product, and sum in another order.
    parallel_for_each(static_cast<std::int64_t>(std::max<std::size_t>(threads, 2)), [&](std::int64_t) { pass.work(); });
  } else {
    pass.work();
  }
  return Loss{torch::scalar_tensor(pass.finish(), torch::kFloat64), {}};
}

}  // namespace matseq::transformer
