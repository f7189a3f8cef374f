// sign(M) of an n x n matrix M.
#include "matrix_function_task.h"
#include "matseq/register.h"

MATSEQ_REGISTER(matseq::MatrixFunctionTask<matseq::matrix_sign>, "sign", "1.0.0",
                "Matrix sign function of a square matrix")
