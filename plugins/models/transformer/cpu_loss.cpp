#include "cpu_loss.h"

#include <algorithm>
#include <string>

#include "cpu/training_pass.h"
#include "matseq/error.h"
#include "matseq/torch_compatibility.h"

namespace matseq::transformer {

namespace {

// Padded words that go through the network together: enough for matrix products to be fast, few enough for what is
// kept of them for the way back to stay near in memory.
constexpr std::int64_t piece_words = 1024;

void set_size(cpu::Linear& layer, std::int64_t in, std::int64_t out) {
  layer.in = in;
  layer.out = out;
}

void set_sizes(cpu::Attention& layer, std::int64_t width, std::int64_t source_width) {
  set_size(layer.query, width, width);
  set_size(layer.key, source_width, width);
  set_size(layer.value, source_width, width);
  set_size(layer.output, width, width);
}

template <typename Layer>
void set_sizes_of_shared(Layer& layer, std::int64_t width) {
  set_sizes(layer.self_attention, width, width);
  set_size(layer.first, width, 4 * width);
  set_size(layer.second, 4 * width, width);
}

void set_stack(cpu::Stack& stack, const StackOptions& options) {
  stack.width = options.width;
  stack.heads = options.heads;
  stack.position_count = options.positions;
}

cpu::Network make_layout(const StackOptions& encoder, const StackOptions& decoder) {
  cpu::Network network;
  set_stack(network.encoder, encoder);
  set_stack(network.decoder, decoder);
  network.encoder_layers.resize(static_cast<std::size_t>(encoder.layers));
  network.decoder_layers.resize(static_cast<std::size_t>(decoder.layers));
  for (cpu::EncoderLayer& layer : network.encoder_layers) set_sizes_of_shared(layer, encoder.width);
  for (cpu::DecoderLayer& layer : network.decoder_layers) {
    set_sizes_of_shared(layer, decoder.width);
    set_sizes(layer.cross_attention, decoder.width, encoder.width);
  }
  set_size(network.output, decoder.width, decoder.words);
  network.word_count = decoder.words;
  return network;
}

std::int64_t checked(std::int64_t word, std::int64_t word_count) {
  if (word < 0 || word >= word_count) throw Error("transformer: a word is out of the vocabulary");
  return word;
}

// The first `length - drop` words of each row, checked.
cpu::Sequences pack(const torch::Tensor& words, const torch::Tensor& lengths, std::int64_t drop,
                    const cpu::Stack& stack, std::int64_t word_count) {
  const auto word = words.accessor<std::int64_t, 2>();
  const auto length = lengths.accessor<std::int64_t, 1>();
  cpu::Sequences sequences;
  sequences.begin.push_back(0);
  for (std::int64_t row = 0; row < words.size(0); ++row) {
    const std::int64_t count = length[row] - drop;
    if (count < 1 || length[row] > words.size(1)) throw Error("transformer: a sequence's length is out of range");
    require_positions(count, stack.position_count);
    for (std::int64_t i = 0; i < count; ++i) {
      sequences.words.push_back(checked(word[row][i], word_count));
      sequences.positions.push_back(i);
    }
    sequences.begin.push_back(sequences.total());
  }
  return sequences;
}

std::vector<std::int64_t> next_words(const torch::Tensor& target, const torch::Tensor& lengths,
                                     std::int64_t word_count) {
  const auto word = target.accessor<std::int64_t, 2>();
  const auto length = lengths.accessor<std::int64_t, 1>();
  std::vector<std::int64_t> next;
  for (std::int64_t row = 0; row < target.size(0); ++row) {
    for (std::int64_t i = 1; i < length[row]; ++i) {
      next.push_back(checked(word[row][i], word_count));
    }
  }
  return next;
}

// The gradients are there as soon as the loss is; to go backward is to scale them.
class Loss : public torch::autograd::Function<Loss> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, at::TensorList /*parameters*/, CpuLoss* pass,
                               const SequenceBatch* batch) {
    std::vector<torch::Tensor> gradients;
    const double loss = pass->loss_and_gradients(*batch, gradients);
    context->saved_data["gradients"] = gradients;
    return torch::tensor(static_cast<float>(loss));
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& of_loss) {
    const float scale = of_loss[0].item<float>();
    torch::autograd::variable_list result;
    for (const torch::Tensor& gradient : context->saved_data["gradients"].toTensorVector()) {
      result.push_back(scale == 1 ? gradient : gradient * scale);
    }
    result.resize(result.size() + 2);  // the pass and the batch
    return result;
  }
};

}  // namespace

