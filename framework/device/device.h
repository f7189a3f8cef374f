/// \file
/// Where and in which arithmetic a run computes.
#pragma once

#include <cstdint>
#include <string>

#include "configuration/experiment.h"
#include "matseq/torch.h"

namespace matseq {

/// The device that "auto", "cpu", "cuda" or "cuda:N" names; "auto" is CUDA when there is one. It becomes this thread's
/// current one. Throws Error when it is not there.
torch::Device choose_device(const std::string& name);

/// The float type that "float32", "bfloat16" or "float16" names.
torch::ScalarType choose_precision(const std::string& name);

/// "cuda", where several processes of a run are on a machine: the GPU of the one with this number among them, in turn;
/// it becomes this thread's current one. Any other device is left as it is.
torch::Device device_of_rank(const torch::Device& device, std::size_t local_rank);

/// Whether this LibTorch has a model's operations on this device in this precision, forwards and backwards: tried.
bool can_compute(const torch::Device& device, torch::ScalarType precision);

/// What a run computes with.
struct Computation {
  torch::Device device;
  torch::ScalarType precision;
};

/// Device and precision of an experiment's table [training]. Throws Error that says where they were given and what to
/// write instead, where this machine or its LibTorch cannot do them.
Computation computation_to_train(const Experiment& experiment);

/// The same to evaluate: float32, which every device can do, in place of a precision that this one cannot. `warning`
/// then says so; else it becomes empty.
Computation computation_to_evaluate(const Experiment& experiment, std::string& warning);

/// Computes on so many threads of the CPU; 0: as many as this process may use (see `available_processors`). Throws
/// Error when they cannot be started.
void set_threads(std::int64_t threads);

}  // namespace matseq
