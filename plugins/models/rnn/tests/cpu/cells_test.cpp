// LSTM and GRU cells: their definitions, written out once more, and gradients by differences.
#include "cpu/cells.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace matseq::rnn::cpu {
namespace {

using Numbers = std::vector<float>;

constexpr std::int64_t batch = 3, width = 4;
const std::vector<std::int64_t> running = {3, 3, 2, 1};
constexpr std::int64_t rows = 4 * batch;

Numbers random_numbers(std::int64_t count, std::uint32_t seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> draw(-1, 1);
  Numbers numbers(static_cast<std::size_t>(count));
  for (float& number : numbers) number = draw(generator);
  return numbers;
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// A layer's operands and what it makes of them.
struct Layer {
  explicit Layer(bool is_lstm, bool is_backwards)
      : lstm(is_lstm),
        steps{.running = running, .batch = batch, .width = width, .backwards = is_backwards},
        gates(is_lstm ? 4 : 3),
        inputs(random_numbers(rows * gates * width, 1)),
        weight(random_numbers(gates * width * width, 2)),
        bias(random_numbers(3 * width, 3)),
        first_state(random_numbers(batch * width, 4)),
        first_cell(random_numbers(batch * width, 5)) {}

  void run() {
    const auto zeros = [](std::int64_t count) { return Numbers(static_cast<std::size_t>(count), 0.0F); };
    activated = inputs;
    before = zeros(rows * width);
    states = before;
    others = before;
    state = first_state;
    cell = first_cell;
    if (lstm) {
      cpu::lstm(steps, weight.data(), trace(activated), state.data(), cell.data());
    } else {
      cpu::gru(steps, weight.data(), bias.data(), trace(activated), state.data());
    }
  }

  Trace trace(Numbers& of_gates) {
    return {.gates = of_gates.data(),
            .before = before.data(),
            .states = states.data(),
            .cells = lstm ? others.data() : nullptr,
            .hidden = lstm ? nullptr : others.data()};
  }

  /// A sum of all results with different factors.
  double loss() {
    run();
    double sum = 0;
    for (std::size_t i = 0; i < states.size(); ++i) sum += factor(i) * static_cast<double>(states[i]);
    for (std::size_t i = 0; i < state.size(); ++i) {
      sum += factor(7 * i + 1) * static_cast<double>(state[i]);
      if (lstm) sum += factor(5 * i + 2) * static_cast<double>(cell[i]);
    }
    return sum;
  }

  static double factor(std::size_t i) { return std::cos(static_cast<double>(i)); }

  bool lstm;
  Steps steps;
  std::int64_t gates;
  Numbers inputs, weight, bias, first_state, first_cell;
  Numbers activated, before, states, others, state, cell;
};

class Cells : public ::testing::TestWithParam<std::pair<bool, bool>> {
 protected:
  Layer layer_{GetParam().first, GetParam().second};
};

TEST_P(Cells, AreWhatTheirDefinitionsSay) {
  layer_.run();
  for (std::int64_t row = 0; row < batch; ++row) {
    std::vector<double> h(layer_.first_state.begin() + row * width, layer_.first_state.begin() + (row + 1) * width);
    std::vector<double> c(layer_.first_cell.begin() + row * width, layer_.first_cell.begin() + (row + 1) * width);
    std::vector<std::int64_t> order;
    for (std::int64_t step = 0; step < 4; ++step) {
      if (row < running[static_cast<std::size_t>(step)]) order.push_back(step);
    }
    if (layer_.steps.backwards) std::reverse(order.begin(), order.end());
    for (const std::int64_t step : order) {
      const auto gate = [&](std::int64_t number, std::int64_t j, bool with_input) {
        double sum =
            with_input
                ? layer_.inputs[static_cast<std::size_t>(((step * batch + row) * layer_.gates + number) * width + j)]
                : 0;
        if (!layer_.lstm) sum += layer_.bias[static_cast<std::size_t>(number * width + j)];
        for (std::int64_t k = 0; k < width; ++k) {
          sum += layer_.weight[static_cast<std::size_t>((number * width + j) * width + k)] *
                 h[static_cast<std::size_t>(k)];
        }
        return sum;
      };
      std::vector<double> next(h.size());
      for (std::int64_t j = 0; j < width; ++j) {
        const auto place = static_cast<std::size_t>(j);
        if (layer_.lstm) {
          c[place] = sigmoid(gate(1, j, true)) * c[place] + sigmoid(gate(0, j, true)) * std::tanh(gate(2, j, true));
          next[place] = sigmoid(gate(3, j, true)) * std::tanh(c[place]);
        } else {
          const double input = layer_.inputs[static_cast<std::size_t>(((step * batch + row) * 3 + 2) * width + j)];
          const double candidate = std::tanh(input + sigmoid(gate(0, j, true)) * gate(2, j, false));
          const double update = sigmoid(gate(1, j, true));
          next[place] = (1 - update) * candidate + update * h[place];
        }
      }
      h = next;
      for (std::int64_t j = 0; j < width; ++j) {
        EXPECT_NEAR(layer_.states[static_cast<std::size_t>((step * batch + row) * width + j)],
                    h[static_cast<std::size_t>(j)], 1e-5);
      }
    }
    for (std::int64_t j = 0; j < width; ++j) {
      EXPECT_NEAR(layer_.state[static_cast<std::size_t>(row * width + j)], h[static_cast<std::size_t>(j)], 1e-5);
      const double cell = layer_.cell[static_cast<std::size_t>(row * width + j)];
      EXPECT_NEAR(cell, layer_.lstm ? c[static_cast<std::size_t>(j)] : cell, 1e-5);
    }
  }
}

TEST_P(Cells, GradientsAreDifferences) {
  layer_.run();
  Numbers of_gates = layer_.activated, of_states, of_state, of_cell;
  for (std::size_t i = 0; i < layer_.states.size(); ++i) of_states.push_back(static_cast<float>(Layer::factor(i)));
  for (std::size_t i = 0; i < layer_.state.size(); ++i) {
    of_state.push_back(static_cast<float>(Layer::factor(7 * i + 1)));
    of_cell.push_back(static_cast<float>(Layer::factor(5 * i + 2)));
  }
  Numbers of_products(of_gates.size(), 0.0F);
  if (layer_.lstm) {
    lstm_backward(layer_.steps, layer_.weight.data(), layer_.trace(of_gates), layer_.first_cell.data(),
                  of_states.data(), of_state.data(), of_cell.data());
    of_products = of_gates;
  } else {
    gru_backward(layer_.steps, layer_.weight.data(), layer_.trace(of_gates), of_states.data(), of_state.data(),
                 of_products.data());
  }
  const Numbers before = layer_.before;
  const auto expect = [&](Numbers& operand, const std::function<double(std::size_t)>& gradient, const char* what) {
    for (std::size_t i = 0; i < operand.size(); ++i) {
      constexpr float difference = 1.0F / 256;
      const float value = operand[i];
      operand[i] = value + difference;
      const double above = layer_.loss();
      operand[i] = value - difference;
      const double below = layer_.loss();
      operand[i] = value;
      EXPECT_NEAR(gradient(i), (above - below) / (2 * difference), 3e-3) << what << ' ' << i;
    }
  };
  const auto is_running = [&](std::size_t row) {
    return static_cast<std::int64_t>(row) % batch < running[row / static_cast<std::size_t>(batch)];
  };
  const auto columns = static_cast<std::size_t>(layer_.gates * width);
  expect(
      layer_.first_state, [&](std::size_t i) { return of_state[i]; }, "state");
  if (layer_.lstm) {
    expect(
        layer_.first_cell, [&](std::size_t i) { return of_cell[i]; }, "cell");
  }
  expect(
      layer_.inputs, [&](std::size_t i) { return is_running(i / columns) ? of_gates[i] : 0.0F; }, "input");
  expect(
      layer_.weight,
      [&](std::size_t i) {
        double sum = 0;
        for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
          if (!is_running(row)) continue;
          sum += static_cast<double>(of_products[row * columns + i / width]) *
                 static_cast<double>(before[row * width + i % width]);
        }
        return sum;
      },
      "weight");
  if (layer_.lstm) return;
  expect(
      layer_.bias,
      [&](std::size_t i) {
        double sum = 0;
        for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
          sum += static_cast<double>(of_products[row * columns + i]);
        }
        return sum;
      },
      "bias");
}

INSTANTIATE_TEST_SUITE_P(Layers, Cells,
                         ::testing::Values(std::pair(true, false), std::pair(true, true), std::pair(false, false),
                                           std::pair(false, true)),
                         [](const auto& instance) {
                           return std::string(instance.param.first ? "lstm" : "gru") +
                                  (instance.param.second ? "_backwards" : "");
                         });

}  // namespace
}  // namespace matseq::rnn::cpu
