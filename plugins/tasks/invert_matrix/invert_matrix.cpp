// Inverse of an n x n matrix (spec section 1).
#include "../inversion/inversion.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class InvertMatrix : public Inversion<SquareMatrixTask> {
 public:
  static ParameterSchema schema() { return with_classic_eval(SquareMatrixTask::schema()); }

  using Inversion::Inversion;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::InvertMatrix, "invert_matrix", "1.0.0", "Inverse of a square matrix")
