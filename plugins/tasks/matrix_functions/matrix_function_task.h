/// \file
/// Tasks whose answer is a function of a square matrix.
#pragma once

#include "matrix_functions.h"
#include "matseq/matrix_task.h"

namespace matseq {

/// Learns `function` of matrices of independent coefficients.
template <bool (*function)(const Matrix&, Matrix&)>
class MatrixFunctionTask : public SquareMatrixTask {
 public:
  using SquareMatrixTask::SquareMatrixTask;

 protected:
  bool solve(const Matrix& source, Matrix& target) const override { return function(source, target); }
};

/// A function that grows with the exponential of its argument, or turns as often: coefficients are in (-1, 1) unless
/// the experiment says otherwise.
template <bool (*function)(const Matrix&, Matrix&)>
class EntireFunctionTask : public MatrixFunctionTask<function> {
 public:
  static ParameterSchema schema() {
    ParameterSchema schema = SquareMatrixTask::schema();
    parameter_named(schema, "max_input_coeff").default_value = std::int64_t{1};
    return schema;
  }

  using MatrixFunctionTask<function>::MatrixFunctionTask;
};

}  // namespace matseq
