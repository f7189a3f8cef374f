/// \file
/// Scoring the truth token by token (spec section 7, item 1).
#pragma once

#include "matseq/model.h"

namespace matseq {

/// One forward pass; the model's device is waited for once.
TeacherForcedScores score_teacher_forced(Model& model, const SequenceBatch& batch);

}  // namespace matseq
