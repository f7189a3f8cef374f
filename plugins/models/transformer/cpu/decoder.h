/// \file
/// Token-by-token decoding on the CPU with cached keys and values. No LibTorch.
#pragma once

#include <cstdint>
#include <vector>

#include "common/cpu/arena.h"
#include "common/cpu/heads.h"
#include "common/cpu/linear.h"
#include "network.h"
#include "sequences.h"

namespace matseq::cpu {

/// Goes on with rows, each the beginning of a sequence that belongs to one of the sources. At first there is one row a
/// source. The network must outlive it.
class Decoder {
 public:
  explicit Decoder(const Network& network);

  /// Before the first step: more sources, and what the encoder makes of them.
  void add(const Sequences& sources, const float* encoded);

  /// Appends a token to each row, of which there must be fewer than positions; `logits`, (rows, tokens), becomes the
  /// scores of the token after it.
  void step(const std::vector<std::int64_t>& tokens, float* logits);

  /// Row i becomes a copy of the former row `rows[i]`, all of which must exist.
  void select(const std::vector<std::int64_t>& rows);

  std::int64_t rows() const { return static_cast<std::int64_t>(source_of_row_.size()); }

 private:
  // Of each row: keys (width, capacity), so that those of a channel stand side by side, and values (capacity, width).
  struct SelfCache {
    std::vector<float> keys;
    std::vector<float> values;
  };
  // Of each source: keys (width, padded(length)) and values (length, width).
  struct CrossCache {
    std::vector<float> keys;
    std::vector<float> values;
  };

  void look_at(const Sequences& sources, const Attention& layer, const Operand& encoded, CrossCache& cache);
  void grow();
  void append(SelfCache& cache, const float* keys, const float* values) const;
  Operand attend_to_self(const Attention& layer, SelfCache& cache, const Operand& x);
  Operand attend_to_sources(const Attention& layer, const CrossCache& cache, const Operand& x);

  const Network& network_;
  std::int64_t width_;
  std::int64_t head_width_;
  std::vector<std::int64_t> source_begin_ = {0};  // tokens before each source, and all
  std::vector<std::int64_t> keys_begin_ = {0};    // the same of padded lengths
  std::int64_t longest_source_ = 0;
  std::vector<CrossCache> cross_;  // by layer
  std::vector<SelfCache> self_;    // by layer
  std::vector<std::int64_t> source_of_row_;
  std::int64_t position_ = 0;
  std::int64_t capacity_ = 0;
  Arena arena_;
};

}  // namespace matseq::cpu
