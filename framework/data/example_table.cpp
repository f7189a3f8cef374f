#include "data/example_table.h"

namespace matseq {
namespace {

/// Of the longest examples there may be (two sides of 100,000 tokens) so many still fit 32-bit ends.
constexpr std::size_t examples_a_block = 4096;

}  // namespace

void ExampleTable::add(const SequencePair& example) {
  if (size_ % examples_a_block == 0) {
    if (!blocks_.empty()) blocks_.back().tokens.shrink_to_fit();
    blocks_.emplace_back();
    if (blocks_.size() > 1) blocks_.back().ends.reserve(2 * examples_a_block);
  }
  Block& block = blocks_.back();
  for (const std::vector<TokenId>* side : {&example.source, &example.target}) {
    block.tokens.insert(block.tokens.end(), side->begin(), side->end());
    block.ends.push_back(static_cast<std::uint32_t>(block.tokens.size()));
  }
  ++size_;
}

void ExampleTable::get(std::size_t index, SequencePair& example) const {
  const Block& block = blocks_[index / examples_a_block];
  const std::size_t end = 2 * (index % examples_a_block);
  const auto at = [&](std::size_t place) { return block.tokens.begin() + static_cast<std::ptrdiff_t>(place); };
  const auto source_begin = at(end == 0 ? 0 : block.ends[end - 1]);
  example.source.assign(source_begin, at(block.ends[end]));
  example.target.assign(at(block.ends[end]), at(block.ends[end + 1]));
}

}  // namespace matseq
