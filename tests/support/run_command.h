/// \file
/// Runs programs, above all matseq itself, the way a user does.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "temporary_folder.h"

namespace matseq {

struct CommandResult {
  int status = -1;     ///< exit status; the negative number of the signal that killed it
  std::string output;  ///< standard output
  std::string errors;  ///< standard error

  std::size_t lines() const { return static_cast<std::size_t>(std::ranges::count(output, '\n')); }
};

/// A program that runs beside the test. Its standard streams are files, so that no text is too long for a pipe.
class RunningCommand {
 public:
  /// `tokens` are the program's path and its arguments, `input` all of its standard input.
  explicit RunningCommand(std::vector<std::string> tokens, const std::string& input = "") {
    write_file(streams_ / "input", input);
    std::vector<char*> arguments;
    for (std::string& token : tokens) arguments.push_back(token.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    const auto redirect = [&](int descriptor, const char* name, int flags) {
      posix_spawn_file_actions_addopen(&actions, descriptor, (streams_ / name).c_str(), flags, 0600);
    };
    redirect(STDIN_FILENO, "input", O_RDONLY);
    redirect(STDOUT_FILENO, "output", O_WRONLY | O_CREAT);
    redirect(STDERR_FILENO, "errors", O_WRONLY | O_CREAT);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    act_on_signals(attributes);
    EXPECT_EQ(posix_spawnp(&process_, tokens.at(0).c_str(), &actions, &attributes, arguments.data(), environ), 0)
        << tokens[0];
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }
  RunningCommand(const RunningCommand&) = delete;
  RunningCommand& operator=(const RunningCommand&) = delete;
  ~RunningCommand() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    wait();
  }

  pid_t process() const { return process_; }

  void send(int signal) const { EXPECT_EQ(::kill(process_, signal), 0); }

  /// What it has written to standard error so far.
  std::string errors() const { return read_file(streams_ / "errors"); }

  /// True once it ended; `wait` then returns at once.
  bool ended() const {
    siginfo_t information{};
    return ::waitid(P_PID, static_cast<id_t>(process_), &information, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           information.si_pid != 0;
  }

  CommandResult wait() {
    int status = 0;
    EXPECT_EQ(::waitpid(process_, &status, 0), process_);
    process_ = -1;
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), read_file(streams_ / "output"),
            read_file(streams_ / "errors")};
  }

 private:
  /// As in a terminal, whatever started the tests.
  static void act_on_signals(posix_spawnattr_t& attributes) {
    sigset_t stops;
    sigset_t none;
    sigemptyset(&none);
    sigemptyset(&stops);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) sigaddset(&stops, signal);
    posix_spawnattr_setsigdefault(&attributes, &stops);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }

  TemporaryFolder streams_;
  pid_t process_ = -1;
};

inline CommandResult run_command(std::vector<std::string> tokens, const std::string& input = "") {
  return RunningCommand(std::move(tokens), input).wait();
}

inline std::vector<std::string> matseq_command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), MATSEQ_EXECUTABLE);
  return arguments;
}

/// Runs this build's matseq.
inline CommandResult run_matseq(std::vector<std::string> arguments, const std::string& input = "") {
  return run_command(matseq_command(std::move(arguments)), input);
}

/// Expects that matseq refused: status 1, one line of explanation that has all `parts`, nothing of a stack trace.
inline void expect_refusal(const CommandResult& result, const std::vector<std::string>& parts) {
  EXPECT_EQ(result.status, 1) << result.errors;
  EXPECT_TRUE(result.errors.starts_with("matseq: ")) << result.errors;
  for (const std::string& part : parts) {
    EXPECT_NE(result.errors.find(part), std::string::npos) << "'" << part << "' is not in: " << result.errors;
  }
  for (const char* trace : {"frame #", "terminate called", "what():", "0x"}) {
    EXPECT_EQ(result.errors.find(trace), std::string::npos) << result.errors;
  }
}

}  // namespace matseq
