#include "training_pass.h"

#include <Eigen/Core>
#include <algorithm>

#include "cross_entropy.h"
#include "forward_pass.h"
#include "linear.h"

namespace matseq::transformer::cpu {

namespace {

using Row = Eigen::Map<Eigen::ArrayXf>;

class Pass {
 public:
  Pass(const Network& network, const Sequences& source, const Sequences& target, Arena& arena)
      : network_(network), source_(source), target_(target), arena_(arena) {}

  double run(const std::vector<std::int64_t>& expected, double divisor) {
    const StackTrace<EncoderTrace> encoder = encode(network_, source_, arena_);
    const StackTrace<DecoderTrace> decoder = decode(network_, target_, source_, encoder.result, arena_);
    float* gradient = arena_.take(target_.total() * network_.decoder.width);
    const double loss = project(decoder.result, expected, divisor, gradient);

    float* of_encoded = arena_.take(source_.total() * network_.encoder.width);
    std::fill(of_encoded, of_encoded + source_.total() * network_.encoder.width, 0.0F);
    for (std::size_t i = decoder.layers.size(); i-- > 0;) {
      backward(network_.decoder_layers[i], decoder.layers[i], gradient, of_encoded);
    }
    embed_backward(network_.decoder, target_, decoder.embedding, gradient);
    for (std::size_t i = encoder.layers.size(); i-- > 0;) {
      backward(network_.encoder_layers[i], encoder.layers[i], of_encoded);
    }
    embed_backward(network_.encoder, source_, encoder.embedding, of_encoded);
    return loss;
  }

