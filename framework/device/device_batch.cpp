#include "device/device_batch.h"

#include <algorithm>

namespace matseq {
namespace {

torch::Tensor tokens_of(const PaddedSequences& side, const torch::Device& device) {
  const auto rows = static_cast<std::int64_t>(side.sequences);
  const auto columns = static_cast<std::int64_t>(side.length);
  return torch::from_blob(side.tokens.get(), {rows, columns}, torch::kInt64).to(device, /*non_blocking=*/true);
}

torch::Tensor lengths_of(const PaddedSequences& side, const torch::Device& device) {
  const auto rows = static_cast<std::int64_t>(side.sequences);
  return torch::from_blob(side.lengths.get(), {rows}, torch::kInt64).to(device, /*non_blocking=*/true);
}

/// Cuts off the columns that are padding in all rows; returns whether there still is some.
bool trim(torch::Tensor& tokens, const torch::Tensor& lengths) {
  const auto [least, most] =
      std::minmax_element(lengths.data_ptr<std::int64_t>(), lengths.data_ptr<std::int64_t>() + lengths.numel());
  if (*most < tokens.size(1)) tokens = tokens.slice(1, 0, *most).contiguous();
  return *least < *most;
}

}  // namespace

TokenMemory memory_for(const torch::Device& device) {
  if (!device.is_cuda()) return heap_memory();
  return [device](std::size_t tokens) {
    const c10::OptionalDeviceGuard guard(device);  // the thread that makes batches has a current device of its own
    const torch::Tensor pinned = torch::empty({static_cast<std::int64_t>(tokens)},
                                              torch::TensorOptions().dtype(torch::kInt64).pinned_memory(true));
    return std::shared_ptr<std::int64_t>(pinned.data_ptr<std::int64_t>(), [pinned](std::int64_t*) {});
  };
}

SequenceBatch to_device(const HostBatch& batch, const torch::Device& device) {
  SequenceBatch tensors;
  tensors.source = tokens_of(batch.source(), device);
  tensors.source_lengths = lengths_of(batch.source(), device);
  tensors.target = tokens_of(batch.target(), device);
  tensors.target_lengths = lengths_of(batch.target(), device);
  tensors.source_padded = batch.source().padded;
  tensors.target_padded = batch.target().padded;
  return tensors;
}

SequenceBatch rows_of(const SequenceBatch& batch, std::int64_t begin, std::int64_t end) {
  SequenceBatch rows = batch;
  for (torch::Tensor* tensor : {&rows.source, &rows.source_lengths, &rows.target, &rows.target_lengths}) {
    *tensor = tensor->slice(0, begin, end);
  }
  return rows;
}

SequenceBatch batch_of_rows(const SequenceBatch& batch, std::int64_t begin, std::int64_t end) {
  SequenceBatch rows = rows_of(batch, begin, end);
  if (!rows.source.is_cpu()) return rows;
  rows.source_padded = trim(rows.source, rows.source_lengths);
  rows.target_padded = trim(rows.target, rows.target_lengths);
  return rows;
}

}  // namespace matseq
