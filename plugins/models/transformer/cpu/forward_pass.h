/// \file
/// The transformer's two stacks over whole sequences on the CPU, with what the way back needs. No LibTorch.
#pragma once

#include <cstdint>
#include <vector>

#include "common/cpu/arena.h"
#include "common/cpu/heads.h"
#include "layers.h"
#include "network.h"
#include "sequences.h"

namespace matseq::cpu {

/// Who looks at what.
struct Sight {
  const Sequences& from;
  const Sequences& to;
  std::int64_t heads;
  bool causal;

  HeadShape shape(std::int64_t sequence, std::int64_t width) const {
    return {from.length(sequence), to.length(sequence), width, causal};
  }
};

struct AttentionTrace {
  float *queries, *keys, *values;
  float* weights;  ///< by sequence, then head, as `attend` writes them
  Operand attended;
};

struct EncoderTrace {
  Operand input;
  AttentionTrace self_attention;
  NormTrace norm1;
  FeedForwardTrace feed_forward;
};

struct DecoderTrace {
  Operand input;
  Operand encoded;
  AttentionTrace self_attention, cross_attention;
  NormTrace norm1, norm15;
  FeedForwardTrace feed_forward;
};

/// A stack's pass; `result` is the last layer's.
template <typename LayerTrace>
struct StackTrace {
  NormTrace embedding;
  std::vector<LayerTrace> layers;
  const float* result;
};

Sight source_sight(const Network& network, const Sequences& source);
Sight target_sight(const Network& network, const Sequences& target);
Sight cross_sight(const Network& network, const Sequences& target, const Sequences& source);

/// All tokens and positions must be in range. The traces live as long as what is taken from the arena.
StackTrace<EncoderTrace> encode(const Network& network, const Sequences& source, Arena& arena);

/// `encoded` is the encoder's result on `source`.
StackTrace<DecoderTrace> decode(const Network& network, const Sequences& target, const Sequences& source,
                                const float* encoded, Arena& arena);

}  // namespace matseq::cpu
