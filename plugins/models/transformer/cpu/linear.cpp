#include "linear.h"

#include <memory>
#include <vector>

#include "rows.h"

namespace matseq::transformer::cpu {

namespace {

std::size_t size_of_weights(Network& network) {
  std::int64_t total = 0;
  visit_linear_layers(network, [&](const Linear& layer) { total += layer.in * layer.out; });
  return static_cast<std::size_t>(total);
}

}  // namespace

void round_weights(Network& network) {
  const auto rounded = std::make_shared<std::vector<BFloat16>>(size_of_weights(network));
  BFloat16* next = rounded->data();
  visit_linear_layers(network, [&](Linear& layer) {
    round_to_bfloat16(layer.in * layer.out, layer.weight.value, next);
    layer.weight.rounded = next;
    next += layer.in * layer.out;
  });
  network.rounded = rounded;
}

void transpose_weights(Network& network) {
  const auto transposed = std::make_shared<std::vector<float>>(size_of_weights(network));
  float* next = transposed->data();
  visit_linear_layers(network, [&](Linear& layer) {
    transpose({layer.out, layer.in}, layer.weight.value, layer.in, next, layer.out);
    layer.weight.transposed = next;
    next += layer.in * layer.out;
  });
  network.transposed = transposed;
}

BFloat16* take_rounded(const Linear& layer, std::int64_t count, Arena& arena) {
  if (layer.weight.rounded == nullptr) return nullptr;
  static_assert(2 * sizeof(BFloat16) == sizeof(float));
  return reinterpret_cast<BFloat16*>(arena.take((count + 1) / 2));
}

Operand make_operand(const float* values, std::int64_t count, BFloat16* room) {
  if (room != nullptr) round_to_bfloat16(count, values, room);
  return {values, room};
}

Operand make_operand(const Linear& layer, const float* values, std::int64_t count, Arena& arena) {
  return make_operand(values, count, take_rounded(layer, count, arena));
}

void forward(const Linear& layer, const Operand& x, std::int64_t rows, float* y, Accumulate accumulate) {
  const ProductShape shape = {rows, layer.out, layer.in};
  if (layer.weight.rounded != nullptr) {
    multiply_transposed(shape, x.rounded, layer.weight.rounded, y, accumulate);
  } else if (layer.weight.transposed != nullptr) {
    multiply(shape, x.value, layer.weight.transposed, y, accumulate);
  } else {
    multiply_transposed(shape, x.value, layer.weight.value, y, accumulate);
  }
}

void train_weight(const Linear& layer, const Operand& x, const Operand& gradient, std::int64_t rows) {
  const ProductShape shape = {layer.out, layer.in, rows};
  if (layer.weight.rounded != nullptr) {
    add_transposed_product(shape, gradient.rounded, x.rounded, layer.weight.gradient);
  } else {
    add_transposed_product(shape, gradient.value, x.value, layer.weight.gradient);
  }
}

void pass_back(const Linear& layer, const Operand& gradient, std::int64_t rows, float* of_x, Accumulate accumulate) {
  const ProductShape shape = {rows, layer.in, layer.out};
  if (layer.weight.rounded != nullptr) {
    multiply(shape, gradient.rounded, layer.weight.rounded, of_x, accumulate);
  } else {
    multiply(shape, gradient.value, layer.weight.value, of_x, accumulate);
  }
}

}  // namespace matseq::transformer::cpu
