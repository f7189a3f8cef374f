// The distributions of the reference's examples, setting by setting: two-sample tests between its 20,000 examples and
// 40,000 of ours, at an overall level of 0.1% (Bonferroni: divided by the settings, then by the tests of a setting).
//
// Coefficients of one example depend on each other, so every variance is estimated over whole examples. At a golden
// quantile q of level p the test asks whether our share of coefficients <= q is p. Where only the most frequent shapes
// are listed, the correction counts every shape that occurs, so that having been selected does not matter.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "make_task.h"
#include "matseq/decompositions.h"

namespace matseq {
namespace {

using Json = nlohmann::json;

constexpr double overall_level = 1e-3;
constexpr std::uint64_t own_examples = 40000;
constexpr std::uint64_t seed = 20220401;

Json golden_settings() {
  std::ifstream file(MATSEQ_TEST_DATA "/golden/generator_statistics.json");
  return Json::parse(file);
}

/// The estimate of a mean over coefficients, and its variance over whole examples (ratio estimator).
class Share {
 public:
  void add(double sum, double count) {
    sums_ += sum;
    counts_ += count;
    sums_squared_ += sum * sum;
    counts_squared_ += count * count;
    products_ += sum * count;
  }
  double value() const { return sums_ / counts_; }
  double variance() const {
    const double mean = value();
    return (sums_squared_ - 2 * mean * products_ + mean * mean * counts_squared_) / (counts_ * counts_);
  }

 private:
  double sums_ = 0, counts_ = 0, sums_squared_ = 0, counts_squared_ = 0, products_ = 0;
};

struct StatisticalTest {
  std::string name;
  double probability;  ///< of a difference as large by chance
};

double two_sided(double difference, double variance) {
  if (variance <= 0) return difference == 0 ? 1 : 0;
  return std::erfc(std::abs(difference) / std::sqrt(2 * variance));
}

/// All tests of one setting.
class Comparison {
 public:
  Comparison(const Json& setting, const Task& task)
      : setting_(setting), variance_factor_(1 + static_cast<double>(own_examples) / setting["examples"].get<double>()) {
    read_quantiles("input", input_quantiles_);
    read_quantiles("output", output_quantiles_);
    const std::size_t ranks = setting.contains("output_by_rank_mean") ? setting["output_by_rank_mean"].size() : 0;
    rank_means_.resize(ranks);
    rank_squares_.resize(ranks);
    const double limit = setting["output_limit"].get<double>();
    for (std::uint64_t number = 0; number < own_examples; ++number) add(draw(task, number, limit));
  }

  std::vector<StatisticalTest> tests() const {
    std::vector<StatisticalTest> tests;
    test_quantiles("input", input_quantiles_, tests);
    test_quantiles("output", output_quantiles_, tests);
    const double mean = setting_["input"]["mean"].get<double>();
    const double deviation = setting_["input"]["std"].get<double>();
    tests.push_back(test("input mean", input_mean_, mean));
    tests.push_back(test("input mean square", input_square_, mean * mean + deviation * deviation));
    for (std::size_t rank = 0; rank < rank_means_.size(); ++rank) {
      const double rank_mean = setting_["output_by_rank_mean"][rank].get<double>();
      const double rank_deviation = setting_["output_by_rank_std"][rank].get<double>();
      tests.push_back(test("mean of rank " + std::to_string(rank), rank_means_[rank], rank_mean));
      tests.push_back(test("mean square of rank " + std::to_string(rank), rank_squares_[rank],
                           rank_mean * rank_mean + rank_deviation * rank_deviation));
    }
    test_shapes(tests);
    return tests;
  }

 private:
  using Quantiles = std::vector<std::pair<double, Share>>;
  using Shapes = std::array<int, 4>;

  static Example draw(const Task& task, std::uint64_t number, double limit) {
    RandomStream random(random_key(seed, "train"), number);
    Example example;
    while (true) {
      if (!task.draw(random, example)) continue;
      bool accepted = true;
      for (const double value : example.target.values()) {
        accepted = accepted && std::isfinite(value) && (limit < 0 || std::abs(value) < limit);
      }
      if (accepted) return example;
    }
  }

  void read_quantiles(const char* side, Quantiles& quantiles) {
    for (const auto& [level, value] : setting_[side]["quantiles"].items()) {
      quantiles.emplace_back(value.get<double>(), Share());
    }
  }

  static void add_quantiles(const Matrix& matrix, Quantiles& quantiles) {
    for (auto& [quantile, share] : quantiles) {
      int below = 0;
      for (const double value : matrix.values()) below += value <= quantile ? 1 : 0;
      share.add(below, static_cast<double>(matrix.size()));
    }
  }

  void add(const Example& example) {
    add_quantiles(example.source, input_quantiles_);
    add_quantiles(example.target, output_quantiles_);
    double sum = 0;
    double squares = 0;
    for (const double value : example.source.values()) {
      sum += value;
      squares += value * value;
    }
    const auto count = static_cast<double>(example.source.size());
    input_mean_.add(sum, count);
    input_square_.add(squares, count);
    for (std::size_t rank = 0; rank < rank_means_.size(); ++rank) {
      const double value = example.target(rank, 0);
      rank_means_[rank].add(value, 1);
      rank_squares_[rank].add(value * value, 1);
    }
    ++shapes_[{static_cast<int>(example.source.rows()), static_cast<int>(example.source.columns()),
               static_cast<int>(example.target.rows()), static_cast<int>(example.target.columns())}];
  }

