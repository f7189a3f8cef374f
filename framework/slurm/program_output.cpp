#include "slurm/program_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "files/pipe.h"
#include "matseq/error.h"
#include "threads/stop_signals.h"

namespace matseq {
namespace {

/// Until both writers have ended.
void read_both(Pipe& output, Pipe& errors, ProgramOutput& read) {
  std::array<char, 4096> buffer{};
  while (output.ends[0] >= 0 || errors.ends[0] >= 0) {
    std::array<pollfd, 2> waited = {{{output.ends[0], POLLIN, 0}, {errors.ends[0], POLLIN, 0}}};
    if (::poll(waited.data(), waited.size(), -1) < 0 && errno != EINTR) return;
    const auto take = [&](const pollfd& one, Pipe& pipe, std::string& text) {
      if ((one.revents & (POLLIN | POLLHUP | POLLERR)) == 0) return;
      const ssize_t count = ::read(one.fd, buffer.data(), buffer.size());
      if (count > 0) text.append(buffer.data(), static_cast<std::size_t>(count));
      if (count == 0) pipe.close_end(0);
    };
    take(waited[0], output, read.output);
    take(waited[1], errors, read.errors);
  }
}

}  // namespace

ProgramOutput program_output(const std::vector<std::string>& command) {
  std::vector<std::string> texts = command;
  std::vector<char*> arguments;
  for (std::string& text : texts) arguments.push_back(text.data());
  arguments.push_back(nullptr);
  Pipe output, errors;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output.ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.ends[1], STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t process = -1;
  const int failure = ::posix_spawnp(&process, arguments[0], &actions, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failure != 0) {
    throw Error(fmt::format("the program '{}' cannot be started: {}", command.front(),
                            std::generic_category().message(failure)));
  }
  output.close_end(1);
  errors.close_end(1);
  ProgramOutput read;
  read_both(output, errors, read);
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  read.status = WIFSIGNALED(status) ? status_of_signals + WTERMSIG(status) : WEXITSTATUS(status);
  return read;
}

}  // namespace matseq
