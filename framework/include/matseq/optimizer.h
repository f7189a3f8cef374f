/// \file
/// The interface of an optimizer.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "matseq/parameter_role.h"
#include "matseq/plugin.h"
#include "matseq/tensor.h"

namespace matseq {

/// A tensor and its name; for parameters the name in the checkpoint, "encoder.layers.0.ffn.lin1.weight".
struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

/// A parameter to train.
struct TrainedTensor {
  std::string name;  ///< in the checkpoint
  at::Tensor tensor;
  ParameterRole role = ParameterRole::matrix;
};

/// Changes parameters by their gradients. Its schema must have a real `learning_rate`, the base rate that
/// the experiment's schedule starts from.
class MATSEQ_API Optimizer {
 public:
  using Interface = Optimizer;
  static constexpr PluginKind plugin_kind = PluginKind::optimizer;
  static constexpr const char* toolchain = MATSEQ_TORCH_TOOLCHAIN;

  /// An optimizer's constructor takes `(const Parameters&, std::vector<TrainedTensor>)`: the parameters to
  /// train, already on their device. It makes its whole state at once.
  using Factory = Optimizer* (*)(const Parameters&, std::vector<TrainedTensor>);
  template <typename Class>
  static Optimizer* make(const Parameters& parameters, std::vector<TrainedTensor> trained) {
    return new Class(parameters, std::move(trained));
  }

  Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  virtual ~Optimizer();

  /// One update with this learning rate from the gradients in `.grad()`. A parameter without a gradient is
  /// left alone. Called with gradient recording off.
  virtual void step(double learning_rate) = 0;

  /// The live state tensors, named "PARAMETER/QUANTITY" ("decoder.proj.bias/exp_avg", with PyTorch's names for
  /// the quantities; a step count is a 0-dimensional tensor "PARAMETER/step"). The framework saves them, and
  /// restores by copying into them: together with the parameters they must continue a run exactly.
  virtual std::vector<NamedTensor> state() const = 0;
};

}  // namespace matseq
