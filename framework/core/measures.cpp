#include "matseq/measures.h"

#include <fmt/format.h>

#include "matseq/error.h"

namespace matseq {

void require_shape(const std::string& name, const Matrix& matrix, std::size_t rows, std::size_t columns) {
  if (matrix.rows() == rows && matrix.columns() == columns) return;
  throw Error(
      fmt::format("'{}' is {} x {} where {} x {} is accepted", name, matrix.rows(), matrix.columns(), rows, columns));
}

}  // namespace matseq
