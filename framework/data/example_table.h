/// \file
/// Many examples in little memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "data/example_source.h"

namespace matseq {

/// Examples in blocks of flat arrays: four bytes a token and eight an example, without a copy of everything whenever it
/// grows.
class ExampleTable {
 public:
  void add(const SequencePair& example);
  std::size_t size() const { return size_; }
  /// Writes example `index` < size().
  void get(std::size_t index, SequencePair& example) const;

 private:
  struct Block {
    std::vector<TokenId> tokens;      ///< source, target, source, target, ...
    std::vector<std::uint32_t> ends;  ///< in `tokens`: of the source and of the target of each example
  };

  std::vector<Block> blocks_;
  std::size_t size_ = 0;
};

}  // namespace matseq
