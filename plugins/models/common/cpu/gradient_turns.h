/// \file
/// The order in which threads add to sums that they share. No LibTorch.
#pragma once

#include <atomic>
#include <cstddef>
#include <limits>
#include <vector>

#include "matseq/error.h"

namespace matseq::cpu {

/// The pieces of a batch take turns at each of a number of sums, in the order of the pieces: what becomes of a sum does
/// not depend on which thread is fast. Whoever works on a piece must come to every sum.
class GradientTurns {
 public:
  explicit GradientTurns(std::size_t sums) : next_(sums) {}

  /// Calls `add` as soon as all pieces before this one have added to the sum. Throws Error if one of them never will.
  template <typename Add>
  void take(std::size_t sum, std::size_t piece, const Add& add) {
    std::atomic<std::size_t>& next = next_[sum];
    for (std::size_t now = next.load(); now != piece; now = next.load()) {
      if (now == abandoned) throw Error("another thread's part of the batch has failed");
      next.wait(now);
    }
    add();
    std::size_t mine = piece;
    next.compare_exchange_strong(mine, piece + 1);  // unless another piece has failed meanwhile
    next.notify_all();
  }

  /// Nobody shall wait any more: a piece has failed.
  void abandon() noexcept {
    for (std::atomic<std::size_t>& next : next_) {
      next.store(abandoned);
      next.notify_all();
    }
  }

 private:
  static constexpr std::size_t abandoned = std::numeric_limits<std::size_t>::max();

  std::vector<std::atomic<std::size_t>> next_;  // the piece whose turn it is, of every sum
};

}  // namespace matseq::cpu
