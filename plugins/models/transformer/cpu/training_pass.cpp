#include "training_pass.h"

#include <Eigen/Core>
#include <algorithm>

#include "common/cpu/cross_entropy.h"
#include "common/cpu/linear.h"
#include "forward_pass.h"

namespace matseq::cpu {

namespace {

// Of a weight's gradient, as much as stays in the cache until it is added.
constexpr std::int64_t block_floats = 1 << 18;

using Row = Eigen::Map<Eigen::ArrayXf>;
using ConstRow = Eigen::Map<const Eigen::ArrayXf>;

std::int64_t block_outputs(const Linear& layer) { return std::max<std::int64_t>(1, block_floats / layer.in); }

void add(std::int64_t count, const float* values, float* sum) { Row(sum, count) += ConstRow(values, count); }

void embed_backward(const Stack& stack, const Sequences& sequences, const AlignedFloats& gradient) {
  for (std::int64_t i = 0; i < sequences.total(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const float* row = gradient.data() + i * stack.width;
    add(stack.width, row, stack.tokens.gradient + sequences.tokens[at] * stack.width);
    if (stack.positions.gradient != nullptr) {
      add(stack.width, row, stack.positions.gradient + sequences.positions[at] * stack.width);
    }
  }
}

// Forward and back with one piece.
class Pass {
 public:
  /// `turns`: null where no other thread adds to the gradients.
  Pass(const Network& network, const Piece& piece, std::size_t number, GradientTurns* turns, Arena& arena)
      : network_(network),
        source_(piece.source),
        target_(piece.target),
        expected_(piece.expected),
        number_(number),
        turns_(turns),
        arena_(arena) {}

  /// The cross-entropy's sum; `of_source` and `of_target` become the gradients of the embeddings.
  double run(float scale, AlignedFloats& of_source, AlignedFloats& of_target) {
    const StackTrace<EncoderTrace> encoder = encode(network_, source_, arena_);
    const StackTrace<DecoderTrace> decoder = decode(network_, target_, source_, encoder.result, arena_);
    of_target.resize(static_cast<std::size_t>(target_.total() * network_.decoder.width));
    of_source.assign(static_cast<std::size_t>(source_.total() * network_.encoder.width), 0.0F);
    const double cross_entropy = project(decoder.result, scale, of_target.data());
    for (std::size_t i = decoder.layers.size(); i-- > 0;) {
      backward(network_.decoder_layers[i], decoder.layers[i], of_target.data(), of_source.data());
    }
    norm_backward({target_.total(), network_.decoder.width}, decoder.embedding, network_.decoder.norm,
                  of_target.data());
    for (std::size_t i = encoder.layers.size(); i-- > 0;) {
      backward(network_.encoder_layers[i], encoder.layers[i], of_source.data());
    }
    norm_backward({source_.total(), network_.encoder.width}, encoder.embedding, network_.encoder.norm,
                  of_source.data());
    return cross_entropy;
  }

 private:
  // Adds to the gradients of weight and bias; `gradient` is that of the layer's result.
  void train(const Linear& layer, const Operand& x, const Operand& gradient, std::int64_t rows) {
    if (turns_ == nullptr) {
      add_rows({rows, layer.out}, gradient.value, layer.bias.gradient);
      weight_gradient(layer, {0, layer.out}, x, gradient, rows, layer.weight.gradient, Accumulate::yes);
      return;
    }
    const ArenaScope scope(arena_);
    float* of_bias = arena_.take(layer.out);
    std::fill(of_bias, of_bias + layer.out, 0.0F);
    add_rows({rows, layer.out}, gradient.value, of_bias);
    const std::int64_t step = std::min(layer.out, block_outputs(layer));
    float* of_block = arena_.take(step * layer.in);
    std::size_t turn = layer.turn;
    for (std::int64_t begin = 0; begin < layer.out; begin += step) {
      const OutputRange outputs = {begin, std::min(begin + step, layer.out)};
      const std::int64_t count = outputs.end - begin;
      weight_gradient(layer, outputs, x, gradient, rows, of_block, Accumulate::no);
      turns_->take(turn++, number_, [&] {
        add(count * layer.in, of_block, layer.weight.gradient + begin * layer.in);
        add(count, of_bias + begin, layer.bias.gradient + begin);
      });
    }
  }

  // `gradient`, of the norm's result, becomes that of the sum that it normalises.
  void norm_backward(const Size& size, const NormTrace& trace, const Norm& norm, float* gradient) {
    if (turns_ == nullptr) {
      cpu::norm_backward(size, trace.normalised, trace.scales, norm.weight.value, gradient, norm.weight.gradient,
                         norm.bias.gradient);
      return;
    }
    const ArenaScope scope(arena_);
    float* of_norm = arena_.take(2 * size.width);
    std::fill(of_norm, of_norm + 2 * size.width, 0.0F);
    cpu::norm_backward(size, trace.normalised, trace.scales, norm.weight.value, gradient, of_norm,
                       of_norm + size.width);
    turns_->take(norm.turn, number_, [&] {
      add(size.width, of_norm, norm.weight.gradient);
      add(size.width, of_norm + size.width, norm.bias.gradient);
    });
  }

  // Trains the layer; then the gradient of `x`: set or added to.
  void linear_backward(const Linear& layer, const Operand& x, const Operand& gradient, std::int64_t rows, float* of_x,
                       Accumulate accumulate) {
    train(layer, x, gradient, rows);
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
    float* of_attended = arena_.take(rows * width);
    linear_backward(layer.output, trace.attended, gradient_of(layer.output, gradient, rows), rows, of_attended,
                    Accumulate::no);
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
    norm_backward({rows, layer.second.out}, trace.norm, layer.norm2, gradient);
    float* of_inner = arena_.take(inner.rows * inner.width);
    linear_backward(layer.second, trace.inner, gradient_of(layer.second, gradient, rows), rows, of_inner,
                    Accumulate::no);
    relu_backward(inner, trace.inner.value, of_inner);
    linear_backward(layer.first, trace.input, gradient_of(layer.first, of_inner, rows), rows, gradient,
                    Accumulate::yes);
  }

  void backward(const EncoderLayer& layer, const EncoderTrace& trace, float* gradient) {
    const ArenaScope scope(arena_);
    const Size size = {source_.total(), network_.encoder.width};
    feed_forward_backward(layer, trace.feed_forward, size.rows, gradient);
    norm_backward(size, trace.norm1, layer.norm1, gradient);
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
    const ArenaScope scope(arena_);
    const Size size = {target_.total(), network_.decoder.width};
    feed_forward_backward(layer, trace.feed_forward, size.rows, gradient);
    norm_backward(size, trace.norm15, layer.norm15, gradient);
    float* of_input = arena_.take(size.rows * size.width);
    look_backward(layer.cross_attention, cross_sight(network_, target_, source_), trace.cross_attention, trace.input,
                  trace.encoded, gradient, of_input, Accumulate::no, of_encoded);
    norm_backward(size, trace.norm1, layer.norm1, gradient);
    self_backward(layer.self_attention, target_sight(network_, target_), trace.self_attention, trace.input, gradient);
    add(size.rows * size.width, of_input, gradient);
  }

  // The output layer and the loss; `gradient` becomes that of `x`.
  double project(const float* x, float scale, float* gradient) {
    const ArenaScope scope(arena_);
    const Linear& layer = network_.output;
    const std::int64_t total = target_.total(), tokens = layer.out;
    const Operand states = make_operand(layer, x, total * layer.in, arena_);
    float* logits = arena_.take(total * tokens);
    BFloat16* rounded = take_rounded(layer, total * tokens, arena_);
    double cross_entropy = 0;
    for (std::int64_t first = 0; first < total; first += logit_rows) {
      const std::int64_t rows = std::min(logit_rows, total - first);
      float* here = logits + first * tokens;
      forward(layer, states.from(first * layer.in), rows, here, Accumulate::no);
      for (std::int64_t i = 0; i < rows; ++i) {
        Row row(here + i * tokens, tokens);
        const std::int64_t truth = expected_[static_cast<std::size_t>(first + i)];
        const TokenScore score = score_token(tokens, layer.bias.value, truth, row.data());
        cross_entropy += score.cross_entropy;
        row *= scale / score.sum;
        row[truth] -= scale;
      }
      const Operand of_logits =
          make_operand(here, rows * tokens, rounded == nullptr ? nullptr : rounded + first * tokens);
      pass_back(layer, of_logits, rows, gradient + first * layer.in, Accumulate::no);
    }
    train(layer, states, {logits, rounded}, total);
    return cross_entropy;
  }

  const Network& network_;
  const Sequences& source_;
  const Sequences& target_;
  const std::vector<std::int64_t>& expected_;
  std::size_t number_;
  GradientTurns* turns_;
  Arena& arena_;
};

}  // namespace

void number_turns(Network& network) {
  network.turns = 0;
  visit_linear_layers(network, [&](Linear& layer) {
    layer.turn = network.turns;
    network.turns += static_cast<std::size_t>((layer.out + block_outputs(layer) - 1) / block_outputs(layer));
  });
  visit_norms(network, [&](Norm& norm) { norm.turn = network.turns++; });
}

TrainingPass::TrainingPass(const Network& network, const std::vector<Piece>& pieces, double scale, Arenas& arenas,
                           std::size_t threads)
    : network_(network),
      pieces_(pieces),
      scale_(static_cast<float>(scale)),
      arenas_(arenas),
      shared_(threads > 1),
      turns_(network.turns),
      outcomes_(pieces.size()) {}

void TrainingPass::work() {
  try {
    Arenas::Loan arena(arenas_);
    for (std::size_t piece = next_++; piece < pieces_.size(); piece = next_++) {
      Outcome& outcome = outcomes_[piece];
      Pass pass(network_, pieces_[piece], piece, shared_ ? &turns_ : nullptr, *arena);
      outcome.cross_entropy = pass.run(scale_, outcome.of_source, outcome.of_target);
      (*arena).reset();
    }
  } catch (...) {
    turns_.abandon();
    throw;
  }
}

double TrainingPass::finish() {
  double cross_entropy = 0;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    embed_backward(network_.encoder, pieces_[i].source, outcomes_[i].of_source);
    embed_backward(network_.decoder, pieces_[i].target, outcomes_[i].of_target);
    cross_entropy += outcomes_[i].cross_entropy;
  }
  return cross_entropy;
}

}  // namespace matseq::cpu