  StatisticalTest test(std::string name, const Share& own, double golden) const {
    return {std::move(name), two_sided(own.value() - golden, own.variance() * variance_factor_)};
  }

  void test_quantiles(const std::string& side, const Quantiles& quantiles, std::vector<StatisticalTest>& tests) const {
    std::size_t index = 0;
    for (const auto& [level, value] : setting_[side]["quantiles"].items()) {
      tests.push_back(test(side + " quantile " + level, quantiles[index++].second, std::stod(level)));
    }
  }

  void test_shapes(std::vector<StatisticalTest>& tests) const {
    const auto examples = setting_["examples"].get<double>();
    double listed = 0;
    std::map<Shapes, double> golden;
    for (const auto& [text, count] : setting_["shapes"].items()) {
      Shapes shape{};
      ASSERT_EQ(std::sscanf(text.c_str(), "((%d, %d), (%d, %d))", shape.data(), &shape[1], &shape[2], &shape[3]), 4);
      golden[shape] = count.get<double>();
      listed += golden[shape];
    }
    for (const auto& [shape, count] : golden) EXPECT_TRUE(shapes_.contains(shape)) << "a shape is missing";
    for (const auto& [shape, own] : shapes_) {
      const auto found = golden.find(shape);
      const std::string name = "shape " + std::to_string(shape[0]) + "x" + std::to_string(shape[1]);
      if (found == golden.end()) {
        // Fewer than all are listed: this one may be less frequent than they. It still counts in the correction.
        EXPECT_LT(listed, examples) << name << " is not the reference's";
        tests.push_back({name, 1});
        continue;
      }
      const double total = static_cast<double>(own_examples) + examples;
      const double pooled = (own + found->second) / total;
      const double variance = pooled * (1 - pooled) * (1 / static_cast<double>(own_examples) + 1 / examples);
      tests.push_back({name, two_sided(own / static_cast<double>(own_examples) - found->second / examples, variance)});
    }
  }

  Json setting_;
  double variance_factor_;
  Quantiles input_quantiles_;
  Quantiles output_quantiles_;
  Share input_mean_;
  Share input_square_;
  std::vector<Share> rank_means_;
  std::vector<Share> rank_squares_;
  std::map<Shapes, double> shapes_;
};

/// The setting's own parameters: what is none of the statistics.
ParameterTable parameters_of(const Json& setting) {
  static const std::set<std::string> statistics = {
      "operation",           "examples",          "rejected", "output_limit", "shapes", "input", "output",
      "output_by_rank_mean", "output_by_rank_std"};
  ParameterTable table = test::table_of({});
  for (const auto& [name, value] : setting.items()) {
    if (statistics.contains(name)) continue;
    if (value.is_boolean()) {
      table.set(name, value.get<bool>());
    } else if (value.is_number_integer()) {
      table.set(name, value.get<std::int64_t>());
    } else {
      table.set(name, value.get<std::string>());
    }
  }
  return table;
}

double smallest_corrected_probability(const std::vector<StatisticalTest>& tests) {
  double smallest = 1;
  for (const StatisticalTest& test : tests) {
    smallest = std::min(smallest, test.probability * static_cast<double>(tests.size()));
  }
  return smallest;
}

TEST(GeneratorStatistics, EverySettingAgreesWithTheReference) {
  if (!solver_signs_available()) GTEST_SKIP() << "no LAPACK, whose signs the golden statistics have";
  const Json settings = golden_settings();
  ASSERT_GE(settings.size(), 20U);
  const double level = overall_level / static_cast<double>(settings.size());
  for (const Json& setting : settings) {
    const ParameterTable table = parameters_of(setting);
    const auto task = test::plugins().make_task(setting["operation"].get<std::string>(), table);
    const std::vector<StatisticalTest> tests = Comparison(setting, *task).tests();
    std::string name = setting["operation"].get<std::string>();
    for (const auto& [key, entry] : table.entries) name += " " + key + "=" + setting[key].dump();
    for (const StatisticalTest& test : tests) {
      EXPECT_GT(test.probability, level / static_cast<double>(tests.size())) << name << ": " << test.name;
    }
  }
}

Json golden_setting(const std::string& operation, const std::string& generator, const std::string& distribution) {
  for (const Json& setting : golden_settings()) {
    if (setting["operation"] == operation && setting["generator"] == generator &&
        setting.value("eigen_distribution", "") == distribution) {
      return setting;
    }
  }
  throw std::runtime_error("no such setting");
}

/// The tests have the power to tell these from the reference.
TEST(GeneratorStatistics, WrongGeneratorsAreTold) {
  if (!solver_signs_available()) GTEST_SKIP() << "no LAPACK, whose signs the golden statistics have";
  const auto probability = [](const Json& setting, const Task& task) {
    return smallest_corrected_probability(Comparison(setting, task).tests());
  };
  EXPECT_LT(probability(golden_setting("transpose", "gaussian", ""), *test::make_task("transpose")), 1e-9);
  EXPECT_LT(probability(golden_setting("eigenvectors", "uniform", ""),
                        *test::make_task("eigenvectors", {{"signs", std::string("canonical")}})),
            1e-9);
  EXPECT_LT(probability(golden_setting("singularvectors", "uniform", ""),
                        *test::make_task("singularvectors", {{"signs", std::string("canonical")}})),
            1e-9);
  EXPECT_LT(probability(golden_setting("eigenvalues", "gaussian", "laplace"),
                        *test::make_task("eigenvalues", {{"generator", std::string("gaussian")},
                                                         {"eigen_distribution", std::string("gaussian")}})),
            1e-9);
}

}  // namespace
}  // namespace matseq
