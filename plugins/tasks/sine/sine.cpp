// sin(M) of an n x n matrix M.
#include "matrix_function_task.h"
#include "matseq/register.h"

MATSEQ_REGISTER(matseq::EntireFunctionTask<matseq::matrix_sine>, "sine", "1.0.0", "Sine of a square matrix")
