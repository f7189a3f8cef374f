#include "linear.h"

#include "cpu/onednn.h"
#include "matseq/torch_compatibility.h"

namespace matseq::transformer {

namespace {

bool has_avx512() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") != 0;
#else
  return false;
#endif
}

cpu::OneDnnSgemm find_sgemm() {
  static const cpu::OneDnnSgemm found = has_avx512() ? cpu::onednn() : nullptr;
  return found;
}

enum class Operand : char { plain = 'N', transposed = 'T' };

// sum + op(a) op(b) into `sum`, or without `sum` where it is to be overwritten.
void multiply(const torch::Tensor& a, Operand op_a, const torch::Tensor& b, Operand op_b, bool add,
              const torch::Tensor& sum) {
  const std::int64_t inner = op_a == Operand::plain ? a.size(1) : a.size(0);
  const int status = find_sgemm()(static_cast<char>(op_a), static_cast<char>(op_b), sum.size(0), sum.size(1), inner, 1,
                                  a.data_ptr<float>(), a.size(1), b.data_ptr<float>(), b.size(1), add ? 1.0F : 0.0F,
                                  sum.data_ptr<float>(), sum.size(1));
  TORCH_CHECK(status == 0, "oneDNN's matrix product failed with status ", status);
}

class Linear : public torch::autograd::Function<Linear> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x,
                               const torch::Tensor& weight, const torch::Tensor& bias) {
    context->save_for_backward({x, weight});
    const torch::Tensor y = torch::empty({x.size(0), bias.size(0)}, x.options()).copy_(bias);
    multiply(x, Operand::plain, weight, Operand::transposed, /*add=*/true, y);
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const torch::Tensor& x = saved[0];
    const torch::Tensor& weight = saved[1];
    const torch::Tensor gradient = gradients[0].contiguous();
    torch::Tensor of_x;
    if (context->needs_input_grad(0)) {
      of_x = torch::empty_like(x);
      multiply(gradient, Operand::plain, weight, Operand::plain, /*add=*/false, of_x);
    }
    torch::Tensor of_weight = torch::empty_like(weight);
    multiply(gradient, Operand::transposed, x, Operand::plain, /*add=*/false, of_weight);
    return {of_x, of_weight, gradient.sum(0)};
  }
};

bool is_plain(const torch::Tensor& tensor) {
  return tensor.scalar_type() == torch::kFloat32 && tensor.is_contiguous() && tensor.numel() > 0;
}

}  // namespace

torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  const bool here = x.is_cpu() && x.dim() == 2 && is_plain(x) && is_plain(weight) && !is_autocasting(torch::kCPU);
  return here && find_sgemm() != nullptr ? Linear::apply(x, weight, bias) : torch::linear(x, weight, bias);
}

}  // namespace matseq::transformer
