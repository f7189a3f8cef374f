#include "training_pass.h"

#include <Eigen/Core>
#include <algorithm>
#include <utility>

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

// Forward and back with one piece.
class Pass {
 public:
  /// `turns`: null where no other thread adds to the gradients.
  Pass(const Network& network, const Piece& piece, std::size_t number, GradientTree& sums, GradientTurns* turns,
       Arena& arena)
      : network_(network),
        source_(piece.source),
        target_(piece.target),
        expected_(piece.expected),
        place_(piece.place),
        number_(number),
        sums_(sums),
        turns_(turns),
        arena_(arena) {}

  /// The cross-entropy's sum; `of_source` and `of_target` become the gradients of what the embeddings gave.
  double run(const LossForm& loss, float*& of_source, float*& of_target) {
    const StackTrace<EncoderTrace> encoder = encode(network_, source_, arena_);
    const StackTrace<DecoderTrace> decoder = decode(network_, target_, source_, encoder.result, arena_);
    of_target = arena_.take(target_.total() * network_.decoder.width);
    of_source = arena_.take(source_.total() * network_.encoder.width);
    std::fill(of_source, of_source + source_.total() * network_.encoder.width, 0.0F);
    const Projection projection = project(decoder.result, loss, of_target);
    if (!network_.tied) train(network_.output, projection.states, projection.of_logits, target_.total());
    for (std::size_t i = decoder.layers.size(); i-- > 0;) {
      backward(network_.decoder_layers[i], decoder.layers[i], of_target, of_source);
    }
    norm_backward({target_.total(), network_.decoder.width}, decoder.embedding, network_.decoder.norm, of_target);
    // A weight that is the embedding, too, has both parts of its gradient only now.
    if (network_.tied) train(network_.output, projection.states, projection.of_logits, target_.total(), of_target);
    for (std::size_t i = encoder.layers.size(); i-- > 0;) {
      backward(network_.encoder_layers[i], encoder.layers[i], of_source);
    }
    norm_backward({source_.total(), network_.encoder.width}, encoder.embedding, network_.encoder.norm, of_source);
    return projection.cross_entropy;
  }

 private:
  // The output layer's work on a piece, as far as its weight's gradient needs it.
  struct Projection {
    double cross_entropy = 0;
    Operand states;
    Operand of_logits;
  };

