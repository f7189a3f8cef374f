/// \file
/// A few of the predictions that an evaluation wrote, to look at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "analysis/prediction_reader.h"

namespace matseq {

/// Right and wrong predictions of one file, and how many it has of each.
struct PredictionSample {
  double tolerance = 0;  ///< of the relative d1 error, below which a prediction is right
  std::uint64_t right_count = 0;
  std::uint64_t wrong_count = 0;
  std::vector<PredictedExample> right;
  std::vector<PredictedExample> wrong;
};

/// Takes at most `most` of each, the test sets in turn, each set's in the order of the file. Throws Error for a file
/// that cannot be read.
PredictionSample sample_predictions(const std::filesystem::path& file, double tolerance, std::size_t most);

}  // namespace matseq
