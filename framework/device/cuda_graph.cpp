#include "device/graph_capture.h"

#ifdef MATSEQ_CUDA_GRAPHS

#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>

namespace matseq {
namespace {

class CudaGraph : public GraphCapture {
 public:
  CudaGraph(c10::DeviceIndex device, at::cuda::MempoolId_t pool) : device_(device), pool_(pool) {}

  void record(const std::function<void()>& work) override {
    // Graph, generator and streams are those of the current device.
    const c10::cuda::CUDAGuard device_guard(device_);
    // The default stream cannot be recorded. What it was given before must be done when another takes over.
    at::cuda::getCurrentCUDAStream().synchronize();
    const c10::cuda::CUDAStreamGuard stream_guard(at::cuda::getStreamFromPool(/*isHighPriority=*/false, device_));
    // Other threads may go on to allocate pinned memory meanwhile; the gradients' thread belongs to the recording.
    graph_.capture_begin(pool_, cudaStreamCaptureModeThreadLocal);
    try {
      work();
    } catch (...) {
      abandon();
      throw;
    }
    graph_.capture_end();
  }

  void replay() override {
    const c10::cuda::CUDAGuard guard(device_);
    graph_.replay();
  }

 private:
  // Ends the recording, which has failed already: so does its end.
  void abandon() noexcept {
    try {
      graph_.capture_end();
    } catch (...) {
      cudaGetLastError();  // or the next operation reports it
    }
  }

  c10::DeviceIndex device_;
  at::cuda::MempoolId_t pool_;
  at::cuda::CUDAGraph graph_;
};

}  // namespace

MakeGraphCapture cuda_graphs(const torch::Device& device) {
  const c10::DeviceIndex index = device.has_index() ? device.index() : c10::cuda::current_device();
  return [index, pool = at::cuda::graph_pool_handle()] { return std::make_unique<CudaGraph>(index, pool); };
}

}  // namespace matseq

#else

namespace matseq {

MakeGraphCapture cuda_graphs(const torch::Device& /*device*/) { return nullptr; }

}  // namespace matseq

#endif
