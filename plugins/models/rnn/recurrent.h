/// \file
/// Layers of LSTM or GRU cells, by kernels of their own or by LibTorch's.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "matseq/torch.h"

namespace matseq::rnn {

struct RecurrentOptions {
  bool lstm = true;  ///< else GRU
  bool bidirectional = false;
  std::int64_t layers = 1;
  std::int64_t input = 0;  ///< width of what the first layer reads
  std::int64_t width = 0;  ///< of the states of each direction
  double dropout = 0;      ///< between layers
};

/// Each (layers x directions, batch, width): h of a GRU, h and c of an LSTM.
using State = std::vector<torch::Tensor>;

/// The parameters are those of torch::nn::LSTM or GRU, in a module "lstm" or "gru". On one thread of a CPU in float32
/// the kernels of cpu/cells.h compute what these compute.
class RecurrentImpl : public torch::nn::Module {
 public:
  explicit RecurrentImpl(const RecurrentOptions& options);

  /// (batch, length, input width) to (batch, length, width), from `state` on, which moves on; in one direction.
  torch::Tensor forward(const torch::Tensor& input, State& state);

  /// From zeros, up to each row's length and backwards from there; (batch, input length, directions x width), zeros
  /// where a row has ended.
  std::pair<torch::Tensor, State> read(const torch::Tensor& input, const torch::Tensor& lengths);

 private:
  std::int64_t directions() const { return options_.bidirectional ? 2 : 1; }
  /// Rows do not get longer: `running[i]` of them have a step i. Steps first in `input` and output.
  torch::Tensor run(const torch::Tensor& input, const std::vector<std::int64_t>& running, State& state);

  RecurrentOptions options_;
  torch::nn::LSTM lstm_{nullptr};
  torch::nn::GRU gru_{nullptr};
};
TORCH_MODULE(Recurrent);

}  // namespace matseq::rnn
