#include "core/lapack.h"

#include <dlfcn.h>

#include <algorithm>

#include "core/scratch.h"

namespace matseq {
namespace {

#ifndef __has_feature
#define __has_feature(name) 0  // GCC, which has macros instead
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) || \
    __has_feature(thread_sanitizer)
constexpr int isolation = 0;  // the sanitizers refuse libraries that bind to themselves first
#else
constexpr int isolation = RTLD_DEEPBIND;
#endif

/// The file that CMake found, or else the library of that name wherever it is now.
void* open_library() {
  for (const char* name : {MATSEQ_LAPACK_FILE, MATSEQ_LAPACK_NAME}) {
    if (*name == '\0') continue;
    if (void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL | isolation)) return library;
  }
  return nullptr;
}

template <typename Function>
void look_up(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
}

}  // namespace

/// Holds LAPACK's OpenMP threads at one for calls by this thread; the setting is the thread's own.
class Lapack::OneThread {
 public:
  explicit OneThread(const Lapack& lapack) : lapack_(lapack) {
    if (lapack_.set_threads_ == nullptr) return;
    before_ = lapack_.get_threads_();
    if (before_ != 1) lapack_.set_threads_(1);
  }
  ~OneThread() {
    if (before_ != 1) lapack_.set_threads_(before_);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  const Lapack& lapack_;
  int before_ = 1;
};

const Lapack* Lapack::find() {
  static Lapack lapack;
  static const bool found = lapack.open();
  return found ? &lapack : nullptr;
}

bool Lapack::open() {
  void* library = open_library();
  if (library == nullptr) return false;
  look_up(library, "dsyevd_", dsyevd_);
  look_up(library, "dgesdd_", dgesdd_);
  look_up(library, "omp_get_max_threads", get_threads_);
  look_up(library, "omp_set_num_threads", set_threads_);
  if (get_threads_ == nullptr) set_threads_ = nullptr;
  return dsyevd_ != nullptr && dgesdd_ != nullptr;
}

bool Lapack::symmetric_eigenvectors(LapackInteger n, double* matrix, double* values) const {
  const OneThread one_thread(*this);
  const LapackInteger work_size = 1 + 6 * n + 2 * n * n;
  const LapackInteger integers_size = 3 + 5 * n;
  Scratch<double, 512> work(static_cast<std::size_t>(work_size));
  Scratch<LapackInteger, 128> integers(static_cast<std::size_t>(integers_size));
  LapackInteger info = 0;
  dsyevd_("V", "L", &n, matrix, &n, values, work.data(), &work_size, integers.data(), &integers_size, &info, 1, 1);
  return info == 0;
}

bool Lapack::singular_vectors(LapackInteger n, LapackInteger p, double* matrix, double* values, double* left,
                              double* right_transposed) const {
  const OneThread one_thread(*this);
  const LapackInteger k = std::min(n, p);
  // The documentation's smallest sizes differ between versions of LAPACK; this is above all of them.
  const LapackInteger work_size = 7 * k + std::max(std::max(n, p), 4 * k * k + 4 * k);
  Scratch<double, 1024> work(static_cast<std::size_t>(work_size));
  Scratch<LapackInteger, 128> integers(static_cast<std::size_t>(8 * k));
  LapackInteger info = 0;
  dgesdd_("S", &n, &p, matrix, &n, values, left, &n, right_transposed, &k, work.data(), &work_size, integers.data(),
          &info, 1);
  return info == 0;
}

}  // namespace matseq
