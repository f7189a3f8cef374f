// The Moore-Penrose inverse, p x n, of an n x p matrix.
#include <algorithm>
#include <vector>

#include "matseq/decompositions.h"
#include "matseq/eigen.h"
#include "matseq/matrix_task.h"
#include "matseq/register.h"

namespace matseq {
namespace {

/// Below this, relative to the largest, a singular value may be rounding, and its inverse anything.
constexpr double smallest_singular_value = 1e-10;

class Pseudoinverse : public RandomMatrixTask {
 public:
  using RandomMatrixTask::RandomMatrixTask;

 protected:
  // With the singular value decomposition M = U diag(s) V^T it is V diag(1 / s) U^T.
  bool solve(const Matrix& source, Matrix& target) const override {
    const std::size_t rank = std::min(source.rows(), source.columns());
    std::vector<double> values(rank);
    Matrix left(source.rows(), rank);
    Matrix right(source.columns(), rank);
    if (!singular_vectors(Signs::canonical, source.rows(), source.columns(), source.values(), values, left.values(),
                          right.values())) {
      return false;
    }
    if (!(values.back() > smallest_singular_value * values.front())) return false;
    const Eigen::Map<const Eigen::VectorXd> diagonal(values.data(), static_cast<Eigen::Index>(rank));
    assign(target, view(right) * diagonal.cwiseInverse().asDiagonal() * view(left).transpose());
    return true;
  }
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Pseudoinverse, "pseudoinverse", "1.0.0", "Moore-Penrose inverse of a matrix of full rank")
