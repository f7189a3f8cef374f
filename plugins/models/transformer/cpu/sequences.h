/// \file
/// The tokens that a pass is made over. No LibTorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace matseq::cpu {

/// Sequences one after the other without padding.
struct Sequences {
  std::vector<std::int64_t> tokens;
  std::vector<std::int64_t> positions;  ///< in its sequence, of every token
  std::vector<std::int64_t> begin;      ///< where each sequence begins, and the end of the last

  std::int64_t count() const { return static_cast<std::int64_t>(begin.size()) - 1; }
  std::int64_t total() const { return static_cast<std::int64_t>(tokens.size()); }
  std::int64_t first(std::int64_t sequence) const { return begin[static_cast<std::size_t>(sequence)]; }
  std::int64_t length(std::int64_t sequence) const { return first(sequence + 1) - first(sequence); }
};

/// Appends the sequence `number` of `from`.
inline void append(Sequences& to, const Sequences& from, std::int64_t number) {
  if (to.begin.empty()) to.begin.push_back(0);
  const auto copy = [&](const std::vector<std::int64_t>& values, std::vector<std::int64_t>& result) {
    result.insert(result.end(), values.begin() + from.first(number), values.begin() + from.first(number + 1));
  };
  copy(from.tokens, to.tokens);
  copy(from.positions, to.positions);
  to.begin.push_back(to.total());
}

}  // namespace matseq::cpu
