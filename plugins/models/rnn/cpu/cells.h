/// \file
/// Layers of LSTM and GRU cells on the CPU: all steps of one direction, forwards and back. No LibTorch.
#pragma once

#include <cstdint>
#include <vector>

namespace matseq::rnn::cpu {

/// Sequences of a batch, step by step: a matrix of (steps, batch, anything) has all sequences' first rows first.
/// Sequences that have ended, which stand behind all others, are left as they are.
struct Steps {
  std::vector<std::int64_t> running;  ///< sequences that have a step 0, 1, ...; none has more than the one before
  std::int64_t batch = 0;
  std::int64_t width = 0;  ///< of the states
  bool backwards = false;  ///< from the last step of each sequence to the first

  std::int64_t rows() const { return static_cast<std::int64_t>(running.size()) * batch; }
};

/// What a layer computes and needs again for its gradients; all matrices are (steps, batch, ...), zeros at first.
struct Trace {
  float* gates;   ///< (4 width) of an LSTM, (3 width) of a GRU: at first the inputs' part, then after their activations
  float* before;  ///< (width): the states that a step begins with
  float* states;  ///< (width): those that it ends with
  float* cells;   ///< (width), of an LSTM: what the cells end with
  float* hidden;  ///< (width), of a GRU: the states' part of the candidate, before the reset gate
};

/// LSTM (Hochreiter and Schmidhuber, 1997, with forget gates): i, f, o = sigmoid, g = tanh of the gates, which are the
/// inputs' part plus `weight` h; c' = f c + i g; h' = o tanh(c'). `weight` is (4 width, width) in the order i, f, g, o.
/// `state` and `cell` are (batch, width), at first what sequences begin with, then what they end with.
void lstm(const Steps& steps, const float* weight, const Trace& trace, float* state, float* cell);

/// The gradients of `lstm`: `of_states` is that of the states, `of_state` and `of_cell` those of what sequences end
/// with, which become those of what they begin with. `first_cell` is (batch, width). `trace.gates` become the gradients
/// of the inputs' part; that of the weight is these, transposed, times `trace.before`.
void lstm_backward(const Steps& steps, const float* weight, const Trace& trace, const float* first_cell,
                   const float* of_states, float* of_state, float* of_cell);

/// GRU (Cho et al., 2014, as LibTorch has it): r, z = sigmoid, n = tanh(inputs' part + r (weight h + bias)); h' = (1 -
/// z) n + z h. `weight` is (3 width, width) in the order r, z, n, `bias` (3 width).
void gru(const Steps& steps, const float* weight, const float* bias, const Trace& trace, float* state);

/// The gradients of `gru`. `of_products`, (steps, batch, 3 width) of zeros, becomes that of `weight` h + `bias`: the
/// weight's is this, transposed, times `trace.before`.
void gru_backward(const Steps& steps, const float* weight, const Trace& trace, const float* of_states, float* of_state,
                  float* of_products);

}  // namespace matseq::rnn::cpu