 private:
  static void embed_backward(const Stack& stack, const Sequences& sequences, const NormTrace& trace, float* gradient) {
    const std::int64_t width = stack.width;
    norm_backward({sequences.total(), width}, trace.normalised, trace.scales, stack.norm, gradient);
    for (std::int64_t i = 0; i < sequences.total(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      const Row row(gradient + i * width, width);
      Row(stack.tokens.gradient + sequences.tokens[at] * width, width) += row;
      if (stack.positions.gradient != nullptr) {
        Row(stack.positions.gradient + sequences.positions[at] * width, width) += row;
      }
    }
  }

  // Gradients of weight and bias from that of the result; then that of `x`.
  static void linear_backward(const Linear& layer, const Operand& x, const Operand& gradient, std::int64_t rows,
                              float* of_x, Accumulate accumulate) {
    add_rows({rows, layer.out}, gradient.value, layer.bias.gradient);
    train_weight(layer, x, gradient, rows);
    pass_back(layer, gradient, rows, of_x, accumulate);
  }

  Operand gradient_of(const Linear& layer, const float* gradient, std::int64_t rows) {
    return make_operand(layer, gradient, rows * layer.out, arena_);
  }

  // `gradient` is that of the attention's result; sets or adds to those of `x` and `source`, which may be one.
  void look_backward(const Attention& layer, const Sight& sight, const AttentionTrace& trace, const Operand& x,
                     const Operand& source, const float* gradient, float* of_x, Accumulate accumulate,
                     float* of_source) {
    const std::int64_t width = layer.query.out, head_width = width / sight.heads;
    const std::int64_t rows = sight.from.total(), source_rows = sight.to.total();
    const Operand of_result = gradient_of(layer.output, gradient, rows);
    train_weight(layer.output, trace.attended, of_result, rows);
    float* of_attended = arena_.take(rows * width);
    pass_back(layer.output, of_result, rows, of_attended, Accumulate::no);
    float* of_queries = arena_.take(rows * width);
    float* of_keys = arena_.take(source_rows * width);
    float* of_values = arena_.take(source_rows * width);
    std::int64_t most_scratch = 0;
    for (std::int64_t i = 0; i < sight.from.count(); ++i) {
      const HeadShape shape = sight.shape(i, head_width);
      most_scratch = std::max(most_scratch, (shape.queries + head_width) * padded(shape.keys));
    }
    float* scratch = arena_.take(most_scratch);
    const float* weight = trace.weights;
    for (std::int64_t i = 0; i < sight.from.count(); ++i) {
      const HeadShape shape = sight.shape(i, head_width);
      const std::int64_t from = sight.from.first(i) * width;
      const std::int64_t to = sight.to.first(i) * width;
      for (std::int64_t head = 0; head < sight.heads; ++head) {
        const std::int64_t query = from + head * head_width, key = to + head * head_width;
        attend_backward(shape, {trace.queries + query, width}, {trace.keys + key, width}, {trace.values + key, width},
                        weight, {of_attended + query, width},
                        {{of_queries + query, width}, {of_keys + key, width}, {of_values + key, width}}, scratch);
        weight += shape.queries * padded(shape.keys);
      }
    }
    linear_backward(layer.query, x, gradient_of(layer.query, of_queries, rows), rows, of_x, accumulate);
    linear_backward(layer.key, source, gradient_of(layer.key, of_keys, source_rows), source_rows, of_source,
                    Accumulate::yes);
    linear_backward(layer.value, source, gradient_of(layer.value, of_values, source_rows), source_rows, of_source,
                    Accumulate::yes);
  }

  // `gradient` of the result becomes that of `x`.
  template <typename Layer>
  void feed_forward_backward(const Layer& layer, const FeedForwardTrace& trace, std::int64_t rows, float* gradient) {
    const Size inner = {rows, layer.first.out};
    branch_backward({rows, layer.second.out}, trace.norm, layer.norm2, layer.second, gradient);
    const Operand of_result = gradient_of(layer.second, gradient, rows);
    train_weight(layer.second, trace.inner, of_result, rows);
    float* of_inner = arena_.take(inner.rows * inner.width);
    pass_back(layer.second, of_result, rows, of_inner, Accumulate::no);
    relu_backward(inner, trace.inner.value, of_inner, layer.first.bias.gradient);
    const Operand of_first = gradient_of(layer.first, of_inner, rows);
    train_weight(layer.first, trace.input, of_first, rows);
    pass_back(layer.first, of_first, rows, gradient, Accumulate::yes);
  }

  // Back through a normalisation, to the sum and to the bias of the branch's last layer.
  static void branch_backward(const Size& size, const NormTrace& trace, const Norm& norm, const Linear& last,
                              float* gradient) {
    norm_backward(size, trace.normalised, trace.scales, norm, gradient);
    add_rows(size, gradient, last.bias.gradient);
  }

  void backward(const EncoderLayer& layer, const EncoderTrace& trace, float* gradient) {
    const Size size = {source_.total(), network_.encoder.width};
    feed_forward_backward(layer, trace.feed_forward, size.rows, gradient);
    branch_backward(size, trace.norm1, layer.norm1, layer.self_attention.output, gradient);
    self_backward(layer.self_attention, source_sight(network_, source_), trace.self_attention, trace.input, gradient);
  }

  // The branch reads its gradient while that of its input is added to it: so it gets a copy.
  void self_backward(const Attention& layer, const Sight& sight, const AttentionTrace& trace, const Operand& x,
                     float* gradient) {
    const std::int64_t count = sight.from.total() * layer.output.out;
    float* of_branch = arena_.take(count);
    std::copy(gradient, gradient + count, of_branch);
    look_backward(layer, sight, trace, x, x, of_branch, gradient, Accumulate::yes, gradient);
  }

  void backward(const DecoderLayer& layer, const DecoderTrace& trace, float* gradient, float* of_encoded) {
    const Size size = {target_.total(), network_.decoder.width};
    feed_forward_backward(layer, trace.feed_forward, size.rows, gradient);
    branch_backward(size, trace.norm15, layer.norm15, layer.cross_attention.output, gradient);
    float* of_input = arena_.take(size.rows * size.width);
    look_backward(layer.cross_attention, cross_sight(network_, target_, source_), trace.cross_attention, trace.input,
                  trace.encoded, gradient, of_input, Accumulate::no, of_encoded);
    branch_backward(size, trace.norm1, layer.norm1, layer.self_attention.output, gradient);
    self_backward(layer.self_attention, target_sight(network_, target_), trace.self_attention, trace.input, gradient);
    Row(gradient, size.rows * size.width) += Row(of_input, size.rows * size.width);
  }

  // The output layer and the loss; `gradient` becomes that of `x`. The logits are never all in memory.
  double project(const float* x, const std::vector<std::int64_t>& expected, double divisor, float* gradient) {
    const Linear& layer = network_.output;
    const std::int64_t total = target_.total(), tokens = layer.out;
    const Operand states = make_operand(layer, x, total * layer.in, arena_);
    const std::int64_t room = std::min(total, logit_rows) * tokens;
    float* logits = arena_.take(room);
    BFloat16* rounded = take_rounded(layer, room, arena_);
    const auto share = static_cast<float>(1.0 / divisor);
    double loss = 0;
    for (std::int64_t first = 0; first < total; first += logit_rows) {
      const std::int64_t rows = std::min(logit_rows, total - first);
      const Operand here = states.from(first * layer.in);
      forward(layer, here, rows, logits, Accumulate::no);
      for (std::int64_t i = 0; i < rows; ++i) {
        Row row(logits + i * tokens, tokens);
        const std::int64_t truth = expected[static_cast<std::size_t>(first + i)];
        const TokenScore score = score_token(tokens, layer.bias.value, truth, row.data());
        loss += score.cross_entropy;
        row *= share / score.sum;
        row[truth] -= share;
      }
      linear_backward(layer, here, make_operand(logits, rows * tokens, rounded), rows, gradient + first * layer.in,
                      Accumulate::no);
    }
    return loss / divisor;
  }

  const Network& network_;
  const Sequences& source_;
  const Sequences& target_;
  Arena& arena_;
};

}  // namespace

double loss_and_gradients(const Network& network, const Sequences& source, const Sequences& target,
                          const std::vector<std::int64_t>& expected, double divisor, Arena& arena) {
  return Pass(network, source, target, arena).run(expected, divisor);
}

}  // namespace matseq::transformer::cpu
