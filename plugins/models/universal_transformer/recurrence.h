/// \file
/// Going through the same layers again and again.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/libtorch/linear.h"
#include "matseq/torch.h"

namespace matseq::universal {

/// What the passes of one stack are like.
struct RecurrenceOptions {
  std::int64_t width = 0;
  std::int64_t loops = 1;        ///< passes through the layers; the most of them where halting is adaptive
  bool step_embeddings = false;  ///< a learned vector of its own is added before each pass
  std::string gate;              ///< "none", "scalar" or "channel"
  double gate_bias = 0;          ///< its initial value; the lower, the more of a state stays as it is
  bool adaptive = false;
  double halting_bias = 0;  ///< its initial value; the higher, the earlier positions halt
  double threshold = 0;     ///< sum of halting probabilities above which a position halts
};

/// Repeats a pass, position by position: h' = g pass(h) + (1 - g) h with a gate g = sigmoid(W h + b), one number or one
/// for each channel, or 1. With adaptive computation time (Graves, 2016; Dehghani et al., 2019) a position halts when
/// the sum of its p = sigmoid(w h + b) is above the threshold, or with the last pass. Its result is the sum of its h',
/// each times its p, the last times what is missing from 1; its state stays as it is from then on.
class RecurrenceImpl : public torch::nn::Module {
 public:
  explicit RecurrenceImpl(const RecurrenceOptions& options);

  /// States (positions, width) after a pass, which is pass number `step`.
  using Pass = std::function<torch::Tensor(const torch::Tensor& states, std::int64_t step)>;

  struct Outcome {
    torch::Tensor states;    ///< (positions, width)
    torch::Tensor pondered;  ///< (positions): passes plus what was missing at the last; undefined without halting
  };

  /// `may_end`: passes need not be done where every position has halted.
  Outcome run(const torch::Tensor& states, const Pass& pass, bool may_end);

 private:
  torch::Tensor pass_gated(const torch::Tensor& states, const Pass& pass, std::int64_t step);

  RecurrenceOptions options_;
  torch::Tensor step_embeddings_;  // (loops, width), or undefined
  Linear gate_{nullptr};
  Linear halting_{nullptr};
};
TORCH_MODULE(Recurrence);

}  // namespace matseq::universal
