/// \file
/// What the processes that train one model together say to each other.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "matseq/torch.h"

namespace matseq {

/// The ranks of a run, each a process. All call the same functions in the same order. This class is the one rank of a
/// run that has no other. What fails because another rank does not answer throws Error that names it.
class Communicator {
 public:
  Communicator() = default;
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;
  virtual ~Communicator() = default;

  virtual std::size_t rank() const { return 0; }
  /// A power of two where `add_up` is used.
  virtual std::size_t size() const { return 1; }

  /// Every tensor becomes its sum over the ranks, which are added in one binary tree: in pairs of neighbours, then in
  /// pairs of these. All ranks get the same bits. The tensors are contiguous, of one float type and device, and have
  /// the same shapes on all ranks.
  virtual void add_up(const std::vector<torch::Tensor>& /*tensors*/) {}

  /// The bytes of every rank, by its number.
  virtual std::vector<std::string> gather(const std::string& bytes) { return {bytes}; }

  /// The sums of a few values, as many on all ranks, added in the order of the ranks.
  virtual std::vector<double> sum(const std::vector<double>& values) { return values; }
};

/// That of a process that has no other ranks.
Communicator& no_other_ranks();

/// Gathers what `work` gives on every rank. Where it throws on any, it fails on all: with the rank's own exception
/// there, with an Error that names the rank on the others, with Stopped where one has been asked to stop.
std::vector<std::string> gather_in_step(Communicator& ranks, const std::function<std::string()>& work);

/// The sums over the ranks of the `count` values that `work` gives, likewise.
std::vector<double> sum_in_step(Communicator& ranks, std::size_t count,
                                const std::function<std::vector<double>()>& work);

/// Does work that only rank 0 has to do, and waits until it is done; likewise.
void do_on_first(Communicator& ranks, const std::function<void()>& work);

}  // namespace matseq
