#include "layers.h"

namespace matseq::cpu {

namespace {

NormTrace normalise(const Size& size, const float* x, float* branch, const float* bias, const Norm& norm,
                    Arena& arena) {
  NormTrace trace = {branch, arena.take(size.rows), arena.take(size.rows * size.width)};
  add_norm(size, x, branch, bias, norm, trace.scales, trace.result);
  return trace;
}

float* apply_without_bias(const Linear& layer, const Operand& x, std::int64_t rows, Arena& arena) {
  float* y = arena.take(rows * layer.out);
  forward(layer, x, rows, y, Accumulate::no);
  return y;
}

}  // namespace

NormTrace embed(const Stack& stack, const Sequences& sequences, Arena& arena) {
  const std::int64_t width = stack.width;
  float* sums = arena.take(sequences.total() * width);
  for (std::int64_t i = 0; i < sequences.total(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const float* token = stack.tokens.value + sequences.tokens[at] * width;
    const float* position = stack.positions.value + sequences.positions[at] * width;
    float* sum = sums + i * width;
    for (std::int64_t j = 0; j < width; ++j) sum[j] = token[j] + position[j];
  }
  return normalise({sequences.total(), width}, nullptr, sums, nullptr, stack.norm, arena);
}

float* apply(const Linear& layer, const Operand& x, std::int64_t rows, Arena& arena) {
  float* y = arena.take(rows * layer.out);
  fill_rows({rows, layer.out}, layer.bias.value, y);
  forward(layer, x, rows, y, Accumulate::yes);
  return y;
}

NormTrace add_branch(const float* x, const Operand& branch, const Linear& last, const Norm& norm, std::int64_t rows,
                     Arena& arena) {
  return normalise({rows, last.out}, x, apply_without_bias(last, branch, rows, arena), last.bias.value, norm, arena);
}

FeedForwardTrace feed_forward(const Linear& first, const Linear& second, const Norm& norm, const float* x,
                              std::int64_t rows, Arena& arena) {
  FeedForwardTrace trace = {};
  trace.input = make_operand(first, x, rows * first.in, arena);
  float* inner = apply_without_bias(first, trace.input, rows, arena);
  add_bias_relu({rows, first.out}, first.bias.value, inner);
  trace.inner = make_operand(second, inner, rows * second.in, arena);
  trace.norm = add_branch(x, trace.inner, second, norm, rows, arena);
  return trace;
}

}  // namespace matseq::cpu
