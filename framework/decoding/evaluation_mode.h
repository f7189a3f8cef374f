/// \file
/// Using a model without training it.
#pragma once

#include "matseq/model.h"

namespace matseq {

/// While it lives, the model is in evaluation mode (no dropout) and no gradients are recorded; afterwards the model's
/// training switch is what it was.
class EvaluationMode {
 public:
  explicit EvaluationMode(Model& model) : model_(model), was_training_(model.module().is_training()) {
    model_.module().eval();
  }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;
  ~EvaluationMode() { model_.module().train(was_training_); }

 private:
  torch::NoGradGuard no_gradients_;
  Model& model_;
  bool was_training_;
};

}  // namespace matseq