CpuLoss::CpuLoss(const StackOptions& encoder, const StackOptions& decoder, bool tied, const torch::nn::Module& network)
    : tied_(tied), layout_(make_layout(encoder, decoder)) {
  const auto parameters = network.named_parameters();
  const auto buffers = network.named_buffers();
  cpu::visit_parameters(layout_, tied_, [&](const std::string& name, cpu::Parameter&) {
    const torch::Tensor* parameter = parameters.find(name);
    if (parameter != nullptr) parameters_.push_back(*parameter);
    tables_.push_back(parameter != nullptr ? torch::Tensor() : buffers[name]);
  });
}

std::optional<torch::Tensor> CpuLoss::loss(const SequenceBatch& batch) {
  if (!applies(batch)) return std::nullopt;
  return Loss::apply(at::TensorList(parameters_), this, &batch);
}

bool CpuLoss::applies(const SequenceBatch& batch) const {
  if (!torch::GradMode::is_enabled() || is_autocasting(torch::kCPU) || !batch.source.is_cpu()) return false;
  for (const torch::Tensor& parameter : parameters_) {
    if (!parameter.is_cpu() || parameter.scalar_type() != torch::kFloat32 || !parameter.is_contiguous() ||
        !parameter.requires_grad()) {
      return false;
    }
  }
  return true;
}

cpu::Network CpuLoss::bind(const std::vector<torch::Tensor>& gradients) const {
  cpu::Network network = layout_;
  std::size_t trained = 0, visited = 0;
  cpu::visit_parameters(network, tied_, [&](const std::string&, cpu::Parameter& parameter) {
    const torch::Tensor& table = tables_[visited++];
    if (table.defined()) {
      parameter.value = table.data_ptr<float>();
      return;
    }
    parameter.value = parameters_[trained].data_ptr<float>();
    parameter.gradient = gradients[trained++].data_ptr<float>();
  });
  if (tied_) network.output.weight = network.decoder.words;
  return network;
}

double CpuLoss::loss_and_gradients(const SequenceBatch& batch, std::vector<torch::Tensor>& gradients) {
  gradients.clear();
  for (const torch::Tensor& parameter : parameters_) gradients.push_back(torch::zeros_like(parameter));
  const cpu::Network network = bind(gradients);
  const std::int64_t rows = batch.target.size(0);
  const auto words =
      static_cast<double>(batch.target_lengths.sum().item<std::int64_t>() - rows);  // predicted, in the whole batch
  const std::int64_t length = std::max(batch.source.size(1), batch.target.size(1));
  const std::int64_t piece = std::max<std::int64_t>(1, piece_words / length);
  cpu::Arenas::Loan arena(arenas_);
  double loss = 0;
  for (std::int64_t first = 0; first < rows; first += piece) {
    const auto part = [&](const torch::Tensor& whole) { return whole.slice(0, first, std::min(rows, first + piece)); };
    const torch::Tensor target_words = part(batch.target), target_lengths = part(batch.target_lengths);
    const cpu::Sequences source =
        pack(part(batch.source), part(batch.source_lengths), 0, network.encoder, network.word_count);
    const cpu::Sequences target = pack(target_words, target_lengths, 1, network.decoder, network.word_count);
    loss += cpu::loss_and_gradients(network, source, target,
                                    next_words(target_words, target_lengths, network.word_count), words, *arena);
    (*arena).reset();
  }
  return loss;
}

}  // namespace matseq::transformer
