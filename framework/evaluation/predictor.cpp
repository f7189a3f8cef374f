#include "evaluation/predictor.h"

#include <utility>

#include "device/autocast.h"
#include "device/device_batch.h"
#include "device/single_threaded.h"
#include "evaluation/hypotheses.h"

namespace matseq {

Predictor::Predictor(Model& model, const EvaluationConfiguration& settings, const MatrixGrammar& grammar,
                     torch::Device device, torch::ScalarType precision)
    : model_(model),
      settings_(settings),
      grammar_(grammar),
      device_(device),
      precision_(precision),
      evaluation_mode_(model),
      batch_(memory_for(device)) {
  const Autocast autocast(device_, precision_);
  packed_weights_ = model_.pack_weights();
  const auto threads = static_cast<std::size_t>(torch::get_num_threads());
  if (device_.is_cpu() && threads > 1 && model_.traits().concurrent) team_.emplace(threads, single_threaded_operations);
}

std::vector<std::vector<std::vector<TokenId>>> Predictor::predict(std::span<const std::vector<TokenId>> sources) {
  if (sources.empty()) return {};
  std::vector<SequencePair> examples(sources.size());
  for (std::size_t i = 0; i < sources.size(); ++i) examples[i].source = sources[i];
  batch_.assign(examples);
  const SequenceBatch tensors = to_device(batch_, device_);
  std::vector<std::vector<std::vector<TokenId>>> answers(sources.size());
  if (!team_) {
    predict_rows(tensors, sources, answers);
    return answers;
  }
  team_->run([&](std::size_t member) {
    const std::size_t begin = answers.size() * member / team_->size();
    const std::size_t end = answers.size() * (member + 1) / team_->size();
    if (begin == end) return;
    predict_rows(rows_of(tensors, static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end)),
                 sources.subspan(begin, end - begin), std::span(answers).subspan(begin, end - begin));
  });
  return answers;
}

void Predictor::predict_rows(const SequenceBatch& rows, std::span<const std::vector<TokenId>> sources_of_rows,
                             std::span<std::vector<std::vector<TokenId>>> answers) {
  const Autocast autocast(device_, precision_);
  const EvaluationMode evaluation_mode(model_);
  const std::unique_ptr<EncodedSource> sources = model_.encode(rows.source, rows.source_lengths);
  const torch::Tensor all =
      torch::arange(static_cast<std::int64_t>(answers.size()), torch::TensorOptions(torch::kInt64).device(device_));
  std::optional<Constraint> constraint;
  if (settings_.constrained) {
    constraint.emplace(Constraint{grammar_, {}});
    for (const std::vector<TokenId>& source : sources_of_rows) constraint->wanted.push_back(grammar_.wanted(source));
  }
  const std::vector<std::vector<TokenSequence>> found = find_hypotheses(*sources, all, settings_, constraint, 0);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    for (const TokenSequence& tokens : found.at(i)) answers[i].emplace_back(tokens.begin(), tokens.end());
  }
}

}  // namespace matseq
