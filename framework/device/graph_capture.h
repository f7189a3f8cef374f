/// \file
/// Work on a device that is recorded once and replayed.
#pragma once

#include <functional>
#include <memory>

#include "matseq/torch.h"

namespace matseq {

/// Operations on a device as one replayable piece: hundreds of kernels are launched by one call. They read and write
/// the same memory every time, so what they work on is put where the recorded work found it.
class GraphCapture {
 public:
  GraphCapture() = default;
  GraphCapture(const GraphCapture&) = delete;
  GraphCapture& operator=(const GraphCapture&) = delete;
  virtual ~GraphCapture() = default;

  /// Runs `work` once to record what it asks of the device, which need not do it yet. `work` must not wait for the
  /// device and must have run before, so that libraries have set themselves up. If it throws, nothing is recorded.
  virtual void record(const std::function<void()>& work) = 0;

  /// Has the device do what was recorded; does not wait for it.
  virtual void replay() = 0;
};

using MakeGraphCapture = std::function<std::unique_ptr<GraphCapture>()>;

/// Makes CUDA graphs of work on this device, all of which share one pool of memory: what one has written is lost when
/// another is replayed. Null where matseq was built without CUDA's headers or with a LibTorch before 2.1.
MakeGraphCapture cuda_graphs(const torch::Device& device);

}  // namespace matseq
