#include "evaluation/teacher_forcing.h"

#include "decoding/evaluation_mode.h"

namespace matseq {

TeacherForcedScores score_teacher_forced(Model& model, const SequenceBatch& batch) {
  const EvaluationMode evaluation_mode(model);
  return model.score(batch);
}

}  // namespace matseq
