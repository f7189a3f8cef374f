// M^(1/2), the principal square root, of an n x n matrix M.
#include "matrix_function_task.h"
#include "matseq/register.h"

MATSEQ_REGISTER(matseq::MatrixFunctionTask<matseq::matrix_square_root>, "square_root", "1.0.0",
                "Principal square root of a square matrix")
