// How many threads are used when nobody says: what affinity and the control group leave of the machine.
#include "threads/available_processors.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <cmath>
#include <filesystem>

#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

TEST(AvailableProcessors, FollowAffinity) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  EXPECT_GE(available_processors(), 1);
  EXPECT_LE(available_processors(), CPU_COUNT(&before));
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(available_processors(), 1);
  ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
}

class ControlGroups : public ::testing::Test {
 protected:
  double quota(const std::string& groups) const {
    write_file(folder_ / "groups", groups);
    return processors_of_control_groups(folder_ / "groups", folder_.path());
  }

  void write(const std::string& file, const std::string& content) const {
    fs::create_directories(fs::path(folder_ / file).parent_path());
    write_file(folder_ / file, content);
  }

  TemporaryFolder folder_;
};

TEST_F(ControlGroups, TheSmallestQuotaOnTheWayUpCounts) {
  EXPECT_TRUE(std::isinf(quota("0::/\n")));
  EXPECT_TRUE(std::isinf(processors_of_control_groups(folder_ / "nothing", folder_.path())));
  write("job/cpu.max", "150000 100000\n");
  write("job/step/cpu.max", "max 100000\n");
  EXPECT_DOUBLE_EQ(quota("0::/job/step\n"), 1.5);
  EXPECT_DOUBLE_EQ(quota("0::/job/step/deeper\n"), 1.5);
  EXPECT_TRUE(std::isinf(quota("0::/other\n")));
  write("job/step/cpu.max", "50000 100000\n");
  EXPECT_DOUBLE_EQ(quota("0::/job/step\n"), 0.5);
  write("cpu.max", "20000 100000\n");  // of a container, which sees its own group as the root
  EXPECT_DOUBLE_EQ(quota("0::/\n"), 0.2);
}

TEST_F(ControlGroups, TheOlderKindOfGroupIsUnderstood) {
  write("cpu,cpuacct/job/cpu.cfs_quota_us", "250000\n");
  write("cpu,cpuacct/job/cpu.cfs_period_us", "100000\n");
  write("cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  write("cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_DOUBLE_EQ(quota("4:memory:/x\n2:cpu,cpuacct:/job\n0::/\n"), 2.5);
  EXPECT_TRUE(std::isinf(quota("2:cpu,cpuacct:/\n1:cpuset:/job\n")));
}

}  // namespace
}  // namespace matseq
