#include "evaluation/teacher_forcing.h"

#include "decoding/evaluation_mode.h"

namespace matseq {

TeacherForcedScores score_teacher_forced(Model& model, const SequenceBatch& batch) {
  const EvaluationMode evaluation_mode(model);
  return model.encode(batch.source, batch.source_lengths)->score(batch.target, batch.target_lengths);
}

}  // namespace matseq
