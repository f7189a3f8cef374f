#include "device/device_batch.h"

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

}  // namespace matseq
