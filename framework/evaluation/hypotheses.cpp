#include "evaluation/hypotheses.h"

#include <utility>

#include "decoding/beam_search.h"
#include "decoding/greedy.h"

namespace matseq {
namespace {

/// A generator of its own, so that an evaluation draws the same tokens whatever was drawn before it.
torch::Generator seeded_generator(const torch::Device& device, std::uint64_t seed) {
  torch::Generator generator = at::globalContext().defaultGenerator(device).clone();
  generator.set_current_seed(seed);
  return generator;
}

}  // namespace

std::vector<std::vector<TokenSequence>> find_hypotheses(EncodedSource& sources, const torch::Tensor& rows,
                                                        const EvaluationConfiguration& settings, std::uint64_t seed) {
  DecodingOptions options;
  options.max_output_length = settings.max_output_len;
  options.beam_size = settings.beam_size;
  options.length_penalty = settings.beam_length_penalty;
  options.early_stopping = settings.beam_early_stopping;
  std::vector<std::vector<TokenSequence>> found;
  if (settings.beam_size == 1 && !settings.beam_search) {
    const bool sampling = settings.sampling_temperature > 0;
    if (sampling) options.temperature = settings.sampling_temperature;
    std::vector<TokenSequence> sentences =
        sampling ? decode_sampling(sources, rows, options, seeded_generator(rows.device(), seed))
                 : decode_greedy(sources, rows, options);
    for (TokenSequence& tokens : sentences) found.push_back({std::move(tokens)});
    return found;
  }
  for (const std::vector<Hypothesis>& sentence : decode_beam(sources, rows, options)) {
    found.emplace_back();
    for (const Hypothesis& hypothesis : sentence) found.back().push_back(hypothesis.tokens);
  }
  return found;
}

}  // namespace matseq
