#include "distributed/local_ranks.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <memory>
#include <optional>
#include <utility>

#include "distributed/network_address.h"
#include "files/pipe.h"
#include "run/run_process.h"
#include "threads/stop_request.h"

namespace matseq {
namespace {

using Clock = std::chrono::steady_clock;
using Tell = std::function<void(const std::string& line)>;

constexpr int round_time = 50;  // ms

/// What a process writes, in lines.
class Relay {
 public:
  Relay(std::size_t rank, const Tell& tell) : prefix_(fmt::format("[{}] ", rank)), tell_(tell) {
    ::fcntl(pipe_.ends[0], F_SETFL, O_NONBLOCK);
  }

  int to_write() const { return pipe_.ends[1]; }
  int to_read() const { return pipe_.ends[0]; }
  void writer_has_it() { pipe_.close_end(1); }

  /// Tells all lines that are there.
  void pass_on() {
    std::array<char, 4096> buffer{};
    for (ssize_t count = 1; count > 0;) {
      count = ::read(pipe_.ends[0], buffer.data(), buffer.size());
      if (count > 0) text_.append(buffer.data(), static_cast<std::size_t>(count));
    }
    std::size_t begin = 0;
    for (std::size_t end = text_.find('\n'); end != std::string::npos; end = text_.find('\n', begin)) {
      tell_(prefix_ + text_.substr(begin, end - begin));
      begin = end + 1;
    }
    text_.erase(0, begin);
  }

  /// And the one that has no end.
  void finish() {
    pass_on();
    if (!text_.empty()) tell_(prefix_ + std::exchange(text_, ""));
  }

 private:
  std::string prefix_;
  const Tell& tell_;
  std::string text_;
  Pipe pipe_;
};

/// One attempt: all ranks from their start to their end.
class Attempt {
 public:
  Attempt(const LocalRanks& ranks, const Tell& tell) : ranks_(ranks), tell_(tell) {
    const std::string port = std::to_string(free_port()), count = std::to_string(ranks.count);
    for (std::size_t rank = 0; rank < ranks.count; ++rank) {
      auto& relay = relays_.emplace_back(std::make_unique<Relay>(rank, tell));
      const std::string number = std::to_string(rank);
      processes_.emplace_back(RunProcess({ranks.command,
                                          relay->to_write(),
                                          {{"RANK", number},
                                           {"LOCAL_RANK", number},
                                           {"WORLD_SIZE", count},
                                           {"LOCAL_WORLD_SIZE", count},
                                           {"MASTER_ADDR", "127.0.0.1"},
                                           {"MASTER_PORT", port},
                                           {"TORCHELASTIC_USE_AGENT_STORE", "False"}}}));
      relay->writer_has_it();
    }
  }

  /// How the first one that failed ended; good when all ended well.
  ProcessEnding run() {
    while (std::ranges::any_of(processes_, [](const auto& process) { return process.has_value(); })) {
      wait();
      for (const auto& relay : relays_) relay->pass_on();
      reap();
      pass_stop_on();
      if (failed_at_ && Clock::now() - *failed_at_ > ranks_.patience) kill_all();
    }
    for (const auto& relay : relays_) relay->finish();
    return failure_;
  }

 private:
  void wait() const {
    std::vector<pollfd> outputs;
    for (std::size_t rank = 0; rank < relays_.size(); ++rank) {
      if (processes_[rank]) outputs.push_back({relays_[rank]->to_read(), POLLIN, 0});
    }
    ::poll(outputs.data(), outputs.size(), round_time);
  }

  void reap() {
    for (std::size_t rank = 0; rank < processes_.size(); ++rank) {
      if (!processes_[rank]) continue;
      const std::optional<ProcessEnding> ending = processes_[rank]->ended();
      if (!ending) continue;
      processes_[rank].reset();
      if (ending->is_good() || failed_at_) continue;
      relays_[rank]->finish();
      if (!stop_requested()) tell_(fmt::format("rank {} has ended with {}", rank, ending->text()));
      failure_ = *ending;
      failed_at_ = Clock::now();
    }
  }

  /// Once: a second request would end them without saving.
  void pass_stop_on() {
    if (!stop_requested() || std::exchange(stop_passed_on_, true)) return;
    for (const auto& process : processes_) {
      if (process) process->send(stop_signal());
    }
  }

  /// Their last checkpoint is whole whenever they die.
  void kill_all() const {
    for (const auto& process : processes_) {
      if (process) process->send(SIGKILL);
    }
  }

  const LocalRanks& ranks_;
  const Tell& tell_;
  std::vector<std::unique_ptr<Relay>> relays_;
  std::vector<std::optional<RunProcess>> processes_;
  ProcessEnding failure_;
  std::optional<Clock::time_point> failed_at_;
  bool stop_passed_on_ = false;
};

}  // namespace

int run_local_ranks(const LocalRanks& ranks, const Tell& tell) {
  for (std::int64_t restart = 0;; ++restart) {
    const ProcessEnding ending = Attempt(ranks, tell).run();
    if (stop_requested()) throw Stopped();
    if (ending.is_good()) return 0;
    if (ending.was_stopped() || restart == ranks.restarts) return ending.shell_status();
    tell(fmt::format("all ranks are started again from the last checkpoint ({} of {})", restart + 1, ranks.restarts));
  }
}

}  // namespace matseq
