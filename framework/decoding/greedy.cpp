#include "decoding/greedy.h"

#include <functional>
#include <memory>

#include "decoding/evaluation_mode.h"
#include "decoding/row_dropping.h"

namespace matseq {

namespace {

// Appends a word to each row, (rows) int64, and chooses the next ones.
using ChooseWords = std::function<torch::Tensor(Decoding& decoding, const torch::Tensor& words)>;

// Row i of `generated`, (batch, longest), holds a sentence's words and then zeros.
std::vector<WordSequence> to_sequences(const torch::Tensor& generated) {
  const torch::Tensor words = generated.to(torch::kCPU);
  const auto word = words.accessor<std::int64_t, 2>();
  std::vector<WordSequence> sequences(static_cast<std::size_t>(words.size(0)));
  for (std::int64_t row = 0; row < words.size(0); ++row) {
    WordSequence& sequence = sequences[static_cast<std::size_t>(row)];
    for (std::int64_t i = 0; i < words.size(1) && word[row][i] != 0; ++i) sequence.push_back(word[row][i]);
  }
  return sequences;
}

std::vector<WordSequence> decode_words(Reading& sources, const torch::Tensor& rows, const DecodingOptions& options,
                                       const ChooseWords& choose) {
  check(options);
  if (rows.size(0) == 0) return {};
  const torch::NoGradGuard no_gradients;
  const std::unique_ptr<Decoding> decoding = sources.decode(rows, options.max_output_length);
  const torch::Tensor generated = rows.new_zeros({rows.size(0), options.max_output_length});
  torch::Tensor sentences = torch::arange(rows.size(0), rows.options());  // which sentence a row decodes
  torch::Tensor words = torch::zeros_like(sentences);
  torch::Tensor ended = torch::zeros_like(sentences, torch::kBool);
  for (std::int64_t step = 0; step < options.max_output_length; ++step) {
    words = choose(*decoding, words).masked_fill(ended, 0);
    generated.select(1, step).index_copy_(0, sentences, words);
    ended = words.eq(0);
    const std::int64_t open = ended.logical_not().sum().item<std::int64_t>();
    if (open == 0) break;
    if (dropping_pays(open, ended.size(0))) {
      const torch::Tensor kept = ended.logical_not().nonzero().squeeze(1);
      decoding->select(kept);
      sentences = sentences.index_select(0, kept);
      words = words.index_select(0, kept);
      ended = ended.index_select(0, kept);
    }
  }
  return to_sequences(generated);
}

}  // namespace

std::vector<WordSequence> decode_greedy(Reading& sources, const torch::Tensor& rows, const DecodingOptions& options) {
  return decode_words(sources, rows, options,
                      [](Decoding& decoding, const torch::Tensor& words) { return decoding.likeliest(words); });
}

std::vector<WordSequence> decode_greedy(Model& model, const torch::Tensor& source, const torch::Tensor& source_lengths,
                                        const DecodingOptions& options) {
  const EvaluationMode evaluation_mode(model);
  return decode_greedy(*model.read(source, source_lengths), torch::arange(source.size(0), source.options()), options);
}

std::vector<WordSequence> decode_sampling(Reading& sources, const torch::Tensor& rows, const DecodingOptions& options,
                                          const torch::Generator& generator) {
  return decode_words(sources, rows, options, [&](Decoding& decoding, const torch::Tensor& words) {
    const torch::Tensor probabilities = torch::softmax(decoding.step(words) / options.temperature, -1);
    return torch::multinomial(probabilities, 1, /*replacement=*/false, generator).squeeze(1);
  });
}

std::vector<WordSequence> decode_sampling(Model& model, const torch::Tensor& source,
                                          const torch::Tensor& source_lengths, const DecodingOptions& options,
                                          const torch::Generator& generator) {
  const EvaluationMode evaluation_mode(model);
  return decode_sampling(*model.read(source, source_lengths), torch::arange(source.size(0), source.options()), options,
                         generator);
}

}  // namespace matseq
