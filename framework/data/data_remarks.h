/// \file
/// What to tell a user about examples that were lost.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "run/example_counts.h"

namespace matseq {

/// What examples are thrown away for.
struct DataLimits {
  std::int64_t max_len = 0;         ///< data.max_len: sequences have fewer tokens
  std::int64_t max_output_len = 0;  ///< evaluation.max_output_len: targets with more tokens cannot be decoded
  double source = 0;                ///< the input encoding writes numbers of a smaller absolute value
  double target = 0;                ///< the output encoding's limit
};

/// Why draws were thrown away, most frequent reason first: "the input had data.max_len = 24 tokens or more (105,
/// classes 2-3, 3-3)".
std::string rejection_reasons(const ExampleCounts& counts, const DataLimits& limits);

/// What a user should know of the data set `name`: a remark for each loss that is above 1%, with what to change.
std::vector<std::string> data_remarks(const std::string& name, const ExampleCounts& counts, const DataLimits& limits);

}  // namespace matseq
