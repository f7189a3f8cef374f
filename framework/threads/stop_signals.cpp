#include "threads/stop_signals.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <ctime>
#include <mutex>
#include <system_error>
#include <thread>

#include "threads/stop_request.h"
#include "threads/thread_failure.h"

namespace matseq {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array stop_signals = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1};
constexpr std::chrono::milliseconds same_request{500};

/// What becomes of the signals. Outlives all threads.
struct Reception {
  std::mutex mutex;
  bool heeded = false;
  Clock::time_point first;  ///< when the request was made
};

Reception& reception() {
  static Reception& only = *new Reception;
  return only;
}

sigset_t set_of(int signal) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  return set;
}

bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

/// As the signal would have done it by itself.
[[noreturn]] void end_by(int signal) {
  const sigset_t set = set_of(signal);
  std::raise(signal);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  _exit(status_of_signals + signal);  // the first process of a container survives its signals
}

void receive(int signal) {
  Reception& state = reception();
  const std::scoped_lock lock(state.mutex);
  if (!state.heeded) end_by(signal);
  if (!stop_requested()) {
    state.first = Clock::now();
    request_stop(signal);
  } else if ((signal == SIGINT || signal == SIGTERM) && Clock::now() - state.first >= same_request) {
    end_by(signal);
  }
}

[[noreturn]] void await(const sigset_t& signals) {
  while (true) {
    int signal = 0;
    if (sigwait(&signals, &signal) == 0) receive(signal);
  }
}

}  // namespace

bool is_stop_signal(int signal) { return std::ranges::find(stop_signals, signal) != stop_signals.end(); }

void await_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : stop_signals) {
    if (!is_ignored(signal)) sigaddset(&signals, signal);
  }
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &signals, &before);
  reception();  // made before the thread needs it
  try {
    std::thread([signals] { await(signals); }).detach();
  } catch (const std::system_error& failure) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw_thread_failure(failure);
  }
}

HeedStopSignals::HeedStopSignals() {
  const std::scoped_lock lock(reception().mutex);
  withdraw_stop_request();
  reception().heeded = true;
}

HeedStopSignals::~HeedStopSignals() {
  const std::scoped_lock lock(reception().mutex);
  reception().heeded = false;
}

void notice_broken_pipe() {
  const sigset_t set = set_of(SIGPIPE);
  const timespec at_once{};
  if (sigtimedwait(&set, nullptr, &at_once) == SIGPIPE) receive(SIGPIPE);
}

}  // namespace matseq
