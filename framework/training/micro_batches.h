/// \file
/// Sharing out the rows of a batch among threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "matseq/model.h"

namespace matseq {

/// Where each of `count` >= 1 shares of neighbouring rows begins, and where the last one ends; some may be empty. All
/// have about as many tokens: how a batch is cut depends on the lengths in it and `count` only.
std::vector<std::int64_t> share_out(const SequenceBatch& batch, std::size_t count);

}  // namespace matseq
