#include "device/single_threaded.h"

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

// LibTorch sets its number of threads at a thread's first operation, which would undo what is set before it.
void perform_first_operation() {
  static thread_local const bool performed = (torch::ones({2}).sum(), true);
  static_cast<void>(performed);
}

class SingleThreaded {
 public:
  SingleThreaded() {
    perform_first_operation();
    before_ = torch::get_num_threads();
    set_threads_of_operations(1);
  }
  ~SingleThreaded() { set_threads_of_operations(before_); }
  SingleThreaded(const SingleThreaded&) = delete;
  SingleThreaded& operator=(const SingleThreaded&) = delete;

 private:
  int before_ = 1;
};

}  // namespace

std::shared_ptr<void> single_threaded_operations() { return std::make_shared<SingleThreaded>(); }

}  // namespace matseq
