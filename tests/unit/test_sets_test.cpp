// Test sets of a part of what is trained on, and codes that would be mistaken for other tokens.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "configuration/experiment.h"
#include "data/experiment_data.h"
#include "make_task.h"
#include "matseq/error.h"

namespace matseq {
namespace {

ExperimentData data_of(const std::string& task, const std::string& more = "") {
  const std::string text = "[task]\nplugin = \"cotraining\"\n" + task +
                           "\n[encoding]\ninput = \"P10\"\noutput = \"FP15\"\n[data]\nmax_len = 400\n" + more;
  return make_experiment_data(read_experiment(parse_toml(text, "test.toml", {}), "/"), test::plugins());
}

std::string refusal(const std::string& task, const std::string& more = "") {
  try {
    data_of(task, more);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

void expect_in(const std::string& part, const std::string& message) {
  EXPECT_NE(message.find(part), std::string::npos) << "'" << part << "' is not in: " << message;
}

/// The first tokens and the classes of the first examples of a set, each read back and scored as evaluation does.
std::set<std::string> codes_and_classes(const ExperimentData& data, const std::string& name) {
  const DataSet& set = data.find(name);
  std::set<std::string> found;
  SequencePair pair;
  for (std::uint64_t number = 0; number < 50; ++number) {
    set.examples->get(number, pair);
    const auto source = data.input->decode_any(pair.source);
    const auto target = data.output->decode_any(pair.target);
    EXPECT_EQ(source->code, target->code);
    const Example truth{source->matrix, target->matrix, source->code};
    EXPECT_LT(set.task->score(truth, truth.target, 0.01).d1, 0.5);
    found.insert(data.vocabulary->token(pair.source.front()) + " " + set.task->category(truth));
  }
  return found;
}

using Texts = std::set<std::string>;

TEST(TestSets, MayBeOneComponentOfCotraining) {
  const ExperimentData data = data_of("cotraining_tasks = \"TAE\"\nmax_dimension = 5",
                                      "[[evaluation.sets]]\nname = \"e\"\ntask = { cotraining_tasks = \"E\" }\n"
                                      "[[evaluation.sets]]\nname = \"et\"\ntask = { cotraining_tasks = \"ET\" }\n");
  EXPECT_EQ(codes_and_classes(data, "train"), Texts({"T transpose", "A matrix_sum", "E eigenvalues"}));
  EXPECT_EQ(codes_and_classes(data, "e"), Texts({"E eigenvalues"}));
  EXPECT_EQ(codes_and_classes(data, "et"), Texts({"E eigenvalues", "T transpose"}));
}

TEST(TestSets, MayBeOneComponentNamedByItsTable) {
  const ExperimentData data =
      data_of("components = [{ plugin = \"transpose\" }, { plugin = \"syminverse\", code = \"SYM\" }]",
              "[[evaluation.sets]]\nname = \"inverses\"\n"
              "task = { components = [{ plugin = \"syminverse\", code = \"SYM\" }] }\n");
  EXPECT_EQ(codes_and_classes(data, "inverses"), Texts({"SYM syminverse"}));
}

TEST(TestSets, OfSomeComponentsInheritWhatOnlyOthersHave) {
  const std::string task = "cotraining_tasks = \"TE\"\neigen_distribution = [\"positive\"]";
  const std::string set = "[[evaluation.sets]]\nname = \"t\"\ntask = { cotraining_tasks = \"T\" }\n";
  EXPECT_EQ(codes_and_classes(data_of(task, set), "t"), Texts({"T transpose"}));
  const std::string mistaken =
      "[[evaluation.sets]]\nname = \"t\"\ntask = { cotraining_tasks = \"T\", eigen_distribution = [\"laplace\"] }\n";
  expect_in("no component has a 'eigen_distribution'", refusal("cotraining_tasks = \"TE\"", mistaken));
}

TEST(TestSets, MayHaveNoCodesThatTrainingLacks) {
  const std::string message =
      refusal("cotraining_tasks = \"TE\"", "[[evaluation.sets]]\nname = \"m\"\ntask = { cotraining_tasks = \"M\" }\n");
  expect_in("the test set 'm'", message);
  expect_in("'M'", message);
  expect_in("'T', 'E'", message);
}

TEST(TestSets, ExamplesOfOtherCodesCannotBeScored) {
  const ExperimentData data =
      data_of("cotraining_tasks = \"TE\"", "[[evaluation.sets]]\nname = \"e\"\ntask = { cotraining_tasks = \"E\" }\n");
  const Example transposed{Matrix(2, 2), Matrix(2, 2), 0};
  EXPECT_THROW(data.find("e").task->category(transposed), Error);
  EXPECT_THROW(data.find("e").task->score(transposed, transposed.target, 0.01), Error);
}

TEST(Codes, AreNoTokensOfDimensionsOrNumbers) {
  for (const char* code : {"V2", "V1000", "+", "-", ".", "7", "E5", "N100e0"}) {
    const std::string message =
        refusal("components = [{ plugin = \"transpose\", code = \"" + std::string(code) + "\" }]");
    expect_in("'" + std::string(code) + "'", message);
    expect_in("another code", message);
  }
}

}  // namespace
}  // namespace matseq
