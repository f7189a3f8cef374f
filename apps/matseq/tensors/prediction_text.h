/// \file
/// What `matseq predict` prints.
#pragma once

#include <string>
#include <vector>

#include "data/matrix_question.h"

namespace matseq {

/// A matrix that was brought, with all that is known of it now.
struct AnsweredQuestion {
  std::string place;
  MatrixQuestion question;
  std::vector<MatrixAnswer> answers;  ///< best first; empty where the model could not be asked
};

/// Appends `{"source", "prediction", "truth", "d1", "max", "d2", "warnings", "place"}` without an end of line, null for
/// what there is not. `with_all` adds "hypotheses", every answer with its errors.
void append_json(const AnsweredQuestion& answered, bool with_all, std::string& text);

/// Appends input, truth and prediction side by side, where they fit in `width` characters, under the place and the
/// warnings. `with_all` shows every answer.
void append_text(const AnsweredQuestion& answered, bool with_all, std::size_t width, std::string& text);

}  // namespace matseq
