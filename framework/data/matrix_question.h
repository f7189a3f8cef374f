/// \file
/// A matrix that a user brings, as a question to a model: what it will read, what is true, and what it has never seen.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/experiment_data.h"
#include "matseq/task.h"
#include "tokens/matrix_reader.h"

namespace matseq {

struct MatrixQuestion {
  Example example;              ///< the target is the task's own answer, not rounded by an encoding
  bool has_truth = false;       ///< false: the task gives none, and the target means nothing
  std::vector<TokenId> tokens;  ///< what the model reads, without boundary tokens; empty: it cannot take the matrix
  std::vector<std::string> warnings;  ///< why it cannot, and why its answer may be worth little
};

/// Of an experiment's data. Never throws for what is in the matrix. `task` names one of several tasks, by code or
/// category; Error for one that there is not, and when it is empty and there are several.
MatrixQuestion make_question(const ExperimentData& data, const Matrix& source, const std::string& task);

/// A model's answer, read and judged.
struct MatrixAnswer {
  std::optional<Matrix> matrix;  ///< none: what the model wrote is no matrix
  std::optional<Score> score;    ///< none: there is no truth, or it cannot be scored
};

/// Of a matrix, or of none.
MatrixAnswer judge_answer(const ExperimentData& data, const MatrixQuestion& question, std::optional<Matrix> matrix,
                          double coeff_tolerance);

/// `hypothesis` are the tokens that the model wrote.
MatrixAnswer read_answer(const ExperimentData& data, const MatrixQuestion& question,
                         std::span<const TokenId> hypothesis, double coeff_tolerance);

}  // namespace matseq
