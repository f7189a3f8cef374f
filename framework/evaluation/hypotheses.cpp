#include "evaluation/hypotheses.h"

#include <algorithm>
#include <utility>

#include "decoding/beam_search.h"
#include "decoding/constrained.h"
#include "decoding/greedy.h"

namespace matseq {
namespace {

/// A generator of its own, so that an evaluation draws the same tokens whatever was drawn before it.
torch::Generator seeded_generator(const torch::Device& device, std::uint64_t seed) {
  torch::Generator generator = at::globalContext().defaultGenerator(device).clone();
  generator.set_current_seed(seed);
  return generator;
}

/// Of several samples, so that memory does not grow with their number.
constexpr std::int64_t most_rows_at_once = 2048;

std::vector<std::vector<TokenSequence>> draw_samples(EncodedSource& sources, const torch::Tensor& rows,
                                                     const DecodingOptions& options, std::int64_t samples,
                                                     std::uint64_t seed) {
  const torch::Generator generator = seeded_generator(rows.device(), seed);
  std::vector<std::vector<TokenSequence>> of_rows(static_cast<std::size_t>(rows.size(0)));
  const std::int64_t most = std::max<std::int64_t>(1, most_rows_at_once / std::max<std::int64_t>(1, rows.size(0)));
  for (std::int64_t left = samples; left > 0; left -= std::min(left, most)) {
    const std::int64_t each = std::min(left, most);
    std::vector<TokenSequence> drawn = decode_sampling(sources, rows.repeat_interleave(each), options, generator);
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      of_rows[i / static_cast<std::size_t>(each)].push_back(std::move(drawn[i]));
    }
  }
  return of_rows;
}

std::vector<std::vector<TokenSequence>> search(EncodedSource& sources, const torch::Tensor& rows,
                                               const EvaluationConfiguration& settings, std::uint64_t seed) {
  DecodingOptions options;
  options.max_output_length = settings.max_output_len;
  options.beam_size = settings.beam_size;
  options.length_penalty = settings.beam_length_penalty;
  options.early_stopping = settings.beam_early_stopping;
  if (settings.sampling_temperature > 0) {
    options.temperature = settings.sampling_temperature;
    return draw_samples(sources, rows, options, settings.samples, seed);
  }
  std::vector<std::vector<TokenSequence>> found;
  if (settings.beam_size == 1 && !settings.beam_search) {
    for (TokenSequence& tokens : decode_greedy(sources, rows, options)) found.push_back({std::move(tokens)});
    return found;
  }
  for (const std::vector<Hypothesis>& sentence : decode_beam(sources, rows, options)) {
    found.emplace_back();
    for (const Hypothesis& hypothesis : sentence) found.back().push_back(hypothesis.tokens);
  }
  return found;
}

}  // namespace

std::vector<std::vector<TokenSequence>> find_hypotheses(EncodedSource& sources, const torch::Tensor& rows,
                                                        const EvaluationConfiguration& settings,
                                                        const std::optional<Constraint>& constraint,
                                                        std::uint64_t seed) {
  if (!constraint) return search(sources, rows, settings, seed);
  ConstrainedSource constrained(sources, constraint->grammar, constraint->wanted);
  return search(constrained, rows, settings, seed);
}

}  // namespace matseq
