#include "recurrent.h"

#include <algorithm>
#include <tuple>

#include "common/cpu/products.h"
#include "common/libtorch/linear.h"
#include "common/libtorch/own_kernels.h"
#include "cpu/cells.h"

namespace matseq::rnn {
namespace {

using Variables = torch::autograd::variable_list;

cpu::Steps steps_of(const std::vector<std::int64_t>& running, const torch::Tensor& state, bool backwards) {
  return {.running = running, .batch = state.size(0), .width = state.size(1), .backwards = backwards};
}

/// One layer in one direction. Operands: the inputs' part of the gates, (steps, batch, gates x width);
/// the states' weight; the states at first, (batch, width); the cells at first, or the bias of a GRU. Results:
/// all states, those at the end, and the cells.
class Cells : public torch::autograd::Function<Cells> {
 public:
  static Variables forward(torch::autograd::AutogradContext* context, torch::TensorList operands,
                           const std::vector<std::int64_t>& running, bool lstm, bool backwards) {
    const torch::Tensor gates = operands[0].contiguous().clone(), weight = operands[1].contiguous();
    const torch::Tensor state = operands[2].contiguous().clone();
    const cpu::Steps steps = steps_of(running, state, backwards);
    const torch::Tensor states = gates.new_zeros({gates.size(0), steps.batch, steps.width});
    const torch::Tensor before = torch::zeros_like(states), others = torch::zeros_like(states);
    const cpu::Trace trace = trace_of(gates, before, states, others, lstm);
    context->saved_data["running"] = running;
    context->saved_data["lstm"] = lstm;
    context->saved_data["backwards"] = backwards;
    context->save_for_backward({gates, before, states, others, weight, operands[3]});
    if (!lstm) {
      cpu::gru(steps, weight.data_ptr<float>(), operands[3].data_ptr<float>(), trace, state.data_ptr<float>());
      return {states, state};
    }
    const torch::Tensor cell = operands[3].contiguous().clone();
    cpu::lstm(steps, weight.data_ptr<float>(), trace, state.data_ptr<float>(), cell.data_ptr<float>());
    return {states, state, cell};
  }

  static Variables backward(torch::autograd::AutogradContext* context, const Variables& gradients) {
    const Variables saved = context->get_saved_variables();
    const torch::Tensor of_gates = saved[0].clone(), &before = saved[1], &states = saved[2], &weight = saved[4];
    const bool lstm = context->saved_data["lstm"].toBool();
    const auto or_zeros = [](const torch::Tensor& gradient, const torch::Tensor& like) {
      return gradient.defined() ? gradient.contiguous() : torch::zeros_like(like);
    };
    const torch::Tensor of_states = or_zeros(gradients[0], states);
    const torch::Tensor of_state = or_zeros(gradients[1], states[0]).clone();
    const cpu::Steps steps =
        steps_of(context->saved_data["running"].toIntVector(), of_state, context->saved_data["backwards"].toBool());
    const cpu::Trace trace = trace_of(of_gates, before, states, saved[3], lstm);
    torch::Tensor of_last, of_products = of_gates;
    if (lstm) {
      of_last = or_zeros(gradients[2], states[0]).clone();
      cpu::lstm_backward(steps, weight.data_ptr<float>(), trace, saved[5].contiguous().data_ptr<float>(),
                         of_states.data_ptr<float>(), of_state.data_ptr<float>(), of_last.data_ptr<float>());
    } else {
      of_products = torch::zeros_like(of_gates);
      cpu::gru_backward(steps, weight.data_ptr<float>(), trace, of_states.data_ptr<float>(), of_state.data_ptr<float>(),
                        of_products.data_ptr<float>());
      of_last = of_products.sum(torch::IntArrayRef({0, 1}));
    }
    hide_ended(steps, of_gates);
    const torch::Tensor of_weight = torch::empty_like(weight);
    matseq::cpu::multiply_first_transposed({weight.size(0), weight.size(1), steps.rows()},
                                           of_products.data_ptr<float>(), weight.size(0), before.data_ptr<float>(),
                                           of_weight.data_ptr<float>(), matseq::cpu::Accumulate::no);
    return {of_gates, of_weight, of_state, of_last, torch::Tensor(), torch::Tensor(), torch::Tensor()};
  }

 private:
  static cpu::Trace trace_of(const torch::Tensor& gates, const torch::Tensor& before, const torch::Tensor& states,
                             const torch::Tensor& others, bool lstm) {
    return {.gates = gates.data_ptr<float>(),
            .before = before.data_ptr<float>(),
            .states = states.data_ptr<float>(),
            .cells = lstm ? others.data_ptr<float>() : nullptr,
            .hidden = lstm ? nullptr : others.data_ptr<float>()};
  }

