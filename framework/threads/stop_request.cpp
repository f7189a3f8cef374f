#include "threads/stop_request.h"

#include <atomic>

namespace matseq {
namespace {

std::atomic<int> requested_by = 0;

}  // namespace

bool stop_requested() noexcept { return stop_signal() != 0; }

int stop_signal() noexcept { return requested_by.load(std::memory_order_relaxed); }

void request_stop(int signal) noexcept {
  int none = 0;
  requested_by.compare_exchange_strong(none, signal);
}

void withdraw_stop_request() noexcept { requested_by = 0; }

void throw_if_stop_requested() {
  if (stop_requested()) throw Stopped();
}

}  // namespace matseq
