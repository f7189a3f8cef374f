#include "threads/thread_group.h"

#include <system_error>
#include <utility>

#include "threads/thread_failure.h"

namespace matseq {

ThreadGroup::ThreadGroup(std::size_t count, const std::function<void(std::size_t)>& body, std::function<void()> end)
    : end_(std::move(end)) {
  threads_.reserve(count);
  try {
    for (std::size_t i = 0; i < count; ++i) threads_.emplace_back(body, i);
  } catch (const std::system_error& failure) {
    join();
    throw_thread_failure(failure);
  }
}

ThreadGroup::~ThreadGroup() { join(); }

void ThreadGroup::join() {
  end_();
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace matseq
