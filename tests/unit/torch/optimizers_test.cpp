// What every optimizer plugin must do, and the fused Adam against its formula.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "make_model.h"
#include "matseq/error.h"
#include "training/parameter_roles.h"
#include "training/plugin_factories.h"

namespace matseq {
namespace {

constexpr double rate = 0.01;

ParameterTable table_of(std::initializer_list<std::pair<std::string, ParameterValue>> entries) {
  ParameterTable table;
  table.where = "test.toml:1";
  table.prefix = "optimizer";
  for (const auto& [key, value] : entries) table.set(key, value);
  return table;
}

PluginLoader& loader() {
  static PluginLoader plugins({MATSEQ_PLUGIN_DIR});
  return plugins;
}

/// A small model's parameters: a hidden weight, an embedding, a bias and one that never gets a gradient.
struct Subject {
  explicit Subject(torch::ScalarType type) {
    torch::manual_seed(1);
    for (const auto& [name, shape] : std::vector<std::pair<std::string, std::vector<std::int64_t>>>{
             {"layer.weight", {6, 9}}, {"embeddings.weight", {11, 6}}, {"layer.bias", {7}}, {"unused", {3, 4}}}) {
      const bool table = name.starts_with("embeddings");
      trained.push_back(
          {name, torch::randn(shape, type).requires_grad_(), table ? ParameterRole::embedding : ParameterRole::matrix});
    }
  }

  /// Gradients that depend on the update only.
  void set_gradients(int update) {
    torch::manual_seed(static_cast<std::uint64_t>(100 + update));
    for (std::size_t i = 0; i + 1 < trained.size(); ++i) {
      trained[i].tensor.mutable_grad() = torch::randn_like(trained[i].tensor.detach());
    }
  }

  void take_steps(Optimizer& optimizer, int first, int last) {
    const torch::NoGradGuard no_gradients;
    for (int update = first; update < last; ++update) {
      set_gradients(update);
      optimizer.step(rate / (1 + update));
    }
  }

