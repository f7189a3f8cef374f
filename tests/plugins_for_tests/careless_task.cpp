// A right task, unless its parameter names something that only comparing calls with each other shows.
#include <algorithm>
#include <atomic>
#include <limits>
#include <mutex>
#include <random>
#include <string>
#include <thread>

#include "matseq/register.h"
#include "matseq/scores.h"
#include "matseq/task.h"

#ifndef DOCUMENTATION
#define DOCUMENTATION "what it does wrong"
#endif

namespace matseq {
namespace {

class CarelessTask : public Task {
 public:
  static ParameterSchema schema() {
    return {Parameter::text("fault", "", DOCUMENTATION), Parameter::integer("size", 2, "rows and columns").at_least(1)};
  }

  explicit CarelessTask(const Parameters& parameters)
      : fault_(parameters.text("fault")), size_(static_cast<std::size_t>(parameters.integer("size"))) {
    if (fault_ == "asks_for_unknown") parameters.integer("colour");
    if (fault_ == "heeds_defaults" && parameters.given("size")) ++size_;
  }

  bool draw(RandomStream& random, Example& example) const override {
    if (fault_ == "rejects_all") return false;
    example.source.resize(size_, size_);
    for (double& value : example.source.values()) value = random.uniform(-1, 1);
    if (fault_ == "counts") example.source(0, 0) += static_cast<double>(++counter_);
    if (fault_ == "own_generator") example.source(0, 0) = drawn_without_stream();
    if (fault_ == "constant") std::ranges::fill(example.source.values(), 1);
    if (fault_ == "infinite_input") example.source(1, 1) = std::numeric_limits<double>::infinity();
    if (fault_ == "shared_scratch") return draw_by_scratch(example);
    if (fault_ == "keeps_target" && example.target.size() == 21) return true;
    example.target = example.source;
    if (fault_ == "no_answer") example.target(0, 0) = std::numeric_limits<double>::quiet_NaN();
    return true;
  }

  Score score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const override {
    if (fault_ == "blind") return {.valid = scorable(truth, hypothesis), .share = 1};
    if (fault_ == "takes_any_shape") return {.valid = true, .d1 = hypothesis == truth.target ? 0.0 : 1.0};
    Score score = difference_score(truth, scorable(truth, hypothesis) ? hypothesis : Matrix(), coeff_tolerance);
    if (fault_ == "truth_is_wrong") score.d1 += 0.25;
    return score;
  }

 private:
  static double drawn_without_stream() {
    static std::mutex mutex;
    static std::mt19937_64 generator;
    const std::scoped_lock lock(mutex);
    return std::uniform_real_distribution<double>()(generator);
  }

  /// Through memory that all threads share, slowly.
  bool draw_by_scratch(Example& example) const {
    const double value = example.source(0, 0);
    scratch_ = value;
    std::this_thread::yield();
    example.target = example.source;
    example.target(0, 0) = scratch_;
    return true;
  }

  std::string fault_;
  std::size_t size_;
  mutable std::atomic<int> counter_ = 0;
  mutable std::atomic<double> scratch_ = 0;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::CarelessTask, "careless", "1.2.3", "A task for tests")
