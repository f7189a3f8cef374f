/// \file
/// What a data set is made of.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "analysis/distribution.h"
#include "data/experiment_data.h"

namespace matseq {

/// Of one side, input or target, of some examples.
struct SideStatistics {
  std::map<std::string, std::uint64_t> shapes;  ///< "5 x 5"; of sequences that are matrices
  Distribution coefficients;                    ///< as the model sees them: once encoded and decoded
  std::uint64_t zeros = 0;                      ///< of the coefficients
  Distribution lengths;                         ///< in tokens
  std::vector<std::uint64_t> tokens;            ///< how often each occurs, by token id
};

struct DataStatistics {
  ExampleCounts counts;
  std::map<std::string, std::uint64_t> classes;  ///< Task::category of the examples
  std::uint64_t different_inputs = 0;
  std::uint64_t different_examples = 0;  ///< of input and target
  SideStatistics input;
  SideStatistics target;
  /// By tolerance: how many targets are within it as their encoding rounds them. All, unless what is scored is
  /// something that input and answer make together, as a matrix times its inverse; of the rest, an answer is hardly
  /// ever right unless it is the target, token by token.
  std::vector<std::pair<double, std::uint64_t>> right_targets;
};

/// Of the examples `first` to `first` + `count` - 1 of a data set, or as many as there are, scored as `scoring` says.
DataStatistics data_statistics(const ExperimentData& data, const DataSet& set, const EvaluationConfiguration& scoring,
                               std::uint64_t first, std::uint64_t count);

/// All of it; tokens by name, those that occur.
nlohmann::ordered_json to_json(const DataStatistics& statistics, const Vocabulary& vocabulary);

}  // namespace matseq
