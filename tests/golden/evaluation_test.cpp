// Scores of the reference implementation: every line of evaluation.jsonl.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "make_task.h"
#include "score_command.h"

namespace matseq {
namespace {

constexpr double relative_tolerance = 1e-9;

TEST(Evaluation, ScoresEqualTheReference) {
  std::ifstream golden(MATSEQ_TEST_DATA "/golden/evaluation.jsonl");
  ASSERT_TRUE(golden.is_open());
  std::stringstream scores;
  const std::uint64_t scored = score_lines(golden, scores, [](const std::string& name, const ParameterTable& table) {
    return test::plugins().make_task(name, table);
  });
  ASSERT_GE(scored, 200U);

  golden.clear();
  golden.seekg(0);
  std::string expected_line;
  std::string line;
  std::set<std::string> tasks;
  for (int number = 1; std::getline(golden, expected_line); ++number) {
    ASSERT_TRUE(std::getline(scores, line));
    const auto expected = nlohmann::json::parse(expected_line);
    const auto found = nlohmann::json::parse(line);
    tasks.insert(expected["operation"].get<std::string>());
    for (const char* key : {"max", "d1", "d2", "nb"}) {
      ASSERT_EQ(expected[key].is_null(), found[key].is_null()) << "line " << number << ", " << key;
      if (expected[key].is_null()) continue;
      const double reference =
          expected[key].is_string() ? std::stod(expected[key].get<std::string>()) : expected[key].get<double>();
      EXPECT_NEAR(found[key].get<double>(), reference, relative_tolerance * std::abs(reference))
          << "line " << number << ", " << expected["operation"] << ", " << key;
    }
  }
  EXPECT_EQ(tasks.size(), 10U) << "every task but cotraining, which has no score of its own";
}

}  // namespace
}  // namespace matseq