  // Adds to the gradients of weight and bias; `gradient` is that of the layer's result. `of_embeddings`: of the
  // target's tokens, where the weight is their table, too.
  void train(const Linear& layer, const Operand& x, const Operand& gradient, std::int64_t rows,
             const float* of_embeddings = nullptr) {
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
      if (of_embeddings != nullptr) add_embeddings(outputs, of_embeddings, layer.in, of_block);
      in_turn(turn++, [&] {
        sums_.add(layer.weight, begin * layer.in, count * layer.in, of_block, place_);
        sums_.add(layer.bias, begin, count, of_bias + begin, place_);
      });
    }
  }

  // Of the target's tokens among `outputs`.
  void add_embeddings(const OutputRange& outputs, const float* gradient, std::int64_t width, float* of_block) const {
    for (std::int64_t i = 0; i < target_.total(); ++i) {
      const std::int64_t token = target_.tokens[static_cast<std::size_t>(i)];
      if (token < outputs.begin || token >= outputs.end) continue;
      add(width, gradient + i * width, of_block + (token - outputs.begin) * width);
    }
  }

  template <typename Add>
  void in_turn(std::size_t turn, const Add& add) {
    if (turns_ == nullptr) {
      add();
    } else {
      turns_->take(turn, number_, add);
    }
  }

  // `gradient`, of the norm's result, becomes that of the sum that it normalises.
  void norm_backward(const Size& size, const NormTrace& trace, const Norm& norm, float* gradient) {
    const ArenaScope scope(arena_);
    float* of_norm = arena_.take(2 * size.width);
    std::fill(of_norm, of_norm + 2 * size.width, 0.0F);
    cpu::norm_backward(size, trace.normalised, trace.scales, norm.weight.value, gradient, of_norm,
                       of_norm + size.width);
    in_turn(norm.turn, [&] {
      sums_.add(norm.weight, 0, size.width, of_norm, place_);
      sums_.add(norm.bias, 0, size.width, of_norm + size.width, place_);
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
  Projection project(const float* x, const LossForm& loss, float* gradient) {
    const Linear& layer = network_.output;
    const std::int64_t total = target_.total(), tokens = layer.out;
    const Operand states = make_operand(layer, x, total * layer.in, arena_);
    float* logits = arena_.take(total * tokens);
    BFloat16* rounded = take_rounded(layer, total * tokens, arena_);
    const auto scale = static_cast<float>(loss.scale);
    const auto of_truth = static_cast<float>(loss.scale * (1 - loss.label_smoothing));
    const auto of_each = static_cast<float>(loss.scale * loss.label_smoothing / static_cast<double>(tokens));
    double cross_entropy = 0;
    for (std::int64_t first = 0; first < total; first += logit_rows) {
      const std::int64_t rows = std::min(logit_rows, total - first);
      float* here = logits + first * tokens;
      forward(layer, states.from(first * layer.in), rows, here, Accumulate::no);
      for (std::int64_t i = 0; i < rows; ++i) {
        Row row(here + i * tokens, tokens);
        const std::int64_t truth = expected_[static_cast<std::size_t>(first + i)];
        if (loss.label_smoothing > 0) {
          cross_entropy += loss.label_smoothing * lead(tokens, layer.bias.value, truth, row.data());
        }
        const TokenScore score = score_token(tokens, layer.bias.value, truth, row.data());
        cross_entropy += score.cross_entropy;
        row *= scale / score.sum;
        if (of_each > 0) row -= of_each;
        row[truth] -= of_truth;
      }
      const Operand of_logits =
          make_operand(here, rows * tokens, rounded == nullptr ? nullptr : rounded + first * tokens);
      pass_back(layer, of_logits, rows, gradient + first * layer.in, Accumulate::no);
    }
    return {cross_entropy, states, {logits, rounded}};
  }

  const Network& network_;
  const Sequences& source_;
  const Sequences& target_;
  const std::vector<std::int64_t>& expected_;
  TreePlace place_;
  std::size_t number_;
  GradientTree& sums_;
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

TrainingPass::TrainingPass(const Network& network, const std::vector<Piece>& pieces, const LossForm& loss,
                           Arenas& arenas, GradientTrees& trees, std::size_t threads)
    : network_(network),
      pieces_(pieces),
      loss_(loss),
      arenas_(arenas),
      trees_(trees),
      shared_(threads > 1),
      turns_(network.turns),
      outcomes_(pieces.size()) {}

void TrainingPass::work() {
  try {
    Arenas::Loan arena(arenas_);
    for (std::size_t number = next_++; number < pieces_.size(); number = next_++) {
      const Piece& piece = pieces_[number];
      Outcome& outcome = outcomes_[number];
      Pass pass(network_, piece, number, trees_.dense, shared_ ? &turns_ : nullptr, *arena);
      float *of_source = nullptr, *of_target = nullptr;
      outcome.cross_entropy = pass.run(loss_, of_source, of_target);
      const auto sum = [](const Stack& stack, const Sequences& sequences, const float* values, RowGradients& tokens,
                          bool with_tokens, RowGradients& positions) {
        if (with_tokens) tokens = sum_rows(sequences.tokens, values, stack.width);
        if (stack.positions.gradient != nullptr) positions = sum_rows(sequences.positions, values, stack.width);
      };
      sum(network_.encoder, piece.source, of_source, outcome.source_tokens, true, outcome.source_positions);
      sum(network_.decoder, piece.target, of_target, outcome.target_tokens, !network_.tied, outcome.target_positions);
      (*arena).reset();
    }
  } catch (...) {
    turns_.abandon();
    throw;
  }
}

std::vector<double> TrainingPass::finish() {
  std::vector<double> cross_entropies;
  const std::size_t depth = trees_.dense.depth();
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const TreePlace& place = pieces_[i].place;
    Outcome& outcome = outcomes_[i];
    const Stack &encoder = network_.encoder, &decoder = network_.decoder;
    trees_.source_tokens.add(std::move(outcome.source_tokens), encoder.width, place, depth, encoder.tokens.gradient);
    trees_.source_positions.add(std::move(outcome.source_positions), encoder.width, place, depth,
                                encoder.positions.gradient);
    trees_.target_tokens.add(std::move(outcome.target_tokens), decoder.width, place, depth, decoder.tokens.gradient);
    trees_.target_positions.add(std::move(outcome.target_positions), decoder.width, place, depth,
                                decoder.positions.gradient);
    cross_entropies.push_back(outcome.cross_entropy);
  }
  return cross_entropies;
}

}  // namespace matseq::cpu
