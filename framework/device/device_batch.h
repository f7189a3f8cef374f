/// \file
/// From batches in host memory to tensors on the device.
#pragma once

#include "data/host_batch.h"
#include "matseq/model.h"
#include "matseq/torch.h"

namespace matseq {

/// Pinned memory when `device` is a GPU, else heap memory.
TokenMemory memory_for(const torch::Device& device);

/// The batch as tensors on the device. On a GPU the copy is asynchronous: the host batch must stay as it is until the
/// stream has passed it; on the CPU the tensors are views of it.
SequenceBatch to_device(const HostBatch& batch, const torch::Device& device);

/// Rows `begin` to `end` - 1 of a batch, as views.
SequenceBatch rows_of(const SequenceBatch& batch, std::int64_t begin, std::int64_t end);

/// Likewise, as a batch of just these examples would be: no longer than the longest of them. On a GPU, whose values are
/// not looked at, as long as the batch.
SequenceBatch batch_of_rows(const SequenceBatch& batch, std::int64_t begin, std::int64_t end);

}  // namespace matseq
