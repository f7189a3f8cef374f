/// \file
/// Scoring the truth word by word (spec section 7, item 1).
#pragma once

#include <vector>

#include "matseq/model.h"

namespace matseq {

/// One value an example of the batch.
struct TeacherForcedScores {
  std::vector<double> cross_entropy;  ///< summed over the target words after the first 0, the final 0 included
  std::vector<bool> perfect;          ///< every one of these words is the likeliest, of equals the first
};

/// One forward pass; the model's device is waited for once.
TeacherForcedScores score_teacher_forced(Model& model, const SequenceBatch& batch);

}  // namespace matseq
