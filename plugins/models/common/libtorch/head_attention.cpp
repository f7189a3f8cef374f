#include "common/libtorch/head_attention.h"

#include <vector>

#include "common/cpu/heads.h"
#include "common/libtorch/own_kernels.h"

namespace matseq {
namespace {

/// (batch, heads, length, width) of any strides but in a head's row.
cpu::MutableHeadRows mutable_rows(const torch::Tensor& all, std::int64_t example, std::int64_t head) {
  return {all.data_ptr<float>() + example * all.stride(0) + head * all.stride(1), all.stride(2)};
}

cpu::HeadRows rows_of_head(const torch::Tensor& all, std::int64_t example, std::int64_t head) {
  const cpu::MutableHeadRows rows = mutable_rows(all, example, head);
  return {rows.first, rows.row};
}

/// Like `heads`, as what is flattened to (batch, length, heads x width) without a copy.
torch::Tensor new_heads(const torch::Tensor& heads) {
  return heads.new_empty({heads.size(0), heads.size(2), heads.size(1), heads.size(3)}).transpose(1, 2);
}

cpu::HeadShape shape_of(const torch::Tensor& queries, const torch::Tensor& keys, bool causal) {
  return {.queries = queries.size(2), .keys = keys.size(2), .width = queries.size(3), .causal = causal};
}

struct Attended {
  torch::Tensor result;
  torch::Tensor weights;  ///< (batch, heads, queries, padded keys), or of one head where they are not kept
};

Attended attend(const torch::Tensor& queries, const torch::Tensor& keys, const torch::Tensor& values,
                const torch::Tensor& visible, bool causal, bool keep_weights) {
  const cpu::HeadShape shape = shape_of(queries, keys, causal);
  const std::int64_t batch = queries.size(0), heads = queries.size(1), row = cpu::padded(shape.keys);
  Attended attended{new_heads(queries),
                    queries.new_empty({keep_weights ? batch : 1, keep_weights ? heads : 1, shape.queries, row})};
  std::vector<float> transposed_keys(static_cast<std::size_t>(shape.width * row));
  for (std::int64_t example = 0; example < batch; ++example) {
    cpu::HeadMask mask;
    if (visible.defined()) {
      mask = {visible.data_ptr<bool>() + example * visible.stride(0), visible.size(2) == 1 ? 0 : visible.stride(2)};
    }
    for (std::int64_t head = 0; head < heads; ++head) {
      cpu::transpose(shape.keys, shape.width, rows_of_head(keys, example, head), {transposed_keys.data(), row});
      float* weights = attended.weights.data_ptr<float>();
      if (keep_weights) weights += (example * heads + head) * shape.queries * row;
      cpu::attend(shape, rows_of_head(queries, example, head), {transposed_keys.data(), row},
                  rows_of_head(values, example, head), weights, mutable_rows(attended.result, example, head), mask);
    }
  }
  return attended;
}

/// Of queries, keys, values and perhaps a mask.
class HeadAttention : public torch::autograd::Function<HeadAttention> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, torch::TensorList operands, bool causal) {
    const torch::Tensor visible = operands.size() > 3 ? operands[3] : torch::Tensor();
    const Attended attended = attend(operands[0], operands[1], operands[2], visible, causal, /*keep_weights=*/true);
    context->save_for_backward({operands[0], operands[1], operands[2], attended.weights});
    context->saved_data["operands"] = static_cast<std::int64_t>(operands.size());
    context->saved_data["causal"] = causal;
    return attended.result;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const torch::Tensor &queries = saved[0], &keys = saved[1], &values = saved[2], &weights = saved[3];
    const torch::Tensor of_result = gradients[0].stride(3) == 1 ? gradients[0] : gradients[0].contiguous();
    const cpu::HeadShape shape = shape_of(queries, keys, context->saved_data["causal"].toBool());
    const std::int64_t row = cpu::padded(shape.keys);
    const torch::Tensor of_queries = new_heads(queries), of_keys = new_heads(keys), of_values = new_heads(values);
    std::vector<float> scratch(static_cast<std::size_t>((shape.queries + shape.width) * row));
    for (std::int64_t example = 0; example < queries.size(0); ++example) {
      for (std::int64_t head = 0; head < queries.size(1); ++head) {
        cpu::attend_backward(shape, rows_of_head(queries, example, head), rows_of_head(keys, example, head),
                             rows_of_head(values, example, head),
                             weights.data_ptr<float>() + (example * queries.size(1) + head) * shape.queries * row,
                             rows_of_head(of_result, example, head),
                             {mutable_rows(of_queries, example, head), mutable_rows(of_keys, example, head),
                              mutable_rows(of_values, example, head)},
                             scratch.data());
      }
    }
    torch::autograd::variable_list results = {of_queries, of_keys, of_values};
    results.resize(static_cast<std::size_t>(context->saved_data["operands"].toInt()) + 1);  // none of mask and switch
    return results;
  }
};

/// The kernels are slow where a row is no whole number of vectors.
bool has_whole_rows(const torch::Tensor& heads) { return heads.stride(3) == 1 && heads.size(3) % cpu::lanes == 0; }

}  // namespace

torch::Tensor attend_heads(const torch::Tensor& queries, const torch::Tensor& keys, const torch::Tensor& values,
                           const torch::Tensor& visible, bool causal, double dropout) {
  if (!is_for_own_kernels(queries) || dropout > 0 || !has_whole_rows(queries) || !has_whole_rows(keys) ||
      !has_whole_rows(values)) {
    return scaled_dot_product_attention(queries, keys, values, visible, causal, dropout);
  }
  const torch::Tensor mask = visible.defined() ? visible.contiguous() : visible;
  if (!torch::GradMode::is_enabled()) return attend(queries, keys, values, mask, causal, /*keep_weights=*/false).result;
  std::vector<torch::Tensor> operands = {queries, keys, values};
  if (mask.defined()) operands.push_back(mask);
  return HeadAttention::apply(torch::TensorList(operands), causal);
}

}  // namespace matseq
