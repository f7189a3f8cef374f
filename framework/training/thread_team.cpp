#include "training/thread_team.h"

#include <dlfcn.h>

#include "matseq/torch.h"

namespace matseq {
namespace {

using SetThreads = void (*)(int);

SetThreads find(const char* function) { return reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, function)); }

// How many threads an operation of the calling thread is shared out among. LibTorch's own setter ends and starts
// threads of a pool that has nothing to do with it, which costs as much as a small update: so this asks OpenMP, which
// LibTorch asks in its turn, and MKL, which has a number of its own.
void set_threads_of_operations(int threads) {
  static const SetThreads of_openmp = find("omp_set_num_threads"), of_mkl = find("MKL_Set_Num_Threads_Local");
  if (of_openmp == nullptr) {
    torch::set_num_threads(threads);
    return;
  }
  of_openmp(threads);
  if (of_mkl != nullptr) of_mkl(threads == 1 ? 1 : 0);  // 0: as many as LibTorch has set
}

/// Operations of the calling thread by itself alone, until the end.
class SingleThreaded {
 public:
  SingleThreaded() : before_(torch::get_num_threads()) { set_threads_of_operations(1); }
  ~SingleThreaded() { set_threads_of_operations(before_); }
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
  torch::ones({2}).sum();  // LibTorch sets its number of threads at a thread's first operation
  const SingleThreaded single_threaded;
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
