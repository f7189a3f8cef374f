/// \file
/// Reads predictions that an evaluation wrote as JSON lines.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "matseq/matrix.h"
#include "matseq/task.h"

namespace matseq {

/// What a model made of one example.
struct PredictedExample {
  std::string set;                                      ///< the test set's name
  std::string task;                                     ///< under cotraining the component's name
  Example truth;                                        ///< a matrix is empty where the file has none
  std::vector<std::optional<Matrix>> hypotheses;        ///< best first; none where one is no matrix
  bool perfect = false;                                 ///< every token right: the prediction is the target
  bool correct = false;                                 ///< perfect, or some hypothesis can be scored
  double d1 = std::numeric_limits<double>::infinity();  ///< >= 0; infinite where no hypothesis can be scored
};

/// Reads one JSON object: "set", "task" (names without control characters), "source" and "target" (rows of numbers, or
/// null), "hypotheses" (a list of the same), "perfect", "correct", "errors" with "d1" (a number, a text that is one, or
/// null). Further keys are passed over. The text may be anything; throws Error that says what is wrong.
PredictedExample parse_prediction(std::string_view line);

/// Calls `use` with every example of a file in order; empty lines are passed over. Memory does not grow with the file.
/// `note_progress` is told how much has been read. An Error of a line, `use`'s too, is thrown again with file and line
/// number. Returns how many examples there were.
std::uint64_t read_predictions(const std::filesystem::path& file,
                               const std::function<void(const PredictedExample&)>& use,
                               const std::function<void(std::uint64_t bytes)>& note_progress = nullptr);

}  // namespace matseq
