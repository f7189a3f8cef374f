/// \file
/// Evaluates a model on the test sets of an experiment (spec section 7).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "configuration/experiment.h"
#include "data/batch_pipeline.h"
#include "data/experiment_data.h"
#include "data/host_batch.h"
#include "distributed/tensors/communicator.h"
#include "evaluation/accuracy.h"
#include "matseq/model.h"
#include "matseq/torch.h"
#include "threads/thread_team.h"

namespace matseq {

/// An example, what the model made of it, and how that was judged. Tokens without the boundary tokens.
struct Prediction {
  std::vector<TokenId> source;
  std::vector<TokenId> target;
  std::vector<std::vector<TokenId>> hypotheses;  ///< best first; empty for a perfect example that was not decoded
  ExampleResult result;
  std::optional<ExampleResult> median;  ///< how the median of several samples was judged
};

/// Receives the predictions of a batch, in order.
using PredictionSink = std::function<void(const DataSet& set, const std::vector<Prediction>&)>;

/// Evaluates with fixed settings. Scores hypotheses on other threads while the device decodes the next batch. Of
/// several ranks each evaluates some of the batches; all get the same results.
class Evaluator {
 public:
  /// `precision` is that of the model's arithmetic.
  Evaluator(const EvaluationConfiguration& settings, const ExperimentData& data, std::int64_t workers,
            torch::Device device, torch::ScalarType precision, Communicator& ranks = no_other_ranks());

  /// How many examples all test sets have.
  std::int64_t examples() const;

  /// All test sets; where several samples are drawn, each is followed by its `median_set`.
  std::vector<TestResult> evaluate(Model& model, const PredictionSink& sink = nullptr) const;

 private:
  /// Sums over a batch.
  struct BatchSums {
    Tally tally;
    Tally of_medians;
    ExampleCounts data;
  };

  std::vector<TestResult> evaluate(Model& model, const DataSet& set, const PredictionSink& sink) const;
  std::vector<BatchSums> evaluate_batches(Model& model, const DataSet& set, const BatchPlan& plan,
                                          const PredictionSink& sink) const;
  std::vector<BatchSums> batches_of_all(const std::function<std::vector<BatchSums>()>& own) const;
  std::shared_ptr<const void> pack_weights(Model& model) const;
  std::vector<Prediction> predict(Model& model, const HostBatch& batch, ThreadTeam* team) const;
  void predict_rows(Model& model, const HostBatch& batch, const SequenceBatch& rows, std::size_t first,
                    std::span<Prediction> predictions) const;
  /// What constrained decoding is to find.
  MatrixGrammar::Wanted wanted_of(const Prediction& prediction) const;
  /// Whether decoding can write this target: what cannot be had counts as right nowhere.
  bool decodable(const std::vector<TokenId>& target) const;
  void judge(const DataSet& set, Prediction& prediction) const;
  void add_score(const DataSet& set, const Example& truth, const Matrix& matrix, ExampleResult& to) const;
  ExampleResult judge_samples(const DataSet& set, const Example& truth, const ExampleResult& best,
                              const std::vector<Matrix>& samples) const;

  const EvaluationConfiguration& settings_;
  const ExperimentData& data_;
  std::int64_t workers_;
  torch::Device device_;
  torch::ScalarType precision_;
  Communicator& ranks_;
};

}  // namespace matseq
