#include "data/recoded_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "matseq/error.h"
#include "matseq/nearest_name.h"

namespace matseq {
namespace {

class RecodedTask : public Task {
 public:
  RecodedTask(std::unique_ptr<const Task> task, std::vector<std::string> codes)
      : task_(std::move(task)), own_codes_(task_->codes()), codes_(std::move(codes)) {
    for (const std::string& code : own_codes_) {
      const auto found = std::ranges::find(codes_, code);
      if (found == codes_.end()) {
        throw Error(
            fmt::format("its examples may begin with the code '{}', which the training task does not have; it "
                        "has {}",
                        code, quoted_list(codes_)));
      }
      outside_.push_back(static_cast<int>(found - codes_.begin()));
    }
  }

  bool draw(RandomStream& random, Example& example) const override {
    const bool drawn = task_->draw(random, example);
    if (example.code != Example::no_code) example.code = outside_.at(static_cast<std::size_t>(example.code));
    return drawn;
  }

  Score score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const override {
    return task_->score(own(truth), hypothesis, coeff_tolerance);
  }

  std::vector<std::string> codes() const override { return codes_; }

  std::string category(const Example& example) const override { return task_->category(own(example)); }

  bool answer(Example& example) const override {
    Example inner = own(example);
    const bool answered = task_->answer(inner);
    example.target = std::move(inner.target);
    return answered;
  }

  std::vector<std::string> unfamiliar(const Example& example) const override { return task_->unfamiliar(own(example)); }

  std::unique_ptr<const Measures> measures() const override { return task_->measures(); }

 private:
  /// The example with the task's own code.
  Example own(const Example& example) const {
    const auto found = std::ranges::find(outside_, example.code);
    if (found == outside_.end()) {
      throw Error(fmt::format("an example of the code '{}' is in a test set whose task has only {}",
                              codes_.at(static_cast<std::size_t>(example.code)), quoted_list(own_codes_)));
    }
    Example copy = example;
    copy.code = static_cast<int>(found - outside_.begin());
    return copy;
  }

  std::unique_ptr<const Task> task_;
  std::vector<std::string> own_codes_;
  std::vector<std::string> codes_;
  std::vector<int> outside_;  ///< by the task's own code, the one among `codes_`
};

}  // namespace

std::unique_ptr<const Task> with_codes(std::unique_ptr<const Task> task, const std::vector<std::string>& codes) {
  const std::vector<std::string> own = task->codes();
  if (own == codes) return task;
  if (own.empty() || codes.empty()) {
    throw Error(fmt::format("its examples have {}, those of the training task {}",
                            own.empty() ? "no codes" : "the codes " + quoted_list(own),
                            codes.empty() ? "none" : quoted_list(codes)));
  }
  return std::make_unique<RecodedTask>(std::move(task), codes);
}

}  // namespace matseq
