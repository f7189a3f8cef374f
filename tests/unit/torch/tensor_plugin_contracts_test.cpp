// Optimizers that break their interface's contract, or throw, are named with what they did.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "matseq/error.h"
#include "training/plugin_factories.h"

namespace matseq {
namespace {

/// A way to be wrong, and what must be said of it.
struct Fault {
  const char* name;
  std::vector<const char*> said;
};

ParameterTable table_of(const std::string& fault) {
  ParameterTable table;
  table.where = "test.toml:1";
  table.set("fault", fault);
  return table;
}

PluginLoader& loader() {
  const std::filesystem::path folder(MATSEQ_TEST_PLUGINS);
  static PluginLoader plugins({folder / "wrong_optimizer"});
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
