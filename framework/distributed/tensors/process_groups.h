/// \file
/// Ranks that speak through LibTorch's process groups.
#pragma once

#include <chrono>
#include <memory>

#include "distributed/rank_place.h"
#include "distributed/tensors/communicator.h"

namespace matseq {

/// Meets the other ranks, and returns when all are there; the one rank of a run that has no other returns at once. From
/// then on an exchange that another rank does not take part in within `timeout` fails, or as soon as a connection to it
/// breaks. Throws Error where the ranks do not meet in that time, or this LibTorch or this build cannot do it.
std::unique_ptr<Communicator> meet(const RankPlace& place, std::chrono::milliseconds timeout);

/// What this build's ranks speak through, "Gloo" or "Gloo; NCCL between GPUs"; "nothing" where they cannot.
const char* rank_backends();

}  // namespace matseq
