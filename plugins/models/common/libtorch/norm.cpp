#include "common/libtorch/norm.h"

namespace matseq {
namespace {

constexpr double norm_epsilon = 1e-6;

}  // namespace

NormImpl::NormImpl(std::int64_t width, bool rms) : weight_(register_parameter("weight", torch::ones({width}))) {
  if (!rms) bias_ = register_parameter("bias", torch::zeros({width}));
}

torch::Tensor NormImpl::forward(const torch::Tensor& x) {
  if (bias_.defined()) return torch::layer_norm(x, {x.size(-1)}, weight_, bias_, norm_epsilon);
  const torch::Tensor exact = x.to(torch::kFloat32);
  const torch::Tensor normed = exact * torch::rsqrt(exact.square().mean(-1, /*keepdim=*/true) + norm_epsilon);
  return normed.to(x.scalar_type()) * weight_;
}

}  // namespace matseq
