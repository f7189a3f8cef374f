#include "threads/available_processors.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <string>
#include <thread>

namespace matseq {
namespace {

namespace fs = std::filesystem;

constexpr double unlimited = std::numeric_limits<double>::infinity();

int allowed_by_affinity() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return static_cast<int>(std::thread::hardware_concurrency());  // a machine with more than the set has room for
}

double ratio(double quota, double period) { return quota > 0 && period > 0 ? quota / period : unlimited; }

/// "QUOTA PERIOD", or "max PERIOD".
double quota(const fs::path& group) {
  std::ifstream stream(group / "cpu.max");
  double quota = 0, period = 0;
  return stream >> quota >> period ? ratio(quota, period) : unlimited;
}

/// Of version 1: a quota of -1 is none.
double quota_of_version_1(const fs::path& group) {
  double quota = 0, period = 0;
  std::ifstream(group / "cpu.cfs_quota_us") >> quota;
  std::ifstream(group / "cpu.cfs_period_us") >> period;
  return ratio(quota, period);
}

/// A group has no more than those that it is in. In a container its path may be that of the machine outside, of which
/// only the end of the way up exists.
template <typename Quota>
double smallest(const fs::path& root, fs::path group, const Quota& quota) {
  double found = quota(root / group);
  while (!group.empty()) {
    group = group.parent_path();
    found = std::min(found, quota(root / group));
  }
  return found;
}

}  // namespace

double processors_of_control_groups(const fs::path& groups, const fs::path& root) {
  double found = unlimited;
  std::ifstream stream(groups);
  for (std::string line; std::getline(stream, line);) {  // NUMBER:CONTROLLERS:/PATH; version 2 has no controllers
    const std::size_t begin = line.find(':') + 1;
    const std::size_t end = line.find(":/", begin);
    if (begin == 0 || end == std::string::npos) continue;
    const std::string controllers = line.substr(begin, end - begin);
    const fs::path group = line.substr(end + 2);
    if (controllers.empty()) {
      found = std::min(found, smallest(root, group, quota));
    } else if (("," + controllers + ",").find(",cpu,") != std::string::npos) {
      found = std::min(found, smallest(root / controllers, group, quota_of_version_1));
    }
  }
  return found;
}

int available_processors() {
  const double allowed = std::ceil(processors_of_control_groups("/proc/self/cgroup", "/sys/fs/cgroup"));
  return std::max(1, static_cast<int>(std::min<double>(allowed_by_affinity(), allowed)));
}

}  // namespace matseq
