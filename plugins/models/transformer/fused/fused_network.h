/// \file
/// The model's parameters and batches as the passes on the CPU take them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "common/libtorch/post_norm_layers.h"
#include "cpu/network.h"
#include "cpu/sequences.h"
#include "cpu/training_pass.h"
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

/// Likewise for training, some rows of a batch: about as many tokens in every piece, padding not counted. Lengths are
/// (batch) int64 on the CPU.
std::vector<RowRange> pieces(const torch::Tensor& source_lengths, const torch::Tensor& target_lengths,
                             const RowRange& rows);

struct TargetTokens {
  cpu::Sequences read;
  std::vector<std::int64_t> expected;
};

/// Keeps the model's parameters at hand.
class FusedNetwork {
 public:
  /// `network` holds the parameters.
  FusedNetwork(const StackOptions& encoder, const StackOptions& decoder, bool tied, const torch::nn::Module& network);

  /// Whether the parameters are in float32 on the CPU, and operations there are to be in a precision that there are
  /// products for: float32, or bfloat16 where the processor has it.
  bool usable() const;

  /// Whether, besides, all parameters are trained, with gradients of their own kind or none yet.
  bool trainable() const;

  /// The parameters as they are, with packed weights: to be used while they stay where and what they are. While what
  /// `pack` has returned is held, all get that.
  std::shared_ptr<const cpu::Network> bind() const;

  /// For all to use until the last copy of the result is gone.
  std::shared_ptr<const cpu::Network> pack();

  /// Whether the parameters have gradients.
  bool has_gradients() const { return parameters_.front().grad().defined(); }

  /// Likewise with the parameters' gradients to add to. They are made if there are none: zero for tables of embeddings,
  /// unspecified for the others.
  cpu::Network bind_gradients() const;

  /// How many numbers all gradients are but those of tables of embeddings.
  std::int64_t dense_count() const { return dense_count_; }

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

  std::shared_ptr<const cpu::Network> make_bound() const;

  cpu::Sequences pack(const torch::Tensor& tokens, const torch::Tensor& lengths, const RowRange& rows,
                      std::int64_t drop, const cpu::Stack& stack) const;

  cpu::Network layout_;
  std::int64_t dense_count_ = 0;
  std::vector<torch::Tensor> parameters_;  // in the order of visit_parameters, without frozen tables
  std::vector<bool> is_table_;             // of these, a table of embeddings alone
  std::vector<torch::Tensor> tables_;      // in that order, null where trained
  std::weak_ptr<const cpu::Network> packed_;
  mutable std::mutex packed_mutex_;
};

}  // namespace matseq::transformer
