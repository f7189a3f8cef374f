// exp(M) of an n x n matrix M.
#include "matrix_function_task.h"
#include "matseq/register.h"

MATSEQ_REGISTER(matseq::EntireFunctionTask<matseq::matrix_exponential>, "exponential", "1.0.0",
                "Exponential of a square matrix")
