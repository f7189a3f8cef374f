#include "run/run_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>

#include "files/file_descriptor.h"
#include "matseq/error.h"
#include "threads/stop_signals.h"

namespace matseq {
namespace {

constexpr int cannot_start = 127;  // as shells have it

/// The environment with the changes, "NAME=VALUE".
std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& changes) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto replaces = [text](const auto& change) {
      return text.starts_with(change.first) && text.substr(change.first.size()).starts_with('=');
    };
    if (std::ranges::none_of(changes, replaces)) all.emplace_back(text);
  }
  for (const auto& [name, value] : changes) all.push_back(fmt::format("{}={}", name, value));
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Between fork and exec, where only what a signal handler may do is allowed.
[[noreturn]] void become(char* const* command, char* const* environment, int input, int output, pid_t parent) {
  ::setpgid(0, 0);
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  ::sigaction(SIGTERM, &usual, nullptr);  // which stops it, even if this process was started to ignore it
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(cannot_start);  // it died before the line above
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execve(command[0], command, environment);
  ::_exit(cannot_start);
}

}  // namespace

bool ProcessEnding::was_stopped() const {
  return is_stop_signal(signal) || (signal == 0 && is_stop_signal(status - status_of_signals));
}

int ProcessEnding::shell_status() const { return signal == 0 ? status : status_of_signals + signal; }

std::string ProcessEnding::text() const {
  if (signal == 0) return fmt::format("exit status {}", status);
  return fmt::format("killed by signal {} ({})", signal, ::strsignal(signal));
}

RunProcess::RunProcess(const RunProcessSetting& setting) {
  std::vector<std::string> command = setting.command;
  std::vector<std::string> environment = environment_with(setting.environment);
  const std::vector<char*> arguments = pointers_to(command);
  const std::vector<char*> variables = pointers_to(environment);
  const FileDescriptor input("/dev/null", O_RDONLY);
  const pid_t parent = ::getpid();
  process_ = ::fork();
  if (process_ == 0) become(arguments.data(), variables.data(), input.get(), setting.output, parent);
  if (process_ < 0) {
    throw Error(fmt::format("no further process can be started: {}", std::generic_category().message(errno)));
  }
}

RunProcess::~RunProcess() {
  if (process_ <= 0) return;
  stop();
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::optional<ProcessEnding> RunProcess::ended() {
  int status = 0;
  if (process_ <= 0 || ::waitpid(process_, &status, WNOHANG) != process_) return std::nullopt;
  process_ = -1;
  if (WIFSIGNALED(status)) return ProcessEnding{0, WTERMSIG(status)};
  return ProcessEnding{WEXITSTATUS(status), 0};
}

void RunProcess::send(int signal) const {
  if (process_ > 0) ::kill(process_, signal);
}

}  // namespace matseq
