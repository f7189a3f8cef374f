// M^T of an n x p matrix M (spec section 1).
#include "matseq/eigen.h"
#include "matseq/matrix_task.h"
#include "matseq/register.h"
#include "matseq/scores.h"

namespace matseq {
namespace {

class Transpose : public RandomMatrixTask {
 public:
  using RandomMatrixTask::RandomMatrixTask;

  // The one elementary task whose reference is the input, not the target.
  Score score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const override {
    require_source_shape(truth, truth.target.columns(), truth.target.rows());
    if (!scorable(truth, hypothesis)) return {};
    ScoreSum sum(coeff_tolerance);
    for (std::size_t row = 0; row < hypothesis.rows(); ++row) {
      for (std::size_t column = 0; column < hypothesis.columns(); ++column) {
        const double reference = truth.source(column, row);
        sum.add(reference - hypothesis(row, column), reference);
      }
    }
    return sum.score();
  }

 protected:
  bool solve(const Matrix& source, Matrix& target) const override {
    assign(target, view(source).transpose());
    return true;
  }
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Transpose, "transpose", "1.0.0", "Transpose of a matrix")
