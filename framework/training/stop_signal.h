/// \file
/// Ctrl-C asks for a stop; it does not make one.
#pragma once

namespace matseq {

/// While it lives, SIGINT and SIGTERM set a flag; a second one ends the process at once, as usual.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  bool requested() const;
};

}  // namespace matseq
