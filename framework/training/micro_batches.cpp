#include "training/micro_batches.h"

namespace matseq {

std::vector<std::int64_t> share_out(const SequenceBatch& batch, std::size_t count) {
  const torch::Tensor tokens_of_rows = batch.source_lengths + batch.target_lengths;
  const auto tokens = tokens_of_rows.accessor<std::int64_t, 1>();
  const std::int64_t rows = tokens.size(0), total = tokens_of_rows.sum().item<std::int64_t>();
  const auto shares = static_cast<std::int64_t>(count);
  std::vector<std::int64_t> begins = {0};
  std::int64_t row = 0, before = 0;  // tokens in the rows before `row`
  for (std::int64_t share = 1; share < shares; ++share) {
    // The boundary next to the fair one: a row is on this side if half of it is.
    while (row < rows && (2 * before + tokens[row]) * shares < 2 * total * share) before += tokens[row++];
    begins.push_back(row);
  }
  begins.push_back(rows);
  return begins;
}

}  // namespace matseq
