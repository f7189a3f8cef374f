/// \file
/// Which examples a training set repeats.
#pragma once

#include <cstdint>

#include "configuration/experiment.h"

namespace matseq {

/// Maps example k of a data set to the number of the draw that it is. Everything is counted from k alone, so that any
/// number of workers and ranks, and a restarted run, see the same examples.
class ExampleOrder {
 public:
  /// Example k is draw k: none is repeated.
  ExampleOrder() = default;

  /// Of the training set. Draws 0 to S - 1 are the repeated ones (`data.repeated`), those from S on are the rest, of
  /// which there are `data.distinct_examples` - S, each at most once a pass of as many examples.
  explicit ExampleOrder(const DataConfiguration& data);

  std::uint64_t operator()(std::uint64_t number) const;

 private:
  std::uint64_t order_key_ = 0;
  std::uint64_t repetition_key_ = 0;
  std::uint64_t repeated_ = 0;  ///< S
  double share_ = 0;            ///< probability of these
  std::uint64_t rest_ = 0;      ///< how many others there are; 0: they never end
};

}  // namespace matseq
