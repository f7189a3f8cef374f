// Singular values of an n x p matrix, descending (spec section 1).
#include <algorithm>

#include "matseq/decompositions.h"
#include "matseq/matrix_task.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class SingularValues : public RandomMatrixTask {
 public:
  using RandomMatrixTask::RandomMatrixTask;

 protected:
  bool solve(const Matrix& source, Matrix& target) const override {
    target.resize(std::min(source.rows(), source.columns()), 1);
    return singular_values(source.rows(), source.columns(), source.values(), target.values());
  }
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::SingularValues, "singularvalues", "1.0.0", "Singular values of a matrix, descending")
