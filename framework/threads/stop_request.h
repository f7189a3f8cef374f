/// \file
/// One request for the whole process: stop what takes long, at the next place where nothing is lost.
#pragma once

#include <exception>

namespace matseq {

/// Whether the process has been asked to stop. One relaxed load: loops may look as often as they like, and should at
/// least some times a second.
bool stop_requested() noexcept;

/// The signal that asked; 0: none has.
int stop_signal() noexcept;

/// Asks. Of several requests the first stands.
void request_stop(int signal) noexcept;

/// Takes the request back.
void withdraw_stop_request() noexcept;

/// What leaves a loop in the middle of its work because it was asked to. Not an Error: nothing is wrong.
class Stopped : public std::exception {
 public:
  const char* what() const noexcept override { return "stopped on request"; }
};

/// Throws Stopped when the process has been asked to stop.
void throw_if_stop_requested();

}  // namespace matseq
