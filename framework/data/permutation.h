/// \file
/// A random order of many things that can be asked for its places one by one.
#pragma once

#include <cstdint>

namespace matseq {

/// A pseudo-random permutation of 0, 1, ..., size - 1 that takes no memory: a Feistel network (Luby and Rackoff, 1988)
/// over the next power of four, with Philox as its round function. What falls outside is sent through again until it
/// falls inside (cycle walking), which keeps it a permutation.
class Permutation {
 public:
  /// `size` is at least 1. Equal keys give equal permutations.
  Permutation(std::uint64_t size, std::uint64_t key);

  /// The image of `index` < size.
  std::uint64_t operator()(std::uint64_t index) const;

 private:
  std::uint64_t scramble(std::uint64_t value) const;

  std::uint64_t size_;
  std::uint64_t key_;
  int half_bits_;  ///< the network permutes 0 to 2^(2 half_bits_) - 1
};

}  // namespace matseq
