/// \file
/// The inverse of a matrix, whatever kind of matrix is drawn (spec section 1).
#pragma once

#include <memory>

#include "inversion_measures.h"
#include "matseq/decompositions.h"
#include "matseq/matrix_task.h"
#include "matseq/scores.h"

namespace matseq {

/// Inverts the input of `Input`, a SquareMatrixTask or a SymmetricMatrixTask.
template <typename Input>
class Inversion : public Input {
 public:
  explicit Inversion(const Parameters& parameters)
      : Input(parameters), classic_eval_(parameters.boolean("classic_eval")) {}

  Score score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const override {
    return inverse_score(truth, hypothesis, coeff_tolerance, classic_eval_);
  }

  std::unique_ptr<const Measures> measures() const override { return std::make_unique<InversionMeasures>(); }

 protected:
  bool solve(const Matrix& source, Matrix& target) const override {
    target.resize(source.rows(), source.columns());
    return invert(source.rows(), source.values(), target.values());
  }

  /// The parameters of the input and of the score.
  static ParameterSchema with_classic_eval(ParameterSchema schema) {
    schema.push_back(classic_eval_parameter());
    return schema;
  }

 private:
  bool classic_eval_;
};

}  // namespace matseq
