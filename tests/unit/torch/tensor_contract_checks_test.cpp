// What `matseq check` says of optimizers and models that break their contract in ways that one call does not show, and
// of matseq's own, which keep to theirs.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "matseq/testing.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

/// A fault, the check that must find it, and what must be said of it.
struct Fault {
  const char* name;
  const char* check;
  std::vector<const char*> said;
};

std::string test_plugin(const std::string& folder, const std::string& file) {
  return (fs::path(MATSEQ_TEST_PLUGINS) / folder / file).string();
}

void expect_found(const std::string& file, const std::vector<Fault>& faults) {
  for (const Fault& fault : faults) {
    SCOPED_TRACE(fault.name);
    const std::string report = testing::broken_contracts(file, {std::string("fault=") + fault.name});
    const std::size_t begin = report.find(std::string(fault.check) + ": ");
    ASSERT_NE(begin, std::string::npos) << "nothing is said of '" << fault.check << "': " << report;
    const std::string line = report.substr(begin, report.find('\n', begin) - begin);
    for (const char* part : fault.said) EXPECT_NE(line.find(part), std::string::npos) << line;
  }
}

TEST(TensorContractChecks, MatseqsOwnPluginsKeepToTheirContracts) {
  int count = 0;
  for (const fs::directory_entry& file : fs::directory_iterator(MATSEQ_PLUGIN_DIR)) {
    const std::string name = file.path().filename().string();
    if (name.find("_optimizer_") == std::string::npos) continue;
    EXPECT_EQ(testing::broken_contracts(file.path().string()), "") << name;
    ++count;
  }
  EXPECT_GE(count, 10);
}

TEST(TensorContractChecks, TheTransformerKeepsToItsContract) {
  const std::string file = (fs::path(MATSEQ_PLUGIN_DIR) / "matseq_model_transformer.so").string();
  const std::vector<std::string> small = {"encoder.width=32", "decoder.width=32", "encoder.layers=2", "encoder.heads=4",
                                          "decoder.heads=4"};
  for (const char* more : {"fused=true", "fused=false", "dropout=0.1", "share_inout_emb=false"}) {
    std::vector<std::string> settings = small;
    settings.emplace_back(more);
    EXPECT_EQ(testing::broken_contracts(file, settings), "") << more;
  }
}

TEST(TensorContractChecks, RightPluginsPass) {
  EXPECT_EQ(testing::broken_contracts(test_plugin("careless_optimizer", "matseq_optimizer_careless.so")), "");
  EXPECT_EQ(testing::broken_contracts(test_plugin("careless_model", "matseq_model_careless.so")), "");
}

TEST(TensorContractChecks, FaultsOfOptimizers) {
  const char* const state = "state restored exactly";
  expect_found(test_plugin("careless_optimizer", "matseq_optimizer_careless.so"),
               {{"hidden_count", state, {"whatever changes from step to step is in state()", "differs by up to"}},
                {"forgets_momentum", state, {"whatever changes from step to step is in state()"}},
                {"late_state", state, {"the constructor makes the whole state"}},
                {"decays_all", "changes what has a gradient", {"'idle.weight', which has no gradient"}},
                {"does_nothing", "changes what has a gradient", {"leaves 'table.weight' as it was"}},
                {"overflows", "changes what has a gradient", {"'table.weight' is not finite"}},
                {"random", "same steps for the same gradients", {"differs by up to"}}});
}

TEST(TensorContractChecks, AnOptimizersLearningRate) {
  const std::string report =
      testing::broken_contracts(test_plugin("integer_rate_optimizer", "matseq_optimizer_careless.so"));
  EXPECT_NE(report.find("schema complete: the parameter 'learning_rate' is not a real number"), std::string::npos)
      << report;
}

TEST(TensorContractChecks, FaultsOfModels) {
  expect_found(test_plugin("careless_model", "matseq_model_careless.so"),
               {{"infinite", "finite values", {"not finite"}},
                {"infinite_gradients", "gradients finite", {"the gradient of 'by_token' is not finite"}},
                {"unused_parameter", "gradients finite", {"'spare' gets no gradient"}},
                {"random", "same logits for the same batch", {"asked for again"}},
                {"own_generator", "same logits for the same batch", {"another model from the same seed"}},
                {"unregistered", "state restored exactly", {"whatever they depend on is registered there"}},
                {"counts_padding", "padding does not count", {"other logits alone than beside longer ones"}},
                {"sees_the_future", "later tokens are not seen", {"foretold from those before it"}},
                {"mean_loss", "loss is a sum over the tokens", {"summed over the predicted tokens"}},
                {"sharp_labels", "loss is a sum over the tokens", {"with label_smoothing = 0.1; they differ"}},
                {"other_gradients", "add_gradients() agrees with loss()", {"'by_token' is another one"}}});
}

TEST(TensorContractChecks, FaultsThatOneCallShows) {
  expect_found(test_plugin("wrong_optimizer", "matseq_optimizer_wrong.so"),
               {{"copies", "names and tensors of the state", {"other tensors each time"}}});
  expect_found(test_plugin("wrong_model", "matseq_model_wrong.so"),
               {{"logits_of_few_tokens", "shapes and types", {"(2, 3, 3) Float"}},
                {"loss_without_gradients", "gradients finite", {"without gradients"}}});
}

}  // namespace
}  // namespace matseq
