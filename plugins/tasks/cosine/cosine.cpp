// cos(M) of an n x n matrix M.
#include "matrix_function_task.h"
#include "matseq/register.h"

MATSEQ_REGISTER(matseq::EntireFunctionTask<matseq::matrix_cosine>, "cosine", "1.0.0", "Cosine of a square matrix")
