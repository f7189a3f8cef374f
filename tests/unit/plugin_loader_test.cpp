// Finding plugins, and refusing what is none: every message names the file and the reason.
#include "plugins/plugin_loader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "matseq/error.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

constexpr const char* trial_file = "matseq_task_trial.so";

fs::path case_folder(const std::string& name) { return fs::path(MATSEQ_TEST_PLUGINS) / name; }

std::string file_of(const std::string& name) { return (case_folder(name) / trial_file).string(); }

/// The message of the Error that `action` throws.
template <typename Action>
std::string message_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

void expect_says(const std::string& message, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) {
    EXPECT_NE(message.find(part), std::string::npos) << "'" << part << "' is not in: " << message;
  }
}

/// What making the task "trial" from a case's folder says.
std::string refusal(const fs::path& folder, const ParameterTable& table = {}) {
  PluginLoader loader({folder});
  return message_of([&] { loader.make_task("trial", table); });
}

class PluginLoaderTest : public ::testing::Test {
 protected:
  PluginLoaderTest() : folder_(fs::temp_directory_path() / ("matseq_plugins_" + std::to_string(getpid()))) {
    unsetenv("MATSEQ_PLUGIN_PATH");
    fs::create_directories(folder_);
  }
  ~PluginLoaderTest() override {
    unsetenv("MATSEQ_PLUGIN_PATH");
    fs::remove_all(folder_);
  }

  fs::path copy(const std::string& name, const fs::path& to) const {
    fs::create_directories((folder_ / to).parent_path());
    fs::copy_file(file_of(name), folder_ / to);
    return folder_ / to;
  }

  fs::path folder_;
};

TEST_F(PluginLoaderTest, MakesATaskFromPluginPath) {
  PluginLoader loader({case_folder("good")});
  const PluginLibrary& library = loader.library(PluginKind::task, "trial");
  EXPECT_EQ(library.version, "1.2.3");
  EXPECT_EQ(library.description, "A plugin for tests");
  EXPECT_EQ(library.schema.size(), 2U);
  EXPECT_EQ(fs::path(library.file), fs::path(file_of("good")));

  const std::unique_ptr<Task> task = loader.make_task("trial", {});
  RandomStream random(1, 0);
  Example example;
  EXPECT_TRUE(task->draw(random, example));
  EXPECT_EQ(example.target.size(), 1U);
}

TEST_F(PluginLoaderTest, ObjectsOutliveTheLoader) {
  std::unique_ptr<Task> task;
  {
    PluginLoader loader({case_folder("good")});
    task = loader.make_task("trial", {});
  }
  EXPECT_TRUE(task->codes().empty());
}

TEST_F(PluginLoaderTest, SearchPathTakesEnvironmentFoldersAndSingleLibraries) {
  setenv("MATSEQ_PLUGIN_PATH", (":/nowhere:" + case_folder("good").string()).c_str(), 1);
  EXPECT_NO_THROW(PluginLoader().make_task("trial", {}));
  setenv("MATSEQ_PLUGIN_PATH", file_of("good").c_str(), 1);
  EXPECT_NO_THROW(PluginLoader().make_task("trial", {}));
}

TEST_F(PluginLoaderTest, FindsAPluginInAFileOfAnotherName) {
  copy("good", "anything.so");
  EXPECT_NO_THROW(PluginLoader({folder_}).make_task("trial", {}));
  EXPECT_NO_THROW(PluginLoader({folder_ / "anything.so"}).make_task("trial", {}));
}

TEST_F(PluginLoaderTest, TheInstallationsFolderIsBesideTheLibrary) {
  ASSERT_EQ(installed_plugin_folders().size(), 1U);
  EXPECT_EQ(fs::weakly_canonical(installed_plugin_folders().back()), fs::weakly_canonical(MATSEQ_PLUGIN_DIR));
}

TEST_F(PluginLoaderTest, RefusesAMissingPluginPath) {
  expect_says(message_of([] { PluginLoader({"/nowhere/at/all"}); }), {"plugin_path", "/nowhere/at/all"});
}

TEST_F(PluginLoaderTest, AMissingPluginSaysWhereItLookedAndWhatIsNear) {
  PluginLoader loader({case_folder("good")});
  expect_says(message_of([&] { loader.make_task("trail", {}); }),
              {"no task plugin 'trail'", "'trial'", "matseq_task_trail.so", case_folder("good").string()});
  expect_says(message_of([&] { loader.make_encoder("trial", {}); }), {"no encoder plugin 'trial'"});
}

