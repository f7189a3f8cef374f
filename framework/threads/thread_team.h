/// \file
/// Threads of the CPU that share out a batch.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "threads/thread_group.h"

namespace matseq {

/// A fixed number of threads that all run one function at a time. Sharing out a batch once costs less than sharing out
/// every operation on it, and does not stall when another process takes one of the cores.
class ThreadTeam {
 public:
  /// Sets up the thread that calls it, until the result goes out of scope on that thread.
  using SetUp = std::function<std::shared_ptr<void>()>;

  /// `size` >= 1, the calling thread included. With `set_up`, every thread is set up while it works: the calling one
  /// for each `run`, the others for their lives. Throws Error when a thread cannot be started.
  explicit ThreadTeam(std::size_t size, SetUp set_up = nullptr);
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;
  ~ThreadTeam() = default;

  std::size_t size() const { return failures_.size(); }

  /// Calls `work(i)` for i = 0, ..., size() - 1, each on its own thread, 0 on the calling one, and waits for all. If
  /// some throw, throws what the first of them threw.
  void run(const std::function<void(std::size_t)>& work);

 private:
  void serve(std::size_t member);
  void perform(std::size_t member) noexcept;
  std::shared_ptr<void> set_up() const { return set_up_ ? set_up_() : nullptr; }
  void end();

  SetUp set_up_;
  std::vector<std::exception_ptr> failures_;
  const std::function<void(std::size_t)>* work_ = nullptr;
  std::uint64_t round_ = 0;
  std::size_t busy_ = 0;
  bool ending_ = false;
  std::mutex mutex_;
  std::condition_variable begun_;
  std::condition_variable done_;
  ThreadGroup others_;
};

}  // namespace matseq
