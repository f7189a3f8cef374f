// Example k is a pure function of (seed, data set, k): for every task the same bytes for 1, 2 and 7 workers and in
// pieces.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "configuration/experiment.h"
#include "data/experiment_data.h"
#include "generate_command.h"
#include "make_task.h"
#include "matseq/error.h"

namespace matseq {
namespace {

ExperimentData data_of(const std::string& task, const std::string& more = "") {
  const std::string text =
      "[task]\nplugin = \"" + task +
      "\"\nmin_dimension = 1\nmax_dimension = 3\n[encoding]\ninput = \"FP15\"\noutput = \"P1000\"\n" + more;
  return make_experiment_data(read_experiment(parse_toml(text, "test.toml", {}), "/"), test::plugins());
}

std::string generated(const ExperimentData& data, const std::string& set, std::uint64_t first, std::uint64_t count,
                      bool matrices, std::size_t workers) {
  GenerateOptions options;
  options.first = first;
  options.count = count;
  options.matrices = matrices;
  options.workers = workers;
  std::ostringstream out;
  generate_examples(data.find(set), *data.vocabulary, "task", options, out);
  return out.str();
}

class GenerateExamples : public ::testing::TestWithParam<const char*> {};

TEST_P(GenerateExamples, TheSameForAnyWorkersAndPieces) {
  const ExperimentData data = data_of(GetParam());
  for (const bool matrices : {false, true}) {
    const std::string whole = generated(data, "train", 0, 1100, matrices, 1);
    EXPECT_EQ(std::ranges::count(whole, '\n'), 1100);
    EXPECT_TRUE(generated(data, "train", 0, 1100, matrices, 2) == whole);
    EXPECT_TRUE(generated(data, "train", 0, 1100, matrices, 7) == whole);
    EXPECT_TRUE(generated(data, "train", 0, 513, matrices, 2) + generated(data, "train", 513, 587, matrices, 7) ==
                whole);
    EXPECT_FALSE(generated(data, "valid", 0, 1100, matrices, 2) == whole);
  }
}

INSTANTIATE_TEST_SUITE_P(Tasks, GenerateExamples,
                         ::testing::Values("transpose", "matrix_sum", "matrix_vector", "matrix_product", "eigenvalues",
                                           "eigenvectors", "invert_matrix", "syminverse", "singularvalues",
                                           "singularvectors", "cotraining"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST(GenerateExamplesErrors, AFailureInAWorkerReachesTheCaller) {
  const ExperimentData data = data_of("transpose", "[data]\nmax_len = 5\n");
  EXPECT_THROW(generated(data, "train", 0, 3000, false, 7), Error);
}

TEST(GenerateExamplesErrors, AnOutputThatFailsEndsTheWorkers) {
  const ExperimentData data = data_of("transpose");
  GenerateOptions options;
  options.count = 1000000000;
  options.workers = 3;
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  EXPECT_THROW(generate_examples(data.find("train"), *data.vocabulary, "task", options, out), Error);
}

}  // namespace
}  // namespace matseq
