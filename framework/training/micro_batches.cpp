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

MicroBatches cut_batch(std::int64_t row, std::int64_t rows, std::int64_t examples, std::size_t count) {
  const auto begin_of = [&](std::int64_t number) { return number * examples / static_cast<std::int64_t>(count); };
  // The last one that begins at or before the row.
  std::int64_t number = row * static_cast<std::int64_t>(count) / examples;
  while (begin_of(number + 1) <= row) ++number;
  MicroBatches cut;
  cut.first = static_cast<std::size_t>(number);
  cut.of_update = count;
  cut.continued = begin_of(number) < row;
  cut.begins.push_back(0);
  while (begin_of(++number) < row + rows) cut.begins.push_back(begin_of(number) - row);
  cut.begins.push_back(rows);
  cut.open = begin_of(number) > row + rows;
  return cut;
}

}  // namespace matseq
