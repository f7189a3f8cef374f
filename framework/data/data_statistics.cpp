#include "data/data_statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace matseq {
namespace {

/// Adds up one side of examples.
class SideSurvey {
 public:
  SideSurvey(const SequenceCodec& codec, std::size_t tokens) : codec_(codec) { side_.tokens.resize(tokens); }

  /// Returns the matrix that the model sees; none where the sequence is none.
  std::optional<DecodedMatrix> look_at(std::span<const TokenId> sequence) {
    lengths_.push_back(static_cast<double>(sequence.size()));
    for (const TokenId token : sequence) ++side_.tokens.at(static_cast<std::size_t>(token));
    std::optional<DecodedMatrix> decoded = codec_.decode_any(sequence);
    if (!decoded) return decoded;
    ++side_.shapes[fmt::format("{} x {}", decoded->matrix.rows(), decoded->matrix.columns())];
    const auto values = decoded->matrix.values();
    coefficients_.insert(coefficients_.end(), values.begin(), values.end());
    side_.zeros += static_cast<std::uint64_t>(std::ranges::count(values, 0.0));
    return decoded;
  }

  SideStatistics finish() && {
    side_.coefficients = describe(std::move(coefficients_));
    side_.lengths = describe(std::move(lengths_));
    return std::move(side_);
  }

 private:
  const SequenceCodec& codec_;
  SideStatistics side_;
  std::vector<double> coefficients_;
  std::vector<double> lengths_;
};

double error_of(const Score& score, const std::string& norm) {
  return norm == "max" ? score.max : norm == "d2" ? score.d2 : score.d1;
}

std::string_view bytes_of(const std::vector<TokenId>& tokens) {
  return {reinterpret_cast<const char*>(tokens.data()), tokens.size() * sizeof(TokenId)};
}

nlohmann::ordered_json to_json(const Distribution& numbers) {
  return {{"mean", numbers.mean},       {"minimum", numbers.minimum}, {"5%", numbers.quantile_05},
          {"25%", numbers.quantile_25}, {"median", numbers.median},   {"75%", numbers.quantile_75},
          {"95%", numbers.quantile_95}, {"maximum", numbers.maximum}};
}

nlohmann::ordered_json to_json(const SideStatistics& side, const Vocabulary& vocabulary) {
  nlohmann::ordered_json tokens = nlohmann::ordered_json::object();
  for (std::size_t id = 0; id < side.tokens.size(); ++id) {
    if (side.tokens[id] > 0) tokens[vocabulary.token(static_cast<TokenId>(id))] = side.tokens[id];
  }
  return {{"shapes", side.shapes},
          {"coefficients", to_json(side.coefficients)},
          {"coefficient_count", side.coefficients.count},
          {"zeros", side.zeros},
          {"lengths", to_json(side.lengths)},
          {"tokens", tokens}};
}

}  // namespace

DataStatistics data_statistics(const ExperimentData& data, const DataSet& set, const EvaluationConfiguration& scoring,
                               std::uint64_t first, std::uint64_t count) {
  DataStatistics statistics;
  for (const double tolerance : scoring.tolerances) statistics.right_targets.emplace_back(tolerance, 0);
  SideSurvey input(*data.input, data.vocabulary->size());
  SideSurvey target(*data.output, data.vocabulary->size());
  // By hash values of 64 bits: two of a million examples have the same one once in thirty million surveys.
  std::unordered_set<std::size_t> inputs;
  std::unordered_set<std::size_t> examples;
  SequencePair sequences;
  const std::uint64_t end = std::min(first + count, set.examples->size().value_or(UINT64_MAX));
  for (std::uint64_t number = first; number < end; ++number) {
    set.examples->get(number, sequences);
    matseq::count(sequences, statistics.counts);
    if (sequences.target.size() > static_cast<std::size_t>(data.limits.max_output_len)) {
      ++statistics.counts.targets_not_decodable;
    }
    const std::size_t hash = std::hash<std::string_view>{}(bytes_of(sequences.source));
    inputs.insert(hash);
    std::vector<TokenId> both = sequences.source;
    both.push_back(Vocabulary::boundary);
    both.insert(both.end(), sequences.target.begin(), sequences.target.end());
    examples.insert(std::hash<std::string_view>{}(bytes_of(both)));

    std::optional<DecodedMatrix> source = input.look_at(sequences.source);
    std::optional<DecodedMatrix> answer = target.look_at(sequences.target);
    if (!source || !answer) continue;
    const Example example = {std::move(source->matrix), std::move(answer->matrix), source->code};
    ++statistics.classes[set.task->category(example)];
    const Score score = set.task->score(example, example.target, scoring.coeff_tolerance);
    if (!score.valid) continue;
    for (auto& [tolerance, right] : statistics.right_targets) right += error_of(score, scoring.norm) < tolerance;
  }
  statistics.different_inputs = inputs.size();
  statistics.different_examples = examples.size();
  statistics.input = std::move(input).finish();
  statistics.target = std::move(target).finish();
  return statistics;
}

nlohmann::ordered_json to_json(const DataStatistics& statistics, const Vocabulary& vocabulary) {
  nlohmann::ordered_json right_targets = nlohmann::ordered_json::object();
  for (const auto& [tolerance, right] : statistics.right_targets) right_targets[fmt::format("{}", tolerance)] = right;
  return {{"drawn", to_json(statistics.counts)},
          {"classes", statistics.classes},
          {"different_inputs", statistics.different_inputs},
          {"different_examples", statistics.different_examples},
          {"input", to_json(statistics.input, vocabulary)},
          {"target", to_json(statistics.target, vocabulary)},
          {"right_targets", right_targets}};
}

}  // namespace matseq
