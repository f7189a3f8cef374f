/// \file
/// Matrices written out.
#pragma once

#include <algorithm>
#include <initializer_list>

#include "matseq/matrix.h"

namespace matseq {

/// A matrix of these rows, which have one length.
inline Matrix matrix(std::initializer_list<std::initializer_list<double>> rows) {
  Matrix result(rows.size(), rows.begin()->size());
  double* at = result.data();
  for (const auto& row : rows) at = std::copy(row.begin(), row.end(), at);
  return result;
}

}  // namespace matseq
