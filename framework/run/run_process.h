/// \file
/// A run in a process of its own.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace matseq {

/// How a process ended: by a signal, or with a status.
struct ProcessEnding {
  int status = 0;
  int signal = 0;  ///< 0: by itself

  bool is_good() const { return status == 0 && signal == 0; }
  /// Whether it was asked to stop: training then ends with the signal's number and 128, or by the signal itself while
  /// it is only beginning.
  bool was_stopped() const;
  /// As shells have it.
  int shell_status() const;
  /// "exit status 1", "killed by signal 9 (Killed)"
  std::string text() const;
};

/// What a run's process gets.
struct RunProcessSetting {
  std::vector<std::string> command;  ///< the program's path and its arguments
  int output = -1;                   ///< descriptor of what becomes its standard output and error
  std::vector<std::pair<std::string, std::string>> environment;  ///< in addition to this process's, or instead
};

/// A child process in a process group of its own, so that a terminal's Ctrl-C reaches only who started it. When the
/// process that started it dies, whatever kills that, the system sends it SIGTERM, upon which training saves and stops.
class RunProcess {
 public:
  /// To be called by a thread that lives as long as the process: the system asks for that thread. Throws Error when no
  /// process can be started.
  explicit RunProcess(const RunProcessSetting& setting);
  RunProcess(RunProcess&& other) noexcept : process_(std::exchange(other.process_, -1)) {}
  RunProcess& operator=(RunProcess&& other) noexcept {
    std::swap(process_, other.process_);
    return *this;
  }
  /// Asks a process that still runs to stop, and waits for it.
  ~RunProcess();

  pid_t id() const { return process_; }

  /// How it ended; none while it runs.
  std::optional<ProcessEnding> ended();

  /// Asks it to save and stop.
  void stop() const { send(SIGTERM); }
  void send(int signal) const;

 private:
  pid_t process_ = -1;
};

}  // namespace matseq
