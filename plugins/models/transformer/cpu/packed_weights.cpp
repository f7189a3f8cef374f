#include "packed_weights.h"

#include <memory>

#include "common/cpu/aligned_vector.h"
#include "common/cpu/rows.h"

namespace matseq::cpu {

namespace {

template <typename Number>
std::size_t size_of_weights(Network& network) {
  std::int64_t total = 0;
  visit_linear_layers(network, [&](const Linear& layer) { total += whole_lines<Number>(layer.in * layer.out); });
  return static_cast<std::size_t>(total);
}

}  // namespace

void round_weights(Network& network) {
  const auto rounded = std::make_shared<AlignedVector<BFloat16>>(size_of_weights<BFloat16>(network));
  BFloat16* next = rounded->data();
  visit_linear_layers(network, [&](Linear& layer) {
    round_to_bfloat16(layer.in * layer.out, layer.weight.value, next);
    layer.weight.rounded = next;
    next += whole_lines<BFloat16>(layer.in * layer.out);
  });
  network.rounded = rounded;
}

void transpose_weights(Network& network) {
  const auto transposed = std::make_shared<AlignedVector<float>>(size_of_weights<float>(network));
  float* next = transposed->data();
  visit_linear_layers(network, [&](Linear& layer) {
    transpose({layer.out, layer.in}, layer.weight.value, layer.in, next, layer.out);
    layer.weight.transposed = next;
    next += whole_lines<float>(layer.in * layer.out);
  });
  network.transposed = transposed;
}

}  // namespace matseq::cpu
