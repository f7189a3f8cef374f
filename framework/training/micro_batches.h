/// \file
/// How the examples of an update are cut into micro-batches and batches, and shared out among ranks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "matseq/model.h"

namespace matseq {

/// Micro-batches of an update of `examples` where nobody says how many: a power of two. As many as cost next to nothing
/// on a CPU; one on a GPU, which is fastest with all at once.
std::size_t default_micro_batches(std::int64_t examples, const at::Device& device);

/// A batch of an update.
struct UpdateBatch {
  std::int64_t row = 0;  ///< of the update's examples, the first in it
  MicroBatches cut;      ///< numbered within the rank's share

  std::int64_t rows() const { return cut.begins.back(); }
};

/// What one of `ranks` does of an update of `examples`, cut into `micro_batches` >= `ranks`, both powers of two; number
/// m has the examples floor(m examples / micro_batches) to floor((m + 1) examples / micro_batches). A rank has as many
/// of them as any other, one after the other, whose gradients are a whole branch of the tree. Batches are as large as
/// `batch_size` allows; they hold whole micro-batches, or parts of one, which is cut the same way by whoever has it.
std::vector<UpdateBatch> share_of_update(std::int64_t examples, std::size_t micro_batches, std::int64_t batch_size,
                                         std::size_t rank = 0, std::size_t ranks = 1);

}  // namespace matseq
