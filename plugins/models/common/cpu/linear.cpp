#include "linear.h"

namespace matseq::cpu {

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

void weight_gradient(const Linear& layer, const OutputRange& outputs, const Operand& x, const Operand& gradient,
                     std::int64_t rows, float* of_weight, Accumulate accumulate) {
  const ProductShape shape = {outputs.end - outputs.begin, layer.in, rows};
  const Operand part = gradient.from(outputs.begin);
  if (layer.weight.rounded != nullptr) {
    multiply_first_transposed(shape, part.rounded, layer.out, x.rounded, of_weight, accumulate);
  } else {
    multiply_first_transposed(shape, part.value, layer.out, x.value, of_weight, accumulate);
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

}  // namespace matseq::cpu
