// tr(M), the sum of the diagonal, of an n x n matrix M.
#include "matseq/eigen.h"
#include "matseq/matrix_task.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class Trace : public SquareMatrixTask {
 public:
  using SquareMatrixTask::SquareMatrixTask;

 protected:
  bool solve(const Matrix& source, Matrix& target) const override {
    target.resize(1, 1);
    target(0, 0) = view(source).trace();
    return true;
  }
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Trace, "trace", "1.0.0", "Trace of a square matrix")
