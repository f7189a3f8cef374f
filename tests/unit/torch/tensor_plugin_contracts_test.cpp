// Models and optimizers that break their interface's contract, or throw, are named with what they did.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "make_model.h"
#include "matseq/error.h"
#include "training/plugin_factories.h"

namespace matseq {
namespace {

/// A way to be wrong, and what must be said of it.
struct Fault {
  const char* name;
  std::vector<const char*> said;
};

constexpr ModelSetup setup = {.vocabulary_size = 6, .longest_source = 8, .longest_target = 8};

ParameterTable table_of(const std::string& fault) {
  ParameterTable table;
  table.where = "test.toml:1";
  table.set("fault", fault);
  return table;
}

PluginLoader& loader() {
  const std::filesystem::path folder(MATSEQ_TEST_PLUGINS);
  static PluginLoader plugins({folder / "wrong_model", folder / "wrong_optimizer"});
  return plugins;
}

/// Runs `action`, which must end in an Error of one line that says all this, and the file.
template <typename Action>
void expect_said(const Fault& fault, const std::string& file, const Action& action) {
  SCOPED_TRACE(fault.name);
  try {
    action();
    ADD_FAILURE() << "nothing was said";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    EXPECT_EQ(message.find("frame #"), std::string::npos) << message;
    EXPECT_NE(message.find(file), std::string::npos) << message;
    EXPECT_NE(message.find(" 'wrong' "), std::string::npos) << message;
    for (const char* part : fault.said) EXPECT_NE(message.find(part), std::string::npos) << message;
  }
}

std::unique_ptr<Model> make_wrong_model(const std::string& fault) {
  return make_model(loader(), "wrong", table_of(fault), setup);
}

TEST(TensorPluginContracts, AModelIsHeldToItsOwnWhenItIsMade) {
  const std::vector<Fault> faults = {
      {"constructor_throws", {"constructor", "shape '[3]' is invalid"}},
      {"no_parameters", {"no parameters"}},
      {"integer_parameter", {"'n'", "(2) Long"}},
      {"logits_throw", {"logits()", "shape '[3]' is invalid"}},
      {"logits_undefined", {"an undefined tensor from logits()", "(2, 3, 6) floating point"}},
      {"logits_of_all_tokens", {"(2, 4, 6) Float on cpu from logits()", "(2, 3, 6) floating point on cpu"}},
      {"logits_of_few_tokens", {"(2, 3, 3) Float on cpu from logits()", "(2, 3, 6) floating point on cpu"}},
      {"logits_of_integers", {"(2, 3, 6) Long on cpu from logits()"}},
      {"encode_nothing", {"nothing from encode()"}},
      {"score_missing", {"1 cross-entropies", "2 examples"}},
      {"decode_nothing", {"nothing from decode()"}},
      {"step_throws", {"step()", "not a std::exception"}},
      {"step_of_few_tokens", {"(2, 3) Float on cpu from step()", "(2, 6) Float on cpu"}}};
  for (const Fault& fault : faults) {
    expect_said(fault, "matseq_model_wrong.so", [&] { make_wrong_model(fault.name); });
  }
}

TEST(TensorPluginContracts, AModelsLoss) {
  const std::vector<Fault> faults = {{"loss_throws", {"loss()", "no fuel"}},
                                     {"loss_of_each", {"(2) Float on cpu from loss()", "() floating point on cpu"}},
                                     {"loss_undefined", {"an undefined tensor from loss()"}},
                                     {"loss_without_gradients", {"without gradients"}},
                                     {"auxiliary_of_each", {"(2) Float on cpu from loss()"}}};
  const SequenceBatch batch = test::make_batch({{0, 2, 3, 0}}, {{0, 4, 5, 0}});
  for (const Fault& fault : faults) {
    const auto model = make_wrong_model(fault.name);
    expect_said(fault, "matseq_model_wrong.so", [&] { model->loss(batch); });
  }
  const Fault negative = {"negative_operations", {"-1 from operations()"}};
  const auto model = make_wrong_model(negative.name);
  expect_said(negative, "matseq_model_wrong.so", [&] { model->operations(3, 3); });
  EXPECT_TRUE(make_wrong_model("none")->loss(batch).cross_entropy.requires_grad());
}

TEST(TensorPluginContracts, AnOptimizersStateIsLookedAtWhenItIsMade) {
  const auto make = [](const std::string& fault) {
    return make_optimizer(loader(), "wrong", table_of(fault), {{"table", torch::zeros({2, 2})}});
  };
  const std::vector<Fault> faults = {{"state_throws", {"state()", "no fuel"}},
                                     {"undefined", {"undefined tensor 'table/step'"}},
                                     {"twice", {"'table/step' twice"}},
                                     {"of_no_parameter", {"'other/step'", "PARAMETER/QUANTITY"}},
                                     {"of_no_quantity", {"'table'", "PARAMETER/QUANTITY"}},
                                     {"copies", {"other tensors each time"}}};
  for (const Fault& fault : faults) expect_said(fault, "matseq_optimizer_wrong.so", [&] { make(fault.name); });
  const Fault thrown = {"step_throws", {"step()", "shape '[3]' is invalid"}};
  const auto optimizer = make(thrown.name);
  expect_said(thrown, "matseq_optimizer_wrong.so", [&] { optimizer->step(1); });
  EXPECT_EQ(make("none")->state().size(), 1U);
}

}  // namespace
}  // namespace matseq
