#include "../tensor_report.h"

#include <fmt/format.h>

#include <string>

#include "device/instruction_sets.h"
#include "device/peak_rate.h"
#include "distributed/tensors/process_groups.h"
#include "matseq/torch.h"

void matseq_report_tensors(void (*say)(void* context, const char* name, const char* value), void* context) {
  const auto tell = [&](const char* name, const std::string& value) { say(context, name, value.c_str()); };
  tell("LibTorch", TORCH_VERSION);
  tell("LibTorch's instruction set", matseq::libtorch_instruction_set());
  tell("BLAS", matseq::blas_library());
  if (const std::string kernels = matseq::blas_kernels(); !kernels.empty()) tell("kernels of OpenBLAS", kernels);
  const matseq::ProductRate rate = matseq::matrix_product_rate(torch::kCPU, torch::kFloat32);
  tell("matrix products in float32", fmt::format("{:.3g} TFLOP/s", rate.operations_a_second / 1e12));
  tell("ranks speak through", matseq::rank_backends());
  tell("CUDA devices", std::to_string(torch::cuda::device_count()));
}
