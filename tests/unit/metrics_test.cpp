#include "run/metrics.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "matseq/error.h"
#include "run/progress.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

constexpr const char* events = "events.out.tfevents.0.matseq";

TEST(Metrics, GoOnWhereTheyStood) {
  const TemporaryFolder folder;
  RecordPositions positions = Metrics::begin(folder.path());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  {
    Metrics metrics(folder.path(), positions);
    EXPECT_EQ(metrics.sync(), positions) << "a first checkpoint can be saved before there is any file";
    metrics.add({{"update", 3}, {"epoch", 0}, {"loss", 1.5}});
    positions = metrics.sync();
  }
  const std::string lines = read_file(folder / "metrics.jsonl");
  const std::string records = read_file(folder / events);
  Metrics(folder.path(), positions).add({{"update", 3}, {"epoch", 1}, {"valid", {{"accuracy", 0.5}}}});
  EXPECT_GT(read_file(folder / "metrics.jsonl").size(), lines.size());
  EXPECT_GT(read_file(folder / events).size(), records.size());
  const Metrics metrics(folder.path(), positions);
  EXPECT_EQ(read_file(folder / "metrics.jsonl"), lines);
  EXPECT_EQ(read_file(folder / events), records);
  EXPECT_TRUE(metrics.warnings().empty());
}

TEST(Metrics, ANewRunLeavesTheRecordsOfOthersAlone) {
  const TemporaryFolder folder;
  write_file(folder / events, "another run's");
  write_file(folder / "events.out.tfevents.1700000000.host.1.0", "another program's");
  Metrics metrics(folder.path(), Metrics::begin(folder.path()));
  metrics.add({{"update", 1}, {"epoch", 0}, {"loss", 1}});
  EXPECT_EQ(read_file(folder / events), "another run's");
  EXPECT_EQ(read_file(folder / "events.out.tfevents.1700000000.host.1.0"), "another program's");
  EXPECT_TRUE(std::filesystem::exists(folder / "events.out.tfevents.1.matseq"));
  EXPECT_THROW(Metrics::begin(folder.path()), Error) << "metrics.jsonl is of a run without checkpoint";
}

TEST(Metrics, WarnOfWhatIsLost) {
  const TemporaryFolder folder;
  Metrics metrics(folder.path(), {100, events, 100});
  EXPECT_EQ(metrics.warnings().size(), 2U);
  metrics.add({{"update", 1}, {"epoch", 0}, {"loss", 1}});
  EXPECT_TRUE(std::filesystem::exists(folder / events));
}

TEST(Metrics, EventsAndLogFollowNoSymbolicLink) {
  const TemporaryFolder folder;
  const RecordPositions positions = Metrics::begin(folder.path());
  write_file(folder / "precious", "text");
  std::filesystem::create_symlink(folder / "precious", folder / events);
  EXPECT_THROW(Metrics(folder.path(), positions), Error);
  std::filesystem::create_symlink(folder / "precious", folder / "train.log");
  EXPECT_THROW(Progress((folder / "train.log").string()), Error);
  EXPECT_EQ(read_file(folder / "precious"), "text");
}

}  // namespace
}  // namespace matseq
