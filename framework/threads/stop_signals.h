/// \file
/// From signals to requests to stop. No signal has a handler: a handler runs on whatever stack the thread it interrupts
/// has at that moment, and oneDNN's matrix products have theirs in the heap, where the handler's frame would overwrite
/// the memory of others.
#pragma once

namespace matseq {

/// A program that a signal ended, or that ends because of one, has its number more than this as its status in shells.
inline constexpr int status_of_signals = 128;

/// Whether this is one of the signals that `await_stop_signals` names.
bool is_stop_signal(int signal);

/// Has SIGINT, SIGTERM, SIGHUP, SIGPIPE and SIGUSR1 (a cluster's word that time is running out) awaited by a thread of
/// its own, and blocks them in the calling thread and in all that it starts from now on: to be called before any other
/// thread is there, once. Signals that the process was told to ignore (nohup) stay ignored. As long as no
/// HeedStopSignals lives they end the process, as usual. Processes that it starts inherit the blocked signals unless
/// they are unblocked for them. Throws Error when the thread cannot be started.
void await_stop_signals();

/// While it lives, an awaited signal is a request to stop (threads/stop_request.h). SIGINT or SIGTERM again, from half
/// a second after the first on, ends the process at once, as usual; before that it counts as the same, because
/// `timeout`, shells and batch systems send a signal to the process and to its group.
class HeedStopSignals {
 public:
  /// Withdraws a request made before.
  HeedStopSignals();
  ~HeedStopSignals();
  HeedStopSignals(const HeedStopSignals&) = delete;
  HeedStopSignals& operator=(const HeedStopSignals&) = delete;
};

/// Takes note of a SIGPIPE that something which this thread wrote has caused: the system gives it to this thread only.
/// To be called after writing to a standard stream where signals are awaited.
void notice_broken_pipe();

}  // namespace matseq
