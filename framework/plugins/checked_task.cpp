#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "plugins/checked_measures.h"
#include "plugins/checked_plugins.h"
#include "tokens/vocabulary.h"

namespace matseq {
namespace {

/// A category is part of metric names and tables.
constexpr std::size_t longest_category = 200;
constexpr std::size_t most_codes = 10'000;
constexpr std::size_t most_differences = 100;

class CheckedTask : public Task {
 public:
  CheckedTask(std::unique_ptr<Task> task, PluginOrigin origin) : task_(std::move(task)), origin_(std::move(origin)) {
    codes_ = origin_.call("codes()", [&] { return task_->codes(); });
    check_codes();
  }

  bool draw(RandomStream& random, Example& example) const override {
    if (!origin_.call("draw()", [&] { return task_->draw(random, example); })) return false;
    check_shape(example.source, "draws", "an input");
    check_shape(example.target, "draws", "a target");
    check_code(example.code);
    return true;
  }

  Score score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const override {
    const Score score = origin_.call("score()", [&] { return task_->score(truth, hypothesis, coeff_tolerance); });
    if (!score.valid) return score;
    check_error(score.max, "max");
    check_error(score.d1, "d1");
    check_error(score.d2, "d2");
    if (!(score.share >= 0 && score.share <= 1)) {
      origin_.refuse(fmt::format("scores with a share of {} right coefficients; a share is from 0 to 1", score.share));
    }
    return score;
  }

  std::vector<std::string> codes() const override { return codes_; }

  std::string category(const Example& example) const override {
    std::string category = origin_.call("category()", [&] { return task_->category(example); });
    const auto unprintable = [](unsigned char letter) { return letter < 0x20 || letter >= 0x7f; };
    if (category.empty() || category.size() > longest_category || std::ranges::any_of(category, unprintable)) {
      origin_.refuse(
          fmt::format("has an example's category of {} bytes; a category has 1 to {} printable ASCII "
                      "characters",
                      category.size(), longest_category));
    }
    return category;
  }

  bool answer(Example& example) const override {
    if (!origin_.call("answer()", [&] { return task_->answer(example); })) return false;
    check_shape(example.target, "answers", "a target");
    return true;
  }

  std::vector<std::string> unfamiliar(const Example& example) const override {
    std::vector<std::string> differences = origin_.call("unfamiliar()", [&] { return task_->unfamiliar(example); });
    if (differences.size() > most_differences) {
      origin_.refuse(fmt::format("finds {} differences in an input; at most {} are accepted", differences.size(),
                                 most_differences));
    }
    return differences;
  }

  std::unique_ptr<const Measures> measures() const override {
    std::unique_ptr<const Measures> measures = origin_.call("measures()", [&] { return task_->measures(); });
    return measures == nullptr ? nullptr : checked(std::move(measures), origin_);
  }

 private:
  void check_codes() const {
    if (codes_.size() > most_codes) {
      origin_.refuse(fmt::format("has {} codes; at most {} are accepted", codes_.size(), most_codes));
    }
    std::set<std::string> known;
    for (const std::string& code : codes_) {
      if (const std::string complaint = token_complaint(code); !complaint.empty()) {
        origin_.refuse(fmt::format("has a code that cannot be a token: {}", complaint));
      }
      if (!known.insert(code).second) origin_.refuse(fmt::format("has the code '{}' twice", code));
    }
  }

  void check_shape(const Matrix& matrix, const char* does, const char* what) const {
    const std::size_t rows = matrix.rows(), columns = matrix.columns(), size = matrix.size();
    // A product that is too large for the type is no match either, as `columns` is then larger than `size`.
    if (size != 0 && rows * columns == size && columns <= size) return;
    origin_.refuse(
        fmt::format("{} {} of {} x {} with {} entries; a matrix has at least one row and column, and as "
                    "many entries as these say",
                    does, what, rows, columns, size));
  }

  void check_code(int code) const {
    if (codes_.empty() ? code == Example::no_code : code >= 0 && static_cast<std::size_t>(code) < codes_.size()) return;
    origin_.refuse(
        codes_.empty()
            ? fmt::format("draws an example of code {}; a task without codes leaves it at {}", code, Example::no_code)
            : fmt::format("draws an example of code {}; its codes() are 0 to {}", code, codes_.size() - 1));
  }

  void check_error(double error, const char* name) const {
    if (error >= 0) return;  // false for NaN
    origin_.refuse(fmt::format("scores with {} = {}; an error is 0 or more", name, error));
  }

  std::unique_ptr<Task> task_;
  PluginOrigin origin_;
  std::vector<std::string> codes_;
};

}  // namespace

std::unique_ptr<Task> checked(std::unique_ptr<Task> task, const PluginOrigin& origin, const PluginHost& /*host*/) {
  return std::make_unique<CheckedTask>(std::move(task), origin);
}

}  // namespace matseq
