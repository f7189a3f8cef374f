#include "report/thinning.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace matseq {
namespace {

/// The smallest and the largest finite value of [begin, end), in their order; the first place when there is none.
void append_extremes(const std::vector<double>& values, std::size_t begin, std::size_t end,
                     std::vector<std::size_t>& places) {
  std::size_t smallest = end;
  std::size_t largest = end;
  for (std::size_t i = begin; i < end; ++i) {
    if (!std::isfinite(values[i])) continue;
    if (smallest == end || values[i] < values[smallest]) smallest = i;
    if (largest == end || values[i] > values[largest]) largest = i;
  }
  if (smallest == end) {
    places.push_back(begin);
    return;
  }
  places.push_back(std::min(smallest, largest));
  if (smallest != largest) places.push_back(std::max(smallest, largest));
}

}  // namespace

std::vector<std::size_t> thinned(const std::vector<double>& values, std::size_t most) {
  std::vector<std::size_t> places;
  if (values.size() <= most) {
    places.resize(values.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    return places;
  }
  const std::size_t parts = (most - 2) / 2;
  const std::size_t inner = values.size() - 2;
  places.push_back(0);
  for (std::size_t part = 0; part < parts; ++part) {
    append_extremes(values, 1 + part * inner / parts, 1 + (part + 1) * inner / parts, places);
  }
  places.push_back(values.size() - 1);
  return places;
}

}  // namespace matseq
