/// \file
/// Token-by-token decoding with cached keys and values.
#pragma once

#include <cstdint>
#include <vector>

#include "common/libtorch/encoder_decoder.h"
#include "matseq/model.h"

namespace matseq::transformer {

/// Throws Error when a row has all the tokens that decoding was started for.
void require_tokens_left(std::int64_t taken, std::int64_t longest);

/// The keys and values of the tokens that one layer's self-attention has seen. Stored position-major, so that what is
/// filled stays one contiguous piece when rows are selected.
class SelfCache {
 public:
  explicit SelfCache(std::int64_t longest) : longest_(longest) {}

  /// Appends one position; `keys` and `values` are (rows, width).
  void append(const torch::Tensor& keys, const torch::Tensor& values);
  /// All positions so far, as views.
  KeysValues view(std::int64_t heads) const;
  void select(const torch::Tensor& rows);

 private:
  torch::Tensor selected(const torch::Tensor& buffer, const torch::Tensor& rows) const;

  std::int64_t longest_;
  std::int64_t filled_ = 0;
  torch::Tensor keys_;  // (longest, rows, width), of which `filled_` positions are set
  torch::Tensor values_;
};

/// The keys and values of the encoded sources, computed once. Consecutive rows of one source share them: a beam
/// needs no copies, and its rows attend as positions of one sequence do.
class CrossCache {
 public:
  CrossCache(std::vector<KeysValues> layers, torch::Tensor visible, std::int64_t sources);

  /// `queries` is (rows, width); returns (rows, width) of that layer's cross-attention.
  torch::Tensor attend(std::size_t layer, AttentionImpl& attention, const torch::Tensor& queries) const;
  void select(const torch::Tensor& rows);

 private:
  std::vector<KeysValues> layers_;  // (groups, heads, source length, head width) each
  torch::Tensor visible_;           // (groups, 1, 1, source length), or undefined
  torch::Tensor source_of_row_;     // (rows), which of the sources a row decodes
  std::int64_t group_size_ = 1;     // rows that share one source, the same for all groups
};

/// Decodes with a DecoderStack. Gradients are not recorded.
class CachedDecoder : public IncrementalDecoder {
 public:
  /// `encoded` is (batch x source length, source width), `visible` (batch, 1, 1, source length) or undefined.
  CachedDecoder(DecoderStack decoder, std::int64_t heads, const torch::Tensor& encoded, const torch::Tensor& visible,
                std::int64_t batch, std::int64_t longest);

  torch::Tensor step(const torch::Tensor& tokens) override;
  void select(const torch::Tensor& rows) override;

 private:
  // Query, key and value layers of a self-attention side by side: one product a step.
  struct FusedProjection {
    torch::Tensor weight;  // (3 width, width)
    torch::Tensor bias;    // (3 width)
  };

  DecoderStack decoder_;
  std::int64_t heads_;
  std::int64_t longest_;
  std::int64_t position_ = 0;
  std::vector<FusedProjection> projections_;
  std::vector<SelfCache> self_;
  CrossCache cross_;
};

}  // namespace matseq::transformer
