#include "training/thread_team.h"

#include "matseq/torch.h"

namespace matseq {
namespace {

/// LibTorch's number of threads on the calling thread, put back at the end.
class SingleThreaded {
 public:
  SingleThreaded() : before_(torch::get_num_threads()) { torch::set_num_threads(1); }
  ~SingleThreaded() { torch::set_num_threads(before_); }
  SingleThreaded(const SingleThreaded&) = delete;
  SingleThreaded& operator=(const SingleThreaded&) = delete;

 private:
  int before_;
};

}  // namespace

ThreadTeam::ThreadTeam(std::size_t size) : failures_(size) {
  for (std::size_t member = 1; member < size; ++member) {
    threads_.emplace_back([this, member] { serve(member); });
  }
  // A thread takes over LibTorch's setting at its first operation and keeps it: let that be now, and one thread.
  run([](std::size_t) { torch::ones({2}).sum(); });
}

ThreadTeam::~ThreadTeam() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  begun_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadTeam::run(const std::function<void(std::size_t)>& work) {
  const SingleThreaded single_threaded;
  {
    const std::scoped_lock lock(mutex_);
    work_ = &work;
    busy_ = threads_.size();
    ++round_;
  }
  begun_.notify_all();
  perform(0);
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return busy_ == 0; });
  for (std::exception_ptr& failure : failures_) {
    if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
  }
}

void ThreadTeam::serve(std::size_t member) {
  std::uint64_t served = 0;
  std::unique_lock lock(mutex_);
  while (true) {
    begun_.wait(lock, [&] { return stopping_ || round_ != served; });
    if (stopping_) return;
    served = round_;
    lock.unlock();
    perform(member);
    lock.lock();
    if (--busy_ == 0) done_.notify_one();
  }
}

void ThreadTeam::perform(std::size_t member) noexcept {
  failures_[member] = nullptr;
  try {
    (*work_)(member);
  } catch (...) {
    failures_[member] = std::current_exception();
  }
}

}  // namespace matseq
