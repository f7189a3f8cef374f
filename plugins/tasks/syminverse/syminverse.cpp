// Inverse of a symmetric n x n matrix (spec section 1).
#include "../inversion/inversion.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class SymmetricInverse : public Inversion<SymmetricMatrixTask> {
 public:
  static ParameterSchema schema() { return with_classic_eval(SymmetricMatrixTask::schema()); }

  using Inversion::Inversion;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::SymmetricInverse, "syminverse", "1.0.0", "Inverse of a symmetric matrix")
