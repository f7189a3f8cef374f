/// \file
/// Multi-head attention (spec section 4).
#pragma once

#include <cstdint>
#include <vector>

#include "common/libtorch/linear.h"
#include "matseq/torch.h"

namespace matseq {

/// (batch, length) bool: true at the real tokens of padded sequences.
torch::Tensor real_tokens(const torch::Tensor& lengths, std::int64_t length);

/// (batch, 1, 1, length), as attention takes it: true at real tokens; undefined when there is no padding.
torch::Tensor visible_tokens(const torch::Tensor& tokens, const torch::Tensor& lengths, bool padded);

/// What attention looks at, each (batch, heads, keys, head width).
struct KeysValues {
  torch::Tensor keys;
  torch::Tensor values;
};

/// Those of these rows of the batch.
KeysValues rows_of(const KeysValues& of, const torch::Tensor& rows);
/// Likewise of each layer, also of one that has none yet.
std::vector<KeysValues> rows_of(const std::vector<KeysValues>& layers, const torch::Tensor& rows);

/// `present` behind `past`, which may be undefined.
KeysValues appended(const KeysValues& past, const KeysValues& present);

/// Queries of one width look at a sequence of the same or another width. Sequences come flat, all positions of
/// the batch below one another: a linear layer is then one matrix product without any view.
class AttentionImpl : public torch::nn::Module {
 public:
  /// `width` of the queries and the result, `source_width` of what is looked at; `heads` divides `width`.
  AttentionImpl(std::int64_t width, std::int64_t source_width, std::int64_t heads, double dropout);

  /// From (batch x length, width) to (batch, heads, length, head width).
  torch::Tensor queries(const torch::Tensor& sequence, std::int64_t batch);

  /// From (batch x keys, source width).
  KeysValues keys_values(const torch::Tensor& sequence, std::int64_t batch);

  /// From (batch, heads, length, head width) to (batch x length, width). `visible` and `causal` as in
  /// scaled_dot_product_attention.
  torch::Tensor attend(const torch::Tensor& queries, const KeysValues& source, const torch::Tensor& visible,
                       bool causal = false);

  /// (batch x length, width) to (batch, heads, length, head width), a view.
  torch::Tensor split_heads(const torch::Tensor& sequence, std::int64_t batch);

  Linear& query_layer() { return q_lin_; }
  Linear& key_layer() { return k_lin_; }
  Linear& value_layer() { return v_lin_; }

 private:
  std::int64_t heads_;
  double dropout_;
  Linear q_lin_;
  Linear k_lin_;
  Linear v_lin_;
  Linear out_lin_;
};
TORCH_MODULE(Attention);

}  // namespace matseq
