/// \file
/// An average of a model's weights over its updates.
#pragma once

#include <string>
#include <vector>

#include "evaluation/accuracy.h"
#include "matseq/model.h"
#include "matseq/optimizer.h"
#include "training/training_observer.h"

namespace matseq {

/// The exponential moving average of the weights after each update (Polyak and Juditsky, 1992; in this form Tarvainen
/// and Valpola, 2017): those of i updates ago count `decay`^i times as much as the last ones, and what came before the
/// first update does not count. To be attached to the training on every rank.
class WeightAverage : public TrainingObserver {
 public:
  /// Of the model's trained parameters, which it begins with; the model must outlive this. `decay` is in (0, 1).
  WeightAverage(Model& model, double decay);

  void on_update(const UpdateReport& report) override;

  /// What a checkpoint has, named as the model's: the average, and tables that are not trained as they are.
  std::vector<NamedTensor> tensors() const;

  /// While it lives, the model has the averaged weights.
  class InUse {
   public:
    explicit InUse(const WeightAverage& average);
    InUse(const InUse&) = delete;
    InUse& operator=(const InUse&) = delete;
    ~InUse();

   private:
    const WeightAverage& average_;
    std::vector<NamedTensor> own_;
  };

 private:
  std::vector<NamedTensor> parameters_;
  std::vector<NamedTensor> averages_;  // in the same order
  std::vector<NamedTensor> others_;
  double decay_;
};

/// What a test set is called where the averaged weights are evaluated on it.
std::string averaged_set(const std::string& set);
/// Whether a metric is one of the averaged weights.
bool is_of_average(const std::string& metric);

}  // namespace matseq