  /// What comes after a sequence's end has no gradient.
  static void hide_ended(const cpu::Steps& steps, const torch::Tensor& of_gates) {
    for (std::size_t i = 0; i < steps.running.size(); ++i) {
      if (steps.running[i] == steps.batch) continue;
      of_gates[static_cast<std::int64_t>(i)].slice(0, steps.running[i]).zero_();
    }
  }
};

}  // namespace

RecurrentImpl::RecurrentImpl(const RecurrentOptions& options) : options_(options) {
  if (options.lstm) {
    lstm_ = register_module("lstm", torch::nn::LSTM(torch::nn::LSTMOptions(options.input, options.width)
                                                        .num_layers(options.layers)
                                                        .dropout(options.dropout)
                                                        .bidirectional(options.bidirectional)
                                                        .batch_first(true)));
  } else {
    gru_ = register_module("gru", torch::nn::GRU(torch::nn::GRUOptions(options.input, options.width)
                                                     .num_layers(options.layers)
                                                     .dropout(options.dropout)
                                                     .bidirectional(options.bidirectional)
                                                     .batch_first(true)));
  }
}

torch::Tensor RecurrentImpl::run(const torch::Tensor& input, const std::vector<std::int64_t>& running, State& state) {
  const std::vector<torch::Tensor> weights = lstm_ ? lstm_->all_weights() : gru_->all_weights();
  torch::Tensor x = input;
  std::vector<torch::Tensor> last, last_cells;
  for (std::int64_t layer = 0; layer < options_.layers; ++layer) {
    std::vector<torch::Tensor> outputs;
    for (std::int64_t direction = 0; direction < directions(); ++direction) {
      const std::int64_t place = layer * directions() + direction;
      // LibTorch lists the four of each layer and direction in this order.
      const auto* const four = weights.data() + 4 * place;
      const torch::Tensor &of_input = four[0], &of_state = four[1], &input_bias = four[2], &state_bias = four[3];
      const torch::Tensor gates = linear(x, of_input, options_.lstm ? input_bias + state_bias : input_bias);
      const std::vector<torch::Tensor> operands = {gates, of_state, state[0][place],
                                                   options_.lstm ? state[1][place] : state_bias};
      Variables results = Cells::apply(torch::TensorList(operands), running, options_.lstm, direction == 1);
      outputs.push_back(results[0]);
      last.push_back(results[1]);
      if (options_.lstm) last_cells.push_back(results[2]);
    }
    x = outputs.size() == 1 ? outputs[0] : torch::cat(outputs, 2);
    if (is_training() && options_.dropout > 0 && layer + 1 < options_.layers) {
      x = torch::dropout(x, options_.dropout, true);
    }
  }
  state = {torch::stack(last)};
  if (options_.lstm) state.push_back(torch::stack(last_cells));
  return x;
}

torch::Tensor RecurrentImpl::forward(const torch::Tensor& input, State& state) {
  if (is_for_own_kernels(input)) {
    const std::vector<std::int64_t> running(static_cast<std::size_t>(input.size(1)), input.size(0));
    return run(input.transpose(0, 1).contiguous(), running, state).transpose(0, 1);
  }
  if (lstm_) {
    const auto [output, last] = lstm_->forward(input, std::make_tuple(state.at(0), state.at(1)));
    state = {std::get<0>(last), std::get<1>(last)};
    return output;
  }
  const auto [output, last] = gru_->forward(input, state.at(0));
  state = {last};
  return output;
}

std::pair<torch::Tensor, State> RecurrentImpl::read(const torch::Tensor& input, const torch::Tensor& lengths) {
  if (is_for_own_kernels(input)) {
    const torch::Tensor order = lengths.argsort(0, /*descending=*/true), back = order.argsort();
    std::vector<std::int64_t> running(static_cast<std::size_t>(input.size(1)));
    for (std::size_t i = 0; i < running.size(); ++i) {
      running[i] = std::count_if(lengths.data_ptr<std::int64_t>(), lengths.data_ptr<std::int64_t>() + lengths.size(0),
                                 [&](std::int64_t length) { return length > static_cast<std::int64_t>(i); });
    }
    State state(options_.lstm ? 2 : 1,
                input.new_zeros({options_.layers * directions(), input.size(0), options_.width}));
    const torch::Tensor output = run(input.index_select(0, order).transpose(0, 1).contiguous(), running, state);
    for (torch::Tensor& of_layers : state) of_layers = of_layers.index_select(1, back);
    return {output.transpose(0, 1).index_select(0, back), std::move(state)};
  }
  namespace packing = torch::nn::utils::rnn;
  const auto packed =
      packing::pack_padded_sequence(input, lengths.to(torch::kCPU), /*batch_first=*/true, /*enforce_sorted=*/false);
  const auto unpacked = [&](const packing::PackedSequence& sequence) {
    return std::get<0>(packing::pad_packed_sequence(sequence, /*batch_first=*/true, 0.0, input.size(1)));
  };
  if (lstm_) {
    const auto [output, last] = lstm_->forward_with_packed_input(packed);
    return {unpacked(output), {std::get<0>(last), std::get<1>(last)}};
  }
  const auto [output, last] = gru_->forward_with_packed_input(packed);
  return {unpacked(output), {last}};
}

}  // namespace matseq::rnn
