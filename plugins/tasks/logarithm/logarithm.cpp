// log(M), the principal logarithm, of an n x n matrix M.
#include "matrix_function_task.h"
#include "matseq/register.h"

MATSEQ_REGISTER(matseq::MatrixFunctionTask<matseq::matrix_logarithm>, "logarithm", "1.0.0",
                "Principal logarithm of a square matrix")
