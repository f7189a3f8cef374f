/// \file
/// Threads of the CPU that share out a batch.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace matseq {

/// A fixed number of threads that all run one function at a time. On each of them LibTorch's operations run on that
/// thread alone: sharing out a batch once costs less than sharing out every operation, and does not stall when another
/// process takes one of the cores.
class ThreadTeam {
 public:
  /// `size` >= 1, the calling thread included.
  explicit ThreadTeam(std::size_t size);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  std::size_t size() const { return threads_.size() + 1; }

  /// Calls `work(i)` for i = 0, ..., size() - 1, each on its own thread, 0 on the calling one, and waits for all. If
  /// some throw, throws what the first of them threw.
  void run(const std::function<void(std::size_t)>& work);

 private:
  void serve(std::size_t member);
  void perform(std::size_t member) noexcept;

  std::vector<std::thread> threads_;
  std::vector<std::exception_ptr> failures_;
  const std::function<void(std::size_t)>* work_ = nullptr;
  std::uint64_t round_ = 0;
  std::size_t busy_ = 0;
  bool stopping_ = false;
  std::mutex mutex_;
  std::condition_variable begun_;
  std::condition_variable done_;
};

}  // namespace matseq
