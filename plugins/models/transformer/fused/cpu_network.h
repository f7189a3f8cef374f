/// \file
/// The model's parameters and batches as the passes on the CPU take them.
#pragma once

#include <cstdint>
#include <vector>

#include "cpu/network.h"
#include "cpu/sequences.h"
#include "libtorch/layers.h"
#include "matseq/model.h"

namespace matseq::transformer {

/// Rows of a batch.
struct RowRange {
  std::int64_t begin;
  std::int64_t end;
};

/// Cuts a batch of sequences up to `length` tokens long into pieces of about one size that go through the network one
/// after the other: large enough for matrix products to be fast, small enough for what is kept meanwhile to stay near
/// in memory.
std::vector<RowRange> pieces(std::int64_t rows, std::int64_t length);

struct TargetTokens {
  cpu::Sequences read;
  std::vector<std::int64_t> expected;
};

/// Keeps the model's parameters at hand.
class CpuNetwork {
 public:
  /// `network` holds the parameters.
  CpuNetwork(const StackOptions& encoder, const StackOptions& decoder, bool tied, const torch::nn::Module& network);

  /// Whether the parameters are in float32 on the CPU, and operations there are to be in a precision that there are
  /// products for: float32, or bfloat16 where the processor has it.
  bool usable() const;

  /// The parameters that are trained, in the order in which the network's are visited.
  const std::vector<torch::Tensor>& trained() const { return parameters_; }

  /// To be used while the parameters stay where and what they are.
  /// `gradients` belong to the trained ones; none: no gradients.
  cpu::Network bind(const std::vector<torch::Tensor>& gradients = {}) const;

  /// Some rows of sources (batch, length) with lengths (batch), int64 on the CPU. Throws Error if a token or a length
  /// is out of range.
  cpu::Sequences pack_sources(const torch::Tensor& tokens, const torch::Tensor& lengths, const RowRange& rows) const;

  /// Likewise; the decoder reads all but the last token of each row, and is to tell the token after each that it reads.
  TargetTokens pack_targets(const torch::Tensor& tokens, const torch::Tensor& lengths, const RowRange& rows) const;

  std::int64_t token_count() const { return layout_.token_count; }

  /// Throws Error if it is not one of the vocabulary's.
  std::int64_t checked(std::int64_t token) const;

 private:
  // Whether products are to be in bfloat16.
  bool rounds() const;

  cpu::Sequences pack(const torch::Tensor& tokens, const torch::Tensor& lengths, const RowRange& rows,
                      std::int64_t drop, const cpu::Stack& stack) const;

  cpu::Network layout_;
  bool tied_;
  std::vector<torch::Tensor> parameters_;  // in the order of visit_parameters, without frozen tables
  std::vector<torch::Tensor> tables_;      // in that order, null where trained
};

}  // namespace matseq::transformer