TEST_F(PluginLoaderTest, RefusesAnotherAbiVersion) {
  expect_says(refusal(case_folder("wrong_abi")),
              {file_of("wrong_abi"), "version 999", "version " + std::to_string(abi_version)});
}

TEST_F(PluginLoaderTest, RefusesALibraryThatIsNoPlugin) {
  expect_says(refusal(case_folder("no_descriptor")), {file_of("no_descriptor"), "not a matseq plugin"});
}

TEST_F(PluginLoaderTest, RefusesATextFile) {
  std::ofstream(folder_ / trial_file) << "not a library\n";
  expect_says(refusal(folder_), {(folder_ / trial_file).string(), "cannot be loaded"});
}

TEST_F(PluginLoaderTest, RefusesAnotherToolchain) {
  expect_says(refusal(case_folder("wrong_toolchain")), {file_of("wrong_toolchain"), "cxx11-abi=7", Task::toolchain});
  expect_says(refusal(case_folder("debug_containers")),
              {file_of("debug_containers"), "_GLIBCXX_DEBUG", "', this matseq with '", Task::toolchain});
  expect_says(refusal(case_folder("another_size")), {file_of("another_size"), "matseq::Matrix"});
}

/// What opening the first `size` bytes of a plugin, changed by `change`, says.
class DamagedPluginTest : public PluginLoaderTest {
 protected:
  DamagedPluginTest() {
    std::ifstream file(file_of("good"), std::ios::binary);
    whole_.assign(std::istreambuf_iterator<char>(file), {});
  }

  std::string opened(const std::string& bytes) const {
    const fs::path file = folder_ / trial_file;
    std::ofstream(file, std::ios::binary) << bytes;
    return message_of([&] { open_plugin(file); });
  }

  std::string whole_;
};

TEST_F(DamagedPluginTest, IsRefusedWhereverItEnds) {
  ASSERT_GT(whole_.size(), 4096U);
  for (std::size_t size = 0; size < whole_.size(); size += 1 + whole_.size() / 211) {
    expect_says(opened(whole_.substr(0, size)), {(folder_ / trial_file).string(), "cannot be loaded"});
  }
  expect_says(opened(whole_.substr(0, whole_.size() - 1)), {"truncated or damaged"});
}

TEST_F(DamagedPluginTest, IsRefusedWhenItsEndIsZeros) {
  for (const std::size_t kept : {whole_.size() / 4, whole_.size() / 2}) {
    std::string bytes = whole_.substr(0, kept);
    bytes.resize(whole_.size());
    expect_says(opened(bytes), {"truncated or damaged"});
  }
}

TEST_F(DamagedPluginTest, IsRefusedWhenItsHeadersLeadOutOfIt) {
  // Offsets of the ELF header and, behind it, of the first segments; see elf(5).
  struct Field {
    std::size_t offset;
    std::size_t size;
  };
  for (const Field& field :
       std::vector<Field>{{0x20, 8}, {0x28, 8}, {0x36, 2}, {0x38, 2}, {0x3a, 2}, {0x3c, 2}, {0x48, 8}, {0x60, 8}}) {
    std::string bytes = whole_;
    bytes[field.offset + field.size - 1] = '\x7f';  // beyond the end of a file of any size
    expect_says(opened(bytes), {"truncated or damaged"});
  }
}

TEST_F(DamagedPluginTest, IsRefusedWhenItIsForAnotherMachine) {
  std::string bytes = whole_;
  bytes[0x12] = '\x28';  // ARM of 32 bits
  expect_says(opened(bytes), {"another kind of machine"});
  bytes = whole_;
  bytes[0x10] = 1;  // an object file
  expect_says(opened(bytes), {"not a shared library"});
}

TEST_F(DamagedPluginTest, TheInventoryGoesOn) {
  std::ofstream(folder_ / "matseq_task_damaged.so", std::ios::binary) << whole_.substr(0, whole_.size() / 2);
  const PluginLoader::Inventory all = PluginLoader({folder_}).inventory();
  ASSERT_EQ(all.failures.size(), 1U);
  expect_says(all.failures.front(), {"matseq_task_damaged.so", "truncated or damaged"});
  EXPECT_FALSE(all.plugins.empty());
}

