#include "decoding/greedy.h"

#include <functional>
#include <memory>

#include "decoding/evaluation_mode.h"
#include "decoding/row_dropping.h"
#include "threads/stop_request.h"

namespace matseq {

namespace {

// Appends a token to each row, (rows) int64, and chooses the next ones.
using ChooseTokens = std::function<torch::Tensor(IncrementalDecoder& decoder, const torch::Tensor& tokens)>;

// Row i of `generated`, (batch, longest), holds a sentence's tokens and then zeros.
std::vector<TokenSequence> to_sequences(const torch::Tensor& generated) {
  const torch::Tensor tokens = generated.to(torch::kCPU);
  const auto token = tokens.accessor<std::int64_t, 2>();
  std::vector<TokenSequence> sequences(static_cast<std::size_t>(tokens.size(0)));
  for (std::int64_t row = 0; row < tokens.size(0); ++row) {
    TokenSequence& sequence = sequences[static_cast<std::size_t>(row)];
    for (std::int64_t i = 0; i < tokens.size(1) && token[row][i] != 0; ++i) sequence.push_back(token[row][i]);
  }
  return sequences;
}

std::vector<TokenSequence> decode_tokens(EncodedSource& sources, const torch::Tensor& rows,
                                         const DecodingOptions& options, const ChooseTokens& choose) {
  check(options);
  if (rows.size(0) == 0) return {};
  const torch::NoGradGuard no_gradients;
  const std::unique_ptr<IncrementalDecoder> decoder = sources.decode(rows, options.max_output_length);
  const torch::Tensor generated = rows.new_zeros({rows.size(0), options.max_output_length});
  torch::Tensor sentences = torch::arange(rows.size(0), rows.options());  // which sentence a row decodes
  torch::Tensor tokens = torch::zeros_like(sentences);
  torch::Tensor ended = torch::zeros_like(sentences, torch::kBool);
  for (std::int64_t step = 0; step < options.max_output_length; ++step) {
    throw_if_stop_requested();
    tokens = choose(*decoder, tokens).masked_fill(ended, 0);
    generated.select(1, step).index_copy_(0, sentences, tokens);
    ended = tokens.eq(0);
    const std::int64_t open = ended.logical_not().sum().item<std::int64_t>();
    if (open == 0) break;
    if (dropping_pays(open, ended.size(0))) {
      const torch::Tensor kept = ended.logical_not().nonzero().squeeze(1);
      decoder->select(kept);
      sentences = sentences.index_select(0, kept);
      tokens = tokens.index_select(0, kept);
      ended = ended.index_select(0, kept);
    }
  }
  return to_sequences(generated);
}

}  // namespace

std::vector<TokenSequence> decode_greedy(EncodedSource& sources, const torch::Tensor& rows,
                                         const DecodingOptions& options) {
  return decode_tokens(sources, rows, options, [](IncrementalDecoder& decoder, const torch::Tensor& tokens) {
    return decoder.likeliest(tokens);
  });
}

std::vector<TokenSequence> decode_greedy(Model& model, const torch::Tensor& source, const torch::Tensor& source_lengths,
                                         const DecodingOptions& options) {
  const EvaluationMode evaluation_mode(model);
  return decode_greedy(*model.encode(source, source_lengths), torch::arange(source.size(0), source.options()), options);
}

std::vector<TokenSequence> decode_sampling(EncodedSource& sources, const torch::Tensor& rows,
                                           const DecodingOptions& options, const torch::Generator& generator) {
  return decode_tokens(sources, rows, options, [&](IncrementalDecoder& decoder, const torch::Tensor& tokens) {
    const torch::Tensor probabilities = torch::softmax(decoder.step(tokens) / options.temperature, -1);
    return torch::multinomial(probabilities, 1, /*replacement=*/false, generator).squeeze(1);
  });
}

std::vector<TokenSequence> decode_sampling(Model& model, const torch::Tensor& source,
                                           const torch::Tensor& source_lengths, const DecodingOptions& options,
                                           const torch::Generator& generator) {
  const EvaluationMode evaluation_mode(model);
  return decode_sampling(*model.encode(source, source_lengths), torch::arange(source.size(0), source.options()),
                         options, generator);
}

}  // namespace matseq
