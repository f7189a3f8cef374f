#include <gtest/gtest.h>

#include "matseq/error.h"
#include "run/flat_settings.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

TEST(FlatSettings, AreEveryValueAsTomlWritesIt) {
  const TemporaryFolder folder;
  write_file(folder / "config.toml",
             "[optimizer]\nplugin = \"adam\"\nlearning_rate = 0.0005\neps = 1e-08\nbeta = 1.0\nsteps = 3\non = true\n"
             "[encoding]\ninput = { plugin = 'positional', base = 10 }\n[evaluation]\ntolerances = [0.05, 0.01]\n"
             "[task]\neigen_distribution = [\"laplace\", \"uniform\"]\n");
  const FlatSettings expected = {{"optimizer.learning_rate", "0.0005"},
                                 {"optimizer.eps", "1e-08"},
                                 {"optimizer.beta", "1.0"},
                                 {"optimizer.steps", "3"},
                                 {"optimizer.on", "true"},
                                 {"encoding.input.base", "10"},
                                 {"evaluation.tolerances", "[0.05, 0.01]"}};
  const FlatSettings settings = read_flat_settings(folder / "config.toml");
  for (const auto& [key, text] : expected) EXPECT_EQ(settings.at(key), text) << key;
  EXPECT_EQ(setting_text(settings, "optimizer.plugin"), "adam");
  EXPECT_EQ(setting_text(settings, "encoding.input.plugin"), "positional");
  EXPECT_EQ(setting_text(settings, "task.plugin"), "");
}

TEST(FlatSettings, RefuseWhatIsNoToml) {
  const TemporaryFolder folder;
  write_file(folder / "config.toml", "[");
  EXPECT_THROW(read_flat_settings(folder / "config.toml"), Error);
  EXPECT_THROW(read_flat_settings(folder / "none.toml"), Error);
}

}  // namespace
}  // namespace matseq
