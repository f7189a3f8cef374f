#include "fused/fused_network.h"

#include <algorithm>
#include <string>

#include "common/cpu/products.h"
#include "common/libtorch/encoder_decoder.h"
#include "cpu/packed_weights.h"
#include "matseq/error.h"
#include "matseq/torch_compatibility.h"

namespace matseq::transformer {

namespace {

constexpr std::int64_t piece_tokens = 512;  // with padding

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
  set_size(network.output, decoder.width, decoder.tokens);
  network.token_count = decoder.tokens;
  cpu::number_turns(network);
  return network;
}

}  // namespace

std::vector<RowRange> pieces(std::int64_t rows, std::int64_t length) {
  const std::int64_t most = std::max<std::int64_t>(1, piece_tokens / length);
  const std::int64_t count = (rows + most - 1) / most;
  std::vector<RowRange> ranges;
  for (std::int64_t i = 0; i < count; ++i) ranges.push_back({rows * i / count, rows * (i + 1) / count});
  return ranges;
}

std::vector<RowRange> pieces(const torch::Tensor& source_lengths, const torch::Tensor& target_lengths,
                             const RowRange& rows) {
  const auto source = source_lengths.accessor<std::int64_t, 1>(), target = target_lengths.accessor<std::int64_t, 1>();
  std::int64_t of_sources = 0, of_targets = 0;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    of_sources += source[row];
    of_targets += target[row];
  }
  const std::int64_t total = of_sources + of_targets;
  const std::int64_t count =
      std::max<std::int64_t>(1, (std::max(of_sources, of_targets) + piece_tokens / 2) / piece_tokens);
  std::vector<RowRange> ranges;
  std::int64_t begin = rows.begin, row = rows.begin, before = 0;  // tokens in the rows before `row`
  for (std::int64_t piece = 1; piece <= count; ++piece) {
    // The boundary next to the fair one: a row is on this side if half of it is.
    while (row < rows.end && (piece == count || (2 * before + source[row] + target[row]) * count < 2 * total * piece)) {
      before += source[row] + target[row];
      ++row;
    }
    if (row > begin) ranges.push_back({begin, row});
    begin = row;
  }
  return ranges;
}

/// Whether a parameter is a table of embeddings alone, of which a batch has few rows.
bool is_table(const std::string& name, bool tied) {
  return name.ends_with("embeddings.weight") && !(tied && name == "decoder.embeddings.weight");
}

FusedNetwork::FusedNetwork(const StackOptions& encoder, const StackOptions& decoder, bool tied,
                           const torch::nn::Module& network)
    : layout_(make_layout(encoder, decoder)) {
  layout_.tied = tied;
  const auto parameters = network.named_parameters();
  const auto buffers = network.named_buffers();
  cpu::visit_parameters(layout_, tied, [&](const std::string& name, cpu::Parameter& place) {
    const torch::Tensor* parameter = parameters.find(name);
    if (parameter != nullptr) {
      parameters_.push_back(*parameter);
      is_table_.push_back(is_table(name, tied));
      if (!is_table_.back()) {
        place.offset = dense_count_;
        dense_count_ += cpu::whole_lines<float>(parameter->numel());
      }
    }
    tables_.push_back(parameter != nullptr ? torch::Tensor() : buffers[name]);
  });
}

bool FusedNetwork::usable() const {
  if (is_autocasting(torch::kCPU) && !rounds()) return false;
  return std::all_of(parameters_.begin(), parameters_.end(), [](const torch::Tensor& parameter) {
    return parameter.is_cpu() && parameter.scalar_type() == torch::kFloat32 && parameter.is_contiguous();
  });
}

bool FusedNetwork::rounds() const {
  return is_autocasting(torch::kCPU) && autocast_type(torch::kCPU) == torch::kBFloat16 && cpu::has_bfloat16_products();
}

bool FusedNetwork::trainable() const {
  return usable() && std::all_of(parameters_.begin(), parameters_.end(), [](const torch::Tensor& parameter) {
           const torch::Tensor& gradient = parameter.grad();
           return parameter.requires_grad() &&
                  (!gradient.defined() || (gradient.scalar_type() == torch::kFloat32 && gradient.is_contiguous()));
         });
}

