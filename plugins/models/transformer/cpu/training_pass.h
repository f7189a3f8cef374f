/// \file
/// Loss and gradients of a batch on the CPU, in one forward and backward pass without LibTorch.
#pragma once

#include <Eigen/Core>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/cpu/arena.h"
#include "common/cpu/gradient_turns.h"
#include "network.h"
#include "sequences.h"

namespace matseq::cpu {

/// As vectors of the processor like it: the order of Eigen's sums over a row depends on how its memory is aligned.
using AlignedFloats = std::vector<float, Eigen::aligned_allocator<float>>;

/// Some sequences of a batch that go through the network together. All tokens and positions must be in range.
struct Piece {
  Sequences source;
  Sequences target;                    ///< what the decoder reads
  std::vector<std::int64_t> expected;  ///< the token after each of these
};

/// Numbers the turns of a network's layers, before the first `TrainingPass` with it.
void number_turns(Network& network);

/// Adds `scale` times the gradients of the cross-entropy's sum over all pieces (spec section 4) to the network's.
///
/// Any number of threads work on it, which share weights and gradients: each adds its piece's gradient of a weight,
/// some rows at a time, when those before it have done so. The sums depend on the pieces and on `threads` being 1 only.
class TrainingPass {
 public:
  /// All must outlive this. `threads`: how many are going to work at most.
  TrainingPass(const Network& network, const std::vector<Piece>& pieces, double scale, Arenas& arenas,
               std::size_t threads);

  /// Works on pieces that no other thread has begun until there are none.
  void work();

  /// When all threads are done: adds the embeddings' gradients, and returns the cross-entropy's sum.
  double finish();

 private:
  // What is left to be added when all pieces are done: an embedding may be the output layer's weight, too, and few of
  // its rows have gradients.
  struct Outcome {
    double cross_entropy = 0;
    AlignedFloats of_source;  // gradients of the embeddings: (tokens, width of the encoder)
    AlignedFloats of_target;  // (tokens, width of the decoder)
  };

  const Network& network_;
  const std::vector<Piece>& pieces_;
  float scale_;
  Arenas& arenas_;
  bool shared_;
  GradientTurns turns_;
  std::atomic<std::size_t> next_ = 0;
  std::vector<Outcome> outcomes_;
};

}  // namespace matseq::cpu
