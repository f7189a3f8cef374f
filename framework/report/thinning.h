/// \file
/// Curves with fewer points that look the same.
#pragma once

#include <cstddef>
#include <vector>

namespace matseq {

/// The places, in order, of at most `most` >= 4 of the values: the first, the last, and of equal parts of the rest the
/// smallest and the largest, so that no peak is lost. A part without a finite value keeps one place, so that gaps stay.
std::vector<std::size_t> thinned(const std::vector<double>& values, std::size_t most);

}  // namespace matseq
