#include "fused/fused_gradients.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>
#include <vector>

#include "cpu/training_pass.h"
#include "matseq/parallel.h"

namespace matseq::transformer {

namespace {

std::vector<cpu::Piece> cut_up(const FusedNetwork& network, const SequenceBatch& batch, const MicroBatches& cut) {
  std::vector<cpu::Piece> parts;
  for (std::size_t i = 0; i < cut.count(); ++i) {
    const std::vector<RowRange> ranges =
        pieces(batch.source_lengths, batch.target_lengths, {cut.begins[i], cut.begins[i + 1]});
    for (const RowRange& rows : ranges) {
      const bool begins = &rows == &ranges.front(), ends = &rows == &ranges.back();
      TargetTokens target = network.pack_targets(batch.target, batch.target_lengths, rows);
      parts.push_back({.source = network.pack_sources(batch.source, batch.source_lengths, rows),
                       .target = std::move(target.read),
                       .expected = std::move(target.expected),
                       .place = {.micro_batch = cut.first + i,
                                 .first = begins && !(i == 0 && cut.continued),
                                 .last = ends && !(i + 1 == cut.count() && cut.open)}});
    }
  }
  return parts;
}

}  // namespace

std::optional<Loss> FusedGradients::add(const SequenceBatch& batch, double scale, const MicroBatches& cut) {
  if (!batch.source.is_cpu() || !network_.trainable()) return std::nullopt;
  const torch::NoGradGuard no_gradients;
  const std::vector<cpu::Piece> parts = cut_up(network_, batch, cut);
  if (cut.first == 0 && !cut.continued) empty_root_ = !network_.has_gradients();
  trees_.dense.begin(static_cast<std::size_t>(std::countr_zero(cut.of_update)), empty_root_);
  const cpu::Network network = network_.bind_gradients();
  const auto most_threads = static_cast<std::size_t>(torch::get_num_threads());
  const std::size_t threads = std::min(most_threads, parts.size());
  cpu::TrainingPass pass(network, parts, {scale, batch.label_smoothing}, arenas_, trees_, threads);
  if (most_threads > 1) {
    // Also for a single piece: outside such a loop a BLAS may share out a product, and sum in another order.
    parallel_for_each(static_cast<std::int64_t>(std::max<std::size_t>(threads, 2)), [&](std::int64_t) { pass.work(); });
  } else {
    pass.work();
  }
  const std::vector<double> of_pieces = pass.finish();
  const torch::Tensor losses = torch::zeros({static_cast<std::int64_t>(cut.count())}, torch::kFloat64);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    losses.data_ptr<double>()[parts[i].place.micro_batch - cut.first] += of_pieces[i];
  }
  return Loss{losses, {}};
}

}  // namespace matseq::transformer
