/// \file
/// Threads that begin and end together.
#pragma once

#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace matseq {

/// Some threads that all run one function, each with its number, until they are told to end. To be the last member of
/// what owns it: what its threads use must be there before them and after them.
class ThreadGroup {
 public:
  /// Calls `body(i)` for i = 0, ..., count - 1, each on a thread of its own. `end` makes every `body` return soon; the
  /// destructor calls it and waits for them. Throws Error when not all can be started; then none is left.
  ThreadGroup(std::size_t count, const std::function<void(std::size_t)>& body, std::function<void()> end);
  ~ThreadGroup();
  ThreadGroup(const ThreadGroup&) = delete;
  ThreadGroup& operator=(const ThreadGroup&) = delete;

  std::size_t size() const { return threads_.size(); }

 private:
  void join();

  std::function<void()> end_;
  std::vector<std::thread> threads_;
};

}  // namespace matseq
