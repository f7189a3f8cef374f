// The optimizers and schedules against trajectories of the reference (section 5): a least-squares problem in float64.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "reference/optimizer_spec.h"
#include "training/plugin_factories.h"

namespace matseq {
namespace {

struct GoldenCase {
  std::string spec;
  nlohmann::json rates;       // of each update
  nlohmann::json trajectory;  // parameters after some updates
};

void PrintTo(const GoldenCase& golden, std::ostream* stream) { *stream << golden.spec; }

std::vector<GoldenCase> golden_cases() {
  std::ifstream file(std::string(MATSEQ_TEST_DATA) + "/golden/optimizers.json");
  const nlohmann::json content = nlohmann::json::parse(file);
  std::vector<GoldenCase> cases;
  for (const nlohmann::json& golden : content.at("cases")) {
    cases.push_back({golden.at("spec"), golden.at("lr_at_each_update"), golden.at("trajectory")});
  }
  return cases;
}

/// mean((X W^T + b - Y)^2) and its parameters.
struct LeastSquares {
  torch::Tensor w = torch::linspace(-1, 1, 6, torch::kFloat64).view({2, 3}).requires_grad_();
  torch::Tensor b = torch::tensor({0.5, -0.25}, torch::kFloat64).requires_grad_();
  torch::Tensor x = torch::arange(12, torch::kFloat64).view({4, 3}) / 7 - 0.8;
  torch::Tensor y = torch::tensor({1.0, 0.0, 0.0, 1.0, 0.5, -0.5, 2.0, 1.0}, torch::kFloat64).view({4, 2});

  double backward() const {
    w.mutable_grad() = torch::Tensor();
    b.mutable_grad() = torch::Tensor();
    const torch::Tensor loss = (torch::matmul(x, w.t()) + b - y).square().mean();
    loss.backward();
    return loss.item<double>();
  }
};

void expect_near(const torch::Tensor& tensor, const nlohmann::json& expected, double tolerance) {
  const std::vector<double> values = expected;
  const torch::Tensor flat = tensor.detach().flatten();
  ASSERT_EQ(flat.numel(), static_cast<std::int64_t>(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_NEAR(flat[static_cast<std::int64_t>(i)].item<double>(), values[i], tolerance * std::abs(values[i]));
  }
}

class Trajectory : public testing::TestWithParam<GoldenCase> {};

TEST_P(Trajectory, IsTheReferences) {
  const GoldenCase& golden = GetParam();
  const OptimizerSpec spec = parse_optimizer_spec(golden.spec, "optimizers.json");
  // The reference keeps the step size of asgd in float32.
  const double tolerance = spec.optimizer == "asgd" ? 1e-7 : 1e-9;

  PluginLoader loader({MATSEQ_PLUGIN_DIR});
  const LeastSquares problem;
  const auto optimizer =
      make_optimizer(loader, spec.optimizer, spec.optimizer_table, {{"w", problem.w}, {"b", problem.b}});
  const auto schedule = loader.make_schedule(spec.schedule, spec.schedule_table);
  const double base_rate =
      Parameters::check(loader.schema(PluginKind::optimizer, spec.optimizer), spec.optimizer_table, spec.optimizer)
          .real("learning_rate");

  const std::vector<double> rates = golden.rates;
  std::map<std::size_t, nlohmann::json> expected;
  for (const nlohmann::json& point : golden.trajectory) expected[point.at("after_update")] = point;
  std::size_t compared = 0;
  for (std::size_t update = 0; update < rates.size(); ++update) {
    const double rate = schedule->rate(static_cast<std::int64_t>(update), base_rate);
    EXPECT_NEAR(rate, rates[update], 1e-12 * rates[update]) << "update " << update;
    const double loss = problem.backward();
    {
      const torch::NoGradGuard no_gradients;
      optimizer->step(rate);
    }
    const auto point = expected.find(update + 1);
    if (point == expected.end()) continue;
    const double expected_loss = point->second.at("loss_before");
    EXPECT_NEAR(loss, expected_loss, 2 * tolerance * expected_loss);
    expect_near(problem.w, point->second.at("w"), tolerance);
    expect_near(problem.b, point->second.at("b"), tolerance);
    ++compared;
  }
  EXPECT_EQ(compared, expected.size());
  EXPECT_GT(compared, 0U);
}

std::string case_name(const testing::TestParamInfo<GoldenCase>& info) {
  const std::string& spec = info.param.spec;
  return std::to_string(info.index) + "_" + spec.substr(0, spec.find(','));
}

INSTANTIATE_TEST_SUITE_P(Golden, Trajectory, testing::ValuesIn(golden_cases()), case_name);

}  // namespace
}  // namespace matseq
