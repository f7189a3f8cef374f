/// \file
/// How the examples of an update are cut into micro-batches.
#pragma once

#include <cstddef>
#include <cstdint>

#include "matseq/model.h"

namespace matseq {

/// Micro-batches of an update of `examples` where nobody says how many: a power of two. As many as cost next to nothing
/// on a CPU; one on a GPU, which is fastest with all at once.
std::size_t default_micro_batches(std::int64_t examples, const at::Device& device);

/// The micro-batches that a batch of `rows` examples touches, from the `row`th of its update's `examples` on. Of
/// `count`
/// <= `examples` micro-batches number m has the examples floor(m examples / count) to floor((m + 1) examples / count).
MicroBatches cut_batch(std::int64_t row, std::int64_t rows, std::int64_t examples, std::size_t count);

}  // namespace matseq
