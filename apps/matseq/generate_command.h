/// \file
/// Writes examples as text.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "data/experiment_data.h"

namespace matseq {

struct GenerateOptions {
  std::uint64_t first = 0;  ///< number of the first example
  std::uint64_t count = 0;  ///< how many
  bool matrices = false;    ///< JSON lines with task, source, target; else input tokens, TAB, target tokens
  std::size_t workers = 2;
};

/// Writes examples of a data set, one a line, in order: the same bytes for any number of workers. `task_name` is what
/// the lines call a task whose examples carry no code token of their own; under cotraining it is the component's name.
/// Returns what was drawn for them.
ExampleCounts generate_examples(const DataSet& set, const Vocabulary& vocabulary, const std::string& task_name,
                                const GenerateOptions& options, std::ostream& out);

}  // namespace matseq
