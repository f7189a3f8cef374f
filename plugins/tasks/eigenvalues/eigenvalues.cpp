// Eigenvalues of a symmetric n x n matrix, descending (spec section 1).
#include <algorithm>

#include "matseq/decompositions.h"
#include "matseq/matrix_task.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class Eigenvalues : public SymmetricMatrixTask {
 public:
  using SymmetricMatrixTask::SymmetricMatrixTask;

 protected:
  bool solve(const Matrix& source, Matrix& target) const override {
    const std::size_t n = source.rows();
    target.resize(n, 1);
    if (!symmetric_eigenvalues(n, source.values(), target.values())) return false;
    std::ranges::reverse(target.values());
    return true;
  }
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Eigenvalues, "eigenvalues", "1.0.0", "Eigenvalues of a symmetric matrix, descending")
