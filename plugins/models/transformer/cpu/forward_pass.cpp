#include "forward_pass.h"

#include <algorithm>

namespace matseq::cpu {

namespace {

AttentionTrace look(const Attention& layer, const Sight& sight, const Operand& x, const Operand& source, Arena& arena) {
  AttentionTrace trace = {};
  trace.queries = apply(layer.query, x, sight.from.total(), arena);
  trace.keys = apply(layer.key, source, sight.to.total(), arena);
  trace.values = apply(layer.value, source, sight.to.total(), arena);
  const std::int64_t width = layer.query.out, head_width = width / sight.heads;
  float* attended = arena.take(sight.from.total() * width);
  std::int64_t weights = 0, longest = 0;
  for (std::int64_t i = 0; i < sight.from.count(); ++i) {
    const HeadShape shape = sight.shape(i, head_width);
    weights += shape.queries * padded(shape.keys) * sight.heads;
    longest = std::max(longest, shape.keys);
  }
  trace.weights = arena.take(weights);
  float* transposed_keys = arena.take(head_width * padded(longest));
  float* weight = trace.weights;
  for (std::int64_t i = 0; i < sight.from.count(); ++i) {
    const HeadShape shape = sight.shape(i, head_width);
    const std::int64_t from = sight.from.first(i) * width, to = sight.to.first(i) * width;
    for (std::int64_t head = 0; head < sight.heads; ++head) {
      const std::int64_t channel = head * head_width, keys_row = padded(shape.keys);
      transpose(shape.keys, head_width, {trace.keys + to + channel, width}, {transposed_keys, keys_row});
      attend(shape, {trace.queries + from + channel, width}, {transposed_keys, keys_row},
             {trace.values + to + channel, width}, weight, {attended + from + channel, width});
      weight += shape.queries * keys_row;
    }
  }
  trace.attended = make_operand(layer.output, attended, sight.from.total() * width, arena);
  return trace;
}

EncoderTrace forward(const EncoderLayer& layer, const Sight& sight, const float* x, Arena& arena) {
  const std::int64_t rows = sight.from.total();
  EncoderTrace trace = {};
  trace.input = make_operand(layer.self_attention.query, x, rows * layer.self_attention.query.in, arena);
  trace.self_attention = look(layer.self_attention, sight, trace.input, trace.input, arena);
  trace.norm1 = add_branch(x, trace.self_attention.attended, layer.self_attention.output, layer.norm1, rows, arena);
  trace.feed_forward = feed_forward(layer.first, layer.second, layer.norm2, trace.norm1.result, rows, arena);
  return trace;
}

// The cross-attention's query is the layer's input (spec section 4).
DecoderTrace forward(const DecoderLayer& layer, const Sight& self_sight, const Sight& cross_sight, const float* x,
                     const Operand& encoded, Arena& arena) {
  const std::int64_t rows = self_sight.from.total();
  DecoderTrace trace = {};
  trace.input = make_operand(layer.self_attention.query, x, rows * layer.self_attention.query.in, arena);
  trace.encoded = encoded;
  trace.self_attention = look(layer.self_attention, self_sight, trace.input, trace.input, arena);
  trace.norm1 = add_branch(x, trace.self_attention.attended, layer.self_attention.output, layer.norm1, rows, arena);
  trace.cross_attention = look(layer.cross_attention, cross_sight, trace.input, encoded, arena);
  trace.norm15 = add_branch(trace.norm1.result, trace.cross_attention.attended, layer.cross_attention.output,
                            layer.norm15, rows, arena);
  trace.feed_forward = feed_forward(layer.first, layer.second, layer.norm2, trace.norm15.result, rows, arena);
  return trace;
}

}  // namespace

Sight source_sight(const Network& network, const Sequences& source) {
  return {source, source, network.encoder.heads, false};
}

Sight target_sight(const Network& network, const Sequences& target) {
  return {target, target, network.decoder.heads, true};
}

Sight cross_sight(const Network& network, const Sequences& target, const Sequences& source) {
  return {target, source, network.decoder.heads, false};
}

StackTrace<EncoderTrace> encode(const Network& network, const Sequences& source, Arena& arena) {
  StackTrace<EncoderTrace> trace = {embed(network.encoder, source, arena), {}, nullptr};
  const float* x = trace.embedding.result;
  for (const EncoderLayer& layer : network.encoder_layers) {
    trace.layers.push_back(forward(layer, source_sight(network, source), x, arena));
    x = trace.layers.back().feed_forward.norm.result;
  }
  trace.result = x;
  return trace;
}

StackTrace<DecoderTrace> decode(const Network& network, const Sequences& target, const Sequences& source,
                                const float* encoded, Arena& arena) {
  StackTrace<DecoderTrace> trace = {embed(network.decoder, target, arena), {}, nullptr};
  const float* x = trace.embedding.result;
  const Operand of_encoder = make_operand(network.output, encoded, source.total() * network.encoder.width, arena);
  for (const DecoderLayer& layer : network.decoder_layers) {
    trace.layers.push_back(
        forward(layer, target_sight(network, target), cross_sight(network, target, source), x, of_encoder, arena));
    x = trace.layers.back().feed_forward.norm.result;
  }
  trace.result = x;
  return trace;
}

}  // namespace matseq::cpu