TEST_F(PluginLoaderTest, RefusesADescriptorThatIsWrong) {
  expect_says(refusal(case_folder("wrong_kind")), {file_of("wrong_kind"), "kind 77"});
  expect_says(refusal(case_folder("no_name")), {file_of("no_name"), "no name"});
  expect_says(refusal(case_folder("unprintable_version")), {file_of("unprintable_version"), "unprintable"});
  expect_says(refusal(case_folder("no_schema")), {file_of("no_schema"), "no schema"});
}

TEST_F(PluginLoaderTest, RefusesASchemaThatIsWrong) {
  expect_says(refusal(case_folder("schema_throws")), {file_of("schema_throws"), "schema"});
  expect_says(refusal(case_folder("default_out_of_range")), {file_of("default_out_of_range"), "steps"});
  expect_says(refusal(case_folder("parameter_twice")), {file_of("parameter_twice"), "'steps' twice"});
  expect_says(refusal(case_folder("parameter_name")), {file_of("parameter_name"), "'Two Words'"});
}

TEST_F(PluginLoaderTest, AFactoryMayThrowAnything) {
  expect_says(refusal(case_folder("throws_exception")), {file_of("throws_exception"), "task 'trial'", "no fuel"});
  expect_says(refusal(case_folder("throws_int")), {file_of("throws_int"), "not a std::exception"});
}

TEST_F(PluginLoaderTest, RefusesAFactoryThatReturnsNothing) {
  expect_says(refusal(case_folder("returns_nothing")), {file_of("returns_nothing"), "returned nothing"});
}

TEST_F(PluginLoaderTest, RefusesTheSamePluginInTwoFiles) {
  const fs::path first = copy("good", fs::path("first") / trial_file);
  const fs::path second = copy("good", fs::path("second") / "other.so");
  PluginLoader loader({first.parent_path(), second.parent_path()});
  expect_says(message_of([&] { loader.make_task("trial", {}); }), {"task 'trial'", first.string(), second.string()});
}

TEST_F(PluginLoaderTest, TheSameFolderTwiceIsNoClash) {
  setenv("MATSEQ_PLUGIN_PATH", (case_folder("good") / "..").append("good").c_str(), 1);
  EXPECT_NO_THROW(PluginLoader({case_folder("good"), file_of("good")}).library(PluginKind::task, "trial"));
}

TEST_F(PluginLoaderTest, RefusesAFileWhoseNameLies) {
  const fs::path file = copy("good", "matseq_task_other.so");
  PluginLoader loader({folder_});
  expect_says(message_of([&] { loader.make_task("other", {}); }), {file.string(), "task 'other'", "task 'trial'"});
}

TEST_F(PluginLoaderTest, ChecksTheTableAgainstTheSchema) {
  ParameterTable table;
  table.where = "trial.toml:3";
  table.prefix = "task";
  table.set("steps", std::int64_t{0});
  expect_says(refusal(case_folder("good"), table), {"trial.toml:3", "steps"});
  table.entries.clear();
  table.set("stpes", std::int64_t{1});
  expect_says(refusal(case_folder("good"), table), {"stpes", "'steps'"});
}

TEST_F(PluginLoaderTest, TheInventoryListsPluginsAndWhatIsNone) {
  copy("good", trial_file);
  copy("wrong_abi", "old.so");
  copy("no_descriptor", "library.so");
  std::ofstream(folder_ / "text.so") << "not a library\n";
  std::ofstream(folder_ / "README.md") << "not even named like one\n";
  const PluginLoader::Inventory all = PluginLoader({folder_}).inventory();
  EXPECT_EQ(all.failures.size(), 3U);
  bool found = false;
  for (const PluginLibrary& plugin : all.plugins) found = found || plugin.name == "trial";
  EXPECT_TRUE(found);
}

TEST_F(PluginLoaderTest, EveryShippedPluginIsSound) {
  const PluginLoader::Inventory all = PluginLoader().inventory();
  EXPECT_GE(all.plugins.size(), 11U);
  EXPECT_TRUE(all.failures.empty()) << all.failures.front();
  for (const PluginLibrary& plugin : all.plugins) {
    EXPECT_FALSE(plugin.description.empty()) << plugin.title();
    for (const Parameter& parameter : plugin.schema) {
      EXPECT_FALSE(parameter.doc.empty()) << plugin.title() << ": " << parameter.name;
    }
  }
}

}  // namespace
}  // namespace matseq
