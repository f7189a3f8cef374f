/// \file
/// The sum of micro-batches' gradients as one binary tree, of LibTorch's tensors.
#pragma once

#include <cstddef>
#include <vector>

#include "matseq/optimizer.h"
#include "matseq/torch.h"

namespace matseq {

/// Adds up gradients in the order of MicroBatches. Micro-batches come in their order, so that the levels in use are the
/// ones in the binary number of the next one. The root is the parameters' own gradients.
class TensorTree {
 public:
  explicit TensorTree(std::vector<NamedTensor> parameters);

  /// Adds what the rows of a micro-batch that are in one batch contribute to the gradient of parameter `index`, perhaps
  /// nothing; takes the tensor's memory. `first` and `last`: none of it comes before or after. Several threads may add
  /// at once, to different parameters.
  void add(std::size_t index, torch::Tensor gradient, std::size_t micro_batch, std::size_t of_update, bool first,
           bool last);

 private:
  struct Partial {
    torch::Tensor sum;  ///< perhaps none
  };

  std::vector<NamedTensor> parameters_;
  std::vector<std::vector<Partial>> levels_;  ///< of each parameter, below the root
};

}  // namespace matseq
