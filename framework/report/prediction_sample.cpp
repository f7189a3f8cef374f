#include "report/prediction_sample.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace matseq {
namespace {

/// Collects the first examples of every test set.
class FirstOfEachSet {
 public:
  explicit FirstOfEachSet(std::size_t most) : most_(most) {}

  void add(const PredictedExample& example) {
    auto found = std::ranges::find(sets_, example.set, &Set::first);
    if (found == sets_.end()) {
      if (sets_.size() == most_) return;
      sets_.emplace_back(example.set, std::vector<PredictedExample>());
      found = std::prev(sets_.end());
    }
    if (found->second.size() < most_) found->second.push_back(example);
  }

  /// The first of each set, then the second of each, and so on.
  std::vector<PredictedExample> take() {
    std::vector<PredictedExample> taken;
    for (std::size_t place = 0; place < most_; ++place) {
      for (Set& set : sets_) {
        if (place < set.second.size() && taken.size() < most_) taken.push_back(std::move(set.second[place]));
      }
    }
    return taken;
  }

 private:
  using Set = std::pair<std::string, std::vector<PredictedExample>>;
  std::size_t most_;
  std::vector<Set> sets_;
};

}  // namespace

PredictionSample sample_predictions(const std::filesystem::path& file, double tolerance, std::size_t most) {
  PredictionSample sample;
  sample.tolerance = tolerance;
  FirstOfEachSet right(most);
  FirstOfEachSet wrong(most);
  read_predictions(file, [&](const PredictedExample& example) {
    const bool is_right = example.perfect || example.d1 < tolerance;
    ++(is_right ? sample.right_count : sample.wrong_count);
    (is_right ? right : wrong).add(example);
  });
  sample.right = right.take();
  sample.wrong = wrong.take();
  return sample;
}

}  // namespace matseq
