#include "common/libtorch/gated_feed_forward.h"

#include <utility>

#include "common/libtorch/layers.h"

namespace matseq {
namespace {

std::int64_t inner_width(std::int64_t width, const std::string& kind) {
  if (kind != "swiglu") return 4 * width;
  return (8 * width / 3 + 7) / 8 * 8;  // whole vectors
}

}  // namespace

GatedFeedForwardImpl::GatedFeedForwardImpl(std::int64_t width, std::string kind)
    : kind_(std::move(kind)),
      inner_(register_module("inner", without_bias(width, inner_width(width, kind_)))),
      output_(register_module("output", without_bias(inner_width(width, kind_), width))) {
  if (kind_ == "swiglu") gate_ = register_module("gate", without_bias(width, inner_width(width, kind_)));
}

torch::Tensor GatedFeedForwardImpl::forward(const torch::Tensor& x) {
  torch::Tensor hidden = inner_->forward(x);
  if (gate_) return output_->forward(torch::silu(gate_->forward(x)) * hidden);
  hidden = hidden.relu();
  return output_->forward(kind_ == "relu" ? hidden : hidden.square());
}

}  // namespace matseq