  std::vector<TrainedTensor> trained;
};

template <typename Tensors>
void expect_same_bits(const Tensors& left, const Tensors& right) {
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    EXPECT_EQ(left[i].name, right[i].name);
    EXPECT_TRUE(torch::equal(left[i].tensor, right[i].tensor)) << left[i].name;
  }
}

struct Choice {
  std::string label;
  std::string plugin;
  ParameterTable table;
};

void PrintTo(const Choice& choice, std::ostream* stream) { *stream << choice.label; }

std::vector<Choice> choices() {
  return {
      {"adam", "adam", table_of({{"weight_decay", 0.1}})},
      {"adamw", "adamw", {}},
      {"muon", "muon", {}},
      {"sgd", "sgd", {}},
      {"sgd_momentum", "sgd", table_of({{"momentum", 0.9}, {"dampening", 0.2}, {"weight_decay", 0.1}})},
      {"sgd_nesterov", "sgd", table_of({{"momentum", 0.9}, {"nesterov", true}})},
      {"adagrad", "adagrad", table_of({{"lr_decay", 0.1}, {"initial_accumulator_value", 0.5}})},
      {"adadelta", "adadelta", {}},
      {"adamax", "adamax", {}},
      {"asgd", "asgd", table_of({{"t0", 2.0}, {"lambd", 0.1}})},
      {"rmsprop", "rmsprop", {}},
      {"rmsprop_all", "rmsprop", table_of({{"momentum", 0.9}, {"centered", true}})},
      {"rprop", "rprop", table_of({{"weight_decay", 0.1}})},
  };
}

class EveryOptimizer : public testing::TestWithParam<Choice> {
 protected:
  static std::unique_ptr<Optimizer> make(const Subject& subject) {
    return make_optimizer(loader(), GetParam().plugin, GetParam().table, subject.trained);
  }
};

TEST_P(EveryOptimizer, ContinuesExactlyFromItsState) {
  Subject whole(torch::kFloat32);
  const auto uninterrupted = make(whole);
  whole.take_steps(*uninterrupted, 0, 4);

  Subject resumed(torch::kFloat32);
  const auto restored = make(resumed);
  const std::vector<NamedTensor> saved = uninterrupted->state();
  const std::vector<NamedTensor> fresh = restored->state();
  {
    const torch::NoGradGuard no_gradients;
    ASSERT_EQ(fresh.size(), saved.size());
    for (std::size_t i = 0; i < saved.size(); ++i) fresh[i].tensor.copy_(saved[i].tensor);
    for (std::size_t i = 0; i < whole.trained.size(); ++i) {
      resumed.trained[i].tensor.copy_(whole.trained[i].tensor);
    }
  }
  whole.take_steps(*uninterrupted, 4, 8);
  resumed.take_steps(*restored, 4, 8);
  expect_same_bits(whole.trained, resumed.trained);
  expect_same_bits(uninterrupted->state(), restored->state());
}

TEST_P(EveryOptimizer, LeavesParametersWithoutGradientsAlone) {
  Subject subject(torch::kFloat32);
  const auto optimizer = make(subject);
  const torch::Tensor before = subject.trained.back().tensor.detach().clone();
  const torch::Tensor trained_before = subject.trained.front().tensor.detach().clone();
  subject.take_steps(*optimizer, 0, 3);
  EXPECT_TRUE(torch::equal(subject.trained.back().tensor, before));
  EXPECT_FALSE(torch::equal(subject.trained.front().tensor, trained_before));
  for (const NamedTensor& entry : optimizer->state()) {
    if (!entry.name.ends_with("/step")) continue;
    EXPECT_EQ(entry.tensor.item<std::int64_t>(), entry.name == "unused/step" ? 0 : 3) << entry.name;
  }
}

TEST_P(EveryOptimizer, KeepsItsStateInPlaceAndGradientsUnchanged) {
  Subject subject(torch::kFloat32);
  const auto optimizer = make(subject);
  const std::vector<NamedTensor> state = optimizer->state();
  subject.set_gradients(0);
  const torch::Tensor gradient = subject.trained.front().tensor.grad().clone();
  {
    const torch::NoGradGuard no_gradients;
    optimizer->step(rate);
  }
  EXPECT_TRUE(torch::equal(subject.trained.front().tensor.grad(), gradient));
  const std::vector<NamedTensor> after = optimizer->state();
  ASSERT_EQ(after.size(), state.size());
  for (std::size_t i = 0; i < state.size(); ++i) {
    EXPECT_TRUE(after[i].tensor.is_same(state[i].tensor)) << after[i].name;
    EXPECT_TRUE(after[i].name.starts_with("layer.") || after[i].name.starts_with("embeddings.weight/") ||
                after[i].name.starts_with("unused/"))
        << after[i].name;
  }
}

TEST_P(EveryOptimizer, ReducesALoss) {
  torch::manual_seed(3);
  const torch::Tensor solution = torch::randn({6, 9});
  const torch::Tensor weight = torch::zeros({6, 9}).requires_grad_();
  const auto optimizer = make_optimizer(loader(), GetParam().plugin, GetParam().table, {{"layer.weight", weight}});
  const double before = solution.square().mean().item<double>();
  const double schedule_rate = GetParam().plugin == "adadelta" ? 1.0 : 0.05;
  double after = before;
  for (int update = 0; update < 60; ++update) {
    weight.mutable_grad() = torch::Tensor();
    const torch::Tensor loss = (weight - solution).square().mean();
    loss.backward();
    after = loss.item<double>();
    const torch::NoGradGuard no_gradients;
    optimizer->step(schedule_rate);
  }
  EXPECT_LT(after, before);
}

INSTANTIATE_TEST_SUITE_P(Unit, EveryOptimizer, testing::ValuesIn(choices()),
                         [](const auto& choice) { return choice.param.label; });

/// Adam by tensor operations in float64, straight from the formula of section 5.
struct PlainAdam {
  torch::Tensor parameter;
  torch::Tensor mean = torch::zeros_like(parameter);
  torch::Tensor mean_square = torch::zeros_like(parameter);
  int count = 0;

