#include "training/micro_batches.h"

#include <algorithm>
#include <bit>

namespace matseq {

std::size_t default_micro_batches(std::int64_t examples, const at::Device& device) {
  if (!device.is_cpu()) return 1;
  constexpr std::int64_t examples_each = 16;
  constexpr std::size_t most = 8;
  return std::min(most, std::bit_floor(static_cast<std::size_t>(std::max<std::int64_t>(1, examples / examples_each))));
}

std::vector<UpdateBatch> share_of_update(std::int64_t examples, std::size_t micro_batches, std::int64_t batch_size,
                                         std::size_t rank, std::size_t ranks) {
  const std::size_t own = micro_batches / ranks;
  const auto begin_of = [&](std::size_t number) {
    return static_cast<std::int64_t>(rank * own + number) * examples / static_cast<std::int64_t>(micro_batches);
  };
  std::vector<UpdateBatch> batches;
  const auto begin_batch = [&](std::int64_t row, std::size_t number) -> UpdateBatch& {
    return batches.emplace_back(UpdateBatch{row, {.begins = {0}, .first = number, .of_update = own}});
  };
  for (std::size_t number = 0; number < own; ++number) {
    const std::int64_t begin = begin_of(number), end = begin_of(number + 1);
    if (end - begin > batch_size) {
      for (std::int64_t row = begin; row < end; row += batch_size) {
        const std::int64_t rows = std::min(batch_size, end - row);
        MicroBatches& part = begin_batch(row, number).cut;
        part.begins.push_back(rows);
        part.continued = row > begin;
        part.open = row + rows < end;
      }
      continue;
    }
    const bool joins = !batches.empty() && !batches.back().cut.open && !batches.back().cut.continued &&
                       end - batches.back().row <= batch_size;
    UpdateBatch& batch = joins ? batches.back() : begin_batch(begin, number);
    batch.cut.begins.push_back(end - batch.row);
  }
  return batches;
}

}  // namespace matseq
