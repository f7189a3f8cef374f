#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "make_task.h"
#include "matseq/error.h"

namespace matseq {
namespace {

using test::draw_example;
using test::make_task;
using test::table_of;
using Text = std::string;
using Texts = std::vector<std::string>;
using Tables = std::vector<ParameterTable>;
using Integer = std::int64_t;

/// How many of the first examples are of each category.
std::map<Text, int> categories(const Task& task, int examples) {
  std::map<Text, int> counts;
  for (int number = 0; number < examples; ++number) {
    ++counts[task.category(draw_example(task, static_cast<std::uint64_t>(number)))];
  }
  return counts;
}

TEST(Cotraining, LettersAreDrawnUniformly) {
  const auto task = make_task("cotraining");
  EXPECT_EQ(task->codes(), Texts({"T", "A", "D", "M", "E", "F", "I"}));
  const auto counts = categories(*task, 7000);
  EXPECT_EQ(counts.size(), 7U);
  for (const auto& [name, count] : counts) EXPECT_NEAR(count, 1000, 150) << name;
}

TEST(Cotraining, ExamplesAreThoseOfTheirComponent) {
  const auto task = make_task("cotraining", {{"cotraining_tasks", Text("EM")}, {"max_dimension", Integer{7}}});
  const Texts codes = task->codes();
  for (std::uint64_t number = 0; number < 100; ++number) {
    const Example example = draw_example(*task, number);
    const Text& code = codes.at(static_cast<std::size_t>(example.code));
    EXPECT_EQ(task->category(example), code == "E" ? "eigenvalues" : "matrix_product");
    EXPECT_EQ(example.source.columns(), example.source.rows() * (code == "E" ? 1 : 2));
    EXPECT_LT(task->score(example, example.target, 0.01).d1, 1e-12);
  }
}

TEST(Cotraining, ComponentsHaveWeightsCodesAndParametersOfTheirOwn) {
  const auto task = make_task(
      "cotraining",
      {{"min_dimension", Integer{3}},
       {"max_dimension", Integer{3}},
       {"components",
        Tables{table_of({{"plugin", Text("transpose")}, {"weight", 3.0}}),
               table_of({{"plugin", Text("syminverse")}, {"min_dimension", Integer{2}}, {"code", Text("SYM")}}),
               table_of({{"plugin", Text("singularvalues")}, {"weight", Integer{2}}})}}});
  EXPECT_EQ(task->codes(), Texts({"T", "SYM", "singularvalues"}));
  const auto counts = categories(*task, 6000);
  EXPECT_NEAR(counts.at("transpose"), 3000, 200);
  EXPECT_NEAR(counts.at("syminverse"), 1000, 150);
  EXPECT_NEAR(counts.at("singularvalues"), 2000, 200);
  int smallest = 0;
  for (std::uint64_t number = 0; number < 500; ++number) {
    const Example example = draw_example(*task, number);
    if (example.source.rows() == 2) {
      EXPECT_EQ(task->category(example), "syminverse") << "only it may be smaller than the shared parameters say";
      ++smallest;
    }
  }
  EXPECT_GT(smallest, 10);
}

TEST(Cotraining, OneCodeMayStandForTheSameTaskTwice) {
  const auto task = make_task(
      "cotraining",
      {{"components", Tables{table_of({{"plugin", Text("eigenvalues")}}), table_of({{"plugin", Text("eigenvalues")},
                                                                                    {"min_dimension", Integer{8}},
                                                                                    {"max_dimension", Integer{8}}})}}});
  EXPECT_EQ(task->codes(), Texts({"E"}));
  std::map<std::size_t, int> sizes;
  for (std::uint64_t number = 0; number < 400; ++number) ++sizes[draw_example(*task, number).source.rows()];
  EXPECT_NEAR(sizes[5], 200, 60);
  EXPECT_EQ(sizes[5] + sizes[8], 400);
  const auto repeated = make_task("cotraining", {{"cotraining_tasks", Text("TTA")}});
  EXPECT_EQ(repeated->codes(), Texts({"T", "A"}));
  EXPECT_NEAR(categories(*repeated, 3000).at("transpose"), 2000, 150);
}

TEST(Cotraining, SharedParametersReachOnlyComponentsThatHaveThem) {
  const auto task =
      make_task("cotraining", {{"cotraining_tasks", Text("TE")}, {"eigen_distribution", Texts{"positive"}}});
  for (std::uint64_t number = 0; number < 100; ++number) {
    const Example example = draw_example(*task, number);
    if (task->category(example) != "eigenvalues") continue;
    for (const double value : example.target.values()) EXPECT_GT(value, -1e-10);
  }
}

void expect_refused(std::initializer_list<std::pair<Text, ParameterValue>> entries, const Text& reason) {
  try {
    make_task("cotraining", entries);
    ADD_FAILURE() << "accepted; expected: " << reason;
  } catch (const Error& error) {
    EXPECT_NE(Text(error.what()).find(reason), Text::npos) << error.what();
    EXPECT_NE(Text(error.what()).find("test.toml:1"), Text::npos) << error.what();
  }
}

TEST(Cotraining, MistakesAreRefusedWithAReason) {
  const ParameterTable transpose = table_of({{"plugin", Text("transpose")}});
  expect_refused({{"cotraining_tasks", Text("TX")}}, "'X'");
  expect_refused({{"cotraining_tasks", Text("")}}, "empty");
  expect_refused({{"cotraining_tasks", Text("T")}, {"components", Tables{transpose}}}, "cannot both");
  expect_refused({{"components", Tables{}}}, "at least one");
  expect_refused({{"components", Tables{table_of({{"weight", 1.0}})}}}, "'plugin'");
  expect_refused({{"components", Tables{table_of({{"plugin", Integer{3}}})}}}, "must be a string");
  expect_refused({{"components", Tables{table_of({{"plugin", Text("cotraining")}})}}}, "cannot be a component");
  expect_refused({{"components", Tables{table_of({{"plugin", Text("transpose")}, {"weight", 0.0}})}}}, "above 0");
  expect_refused({{"components", Tables{table_of({{"plugin", Text("transpose")}, {"weight", Text("1")}})}}}, "above 0");
  expect_refused({{"components", Tables{table_of({{"plugin", Text("transpose")}, {"code", Text("a b")}})}}}, "'code'");
  expect_refused({{"components", Tables{table_of({{"plugin", Text("transpose")}, {"code", Text("<s>")}})}}}, "'code'");
  expect_refused({{"components", Tables{transpose, table_of({{"plugin", Text("matrix_sum")}, {"code", Text("T")}})}}},
                 "stands for both");
  expect_refused({{"components", Tables{table_of({{"plugin", Text("transpose")}, {"eigen_distribution", Text("x")}})}}},
                 "eigen_distribution");
  expect_refused({{"cotraining_tasks", Text("TA")}, {"eigen_distribution", Texts{"positive"}}}, "no component");
}

TEST(Cotraining, ScoresNeedACode) {
  const auto task = make_task("cotraining");
  Example example = draw_example(*task, 0);
  example.code = Example::no_code;
  EXPECT_THROW(task->score(example, example.target, 0.01), Error);
  EXPECT_THROW(task->category(example), Error);
}

}  // namespace
}  // namespace matseq
