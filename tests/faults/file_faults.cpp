#include "file_faults.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace matseq::faults {
namespace {

/// The system's own function behind one of those below.
template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

struct Plan {
  std::string folder;  ///< empty: nothing counts
  std::uint32_t operations = ~std::uint32_t{0};
  std::int64_t at = 0;
  Action action = Action::kill;
  std::string count_file;
};

template <std::size_t size>
std::size_t index_of(const std::array<std::string_view, size>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) {
    std::fprintf(stderr, "file faults: unknown name '%.*s'\n", static_cast<int>(name.size()), name.data());
    std::_Exit(99);
  }
  return static_cast<std::size_t>(found - names.begin());
}

std::uint32_t operations_of(std::string_view names) {
  std::uint32_t set = 0;
  while (!names.empty()) {
    const std::size_t comma = std::min(names.find(','), names.size());
    set |= std::uint32_t{1} << index_of(operation_names, names.substr(0, comma));
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  return set;
}

Plan plan_of_environment() {
  Plan plan;
  if (const char* folder = std::getenv("MATSEQ_FAULT_FOLDER")) plan.folder = folder;
  if (const char* names = std::getenv("MATSEQ_FAULT_OPERATIONS")) plan.operations = operations_of(names);
  if (const char* at = std::getenv("MATSEQ_FAULT_AT")) plan.at = std::atoll(at);
  if (const char* name = std::getenv("MATSEQ_FAULT_ACTION")) {
    plan.action = static_cast<Action>(index_of(action_names, name));
  }
  if (const char* file = std::getenv("MATSEQ_FAULT_COUNT")) plan.count_file = file;
  return plan;
}

Plan& plan() {
  static Plan& the_plan = *new Plan(plan_of_environment());  // needed until the very end, so never destroyed
  return the_plan;
}

std::atomic<std::int64_t> counted = 0;
constexpr int most_descriptors = 4096;
std::array<std::atomic<bool>, most_descriptors> watched_descriptors;

bool watched(int descriptor) {
  return descriptor >= 0 && descriptor < most_descriptors && watched_descriptors[static_cast<std::size_t>(descriptor)];
}

void watch(int descriptor, bool on) {
  if (descriptor >= 0 && descriptor < most_descriptors) watched_descriptors[static_cast<std::size_t>(descriptor)] = on;
}

bool watched(const char* path) {
  const std::string& folder = plan().folder;
  return !folder.empty() && path != nullptr && std::strncmp(path, folder.c_str(), folder.size()) == 0;
}

/// Whether this operation is the one; dies when it is to die.
bool hit(Operation operation) {
  if ((plan().operations >> static_cast<std::uint32_t>(operation) & 1U) == 0) return false;
  if (++counted != plan().at) return false;
  if (plan().action == Action::kill || (plan().action == Action::torn && operation != Operation::write)) {
    ::kill(::getpid(), SIGKILL);
  }
  return true;
}

/// Whether the operation is to fail; then with this errno.
bool fails(Operation operation) {
  if (!hit(operation) || plan().action == Action::part) return false;
  errno = plan().action == Action::no_space ? ENOSPC : EIO;
  return true;
}

template <typename Write>
ssize_t faulty_write(std::size_t size, const Write& write) {
  if (!hit(Operation::write)) return write(size);
  if (plan().action == Action::no_space || plan().action == Action::broken) {
    errno = plan().action == Action::no_space ? ENOSPC : EIO;
    return -1;
  }
  const ssize_t written = write(std::max<std::size_t>(size / 2, plan().action == Action::part ? 1 : 0));
  if (plan().action == Action::torn) ::kill(::getpid(), SIGKILL);
  return written;
}

template <typename Open>
int faulty_open(const char* path, const Open& open) {
  if (!watched(path)) return open();
  if (fails(Operation::open)) return -1;
  const int descriptor = open();
  watch(descriptor, true);
  return descriptor;
}

/// Writes the count when the process ends.
struct Counter {
  ~Counter() {
    const std::string file = plan().count_file;
    if (file.empty()) return;
    plan().folder.clear();
    if (std::FILE* out = std::fopen(file.c_str(), "w")) {
      std::fprintf(out, "%lld\n", static_cast<long long>(counted.load()));
      std::fclose(out);
    }
  }
} counter;

}  // namespace

void arm(std::string_view folder, std::int64_t at, Action action, std::string_view operations) {
  plan().folder = folder;
  plan().operations = operations.empty() ? ~std::uint32_t{0} : operations_of(operations);
  plan().at = at;
  plan().action = action;
  counted = 0;
}

std::int64_t count() { return counted; }

}  // namespace matseq::faults

// Instead of the C library's.
extern "C" {

using matseq::faults::Operation;

int open(const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  return matseq::faults::faulty_open(
      path, [&] { return matseq::faults::real<int(const char*, int, ...)>("open")(path, flags, mode); });
}

int open64(const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  return matseq::faults::faulty_open(
      path, [&] { return matseq::faults::real<int(const char*, int, ...)>("open64")(path, flags, mode); });
}

ssize_t write(int descriptor, const void* bytes, std::size_t size) {
  const auto call = [&](std::size_t count) {
    return matseq::faults::real<ssize_t(int, const void*, std::size_t)>("write")(descriptor, bytes, count);
  };
  return matseq::faults::watched(descriptor) ? matseq::faults::faulty_write(size, call) : call(size);
}

ssize_t pread(int descriptor, void* bytes, std::size_t size, off_t offset) {
  if (matseq::faults::watched(descriptor) && matseq::faults::fails(Operation::read)) return -1;
  return matseq::faults::real<ssize_t(int, void*, std::size_t, off_t)>("pread")(descriptor, bytes, size, offset);
}

int fsync(int descriptor) {
  if (matseq::faults::watched(descriptor) && matseq::faults::fails(Operation::sync)) return -1;
  return matseq::faults::real<int(int)>("fsync")(descriptor);
}

int rename(const char* from, const char* to) noexcept {
  if (matseq::faults::watched(to) && matseq::faults::fails(Operation::rename)) return -1;
  return matseq::faults::real<int(const char*, const char*)>("rename")(from, to);
}

int ftruncate(int descriptor, off_t size) noexcept {
  if (matseq::faults::watched(descriptor) && matseq::faults::fails(Operation::truncate)) return -1;
  return matseq::faults::real<int(int, off_t)>("ftruncate")(descriptor, size);
}

int unlink(const char* path) noexcept {
  if (matseq::faults::watched(path) && matseq::faults::fails(Operation::remove)) return -1;
  return matseq::faults::real<int(const char*)>("unlink")(path);
}

int close(int descriptor) {
  const bool was_watched = matseq::faults::watched(descriptor);
  matseq::faults::watch(descriptor, false);
  const bool failed = was_watched && matseq::faults::fails(Operation::close);
  const int reason = errno;
  const int result = matseq::faults::real<int(int)>("close")(descriptor);
  if (!failed) return result;
  errno = reason;
  return -1;
}

int fcntl(int descriptor, int operation, ...) {
  va_list arguments;
  va_start(arguments, operation);
  void* const argument = va_arg(arguments, void*);  // an integer comes in the same register
  va_end(arguments);
  if (operation == F_OFD_SETLK && matseq::faults::watched(descriptor) && matseq::faults::fails(Operation::lock))
    return -1;
  return matseq::faults::real<int(int, int, ...)>("fcntl")(descriptor, operation, argument);
}

}  // extern "C"