  void step(const torch::Tensor& gradient, double decay, bool corrected_epsilon) {
    const double beta1 = 0.9;
    const double beta2 = 0.999;
    ++count;
    mean = beta1 * mean + (1 - beta1) * gradient;
    mean_square = beta2 * mean_square + (1 - beta2) * gradient * gradient;
    parameter = parameter - decay * rate * parameter;
    const double correction1 = 1 - std::pow(beta1, count);
    const double correction2 = 1 - std::pow(beta2, count);
    if (corrected_epsilon) {
      parameter = parameter - rate * (mean / correction1) / ((mean_square / correction2).sqrt() + 1e-8);
    } else {
      parameter = parameter - rate * std::sqrt(correction2) / correction1 * mean / (mean_square.sqrt() + 1e-8);
    }
  }
};

struct FusedCase {
  const char* plugin;
  bool corrected_epsilon;
};

void PrintTo(const FusedCase& fused, std::ostream* stream) { *stream << fused.plugin; }

class FusedAdam : public testing::TestWithParam<FusedCase> {};

TEST_P(FusedAdam, AgreesWithTheFormulaInEveryLayoutAndType) {
  for (const auto type : {torch::kFloat32, torch::kFloat64, torch::kBFloat16}) {
    for (const bool transposed : {false, true}) {
      torch::manual_seed(5);
      const torch::Tensor start = torch::randn({70, 1031}, torch::kFloat64);  // more than two chunks, no round size
      torch::Tensor parameter = (transposed ? start.t() : start).to(type);
      parameter.requires_grad_();
      PlainAdam plain{parameter.detach().to(torch::kFloat64)};
      const auto adam =
          make_optimizer(loader(), GetParam().plugin, table_of({{"weight_decay", 0.1}}), {{"p", parameter}});
      for (int update = 0; update < 5; ++update) {
        // Gradients of epsilon's order too, so that its place shows.
        const torch::Tensor gradient = torch::randn_like(parameter.detach()) * std::pow(10.0, -2 * update);
        parameter.mutable_grad() = gradient;
        plain.step(gradient.to(torch::kFloat64), 0.1, GetParam().corrected_epsilon);
        const torch::NoGradGuard no_gradients;
        adam->step(rate);
      }
      const double tolerance = type == torch::kFloat64 ? 1e-13 : type == torch::kFloat32 ? 3e-6 : 0.1;
      const double error = (parameter.detach().to(torch::kFloat64) - plain.parameter).abs().max().item<double>();
      EXPECT_LT(error, tolerance) << type << (transposed ? " transposed" : "");
    }
  }
}

TEST_P(FusedAdam, SeesWhereEpsilonStands) {
  torch::Tensor parameter = torch::ones({4}, torch::kFloat64).requires_grad_();
  PlainAdam plain{parameter.detach()};
  const auto adam = make_optimizer(loader(), GetParam().plugin, table_of({{"weight_decay", 0.0}}), {{"p", parameter}});
  parameter.mutable_grad() = torch::full({4}, 1e-8, torch::kFloat64);
  plain.step(parameter.grad(), 0, GetParam().corrected_epsilon);
  {
    const torch::NoGradGuard no_gradients;
    adam->step(rate);
  }
  EXPECT_TRUE(torch::allclose(parameter.detach(), plain.parameter, 0, 1e-12));
  EXPECT_FALSE(torch::allclose(parameter.detach(), torch::full({4}, 1 - rate, torch::kFloat64), 0, 1e-4));
}

TEST_P(FusedAdam, HasTheSameBitsOnAnyNumberOfThreads) {
  const int threads = torch::get_num_threads();
  std::vector<torch::Tensor> results;
  for (const int count : {1, 2, 3}) {
    torch::set_num_threads(count);
    torch::manual_seed(6);
    std::vector<TrainedTensor> trained = {{"large", torch::randn({333, 1001}).requires_grad_()},
                                          {"small", torch::randn({5}).requires_grad_()}};
    const auto adam = make_optimizer(loader(), GetParam().plugin, {}, trained);
    for (int update = 0; update < 3; ++update) {
      for (TrainedTensor& entry : trained) entry.tensor.mutable_grad() = torch::randn_like(entry.tensor.detach());
      const torch::NoGradGuard no_gradients;
      adam->step(rate);
    }
    results.push_back(torch::cat({trained[0].tensor.detach().flatten(), trained[1].tensor.detach()}));
  }
  torch::set_num_threads(threads);
  EXPECT_TRUE(torch::equal(results[0], results[1]));
  EXPECT_TRUE(torch::equal(results[0], results[2]));
}

INSTANTIATE_TEST_SUITE_P(Unit, FusedAdam, testing::Values(FusedCase{"adam", false}, FusedCase{"adamw", true}),
                         [](const auto& fused) { return fused.param.plugin; });

TEST(Muon, MakesUpdatesOfHiddenWeightsNearlyOrthogonal) {
  torch::manual_seed(7);
  const std::vector<std::vector<std::int64_t>> shapes = {{20, 50}, {50, 20}, {32, 32}};
  for (const auto& shape : shapes) {
    const torch::Tensor weight = torch::zeros(shape).requires_grad_();
    weight.mutable_grad() = torch::randn(shape);
    const auto muon = make_optimizer(loader(), "muon", {}, {{"layer.weight", weight}});
    const torch::NoGradGuard no_gradients;
    muon->step(rate);
    const torch::Tensor values =
        torch::linalg_svdvals(weight) / (rate * 0.2 * std::sqrt(static_cast<double>(std::max(shape[0], shape[1]))));
    EXPECT_LT(values.max().item<double>(), 1.3);
    EXPECT_GT(values.median().item<double>(), 0.6);
    // It turns the weight against the gradient.
    EXPECT_LT((weight * weight.grad()).sum().item<double>(), 0);
  }
}

TEST(Muon, LeavesEmbeddingsVectorsAndTheOutputToAdam) {
  const auto trained = [](const char* name, const std::vector<std::int64_t>& shape, ParameterRole role) {
    return TrainedTensor{name, torch::ones(shape).requires_grad_(), role};
  };
  const std::vector<TrainedTensor> parameters = {
      trained("tokens", {3, 4}, ParameterRole::embedding), trained("last", {3, 4}, ParameterRole::output),
      trained("last bias", {3}, ParameterRole::bias_or_gain), trained("hidden", {3, 4}, ParameterRole::matrix),
      trained("convolution", {3, 4, 5}, ParameterRole::matrix)};
  const auto with_momentum = [](const Optimizer& muon) {
    std::vector<std::string> names;
    for (const NamedTensor& entry : muon.state()) {
      if (entry.name.ends_with("/momentum_buffer")) names.push_back(entry.name);
    }
    return names;
  };
  const auto muon = make_optimizer(loader(), "muon", {}, parameters);
  EXPECT_EQ(with_momentum(*muon), std::vector<std::string>{"hidden/momentum_buffer"});
  EXPECT_EQ(muon->state().size(), 2U + 4U * 3U);
  const auto none =
      make_optimizer(loader(), "muon", table_of({{"adam_names", std::vector<std::string>{"hid"}}}), parameters);
  EXPECT_TRUE(with_momentum(*none).empty());
}

std::map<std::string, ParameterRole> roles(Model& model, std::int64_t vocabulary_size) {
  std::map<std::string, ParameterRole> result;
  for (const TrainedTensor& trained : parameters_to_train(model, vocabulary_size)) result[trained.name] = trained.role;
  return result;
}

TEST(ParameterRoles, AreWhatTheModelSays) {
  const auto model = test::make_transformer({.vocabulary_size = 12, .longest_source = 8, .longest_target = 8},
                                            {{"encoder.layers", std::int64_t{1}},
                                             {"encoder.width", std::int64_t{12}},
                                             {"encoder.heads", std::int64_t{2}},
                                             {"decoder.width", std::int64_t{8}},
                                             {"decoder.heads", std::int64_t{2}},
                                             {"share_inout_emb", false}});
  const auto found = roles(*model, 12);
  EXPECT_EQ(found.at("encoder.position_embeddings.weight"), ParameterRole::embedding);
  EXPECT_EQ(found.at("decoder.embeddings.weight"), ParameterRole::embedding);
  EXPECT_EQ(found.at("decoder.proj.weight"), ParameterRole::output);
  EXPECT_EQ(found.at("decoder.proj.bias"), ParameterRole::bias_or_gain);
  EXPECT_EQ(found.at("encoder.layers.0.layer_norm1.weight"), ParameterRole::bias_or_gain);
  EXPECT_EQ(found.at("encoder.layers.0.ffn.lin1.weight"), ParameterRole::matrix);
}

TEST(ParameterRoles, FollowFromModulesAndShapesOtherwise) {
  class Plain : public Model {
   public:
    Plain() {
      module_.register_module("table", torch::nn::Embedding(12, 8));
      module_.register_module("hidden", torch::nn::Linear(8, 8));
      module_.register_module("last", torch::nn::Linear(8, 12));
    }
    torch::nn::Module& module() override { return module_; }
    torch::Tensor logits(const SequenceBatch&) override { throw Error("not needed"); }

   private:
    torch::nn::Module module_;
  } model;
  EXPECT_EQ(roles(model, 12), (std::map<std::string, ParameterRole>{{"table.weight", ParameterRole::embedding},
                                                                    {"hidden.weight", ParameterRole::matrix},
                                                                    {"hidden.bias", ParameterRole::bias_or_gain},
                                                                    {"last.weight", ParameterRole::output},
                                                                    {"last.bias", ParameterRole::bias_or_gain}}));
}

TEST(Optimizers, RefuseContradictions) {
  const std::vector<TrainedTensor> trained = {{"p", torch::zeros({2}).requires_grad_()}};
  const auto make = [&](const char* plugin, std::initializer_list<std::pair<std::string, ParameterValue>> entries) {
    return make_optimizer(loader(), plugin, table_of(entries), trained);
  };
  EXPECT_THROW(make("sgd", {{"nesterov", true}}), Error);
  EXPECT_THROW(make("sgd", {{"nesterov", true}, {"momentum", 0.9}, {"dampening", 0.1}}), Error);
  EXPECT_THROW(make("adam", {{"beta1", 1.0}}), Error);
  EXPECT_THROW(make("adamax", {{"beta2", 1.0}}), Error);
  EXPECT_THROW(make("rprop", {{"etas", std::vector<double>{1.2, 0.5}}}), Error);
  EXPECT_THROW(make("rprop", {{"etas", std::vector<double>{0.5}}}), Error);
  EXPECT_THROW(make("rprop", {{"step_sizes", std::vector<double>{5, 1}}}), Error);
  EXPECT_THROW(make("adam", {{"learning_rate", -1.0}}), Error);
}

}  // namespace
}  // namespace matseq
