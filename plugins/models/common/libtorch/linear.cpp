#include "common/libtorch/linear.h"

#include <vector>

#include "common/cpu/products.h"
#include "common/libtorch/own_kernels.h"

namespace matseq {
namespace {

using cpu::Accumulate;

/// (rows, width) to (rows, outputs).
torch::Tensor multiply(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  torch::Tensor y = x.new_empty({x.size(0), weight.size(0)});
  if (bias.defined()) y.copy_(bias);
  cpu::multiply_transposed({x.size(0), weight.size(0), x.size(1)}, x.data_ptr<float>(), weight.data_ptr<float>(),
                           y.data_ptr<float>(), bias.defined() ? Accumulate::yes : Accumulate::no);
  return y;
}

/// Of x, weight and perhaps a bias.
class Product : public torch::autograd::Function<Product> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, torch::TensorList operands) {
    context->save_for_backward({operands[0], operands[1]});
    context->saved_data["operands"] = static_cast<std::int64_t>(operands.size());
    return multiply(operands[0], operands[1], operands.size() > 2 ? operands[2] : torch::Tensor());
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const torch::Tensor &x = saved[0], &weight = saved[1], gradient = gradients[0].contiguous();
    const std::int64_t rows = x.size(0), inputs = x.size(1), outputs = weight.size(0);
    torch::autograd::variable_list results(static_cast<std::size_t>(context->saved_data["operands"].toInt()));
    if (context->needs_input_grad(0)) {
      results[0] = torch::empty_like(x);
      cpu::multiply({rows, inputs, outputs}, gradient.data_ptr<float>(), weight.data_ptr<float>(),
                    results[0].data_ptr<float>(), Accumulate::no);
    }
    if (context->needs_input_grad(1)) {
      results[1] = torch::empty_like(weight);
      cpu::multiply_first_transposed({outputs, inputs, rows}, gradient.data_ptr<float>(), outputs, x.data_ptr<float>(),
                                     results[1].data_ptr<float>(), Accumulate::no);
    }
    if (results.size() > 2) results[2] = gradient.sum(0);
    return results;
  }
};

bool is_for_products(const torch::Tensor& x, const torch::Tensor& weight) {
  static const bool has_products = cpu::has_onednn_products();
  return has_products && is_for_own_kernels(x) && weight.scalar_type() == torch::kFloat32 && weight.is_contiguous();
}

}  // namespace

torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  if (!is_for_products(x, weight)) return torch::linear(x, weight, bias);
  const torch::Tensor rows = x.reshape({-1, x.size(-1)}).contiguous();
  torch::Tensor y;
  if (torch::GradMode::is_enabled()) {
    torch::autograd::variable_list operands = {rows, weight};
    if (bias.defined()) operands.push_back(bias);
    y = Product::apply(torch::TensorList(operands));
  } else {
    y = multiply(rows, weight, bias);
  }
  if (x.dim() == 2) return y;
  std::vector<std::int64_t> shape = x.sizes().vec();
  shape.back() = weight.size(0);
  return y.view(shape);
}

}  // namespace matseq
