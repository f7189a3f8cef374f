/// \file
/// What tasks draw and judge.
#pragma once

#include "matseq/matrix.h"

namespace matseq {

/// One example: an input matrix and the answer.
struct Example {
  static constexpr int no_code = -1;

  Matrix source;
  Matrix target;
  int code = no_code;  ///< index into Task::codes(): the first token of both sequences
};

}  // namespace matseq
