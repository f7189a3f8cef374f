// Compiled with contraction of products and sums, as the kernels of common/cpu are.
#include "cpu/cells.h"

#include <Eigen/Core>
#include <algorithm>

#include "common/cpu/products.h"

namespace matseq::rnn::cpu {
namespace {

using matseq::cpu::Accumulate;
using Row = Eigen::Map<Eigen::ArrayXf>;
using ConstRow = Eigen::Map<const Eigen::ArrayXf>;

auto sigmoid(const Row& x) { return (x * 0.5F).tanh() * 0.5F + 0.5F; }

/// Calls `step(number, running sequences)` for each step, the last one first if `backwards`.
template <typename Step>
void for_each_step(const Steps& steps, bool backwards, const Step& step) {
  const auto count = static_cast<std::int64_t>(steps.running.size());
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t number = backwards ? count - 1 - i : i;
    step(number, steps.running[static_cast<std::size_t>(number)]);
  }
}

/// c (rows, outputs) += states weight^T.
void add_product(std::int64_t rows, std::int64_t outputs, std::int64_t width, const float* states, const float* weight,
                 float* c) {
  matseq::cpu::multiply_transposed({rows, outputs, width}, states, weight, c, Accumulate::yes);
}

}  // namespace

void lstm(const Steps& steps, const float* weight, const Trace& trace, float* state, float* cell) {
  const std::int64_t width = steps.width;
  for_each_step(steps, steps.backwards, [&](std::int64_t number, std::int64_t running) {
    const std::int64_t first = number * steps.batch;
    std::copy(state, state + running * width, trace.before + first * width);
    add_product(running, 4 * width, width, state, weight, trace.gates + first * 4 * width);
    for (std::int64_t i = 0; i < running; ++i) {
      float* gates = trace.gates + (first + i) * 4 * width;
      Row in(gates, width), forget(gates + width, width), candidate(gates + 2 * width, width),
          out(gates + 3 * width, width), c(cell + i * width, width), h(state + i * width, width);
      in = sigmoid(in);
      forget = sigmoid(forget);
      candidate = candidate.tanh();
      out = sigmoid(out);
      c = forget * c + in * candidate;
      h = out * c.tanh();
      Row(trace.cells + (first + i) * width, width) = c;
      Row(trace.states + (first + i) * width, width) = h;
    }
  });
}

void lstm_backward(const Steps& steps, const float* weight, const Trace& trace, const float* first_cell,
                   const float* of_states, float* of_state, float* of_cell) {
  const std::int64_t width = steps.width;
  const auto count = static_cast<std::int64_t>(steps.running.size());
  for_each_step(steps, !steps.backwards, [&](std::int64_t number, std::int64_t running) {
    const std::int64_t first = number * steps.batch, before = number + (steps.backwards ? 1 : -1);
    const bool is_step = before >= 0 && before < count;
    for (std::int64_t i = 0; i < running; ++i) {
      const bool begins = !is_step || i >= steps.running[static_cast<std::size_t>(before)];
      const ConstRow c_before(begins ? first_cell + i * width : trace.cells + (before * steps.batch + i) * width,
                              width);
      const ConstRow c(trace.cells + (first + i) * width, width);
      float* gates = trace.gates + (first + i) * 4 * width;
      Row in(gates, width), forget(gates + width, width), candidate(gates + 2 * width, width),
          out(gates + 3 * width, width), dh(of_state + i * width, width), dc(of_cell + i * width, width);
      dh += ConstRow(of_states + (first + i) * width, width);
      const Eigen::ArrayXf squashed = c.tanh();
      dc += dh * out * (1 - squashed.square());
      out = dh * squashed * out * (1 - out);
      const Eigen::ArrayXf of_in = dc * candidate * in * (1 - in);
      candidate = dc * in * (1 - candidate.square());
      in = of_in;
      const Eigen::ArrayXf of_forget = dc * c_before * forget * (1 - forget);
      dc *= forget;
      forget = of_forget;
    }
    matseq::cpu::multiply({running, width, 4 * width}, trace.gates + first * 4 * width, weight, of_state,
                          Accumulate::no);
  });
}

void gru(const Steps& steps, const float* weight, const float* bias, const Trace& trace, float* state) {
  const std::int64_t width = steps.width;
  std::vector<float> products(static_cast<std::size_t>(steps.batch * 3 * width));
  for_each_step(steps, steps.backwards, [&](std::int64_t number, std::int64_t running) {
    const std::int64_t first = number * steps.batch;
    std::copy(state, state + running * width, trace.before + first * width);
    for (std::int64_t i = 0; i < running; ++i) std::copy(bias, bias + 3 * width, products.data() + i * 3 * width);
    add_product(running, 3 * width, width, state, weight, products.data());
    for (std::int64_t i = 0; i < running; ++i) {
      float *gates = trace.gates + (first + i) * 3 * width, *product = products.data() + i * 3 * width;
      Row reset(gates, width), update(gates + width, width), candidate(gates + 2 * width, width),
          hidden(trace.hidden + (first + i) * width, width), h(state + i * width, width);
      reset += ConstRow(product, width);
      reset = sigmoid(reset);
      update += ConstRow(product + width, width);
      update = sigmoid(update);
      hidden = ConstRow(product + 2 * width, width);
      candidate = (candidate + reset * hidden).tanh();
      h = candidate + update * (h - candidate);
      Row(trace.states + (first + i) * width, width) = h;
    }
  });
}

void gru_backward(const Steps& steps, const float* weight, const Trace& trace, const float* of_states, float* of_state,
                  float* of_products) {
  const std::int64_t width = steps.width;
  for_each_step(steps, !steps.backwards, [&](std::int64_t number, std::int64_t running) {
    const std::int64_t first = number * steps.batch;
    for (std::int64_t i = 0; i < running; ++i) {
      float *gates = trace.gates + (first + i) * 3 * width, *of_product = of_products + (first + i) * 3 * width;
      Row reset(gates, width), update(gates + width, width), candidate(gates + 2 * width, width),
          dh(of_state + i * width, width);
      const ConstRow hidden(trace.hidden + (first + i) * width, width),
          before(trace.before + (first + i) * width, width);
      dh += ConstRow(of_states + (first + i) * width, width);
      const Eigen::ArrayXf of_candidate = dh * (1 - update) * (1 - candidate.square());
      const Eigen::ArrayXf of_update = dh * (before - candidate) * update * (1 - update);
      const Eigen::ArrayXf of_reset = of_candidate * hidden * reset * (1 - reset);
      Row(of_product + 2 * width, width) = of_candidate * reset;
      dh *= update;
      reset = of_reset;
      update = of_update;
      candidate = of_candidate;
      std::copy(gates, gates + 2 * width, of_product);
    }
    matseq::cpu::multiply({running, width, 3 * width}, of_products + first * 3 * width, weight, of_state,
                          Accumulate::yes);
  });
}

}  // namespace matseq::rnn::cpu
