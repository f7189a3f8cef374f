#include "evaluation/evaluator.h"

#include <algorithm>
#include <deque>
#include <future>
#include <nlohmann/json.hpp>
#include <optional>

#include "decoding/evaluation_mode.h"
#include "device/autocast.h"
#include "device/device_batch.h"
#include "device/single_threaded.h"
#include "evaluation/hypotheses.h"
#include "evaluation/sample_summary.h"
#include "matseq/error.h"
#include "threads/async.h"
#include "threads/available_processors.h"
#include "threads/stop_request.h"
#include "tokens/token_text.h"

namespace matseq {
namespace {

/// Of a batch, on a CPU: what one thread does at a time. The same for any number of threads, since the last bits of a
/// row's figures depend on the rows that it goes through the model with.
constexpr std::int64_t rows_a_piece = 32;

/// Row `row` without the boundary tokens and padding.
std::vector<TokenId> tokens_of(const PaddedSequences& side, std::size_t row) {
  const std::int64_t* begin = side.tokens.get() + row * side.length;
  return {begin + 1, begin + side.lengths.get()[row] - 1};
}

/// A size of -1, the largest number, takes all that a file has.
std::uint64_t examples_of(const ExampleSource& examples, std::uint64_t size) {
  return std::min(size, examples.size().value_or(size));
}

}  // namespace

Evaluator::Evaluator(const EvaluationConfiguration& settings, const ExperimentData& data, std::int64_t workers,
                     torch::Device device, torch::ScalarType precision, Communicator& ranks)
    : settings_(settings), data_(data), workers_(workers), device_(device), precision_(precision), ranks_(ranks) {}

std::int64_t Evaluator::examples() const {
  std::uint64_t all = 0;
  for (const DataSet& set : data_.tests) all += examples_of(*set.examples, static_cast<std::uint64_t>(settings_.size));
  return static_cast<std::int64_t>(all);
}

std::vector<TestResult> Evaluator::evaluate(Model& model, const PredictionSink& sink) const {
  std::vector<TestResult> results;
  for (const DataSet& set : data_.tests) {
    for (TestResult& result : evaluate(model, set, sink)) results.push_back(std::move(result));
  }
  return results;
}

std::vector<TestResult> Evaluator::evaluate(Model& model, const DataSet& set, const PredictionSink& sink) const {
  const std::uint64_t size = examples_of(*set.examples, static_cast<std::uint64_t>(settings_.size));
  const BatchPlan plan = consecutive_batches(0, size, static_cast<std::uint64_t>(settings_.batch_size));
  Tally tally(settings_.tolerances), of_medians(settings_.tolerances);
  ExampleCounts data;
  for (const BatchSums& batch : batches_of_all(
           [&] { return evaluate_batches(model, set, every_nth_batch(plan, ranks_.rank(), ranks_.size()), sink); })) {
    tally.merge(batch.tally);
    of_medians.merge(batch.of_medians);
    data.add(batch.data);
  }
  std::vector<TestResult> results = {summarise(set.name, tally, settings_.norm)};
  results.front().data = std::move(data);
  if (settings_.samples > 1) results.push_back(summarise(median_set(set.name), of_medians, settings_.norm));
  return results;
}

/// In the order of the batches: the last bits of sums depend on it.
std::vector<Evaluator::BatchSums> Evaluator::batches_of_all(const std::function<std::vector<BatchSums>()>& own) const {
  if (ranks_.size() == 1) return own();
  const std::vector<std::string> texts = gather_in_step(ranks_, [&] {
    nlohmann::ordered_json batches = nlohmann::ordered_json::array();
    for (const BatchSums& batch : own()) {
      batches.push_back({batch.tally.to_json(), batch.of_medians.to_json(), to_json(batch.data)});
    }
    std::string bytes;
    nlohmann::ordered_json::to_cbor(batches, bytes);
    return bytes;
  });
  std::vector<nlohmann::ordered_json> of_ranks;
  std::size_t count = 0;
  for (const std::string& text : texts) count += of_ranks.emplace_back(nlohmann::ordered_json::from_cbor(text)).size();
  std::vector<BatchSums> all;
  for (std::size_t number = 0; number < count; ++number) {
    const nlohmann::ordered_json& batch = of_ranks[number % of_ranks.size()].at(number / of_ranks.size());
    all.push_back(
        {Tally::from_json(batch.at(0)), Tally::from_json(batch.at(1)), example_counts_from_json(batch.at(2))});
  }
  return all;
}

std::vector<Evaluator::BatchSums> Evaluator::evaluate_batches(Model& model, const DataSet& set, const BatchPlan& plan,
                                                              const PredictionSink& sink) const {
  const EvaluationMode evaluation_mode(model);
  const std::shared_ptr<const void> packed_weights = pack_weights(model);
  const auto threads = static_cast<std::size_t>(torch::get_num_threads());
  std::optional<ThreadTeam> team;
  if (device_.is_cpu() && threads > 1 && model.traits().concurrent) team.emplace(threads, single_threaded_operations);

  PipelineOptions options;
  options.plan = plan;
  options.workers = static_cast<std::size_t>(workers_);
  options.memory = memory_for(device_);
  BatchPipeline batches(set.examples, options);

  std::vector<BatchSums> sums;
  std::deque<std::future<std::vector<Prediction>>> judged;
  const auto collect = [&] {
    const std::vector<Prediction> predictions = judged.front().get();
    judged.pop_front();
    BatchSums& batch = sums[sums.size() - judged.size() - 1];
    for (const Prediction& prediction : predictions) {
      batch.tally.add(prediction.result);
      if (prediction.median) batch.of_medians.add(*prediction.median);
      if (!decodable(prediction.target)) ++batch.data.targets_not_decodable;
    }
    if (sink) sink(set, predictions);
  };
  const auto most_pending = static_cast<std::size_t>(available_processors());
  while (const HostBatch* batch = batches.next()) {
    throw_if_stop_requested();
    sums.push_back({Tally(settings_.tolerances), Tally(settings_.tolerances), batch->counts()});
    judged.push_back(start_async([this, &set, predictions = predict(model, *batch, team ? &*team : nullptr)]() mutable {
      for (Prediction& prediction : predictions) {
        throw_if_stop_requested();
        judge(set, prediction);
      }
      return std::move(predictions);
    }));
    while (judged.size() > most_pending) collect();
  }
  while (!judged.empty()) collect();
  return sums;
}

std::shared_ptr<const void> Evaluator::pack_weights(Model& model) const {
  const Autocast autocast(device_, precision_);
  return model.pack_weights();
}

std::vector<Prediction> Evaluator::predict(Model& model, const HostBatch& batch, ThreadTeam* team) const {
  const SequenceBatch tensors = to_device(batch, device_);
  std::vector<Prediction> predictions(batch.source().sequences);
  const auto rows = static_cast<std::int64_t>(predictions.size());
  const std::int64_t each = device_.is_cpu() ? rows_a_piece : std::max<std::int64_t>(1, rows);
  const auto predict_piece = [&](std::int64_t piece) {
    const std::int64_t begin = piece * each, end = std::min(begin + each, rows);
    predict_rows(
        model, batch, rows_of(tensors, begin, end), static_cast<std::size_t>(begin),
        std::span(predictions).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
  };
  const std::int64_t pieces = (rows + each - 1) / each;
  if (team == nullptr) {
    for (std::int64_t piece = 0; piece < pieces; ++piece) predict_piece(piece);
    return predictions;
  }
  team->run([&](std::size_t member) {
    for (auto piece = static_cast<std::int64_t>(member); piece < pieces;
         piece += static_cast<std::int64_t>(team->size()))
      predict_piece(piece);
  });
  return predictions;
}

void Evaluator::predict_rows(Model& model, const HostBatch& batch, const SequenceBatch& rows, std::size_t first,
                             std::span<Prediction> predictions) const {
  const Autocast autocast(device_, precision_);
  const EvaluationMode evaluation_mode(model);
  const std::unique_ptr<EncodedSource> sources = model.encode(rows.source, rows.source_lengths);
  const TeacherForcedScores forced = sources->score(rows.target, rows.target_lengths);
  std::vector<std::int64_t> decoded_rows;
  for (std::size_t row = 0; row < predictions.size(); ++row) {
    Prediction& prediction = predictions[row];
    prediction.source = tokens_of(batch.source(), first + row);
    prediction.target = tokens_of(batch.target(), first + row);
    prediction.result.cross_entropy = forced.cross_entropy[row];
    if (forced.perfect[row] && decodable(prediction.target)) prediction.result.set_perfect();
    // The median of samples is told without knowing the truth.
    if (!prediction.result.perfect || settings_.decode_perfect || settings_.samples > 1) {
      decoded_rows.push_back(static_cast<std::int64_t>(row));
    }
  }
  if (decoded_rows.empty()) return;

  std::optional<Constraint> constraint;
  if (settings_.constrained || settings_.constrained_shape) {
    constraint.emplace(Constraint{*data_.grammar, {}});
    for (const Prediction& prediction : predictions) constraint->wanted.push_back(wanted_of(prediction));
  }
  const std::vector<std::vector<TokenSequence>> found =
      find_hypotheses(*sources, torch::tensor(decoded_rows).to(device_), settings_, constraint,
                      batch.first_example() + first + static_cast<std::uint64_t>(decoded_rows.front()));
  for (std::size_t i = 0; i < decoded_rows.size(); ++i) {
    Prediction& prediction = predictions[static_cast<std::size_t>(decoded_rows[i])];
    for (const TokenSequence& tokens : found.at(i)) prediction.hypotheses.emplace_back(tokens.begin(), tokens.end());
  }
}

MatrixGrammar::Wanted Evaluator::wanted_of(const Prediction& prediction) const {
  MatrixGrammar::Wanted wanted = data_.grammar->wanted(prediction.source);
  const std::optional<DecodedMatrix> target =
      settings_.constrained_shape ? data_.output->decode_any(prediction.target) : std::nullopt;
  if (target) {
    wanted.rows = target->matrix.rows();
    wanted.columns = target->matrix.columns();
  }
  return wanted;
}

bool Evaluator::decodable(const std::vector<TokenId>& target) const {
  return target.size() <= static_cast<std::size_t>(settings_.max_output_len);
}

void Evaluator::judge(const DataSet& set, Prediction& prediction) const {
  const std::optional<DecodedMatrix> source = data_.input->decode_any(prediction.source);
  const std::optional<DecodedMatrix> target = data_.output->decode_any(prediction.target);
  if (!source || !target || source->code != target->code) {
    throw Error("an example of the test set '" + set.name +
                "' cannot be decoded: " + tokens_text(prediction.source, *data_.vocabulary) + " -> " +
                tokens_text(prediction.target, *data_.vocabulary));
  }
  const Example truth{source->matrix, target->matrix, source->code};
  prediction.result.category = set.task->category(truth);
  std::vector<Matrix> matrices;
  for (const std::vector<TokenId>& hypothesis : prediction.hypotheses) {
    std::optional<Matrix> matrix = data_.output->decode(hypothesis, truth.code);
    if (matrix) matrices.push_back(std::move(*matrix));
  }
  if (settings_.samples > 1) prediction.median = judge_samples(set, truth, prediction.result, matrices);
  if (prediction.result.perfect) return;
  for (const Matrix& matrix : matrices) add_score(set, truth, matrix, prediction.result);
}

void Evaluator::add_score(const DataSet& set, const Example& truth, const Matrix& matrix, ExampleResult& to) const {
  if (matrix.rows() != truth.target.rows() || matrix.columns() != truth.target.columns()) return;
  to.add(set.task->score(truth, matrix, settings_.coeff_tolerance));
}

ExampleResult Evaluator::judge_samples(const DataSet& set, const Example& truth, const ExampleResult& best,
                                       const std::vector<Matrix>& samples) const {
  ExampleResult result;
  result.category = best.category;
  result.cross_entropy = best.cross_entropy;
  const std::optional<SampleSummary> summary = summarise_samples(samples, settings_.sample_interval);
  result.coverage = summary ? summary->coverage(truth.target) : 0;
  if (summary) add_score(set, truth, summary->median, result);
  return result;
}

}  // namespace matseq
