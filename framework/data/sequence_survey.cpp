#include "data/sequence_survey.h"

#include <algorithm>

namespace matseq {

SequenceSurvey survey_sequences(const ExperimentData& data) {
  constexpr std::uint64_t surveyed = 256;
  const ExampleSource& examples = *data.tests.front().examples;
  const std::uint64_t count = std::max<std::uint64_t>(1, std::min(surveyed, examples.size().value_or(surveyed)));
  SequenceSurvey survey;
  SequencePair example;
  for (std::uint64_t number = 0; number < count; ++number) {
    examples.get(number, example);
    survey.source_tokens += static_cast<double>(example.source.size()) / static_cast<double>(count);
    survey.target_tokens += static_cast<double>(example.target.size()) / static_cast<double>(count);
  }
  survey.vocabulary = data.vocabulary->size();
  return survey;
}

}  // namespace matseq
