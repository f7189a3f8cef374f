#include "threads/thread_team.h"

#include <utility>

namespace matseq {

ThreadTeam::ThreadTeam(std::size_t size, SetUp set_up)
    : set_up_(std::move(set_up)),
      failures_(size),
      others_(
          size - 1, [this](std::size_t other) { serve(other + 1); }, [this] { end(); }) {}

void ThreadTeam::end() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  begun_.notify_all();
}

void ThreadTeam::run(const std::function<void(std::size_t)>& work) {
  const std::shared_ptr<void> ready = set_up();
  {
    const std::scoped_lock lock(mutex_);
    work_ = &work;
    busy_ = others_.size();
    ++round_;
  }
  begun_.notify_all();
  perform(0);
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return busy_ == 0; });
  std::exception_ptr first;
  for (std::exception_ptr& failure : failures_) {
    const std::exception_ptr of_member = std::exchange(failure, nullptr);
    if (!first) first = of_member;
  }
  if (first) std::rethrow_exception(first);
}

void ThreadTeam::serve(std::size_t member) {
  const std::shared_ptr<void> ready = set_up();
  std::uint64_t served = 0;
  std::unique_lock lock(mutex_);
  while (true) {
    begun_.wait(lock, [&] { return ending_ || round_ != served; });
    if (ending_) return;
    served = round_;
    lock.unlock();
    perform(member);
    lock.lock();
    if (--busy_ == 0) done_.notify_one();
  }
}

void ThreadTeam::perform(std::size_t member) noexcept {
  try {
    (*work_)(member);
  } catch (...) {
    failures_[member] = std::current_exception();
  }
}

}  // namespace matseq
