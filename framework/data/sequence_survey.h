/// \file
/// How long an experiment's sequences are.
#pragma once

#include <cstddef>

#include "data/experiment_data.h"

namespace matseq {

struct SequenceSurvey {
  double source_tokens = 0;    ///< mean of an input, without the boundary tokens
  double target_tokens = 0;    ///< of a target
  std::size_t vocabulary = 0;  ///< tokens
};

/// Of the first examples of the test set "valid", a few hundred. Throws Error when there are none.
SequenceSurvey survey_sequences(const ExperimentData& data);

}  // namespace matseq