std::shared_ptr<const cpu::Network> FusedNetwork::make_bound() const {
  const auto network = std::make_shared<cpu::Network>(layout_);
  std::size_t trained = 0, visited = 0;
  cpu::visit_parameters(*network, layout_.tied, [&](const std::string&, cpu::Parameter& parameter) {
    const torch::Tensor& table = tables_[visited++];
    parameter.value = (table.defined() ? table : parameters_[trained++]).data_ptr<float>();
  });
  if (layout_.tied) network->output.weight = network->decoder.tokens;
  if (rounds()) {
    cpu::round_weights(*network);
  } else {
    cpu::transpose_weights(*network);
  }
  return network;
}

std::shared_ptr<const cpu::Network> FusedNetwork::bind() const {
  {
    const std::lock_guard lock(packed_mutex_);
    const std::shared_ptr<const cpu::Network> packed = packed_.lock();
    if (packed != nullptr && (packed->rounded != nullptr) == rounds()) return packed;
  }
  return make_bound();
}

std::shared_ptr<const cpu::Network> FusedNetwork::pack() {
  std::shared_ptr<const cpu::Network> network = make_bound();
  const std::lock_guard lock(packed_mutex_);
  packed_ = network;
  return network;
}

cpu::Network FusedNetwork::bind_gradients() const {
  cpu::Network network = *bind();
  std::size_t trained = 0, visited = 0;
  cpu::visit_parameters(network, layout_.tied, [&](const std::string&, cpu::Parameter& parameter) {
    if (tables_[visited++].defined()) return;
    torch::Tensor& gradient = parameters_[trained].mutable_grad();
    if (!gradient.defined()) {
      const torch::Tensor value = parameters_[trained].detach();
      gradient = is_table_[trained] ? torch::zeros_like(value) : torch::empty_like(value);
    }
    parameter.gradient = gradient.data_ptr<float>();
    ++trained;
  });
  if (layout_.tied) network.output.weight.gradient = network.decoder.tokens.gradient;
  return network;
}

std::int64_t FusedNetwork::checked(std::int64_t token) const {
  if (token < 0 || token >= layout_.token_count) throw Error("transformer: a token is out of the vocabulary");
  return token;
}

// The first `length - drop` tokens of each row.
cpu::Sequences FusedNetwork::pack(const torch::Tensor& tokens, const torch::Tensor& lengths, const RowRange& rows,
                                  std::int64_t drop, const cpu::Stack& stack) const {
  const auto token = tokens.accessor<std::int64_t, 2>();
  const auto length = lengths.accessor<std::int64_t, 1>();
  cpu::Sequences sequences;
  sequences.begin.push_back(0);
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const std::int64_t count = length[row] - drop;
    if (count < 1 || length[row] > tokens.size(1)) throw Error("transformer: a sequence's length is out of range");
    require_positions(count, stack.position_count);
    for (std::int64_t i = 0; i < count; ++i) {
      sequences.tokens.push_back(checked(token[row][i]));
      sequences.positions.push_back(i);
    }
    sequences.begin.push_back(sequences.total());
  }
  return sequences;
}

cpu::Sequences FusedNetwork::pack_sources(const torch::Tensor& tokens, const torch::Tensor& lengths,
                                          const RowRange& rows) const {
  return pack(tokens, lengths, rows, 0, layout_.encoder);
}

TargetTokens FusedNetwork::pack_targets(const torch::Tensor& tokens, const torch::Tensor& lengths,
                                        const RowRange& rows) const {
  TargetTokens target = {pack(tokens, lengths, rows, 1, layout_.decoder), {}};
  const auto token = tokens.accessor<std::int64_t, 2>();
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    for (std::int64_t i = 1; i <= target.read.length(row - rows.begin); ++i)
      target.expected.push_back(checked(token[row][i]));
  }
  return target;
}

}  // namespace matseq::transformer
