/// \file
/// Loss and gradients of a batch on the CPU, in one forward and backward pass without LibTorch.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/cpu/arena.h"
#include "common/cpu/gradient_tree.h"
#include "common/cpu/gradient_turns.h"
#include "network.h"
#include "sequences.h"

namespace matseq::cpu {

/// Some sequences of a batch that go through the network together. All tokens and positions must be in range.
struct Piece {
  Sequences source;
  Sequences target;                    ///< what the decoder reads
  std::vector<std::int64_t> expected;  ///< the token after each of these
  TreePlace place;
};

/// The sums of all of a network's gradients, from piece to piece, until an update's micro-batches are all there.
struct GradientTrees {
  GradientTree dense;
  RowGradientTree source_tokens = {}, source_positions = {};
  RowGradientTree target_tokens = {}, target_positions = {};
};

/// Numbers the turns of a network's layers, before the first `TrainingPass` with it.
void number_turns(Network& network);

/// What gradients are formed of.
struct LossForm {
  double scale;                ///< times the loss
  double label_smoothing = 0;  ///< as `SequenceBatch` has it
};

/// Adds the gradients of the cross-entropy's sum over all pieces (spec section 4) to the trees.
///
/// Any number of threads work on it, which share weights and sums: each adds its piece's gradient of a weight, some
/// rows at a time, when those before it have done so. The sums depend on the pieces only.
class TrainingPass {
 public:
  /// All must outlive this. `threads`: how many are going to work at most.
  TrainingPass(const Network& network, const std::vector<Piece>& pieces, const LossForm& loss, Arenas& arenas,
               GradientTrees& trees, std::size_t threads);

  /// Works on pieces that no other thread has begun until there are none.
  void work();

  /// When all threads are done: adds the gradients of the embeddings, and returns every piece's cross-entropy.
  std::vector<double> finish();

 private:
  // What is left to be added when all pieces are done: of the embeddings a piece has few rows.
  struct Outcome {
    double cross_entropy = 0;
    RowGradients source_tokens, source_positions;
    RowGradients target_tokens, target_positions;
  };

  const Network& network_;
  const std::vector<Piece>& pieces_;
  LossForm loss_;
  Arenas& arenas_;
  GradientTrees& trees_;
  bool shared_;
  GradientTurns turns_;
  std::atomic<std::size_t> next_ = 0;
  std::vector<Outcome> outcomes_;
};

}  // namespace matseq::cpu
