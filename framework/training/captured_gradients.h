/// \file
/// Loss and gradients by recorded work, for devices where launching operations takes longer than doing them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "device/graph_capture.h"
#include "matseq/model.h"
#include "matseq/optimizer.h"

namespace matseq {

/// Records forward and backward pass once for every shape of batch. The parameters must stay where they are.
class CapturedGradients {
 public:
  CapturedGradients(Model& model, std::vector<NamedTensor> parameters, torch::Device device,
                    torch::ScalarType precision, MakeGraphCapture make);

  /// The batch's mean loss, 0-dimensional; the parameters' gradients become those of `scale` times it and stay valid
  /// until the next call. Nothing, and nothing is changed, where this batch is to be done without a record: the first
  /// of its shape, which sets up what recording relies on; shapes beyond the first few; and when there are gradients
  /// to add to.
  std::optional<torch::Tensor> compute(const SequenceBatch& batch, double scale);

 private:
  // Rows, source length, target length, and whether each side is padded.
  using Shape = std::tuple<std::int64_t, std::int64_t, std::int64_t, bool, bool>;

  // Where the recorded work reads and writes.
  struct Record {
    SequenceBatch batch;
    torch::Tensor scale;  // 0-dimensional float32
    torch::Tensor loss;
    std::vector<NamedTensor> gradients;  // of the parameters, in their order
    std::unique_ptr<GraphCapture> work;  // none until the shape comes for the second time
  };

  void record(const SequenceBatch& batch, Record& record);

  Model& model_;
  std::vector<NamedTensor> parameters_;
  torch::Device device_;
  torch::ScalarType precision_;
  MakeGraphCapture make_;
  std::map<Shape, Record> records_;
};

}  // namespace matseq
