/// \file
/// Loss and gradients by captured work, for devices where launching operations takes longer than doing them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "device/graph_capture.h"
#include "matseq/model.h"
#include "matseq/optimizer.h"
#include "matseq/torch.h"

namespace matseq {

/// Captures forward and backward pass once for every shape of batch that comes often. The parameters must stay where
/// they are.
class CapturedGradients {
 public:
  CapturedGradients(
      Model& model, std::vector<NamedTensor> parameters, torch::Device device, torch::ScalarType precision,
      MakeGraphCapture make, std::function<void(const std::string&)> warn = [](const std::string&) {});

  /// The batch's loss, 0-dimensional; the parameters' gradients become those of `scale` times it and stay valid
  /// until the next call. Nothing, and nothing is changed, where this batch is to be done without a capture: the first
  /// of its shape, which sets up what capturing relies on; shapes that come less often than those captured, of which
  /// there are only so many at a time; when there are gradients to add to; and, after one warning, always where the
  /// model cannot be captured.
  std::optional<torch::Tensor> compute(const SequenceBatch& batch, double scale);

 private:
  // Rows, source length, target length, and whether each side is padded.
  using Shape = std::tuple<std::int64_t, std::int64_t, std::int64_t, bool, bool>;

  // A shape of batch: where its captured work reads and writes.
  struct Capture {
    std::int64_t uses = 0;  // how many batches had this shape
    SequenceBatch batch;
    torch::Tensor scale;  // 0-dimensional float32
    torch::Tensor loss;
    std::vector<NamedTensor> gradients;  // of the parameters, in their order
    std::unique_ptr<GraphCapture> work;  // none: not captured
  };

  bool make_room(const Capture& wanted);
  void capture(const SequenceBatch& batch, Capture& capture);

  Model& model_;
  std::vector<NamedTensor> parameters_;
  torch::Device device_;
  torch::ScalarType precision_;
  MakeGraphCapture make_;  // null once it has failed
  std::function<void(const std::string&)> warn_;
  std::map<Shape, Capture> shapes_;
  std::vector<Capture*> captured_;  // those of the shapes that have work
};

}  // namespace matseq
