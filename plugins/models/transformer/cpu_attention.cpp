#include "cpu_attention.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <vector>

#include "matseq/parallel.h"

namespace matseq::transformer {

namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Head = Eigen::Map<Matrix, Eigen::Unaligned, Eigen::OuterStride<>>;

// Of (batch, heads, rows, columns) the matrix of one sentence and head, in place.
Head head_of(const torch::Tensor& tensor, std::int64_t sentence, std::int64_t head) {
  float* first = tensor.data_ptr<float>() + sentence * tensor.stride(0) + head * tensor.stride(1);
  return {first, tensor.size(2), tensor.size(3), Eigen::OuterStride<>(tensor.stride(2))};
}

// (batch, heads, length, head width) as a view of memory that is (batch x length, heads x head width).
torch::Tensor empty_heads(const torch::Tensor& like) {
  return torch::empty({like.size(0), like.size(2), like.size(1), like.size(3)}, like.options()).transpose(1, 2);
}

// The whole memory of such a view, (batch x length, heads x head width).
torch::Tensor flat(const torch::Tensor& heads) {
  return heads.transpose(1, 2).view({-1, heads.size(1) * heads.size(3)});
}

double scale_of(const torch::Tensor& queries) { return 1.0 / std::sqrt(static_cast<double>(queries.size(3))); }

// Of each sentence.
std::vector<std::int64_t> visible_keys(const torch::Tensor& visible, std::int64_t batch, std::int64_t keys) {
  if (!visible.defined()) return std::vector<std::int64_t>(static_cast<std::size_t>(batch), keys);
  const torch::Tensor counts = visible.view({batch, keys}).sum(1);
  const std::int64_t* first = counts.data_ptr<std::int64_t>();
  return {first, first + batch};
}

// From scores to weights, of which those behind the first `visible` are 0.
template <typename Row>
void softmax(Row&& scores, Eigen::Index visible, float scale) {
  auto seen = scores.head(visible).array();
  seen = ((seen - seen.maxCoeff()) * scale).exp();
  seen *= 1 / seen.sum();
  scores.tail(scores.size() - visible).setZero();
}

class CpuAttention : public torch::autograd::Function<CpuAttention> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& queries,
                               const torch::Tensor& keys, const torch::Tensor& values,
                               const std::vector<std::int64_t>& visible, bool causal) {
    const std::int64_t heads = queries.size(1);
    const torch::Tensor weights =
        torch::empty({queries.size(0), heads, queries.size(2), keys.size(2)}, queries.options());
    const torch::Tensor attended = empty_heads(queries);
    const auto scale = static_cast<float>(scale_of(queries));
    parallel_for_each(queries.size(0) * heads, [&](std::int64_t index) {
      const std::int64_t sentence = index / heads, head = index % heads;
      Head weight = head_of(weights, sentence, head);
      weight.noalias() = head_of(queries, sentence, head) * head_of(keys, sentence, head).transpose();
      const Eigen::Index seen = visible[static_cast<std::size_t>(sentence)];
      for (Eigen::Index row = 0; row < weight.rows(); ++row) {
        softmax(weight.row(row), causal ? std::min(row + 1, seen) : seen, scale);
      }
      head_of(attended, sentence, head).noalias() = weight * head_of(values, sentence, head);
    });
    context->save_for_backward({queries, keys, values, weights});
    return flat(attended);
  }

  // With weights W = softmax(S), output O = W V and row sums r of W * dO V^T:
  // dV = W^T dO; dS = W * (dO V^T - r); dQ = dS K; dK = dS^T Q; products * by elements.
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const torch::Tensor &queries = saved[0], &keys = saved[1], &values = saved[2], &weights = saved[3];
    const std::int64_t heads = queries.size(1);
    const torch::Tensor of_attended =
        gradients[0].contiguous().view({queries.size(0), queries.size(2), heads, -1}).transpose(1, 2);
    const torch::Tensor of_queries = empty_heads(queries);
    const torch::Tensor of_keys = empty_heads(keys);
    const torch::Tensor of_values = empty_heads(values);
    const auto scale = static_cast<float>(scale_of(queries));
    parallel_for_each(queries.size(0) * heads, [&](std::int64_t index) {
      static thread_local Matrix of_scores;
      const std::int64_t sentence = index / heads, head = index % heads;
      const Head weight = head_of(weights, sentence, head);
      const Head gradient = head_of(of_attended, sentence, head);
      head_of(of_values, sentence, head).noalias() = weight.transpose() * gradient;
      of_scores.noalias() = gradient * head_of(values, sentence, head).transpose();
      for (Eigen::Index row = 0; row < weight.rows(); ++row) {
        auto of_row = of_scores.row(row).array();
        const auto weight_row = weight.row(row).array();
        const float sum = (of_row * weight_row).sum();
        of_row = (of_row - sum) * weight_row * scale;
      }
      head_of(of_queries, sentence, head).noalias() = of_scores * head_of(keys, sentence, head);
      head_of(of_keys, sentence, head).noalias() = of_scores.transpose() * head_of(queries, sentence, head);
    });
    return {of_queries, of_keys, of_values, torch::Tensor(), torch::Tensor()};
  }
};

bool is_plain(const torch::Tensor& tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == torch::kFloat32 && tensor.numel() > 0 && tensor.stride(3) == 1;
}

}  // namespace

bool cpu_attention_applies(const torch::Tensor& queries, const torch::Tensor& keys, const torch::Tensor& values) {
  return is_plain(queries) && is_plain(keys) && is_plain(values);
}

torch::Tensor cpu_attention(const torch::Tensor& queries, const torch::Tensor& keys, const torch::Tensor& values,
                            const torch::Tensor& visible, bool causal) {
  return CpuAttention::apply(queries, keys, values, visible_keys(visible, keys.size(0), keys.size(2)), causal);
}

}  // namespace matseq::transformer
