/// \file
/// How well one number tells two kinds of things apart.
#pragma once

#include <vector>

namespace matseq {

/// A value that most numbers of one kind are below, and most of another are not.
struct Threshold {
  double value = 0;
  double below = 0;      ///< percent of the numbers that are to be below it
  double not_below = 0;  ///< percent of the numbers that are not to be
};

/// Of the numbers that are not to be below it, the one for which the smaller of both shares is largest. Numbers may be
/// infinite; NaN are not counted. All 0 where one kind has no numbers.
Threshold best_threshold(std::vector<double> to_be_below, std::vector<double> not_to_be);

}  // namespace matseq
