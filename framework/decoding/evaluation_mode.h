/// \file
/// Using a model without training it.
#pragma once

#include "matseq/model.h"
#include "matseq/torch.h"

namespace matseq {

/// While it lives, the model is in evaluation mode (no dropout) and this thread records no gradients; afterwards the
/// model's training switch is what it was. A model that is in evaluation mode already is only looked at, so that
/// several threads can do this to one model.
class EvaluationMode {
 public:
  explicit EvaluationMode(Model& model) : model_(model), was_training_(model.module().is_training()) {
    if (was_training_) model_.module().eval();
  }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;
  ~EvaluationMode() {
    if (was_training_) model_.module().train();
  }

 private:
  torch::NoGradGuard no_gradients_;
  Model& model_;
  bool was_training_;
};

}  // namespace matseq
