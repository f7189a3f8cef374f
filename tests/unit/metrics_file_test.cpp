#include "run/metrics_file.h"

#include <gtest/gtest.h>

#include <string>

#include "matseq/error.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

TEST(MetricsFile, AppendsOneObjectALine) {
  const TemporaryFolder folder;
  const MetricsFile metrics(folder / "metrics.jsonl", 0);
  metrics.append({{"update", 5}, {"loss", 0.1}});
  metrics.append({{"update", 10}, {"loss", nullptr}});
  EXPECT_EQ(read_file(folder / "metrics.jsonl"), "{\"update\":5,\"loss\":0.1}\n{\"update\":10,\"loss\":null}\n");
}

// A crash can leave lines after the checkpoint, half a line, or garbage of the disk.
TEST(MetricsFile, ContinuingDropsWhatComesAfterTheCheckpoint) {
  const TemporaryFolder folder;
  write_file(folder / "metrics.jsonl",
             "{\"update\":5}\n{\"update\":10}\n{\"update\":15}\n[1]\n{\"update\":\"x\"}\n\xff\xfe\n{\"update\":2");
  const MetricsFile metrics(folder / "metrics.jsonl", 10);
  metrics.append({{"update", 11}});
  EXPECT_EQ(read_file(folder / "metrics.jsonl"), "{\"update\":5}\n{\"update\":10}\n{\"update\":11}\n");
}

TEST(MetricsFile, AnEvaluationAfterTheCheckpointOfItsUpdateIsDropped) {
  const TemporaryFolder folder;
  write_file(folder / "metrics.jsonl", "{\"update\":10,\"epoch\":1}\n{\"update\":10,\"epoch\":2}\n");
  const MetricsFile metrics(folder / "metrics.jsonl", 10, 1);
  EXPECT_EQ(read_file(folder / "metrics.jsonl"), "{\"update\":10,\"epoch\":1}\n");
}

TEST(MetricsFile, AFileThatCannotBeWrittenIsAnError) {
  const TemporaryFolder folder;
  const MetricsFile metrics(folder / "no folder/metrics.jsonl", 0);
  EXPECT_THROW(metrics.append({{"update", 1}}), Error);
}

}  // namespace
}  // namespace matseq
